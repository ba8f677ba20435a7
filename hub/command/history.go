package command

import (
	"context"
	"errors"

	"exthub/hub/refusal"
	"exthub/kv"
)

// GetMessageList asks for a page of a conversation: the messages right before the one named by
// Before, or the newest if it is empty.
type GetMessageList struct {
	Peer    string // a one-to-one conversation of the caller, if GroupID is empty
	GroupID string
	Before  kv.MessageID
	Since   string // a position: only messages that were sent behind it; "" for all
	Count   int    // 15 at most; 0 means 15
}

// MessageList is the answer, the oldest message first. Next is the Before of the page that precedes
// this one, "" if there is none.
type MessageList struct {
	Messages []kv.Record
	Next     kv.MessageID
}

// GetMessageList returns a page, always an empty one for an AVChatRoom, whose members get no
// history. A Before of another conversation is refused with 10004.
func (c *Commands) GetMessageList(ctx context.Context, caller Caller, cmd GetMessageList) (MessageList, error) {
	if err := CheckPage("count", cmd.Count, maxMessagesPerPage); err != nil {
		return MessageList{}, err
	}
	conversation, err := c.conversation(ctx, caller, cmd)
	if err != nil || conversation == "" {
		return MessageList{}, err
	}
	since, err := c.position(cmd.Since)
	if err != nil {
		return MessageList{}, err
	}
	var before kv.Ref
	if cmd.Before != "" {
		before, err = kv.ParseMessageID(cmd.Before)
		if err != nil || before.Conversation() != conversation {
			return MessageList{}, cmd.notBefore()
		}
	}
	count := cmd.Count
	if count == 0 {
		count = maxMessagesPerPage
	}
	page, err := c.store.HistorySince(ctx, conversation, before, count, since)
	if errors.Is(err, kv.ErrMessageID) {
		err = cmd.notBefore()
	}
	list := MessageList{Messages: page.Records}
	caller.pay(list.bytes(), bytesPerRequest)
	if page.Next != (kv.Ref{}) {
		list.Next = page.Next.ID()
	}
	return list, err
}

// bytes returns about how many the list takes.
func (l MessageList) bytes() int {
	size := 0
	for _, r := range l.Messages {
		size += recordOverhead + len(r.Payload) + len(r.CloudCustomData)
	}
	return size
}

// recordOverhead is what a message takes besides its content.
const recordOverhead = 300

// notBefore returns the refusal of a Before that is no message of the conversation.
func (cmd GetMessageList) notBefore() error {
	return refusal.Field(refusal.BadParameter, "nextReqMessageID", "%q is not a message of this conversation",
		refusal.Clip(string(cmd.Before)))
}

// conversation returns the conversation to read, or "" if it is one without a history.
func (c *Commands) conversation(ctx context.Context, caller Caller, cmd GetMessageList) (kv.Conversation, error) {
	if cmd.GroupID == "" {
		if err := CheckUserID("conversationID", cmd.Peer); err != nil {
			return "", err
		}
		if caller.Guest {
			return "", notForGuests(caller)
		}
		return kv.C2CConversation(caller.UserID, cmd.Peer), c.store.Check(ctx)
	}
	group, err := c.readerOf(ctx, caller, cmd.GroupID)
	if err != nil || group.Type == AVChatRoom {
		return "", err
	}
	return kv.GroupConversation(cmd.GroupID), nil
}
