package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
	"unicode/utf8"

	"exthub/hub/refusal"
	"exthub/hub/wire"
	"exthub/kv"
	"exthub/kv/ballot"
)

// SendMessage asks for a message to be sent to a user or a group.
type SendMessage struct {
	From               string // the caller if empty; an app admin may send for others
	To                 string // a user, if GroupID is empty
	GroupID            string
	Type               string // TIMCustomElem or TIMTextElem
	Payload            Payload
	IsSupportExtension bool
	Rules              *ballot.Rules // nil: everything is free
	Random             *uint32       // by it a message that is sent again is recognised; made if nil
	// one-to-one only: part of the message's key, chosen by the client; made if nil
	Sequence        *uint32
	CloudCustomData string
}

// Payload is the content of a message: Text of a TIMTextElem, the other three of a TIMCustomElem.
type Payload struct {
	Text                         string
	Data, Description, Extension string
}

// How long a message that is sent again counts as the same.
const (
	dedupC2C   = 120 * time.Second
	dedupGroup = 5 * time.Minute
)

// SendMessage stores a message and returns it as it was stored. A message that was sent already is
// not stored again: the first one comes back, or 20023 if it was recalled since then. A message to
// an AVChatRoom is stored without extension support. A conversation that has as many bytes as it
// may have takes no more (23006).
func (c *Commands) SendMessage(ctx context.Context, caller Caller, cmd SendMessage) (kv.Record, error) {
	record, err := c.draft(caller, cmd)
	if err != nil {
		return kv.Record{}, err
	}
	dedup := dedupC2C
	if cmd.GroupID == "" {
		if err := c.store.Check(ctx); err != nil {
			return kv.Record{}, err
		}
	} else {
		dedup = dedupGroup
		group, err := c.memberOf(ctx, caller, cmd.GroupID)
		if err != nil {
			return kv.Record{}, err
		}
		if record.Rules != nil && group.Type == AVChatRoom {
			return kv.Record{}, refusal.Field(refusal.NotExtensible, "extensionRules",
				"group %s is an AVChatRoom, whose messages have no extensions", cmd.GroupID)
		}
		record.IsSupportExtension = record.IsSupportExtension && group.Type != AVChatRoom
		record.TTL = cmp.Or(group.MessageTTL, record.TTL)
	}
	sender, err := c.store.Profiles(ctx, record.From)
	if err != nil {
		return kv.Record{}, err
	}
	record.Nick, record.Avatar = sender[0].Nick, sender[0].Avatar
	sent, err := c.store.Send(ctx, record, caller.Session, dedup)
	for errors.Is(err, kv.ErrTaken) {
		// Clients may repeat the numbers that a key is made of, but keys must be unique: the second
		// message with the same numbers in one second gets the time of the next.
		record.Time++
		record.Ref.MsgKey = msgKey(record)
		sent, err = c.store.Send(ctx, record, caller.Session, dedup)
	}
	var full *kv.FullError
	switch {
	case errors.Is(err, kv.ErrDuplicate):
		err = nil
	case errors.Is(err, kv.ErrRecalled):
		err = refusal.New(refusal.Recalled, "this message was sent already, and has been recalled")
	case errors.As(err, &full):
		err = refusal.Field(refusal.ConversationFull, "to",
			"the messages of this conversation have %d bytes, at most %d: send it when older ones have expired, "+
				"or in another conversation", full.Has, full.Max)
	}
	return sent, err
}

// draft returns the record to store, or a refusal if the command breaks a rule.
func (c *Commands) draft(caller Caller, cmd SendMessage) (kv.Record, error) {
	if caller.Guest {
		return kv.Record{}, notForGuests(caller)
	}
	payload, err := cmd.Payload.encode(cmd.Type)
	if err != nil {
		return kv.Record{}, err
	}
	switch size := len(payload) + len(cmd.CloudCustomData); {
	case size > MaxMessageBytes:
		return kv.Record{}, refusal.Fields(refusal.MessageTooLarge, []string{"payload", "cloudCustomData"},
			"%d bytes together, at most %d", size, MaxMessageBytes)
	case !utf8.ValidString(cmd.CloudCustomData):
		return kv.Record{}, refusal.Field(refusal.BadParameter, "cloudCustomData", "not UTF-8")
	}
	record := kv.Record{
		From: caller.UserID, Type: cmd.Type, Payload: payload, CloudCustomData: cmd.CloudCustomData,
		IsSupportExtension: cmd.IsSupportExtension, Time: c.options.Now().Unix(), Random: orRandom(cmd.Random),
		TTL: uint32(c.options.MessageTTL / time.Second), MaxTotal: c.options.Limits.ConversationBytes,
	}
	if record.Rules, err = c.rulesOf(cmd); err != nil {
		return kv.Record{}, err
	}
	if record.Rules != nil && record.Rules.Anonymous {
		record.AnonymousKey = c.keys.current()
	}
	if cmd.From != "" && cmd.From != caller.UserID {
		if !caller.Admin {
			return kv.Record{}, refusal.Field(refusal.NotPermitted, "from", "%s may not send for others", caller.UserID)
		}
		if err := cmp.Or(CheckUserID("from", cmd.From), c.checkNoGuests("from", cmd.From)); err != nil {
			return kv.Record{}, err
		}
		record.From = cmd.From
	}
	if cmd.GroupID != "" {
		record.GroupID = cmd.GroupID
		record.Ref = kv.Ref{GroupID: cmd.GroupID}
		return record, nil
	}
	if err := cmp.Or(CheckUserID("to", cmd.To), c.checkNoGuests("to", cmd.To)); err != nil {
		return kv.Record{}, err
	}
	record.To = cmd.To
	record.Sequence = uint64(orRandom(cmd.Sequence))
	record.Ref = kv.Ref{From: record.From, To: record.To, MsgKey: msgKey(record)}
	return record, nil
}

// msgKey returns the key that identifies a one-to-one message among those of its sender to its
// receiver.
func msgKey(r kv.Record) string { return fmt.Sprintf("%d_%d_%d", r.Sequence, r.Random, r.Time) }

func orRandom(n *uint32) uint32 {
	if n != nil {
		return *n
	}
	return rand.Uint32()
}

// encode returns the payload as it is stored and sent on: the fields of its type and no others. It
// is encoded here and not by the doors, because what is stored must not depend on the door.
func (p Payload) encode(messageType string) ([]byte, error) {
	for _, part := range [...]struct{ name, text string }{
		{"text", p.Text}, {"data", p.Data}, {"description", p.Description}, {"extension", p.Extension},
	} {
		if !utf8.ValidString(part.text) {
			return nil, refusal.Field(refusal.BadParameter, "payload."+part.name, "not UTF-8")
		}
	}
	switch messageType {
	case "TIMTextElem":
		if p.Text == "" {
			return nil, refusal.Field(refusal.BadParameter, "payload.text", "empty")
		}
		return wire.Encode(struct {
			Text string `json:"text"`
		}{p.Text}), nil
	case "TIMCustomElem":
		return wire.Encode(struct {
			Data        string `json:"data"`
			Description string `json:"description"`
			Extension   string `json:"extension"`
		}{p.Data, p.Description, p.Extension}), nil
	}
	return nil, refusal.Field(refusal.BadParameter, "type", "%q is neither TIMCustomElem nor TIMTextElem",
		refusal.Clip(messageType))
}
