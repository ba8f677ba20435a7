package events

import (
	"log/slog"
	"sync"
	"time"

	"exthub/kv"
)

// Subscriber is a session as the broker sees it. Its methods must not block, nor call the Broker.
type Subscriber interface {
	// Session returns the session's ID: the session that sent a message gets no event for it.
	Session() string
	// Notify takes an event to be delivered.
	Notify(*Event)
	// Lost says that changes may have been missed, so that the session can't go on as if nothing had happened.
	Lost()
}

// Options of a Broker; the zero value is usable.
type Options struct {
	Interval      time.Duration // the least time between two events of a message with a large audience; 0 turns folding off
	LargeAudience int           // how many sessions are a large audience; 32 if zero
	Wrap          Wrapper       // the transport's envelope, or nil
}

// Broker knows which sessions take part in which conversations, and delivers to them what Publish brings. All methods may be called concurrently.
type Broker struct {
	options Options

	mu     sync.Mutex
	users  map[string]*user
	groups map[string]*audience
	paces  map[kv.MessageID]*pace
}

// user is somebody who has at least one session here.
type user struct {
	sessions map[Subscriber]*attachment
	audience audience
}

// attachment is a session's place: the groups that it is in, and, until Join, those whose membership has changed since Attach.
type attachment struct {
	groups  map[string]bool
	touched map[string]bool // nil after Join
}

// New returns a Broker without subscribers.
func New(options Options) *Broker {
	if options.LargeAudience == 0 {
		options.LargeAudience = 32
	}
	return &Broker{options: options, users: make(map[string]*user), groups: make(map[string]*audience), paces: make(map[kv.MessageID]*pace)}
}

// Attach makes the session follow the user's one-to-one conversations and what happens to the user's memberships.
func (b *Broker) Attach(s Subscriber, userID string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	u := b.users[userID]
	if u == nil {
		u = &user{sessions: make(map[Subscriber]*attachment)}
		b.users[userID] = u
	}
	u.sessions[s] = &attachment{groups: make(map[string]bool), touched: make(map[string]bool)}
	u.audience.add(s)
}

// Join adds the session to the groups that its user was a member of, as they were read after Attach. What has been published about them since is newer.
func (b *Broker) Join(s Subscriber, userID string, groups []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.attachment(s, userID)
	if a == nil {
		return
	}
	for _, group := range groups {
		if !a.touched[group] {
			b.enter(s, a, group)
		}
	}
	a.touched = nil
}

// Detach ends a session's part. Nothing is delivered to it after Detach has returned.
func (b *Broker) Detach(s Subscriber, userID string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.attachment(s, userID)
	if a == nil {
		return
	}
	for group := range a.groups {
		b.leave(s, a, group)
	}
	u := b.users[userID]
	delete(u.sessions, s)
	u.audience.remove(s)
	if len(u.sessions) == 0 {
		delete(b.users, userID)
	}
}

// Publish delivers a committed change to whom it concerns. It is the sink of kv.Store.Run.
func (b *Broker) Publish(d kv.Delta) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case d.Reset:
		for _, u := range b.users {
			u.audience.each(Subscriber.Lost)
		}
	case d.Record != nil:
		b.received(d)
	case len(d.Members) > 0 || d.Dissolved:
		b.changeMembers(d)
	}
	if len(d.Pairs) > 0 || d.ClearSeq > 0 {
		b.pace(d)
	}
}

// received delivers a message. Both sides of a one-to-one conversation see it under the name of the other.
func (b *Broker) received(d kv.Delta) {
	if d.Record.GroupID != "" {
		if a := b.groups[d.Record.GroupID]; a != nil {
			b.deliverMessage(d, a, "")
		}
		return
	}
	for _, reader := range readers(d.Ref) {
		if u := b.users[reader]; u != nil {
			b.deliverMessage(d, &u.audience, reader)
		}
	}
}

func (b *Broker) deliverMessage(d kv.Delta, a *audience, reader string) {
	payload, err := encodeReceived(NewMessage(d.Record, reader))
	if err != nil {
		slog.Error("message that can't be encoded", "message", d.Ref.ID(), "error", err)
		return
	}
	e := new(Event).encoded(b.options.Wrap, payload)
	a.each(func(s Subscriber) {
		if s.Session() != d.Origin || d.Origin == "" {
			s.Notify(e)
		}
	})
}

// readers returns the two sides of a one-to-one conversation, once if somebody writes to himself.
func readers(r kv.Ref) []string {
	if r.From == r.To {
		return []string{r.From}
	}
	return []string{r.From, r.To}
}

// deliver hands an event about pairs to all who take part, and returns how many that were.
func (b *Broker) deliver(r kv.Ref, e *Event) int {
	if r.GroupID != "" {
		return b.groups[r.GroupID].notify(e)
	}
	n := 0
	for _, reader := range readers(r) {
		if u := b.users[reader]; u != nil {
			n += u.audience.notify(e)
		}
	}
	return n
}

func (b *Broker) changeMembers(d kv.Delta) {
	group := d.Ref.GroupID
	// What waits was committed for the members there were; those who come now have no part in it.
	b.release(group)
	if d.Dissolved {
		if a := b.groups[group]; a != nil {
			a.each(func(s Subscriber) { delete(a.place[s].groups, group) })
		}
		delete(b.groups, group)
	}
	for _, change := range d.Members {
		u := b.users[change.UserID]
		if u == nil {
			continue
		}
		for s, a := range u.sessions {
			if a.touched != nil {
				a.touched[group] = true
			}
			if change.Joined {
				b.enter(s, a, group)
			} else {
				b.leave(s, a, group)
			}
		}
	}
}

func (b *Broker) enter(s Subscriber, a *attachment, group string) {
	if a.groups[group] {
		return
	}
	a.groups[group] = true
	members := b.groups[group]
	if members == nil {
		members = &audience{}
		b.groups[group] = members
	}
	members.add(s)
	members.place[s].groups = a.groups
}

func (b *Broker) leave(s Subscriber, a *attachment, group string) {
	if !a.groups[group] {
		return
	}
	delete(a.groups, group)
	if members := b.groups[group]; members != nil {
		members.remove(s)
		if members.len() == 0 {
			delete(b.groups, group)
		}
	}
}

func (b *Broker) attachment(s Subscriber, userID string) *attachment {
	if u := b.users[userID]; u != nil {
		return u.sessions[s]
	}
	return nil
}
