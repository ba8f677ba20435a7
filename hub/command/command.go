package command

import (
	"context"
	"time"

	"exthub/hub/refusal"
	"exthub/kv"
)

// commands is what can be asked of the hub, whatever door it came through: a door decodes, calls one of its methods and encodes what comes back.
// Nothing below knows the door. Commands are plain structs; the errors they come back with are *Error, or foreign ones for translate.
//
// Fixed after New.
type Commands struct {
	store   *kv.Store
	options Options
}

// commandOptions are what an operator may change of the rules. All but MessageRate are required.
type Options struct {
	Limits          Limits
	MessageRate     int // sets per message and minute, over all hubs; 0 is no limit
	MaxGroupMembers int
	Now             func() time.Time
}

func New(store *kv.Store, options Options) *Commands {
	return &Commands{store, options}
}

// caller is who asks.
type Caller struct {
	UserID  string
	Admin   bool   // an app admin: may act on any conversation, names no Seq
	Session string // the WebSocket session, if it is one
	Cork    func() // tells the session that a reply is all but there; nil if it is none
}

// access is the first half of every command on a message's pairs: is there such a conversation, does the caller take part in it, can its messages
// have pairs. A stranger learns nothing about messages.
func (c *Commands) access(ctx context.Context, caller Caller, id kv.MessageID) (kv.Ref, error) {
	ref, err := kv.ParseMessageID(id)
	if err != nil {
		return ref, refusal.New(refusal.BadParameter, "messageID: %q is not a message ID", refusal.Clip(string(id)))
	}
	if ref.GroupID == "" {
		if !caller.Admin && caller.UserID != ref.From && caller.UserID != ref.To {
			return ref, refusal.New(refusal.NotPermitted, "messageID: %s is not in a conversation of %s", id, caller.UserID)
		}
		return ref, nil
	}
	group, err := c.memberOf(ctx, caller, ref.GroupID)
	if err == nil && group.Type == avChatRoom {
		err = refusal.New(refusal.NotExtensible, "group %s is an AVChatRoom, whose messages have no extensions", ref.GroupID)
	}
	return ref, err
}

// extensible is the second half: the message is there and was sent with extension support.
func extensible(m *kv.Message, id kv.MessageID) error {
	switch record := m.Record(); {
	case record == nil:
		return refusal.New(refusal.NoSuchMessage, "there is no message %s", id)
	case !record.IsSupportExtension:
		return refusal.New(refusal.NotExtensible, "message %s was sent without isSupportExtension", id)
	}
	return nil
}

// memberOf returns the group if the caller may take part in it.
func (c *Commands) memberOf(ctx context.Context, caller Caller, groupID string) (kv.GroupInfo, error) {
	if err := CheckGroupID(groupID); err != nil {
		return kv.GroupInfo{}, err
	}
	var found struct {
		info    kv.GroupInfo
		refusal error
	}
	err := c.store.ReadGroup(ctx, groupID, func(g *kv.Group) {
		if found.refusal = checkMember(g, caller, groupID); found.refusal == nil {
			found.info = *g.Info()
		}
	})
	if err != nil {
		return kv.GroupInfo{}, err
	}
	return found.info, found.refusal
}

// checkMember judges whether the group is there and the caller a member of it, or an app admin.
func checkMember(g *kv.Group, caller Caller, groupID string) error {
	if g.Info() == nil {
		return refusal.New(refusal.NoSuchGroup, "there is no group %s", groupID)
	}
	if _, ok := g.Member(caller.UserID); !ok && !caller.Admin {
		return refusal.New(refusal.NotPermitted, "%s is not a member of group %s", caller.UserID, groupID)
	}
	return nil
}
