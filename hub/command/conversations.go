package command

import (
	"context"
	"errors"

	"exthub/hub/refusal"
	"exthub/kv"
)

// GetConversationList asks for conversations of the caller that have a message, the newest first.
type GetConversationList struct {
	Since  string // a position; only conversations with a message behind it; "" for all
	Cursor string // the Next of the page before, or ""
	Count  int    // 50 at most; 0 means 50
}

// ConversationList is the answer. Next is the Cursor of the page that follows, "" if there is none.
type ConversationList struct {
	Conversations []kv.Recent
	Next          string
}

// conversationsPerRequest is how many conversations a session's request may look at before it
// counts as more than one.
const conversationsPerRequest = 50

// GetConversationList returns a page, without AVChatRooms, which have no history.
func (c *Commands) GetConversationList(
	ctx context.Context, caller Caller, cmd GetConversationList,
) (ConversationList, error) {
	if err := CheckPage("count", cmd.Count, maxConversationsPerPage); err != nil {
		return ConversationList{}, err
	}
	query := kv.RecentQuery{User: caller.UserID, Count: cmd.Count}
	if cmd.Count == 0 {
		query.Count = maxConversationsPerPage
	}
	var err error
	if query.Since, err = c.position(cmd.Since); err != nil {
		return ConversationList{}, err
	}
	if query.Before, err = kv.ParseCursor(cmd.Cursor); err != nil {
		return ConversationList{}, refusal.Field(refusal.BadParameter, "cursor", "%q is of no page",
			refusal.Clip(cmd.Cursor))
	}
	looked := 0
	page, next, err := c.store.Recent(ctx, query, func(g kv.GroupInfo) bool {
		looked++
		return g.Type != AVChatRoom
	})
	if err != nil {
		return ConversationList{}, err
	}
	caller.pay(looked+len(page), conversationsPerRequest)
	list := ConversationList{Conversations: page}
	if next != nil {
		list.Next = next.String()
	}
	return list, nil
}

// position reads a position that a login has given, or refuses what is none.
func (c *Commands) position(text string) (kv.Position, error) {
	p, err := c.store.ParsePosition(text)
	if err != nil {
		err = refusal.Field(refusal.BadParameter, "since", "%q is not a position of this hub", refusal.Clip(text))
	}
	return p, err
}

// MarkRead notes that the caller has read a message and all before it in its conversation.
func (c *Commands) MarkRead(ctx context.Context, caller Caller, id kv.MessageID) error {
	ref, err := parseMessageID(id)
	if err != nil {
		return err
	}
	caller.Admin = false // who is not in the conversation has no list for it to stand in
	if caller.Guest {
		return notForGuests(caller)
	}
	if ref.GroupID != "" {
		_, err = c.memberOf(ctx, caller, ref.GroupID)
	} else {
		err = c.checkTakesPart(ctx, caller, ref)
	}
	if err != nil {
		return err
	}
	if err = c.store.MarkRead(ctx, caller.UserID, ref); errors.Is(err, kv.ErrMessageID) {
		err = noSuchMessage(id)
	}
	return err
}
