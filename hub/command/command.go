package command

import (
	"context"
	"log/slog"
	"time"

	"exthub/hub/audit"
	"exthub/hub/refusal"
	"exthub/kv"
)

// Commands carries out what can be asked of a hub, whatever door it came through. Its fields are
// fixed after New. All methods may be called concurrently.
type Commands struct {
	store   *kv.Store
	options Options
	keys    pseudonyms
}

// Options are the parts of the rules that an operator may change. All but the rates and
// Audit are required.
type Options struct {
	Limits          Limits
	MessageRate     int // sets per message and minute, see rate.go; 0 is no limit
	OwnRate         int // a user's sets per message with write own and minute; 0 is no limit
	MaxGroupMembers int
	MessageTTL      time.Duration // how long a message lives, in whole seconds; 0 is for ever
	Guests          bool          // there may be guests, see guest.go
	Now             func() time.Time
	Audit           *audit.Log // may be nil
	SecretKeys      []string   // the app's, the one in use first; see pseudonyms
}

// New returns the commands on what is in the store.
func New(store *kv.Store, options Options) *Commands {
	if options.Audit == nil {
		options.Audit = audit.New(slog.New(slog.DiscardHandler), options.Now)
	}
	return &Commands{store, options, newPseudonyms(options.SecretKeys)}
}

// Caller is the user who asks, as the door has authenticated it.
type Caller struct {
	UserID  string
	Admin   bool   // an app admin: may act on any conversation and need not name a Seq
	Guest   bool   // somebody whom nobody vouches for, see guest.go; never an app admin
	Session string // the ID of the WebSocket session, "" at the other door
	Cork    func() // tells the session's socket that a reply is imminent; nil at the other door

	// Charge makes the session pay for a request that cost as much as this many small ones, besides
	// itself; nil at the other door, whose callers run the hub.
	Charge func(requests int)

	// Follow makes a guest's session hear of a group from now on, unless check refuses, which is
	// asked when nothing that happens to the group is missed any more; nil at the other door.
	Follow func(ctx context.Context, groupID string, check func() error) error
}

// How much a request may cost before it counts as more than one.
const (
	bytesPerRequest = 16 << 10 // of an answer
	usersPerRequest = 20       // that are made members or removed
)

// pay charges the caller for what a request cost, in units of which one request has this many.
func (c Caller) pay(units, perRequest int) {
	if c.Charge != nil && units >= perRequest {
		c.Charge(units / perRequest)
	}
}

// access is the first check of every command on a message's pairs: whether there is such a
// conversation, the caller takes part in it, and its messages can have pairs. It does not look at
// the message: somebody outside of the conversation learns nothing about which messages there are.
func (c *Commands) access(ctx context.Context, caller Caller, id kv.MessageID) (kv.Ref, error) {
	ref, err := parseMessageID(id)
	if err != nil {
		return ref, err
	}
	if ref.GroupID == "" {
		return ref, c.checkTakesPart(ctx, caller, ref)
	}
	group, err := c.readerOf(ctx, caller, ref.GroupID)
	if err == nil && group.Type == AVChatRoom {
		err = refusal.New(refusal.NotExtensible, "group %s is an AVChatRoom, whose messages have no extensions",
			ref.GroupID)
	}
	return ref, err
}

// parseMessageID takes a message's ID apart, or refuses what is none.
func parseMessageID(id kv.MessageID) (kv.Ref, error) {
	ref, err := kv.ParseMessageID(id)
	if err != nil {
		err = refusal.Field(refusal.BadParameter, "messageID", "%q is not a message ID", refusal.Clip(string(id)))
	}
	return ref, err
}

// checkTakesPart refuses a caller who is on neither side of a one-to-one message, nor an app admin,
// and everybody while the hub may not decide.
func (c *Commands) checkTakesPart(ctx context.Context, caller Caller, ref kv.Ref) error {
	if caller.Guest || !caller.Admin && caller.UserID != ref.From && caller.UserID != ref.To {
		return refusal.New(refusal.NotPermitted, "%s is not in the conversation of message %s", caller.UserID, ref.ID())
	}
	return c.store.Check(ctx)
}

// extensible is the second check: the message exists, was sent with extension support, and was not
// recalled.
func extensible(m *kv.Message, id kv.MessageID) error {
	switch record := m.Record(); {
	case record == nil:
		return noSuchMessage(id)
	case record.Recalled != nil:
		return recalled(record)
	case !record.IsSupportExtension:
		return refusal.New(refusal.NotExtensible, "message %s was sent without ", id).Naming("isSupportExtension")
	}
	return nil
}

func noSuchMessage(id kv.MessageID) error {
	return refusal.New(refusal.NoSuchMessage, "there is no message %s", id)
}

// recalled returns the refusal of what is asked about a message that was recalled. It says who did
// that: a client that was away learns of it by this.
func recalled(r *kv.Record) error {
	refused := refusal.New(refusal.Recalled, "message %s was recalled", r.Ref.ID())
	refused.Data = map[string]string{"revoker": r.Recalled.By}
	return refused
}

// memberOf returns the group if the caller is a member of it or an app admin.
func (c *Commands) memberOf(ctx context.Context, caller Caller, groupID string) (kv.GroupInfo, error) {
	return c.groupFor(ctx, caller, groupID, checkMember)
}

// readerOf returns the group if the caller may read it: as memberOf does, or as a guest.
func (c *Commands) readerOf(ctx context.Context, caller Caller, groupID string) (kv.GroupInfo, error) {
	return c.groupFor(ctx, caller, groupID, checkReader)
}

// groupFor returns the group unless check refuses the caller.
func (c *Commands) groupFor(
	ctx context.Context, caller Caller, groupID string, check func(*kv.Group, Caller, string) error,
) (kv.GroupInfo, error) {
	if err := CheckGroupID("groupID", groupID); err != nil {
		return kv.GroupInfo{}, err
	}
	var info kv.GroupInfo
	var refused error
	err := c.store.ReadGroup(ctx, groupID, func(g *kv.Group) {
		if refused = check(g, caller, groupID); refused == nil {
			info = *g.Info()
		}
	})
	if err != nil {
		return kv.GroupInfo{}, err
	}
	return info, refused
}

// checkMember refuses if the group does not exist, or the caller is neither a member of it nor an
// app admin. A guest is neither: what a guest may do asks checkReader.
func checkMember(g *kv.Group, caller Caller, groupID string) error {
	if g.Info() == nil {
		return refusal.New(refusal.NoSuchGroup, "there is no group %s", groupID)
	}
	if _, ok := g.Member(caller.UserID); caller.Guest || !ok && !caller.Admin {
		return refusal.New(refusal.NotPermitted, "%s is not a member of group %s", caller.UserID, groupID)
	}
	return nil
}
