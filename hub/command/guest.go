package command

import (
	"context"
	"errors"

	"exthub/hub/guest"
	"exthub/hub/refusal"
	"exthub/kv"
)

// A guest is somebody whom nobody vouches for: see package guest. A guest may read the groups that
// were made open to guests, and set and delete its own pair on those of their messages whose rules
// say write own. Nothing else: no conversations of two, no messages, no groups, no lists of
// members.
//
// Guests are no members. Being one would be stored, and whoever can be a thousand guests could fill
// a group, and the lists of those who are in it; and a hall of people that comes in would be as
// many commits, each of which all hubs wait for. A guest's session hears of a group while it lasts.

// checkReader refuses whom checkMember refuses, except guests of a group that is open to them.
func checkReader(g *kv.Group, caller Caller, groupID string) error {
	if info := g.Info(); caller.Guest && info != nil {
		if !info.Guests {
			return refusal.New(refusal.NotPermitted, "group %s is not open to guests", groupID)
		}
		return nil
	}
	return checkMember(g, caller, groupID)
}

// followGroup makes a guest's session hear of an open group until it ends. A group that was
// dismissed and made anew while it was looked at is another group, which need not be open.
func (c *Commands) followGroup(ctx context.Context, caller Caller, groupID string) (Joined, error) {
	if caller.Follow == nil {
		return Joined{}, notForGuests(caller)
	}
	var joined Joined
	err := caller.Follow(ctx, groupID, func() (err error) {
		joined.Group, err = c.readerOf(ctx, caller, groupID)
		return err
	})
	return joined, err
}

// OpenMessage returns a message that guests may read, or nil if there is none of this ID for them:
// that it is there, but not theirs, nobody learns.
func (c *Commands) OpenMessage(ctx context.Context, id kv.MessageID) (*kv.Record, error) {
	var refused *refusal.Error
	ref, err := c.access(ctx, Caller{Guest: true}, id)
	if errors.As(err, &refused) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var found *kv.Record
	err = c.store.Read(ctx, ref, 0, func(m *kv.Message) {
		if extensible(m, id) == nil {
			record := *m.Record()
			found = &record
		}
	})
	return found, err
}

// guestWrites refuses a guest who wants to change pairs of a message on which not everybody has
// their own.
func guestWrites(caller Caller, record *kv.Record) error {
	if caller.Guest && (record.Rules == nil || !record.Rules.Own()) {
		return refusal.New(refusal.NotPermitted, "guests write only where the rules say write own, "+
			"which those of message %s don't", record.Ref.ID())
	}
	return nil
}

// notForGuests returns the refusal of what no guest may do.
func notForGuests(caller Caller) error {
	return refusal.New(refusal.NotPermitted, "%s is a guest, who may read and answer only", caller.UserID)
}

// checkNoGuests refuses users who are guests: nobody may write to one, or for one, or make one a
// member of anything.
func (c *Commands) checkNoGuests(field string, userIDs ...string) error {
	for _, id := range userIDs {
		if c.options.Guests && guest.Is(id) {
			return refusal.Field(refusal.NotPermitted, field,
				"%s is a guest, who joins groups alone, and gets no messages", refusal.Clip(id))
		}
	}
	return nil
}

// checkOpen refuses a group that is to be open to guests, but can't be.
func (c *Commands) checkOpen(info kv.GroupInfo) error {
	switch {
	case !info.Guests:
		return nil
	case !c.options.Guests:
		return refusal.Field(refusal.BadParameter, "guests", "this hub lets no guests in: start it with --guests")
	case info.Type == AVChatRoom:
		return refusal.Field(refusal.BadParameter, "guests", "there is nothing for guests in an AVChatRoom, "+
			"whose messages have no extensions")
	case info.JoinOption != FreeAccess:
		return refusal.Field(refusal.BadParameter, "guests", "a group that guests may join is open to everybody: "+
			"it is not Private, and has FreeAccess as its ").Naming("joinOption")
	}
	return nil
}
