package events

import (
	"log/slog"
	"slices"
	"sync"
	"time"

	"exthub/kv"
)

// Subscriber is a session as the broker sees it. Its methods must not block, nor call the Broker.
type Subscriber interface {
	// Session returns the session's ID. The session that sent a message gets no event for it.
	Session() string
	// Notify queues an event.
	Notify(*Event)
	// Lost tells the session that it may have missed changes, so that it can't go on as if
	// nothing had happened.
	Lost()
}

// Options of a Broker; the zero value is usable.
type Options struct {
	// Interval is the least time between two events of a message with a large audience; 0 turns
	// folding off.
	Interval time.Duration
	// LargeAudience is how many sessions are a large audience; 32 if zero.
	LargeAudience int
	// Wrap puts a notification into the transport's envelope; nil for none.
	Wrap Wrapper
	// Deliverer brings events to groups; Sequential{} if nil.
	Deliverer Deliverer
	// Admins are the users who are told what a message's author is.
	Admins []string
	// Pseudonym returns the key of a user's pair on a message with anonymous ones.
	Pseudonym func(*kv.Record, string) (string, error)
}

// Broker knows which sessions take part in which conversations, and delivers to them what Publish
// brings. All methods may be called concurrently.
type Broker struct {
	options Options

	mu        sync.Mutex
	users     map[string]user
	joining   map[*attachment]bool // those that have not come to the end of Join
	groups    map[string]*audience
	throttles map[kv.MessageID]*throttle
	idle      []*throttle // throttles of no message, to be used again
	delivered uint64      // events about pairs, one for each session that got it

	dismissals uint64 // of groups, see Follow
}

// New returns a Broker without subscribers.
func New(options Options) *Broker {
	if options.LargeAudience == 0 {
		options.LargeAudience = 32
	}
	if options.Deliverer == nil {
		options.Deliverer = Sequential{}
	}
	return &Broker{
		options: options, users: make(map[string]user), joining: make(map[*attachment]bool),
		groups: make(map[string]*audience), throttles: make(map[kv.MessageID]*throttle),
	}
}

// Attach makes the session follow the user's one-to-one conversations and the changes of the user's
// memberships.
func (b *Broker) Attach(s Subscriber, userID string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := &attachment{Subscriber: s, user: userID}
	b.users[userID] = append(b.users[userID], a)
	b.joining[a] = true
}

// Join adds the session to the groups that its user was a member of, as they were read after
// Attach. What has been published about them since is newer and wins.
//
// Everybody waits for the lock, so it is given up between a few groups and the next.
func (b *Broker) Join(s Subscriber, userID string, groups []string) {
	for part := range slices.Chunk(groups, joinAtOnce) {
		b.join(s, userID, part, false)
	}
	b.join(s, userID, nil, true)
}

// joinAtOnce is how many groups a session enters while everybody waits.
const joinAtOnce = 100

func (b *Broker) join(s Subscriber, userID string, groups []string, all bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.users[userID].find(s)
	if a == nil {
		return
	}
	for _, group := range groups {
		if !a.changedSince[group] {
			b.enter(a, group)
		}
	}
	if all {
		delete(b.joining, a)
		a.changedSince = nil
	}
}

// Detach ends a session's part: nothing that is published after Detach has returned is delivered to
// it.
func (b *Broker) Detach(s Subscriber, userID string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	u := b.users[userID]
	a := u.find(s)
	if a == nil {
		return
	}
	delete(b.joining, a)
	for group := range a.groups {
		b.leave(a, group)
	}
	if len(u) == 1 {
		delete(b.users, userID)
	} else {
		b.users[userID] = slices.DeleteFunc(u, func(other *attachment) bool { return other == a })
	}
}

// Publish delivers a committed change to the sessions that it concerns. It is the sink of
// kv.Store.Run.
func (b *Broker) Publish(d kv.Delta) {
	poll, err := b.pollOf(d)
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case d.Reset:
		for _, u := range b.users {
			for _, a := range u {
				a.Lost()
			}
		}
	case d.Record != nil:
		b.deliverMessage(d.Ref, "MESSAGE_RECEIVED", d.Record, d.Origin)
	case d.Recalled != nil:
		// It says that the pairs are gone, too. What still waits about them is out of date.
		if t := b.throttles[d.ID]; t != nil {
			t.waiting, t.stale = nil, false
			t.round.end()
		}
		b.deliverMessage(d.Ref, "MESSAGE_REVOKED", d.Recalled, "")
		return
	case len(d.Members) > 0 || d.Dissolved:
		b.changeMembers(d)
	case d.Read != nil:
		b.deliverRead(*d.Read)
	case d.Profile != nil:
		b.deliverProfile(*d.Profile)
	}
	switch {
	case err != nil:
		b.loseMessage(d, err)
	case poll != nil:
		b.deliverPoll(d, poll)
	case d.Poll == nil && (len(d.Pairs) > 0 || d.ClearSeq > 0):
		b.deliverPairs(d)
	}
}

// deliverMessage delivers a message that was sent or recalled, to everybody but the session that it
// comes from. Each side of a one-to-one conversation sees it under the name of the other.
func (b *Broker) deliverMessage(ref kv.Ref, method string, r *kv.Record, origin string) {
	if ref.GroupID != "" {
		if g := b.groups[ref.GroupID]; g != nil {
			if e := b.messageEvent(method, r, ""); e != nil {
				b.options.Deliverer.Deliver(ref.GroupID, e, g.borrow(), origin, nil)
			}
		}
		return
	}
	for _, reader := range readers(ref) {
		if u := b.users[reader]; u != nil {
			if e := b.messageEvent(method, r, reader); e != nil {
				for _, a := range u {
					notifyOthers(a, e, origin)
				}
			}
		}
	}
}

// messageEvent returns the event of a message as reader sees it, or nil if it can't be encoded.
func (b *Broker) messageEvent(method string, r *kv.Record, reader string) *Event {
	buffer, err := encodeMessage(method, NewMessage(r, reader))
	if err != nil {
		slog.Error("message that can't be encoded", "message", r.Ref.ID(), "error", err)
		return nil
	}
	return new(Event).addFrame(b.options.Wrap, buffer)
}

// readers returns the two sides of a one-to-one conversation; one if users write to themselves.
func readers(r kv.Ref) []string {
	if r.From == r.To {
		return []string{r.From}
	}
	return []string{r.From, r.To}
}

// deliver hands an event about pairs to all sessions that take part. It reports whether the event
// has yet to be written, as a Deliverer does; then written is called.
func (b *Broker) deliver(r kv.Ref, e *Event, written func()) (pending bool) {
	if r.GroupID != "" {
		g := b.groups[r.GroupID]
		if g == nil {
			return false
		}
		b.delivered += uint64(len(g.list))
		return b.options.Deliverer.Deliver(r.GroupID, e, g.borrow(), "", written)
	}
	for _, reader := range readers(r) {
		for _, a := range b.users[reader] {
			a.Notify(e)
			b.delivered++
		}
	}
	return false
}

// audienceOf returns how many sessions take part in a conversation.
func (b *Broker) audienceOf(r kv.Ref) int {
	if r.GroupID != "" {
		if g := b.groups[r.GroupID]; g != nil {
			return len(g.list)
		}
		return 0
	}
	n := 0
	for _, reader := range readers(r) {
		n += len(b.users[reader])
	}
	return n
}

func (b *Broker) changeMembers(d kv.Delta) {
	group := d.Ref.GroupID
	// What waits was committed while the group had its old members: the new ones get none of it.
	b.flushGroup(group)
	if d.Dissolved {
		b.dismissals++
		for a := range b.joining {
			a.noteChange(group) // it may have been read as a member
		}
	}
	if g := b.groups[group]; d.Dissolved && g != nil {
		b.leaveRounds(group, nil)
		b.options.Deliverer.Deliver(group, b.leftEvent(group, dismissed, d.Revision), g.borrow(), "", nil)
		for _, a := range g.places {
			delete(a.groups, group)
		}
		delete(b.groups, group)
	}
	for _, change := range d.Members {
		for _, a := range b.users[change.UserID] {
			if b.joining[a] {
				a.noteChange(group)
			}
			// By the Deliverer, so that they keep their place among the group's events.
			if e := b.changeMembership(a, group, change); e != nil {
				b.options.Deliverer.Deliver(group, e, []Subscriber{a.Subscriber}, "", nil)
			}
		}
	}
}

// changeMembership takes a session into the group or out of it, and returns what it is told: nil if
// it was in or out already.
func (b *Broker) changeMembership(a *attachment, group string, change kv.MemberChange) *Event {
	switch {
	case change.Joined && b.enter(a, group):
		b.joinRounds(group, a.Subscriber)
		return b.joinedEvent(group, change.Seq)
	case !change.Joined && b.leave(a, group):
		b.leaveRounds(group, a.Subscriber)
		reason := removed
		if change.By == change.UserID {
			reason = quit
		}
		return b.leftEvent(group, reason, change.Seq)
	}
	return nil
}

// enter takes a session into a group and reports whether it was not in it.
func (b *Broker) enter(a *attachment, group string) bool {
	if _, in := a.groups[group]; in {
		return false
	}
	members := b.groups[group]
	if members == nil {
		members = &audience{}
		b.groups[group] = members
	}
	members.add(a, group)
	return true
}

// leave takes a session out of a group and reports whether it was in it.
func (b *Broker) leave(a *attachment, group string) bool {
	if _, in := a.groups[group]; !in {
		return false
	}
	members := b.groups[group]
	members.remove(a, group)
	if len(members.list) == 0 {
		delete(b.groups, group)
	}
	return true
}

// Delivered returns how many events about pairs were handed to sessions since the start, counting
// one for each session.
func (b *Broker) Delivered() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.delivered
}
