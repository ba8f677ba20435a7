package command

import (
	"context"

	"exthub/hub/refusal"
	"exthub/kv"
)

// RecallMessage takes a message back for everybody: its content and its pairs are gone, and what is
// left says who recalled it. The sender may, in a group its owner and its admins, and app admins:
// others get 10007. There is no limit of time. A message that was recalled already stays as it is,
// and comes back like that.
//
// Its members are told with MESSAGE_REVOKED. A command on its pairs is refused with 20023 from then
// on, and not with 23004: whoever shows the message has to learn what became of it.
func (c *Commands) RecallMessage(ctx context.Context, caller Caller, id kv.MessageID) (kv.Record, error) {
	ref, err := parseMessageID(id)
	if err != nil {
		return kv.Record{}, err
	}
	mayRecall, err := c.recaller(ctx, caller, ref)
	if err != nil {
		return kv.Record{}, err
	}
	record, done, err := c.store.Recall(ctx, ref, caller.UserID, c.options.Now().Unix(), func(r *kv.Record) error {
		if !mayRecall && r.From != caller.UserID {
			return refusal.New(refusal.NotPermitted, "%s did not send message %s", caller.UserID, id)
		}
		return nil
	})
	if done {
		c.options.Audit.Done("message recalled", "by", caller.UserID, "message", id)
	}
	return record, ifGone(err, id)
}

// recaller reports whether the caller may recall what others sent to the conversation. It refuses
// somebody outside of it, who learns nothing about which messages there are.
func (c *Commands) recaller(ctx context.Context, caller Caller, ref kv.Ref) (others bool, err error) {
	if ref.GroupID == "" {
		return caller.Admin, c.checkTakesPart(ctx, caller, ref)
	}
	var refused error
	err = c.store.ReadGroup(ctx, ref.GroupID, func(g *kv.Group) {
		refused = checkMember(g, caller, ref.GroupID)
		m, _ := g.Member(caller.UserID)
		others = caller.Admin || m.Role == roleOwner || m.Role == roleAdmin
	})
	if err != nil {
		return false, err
	}
	return others, refused
}
