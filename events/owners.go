package events

import (
	"log/slog"
	"slices"

	"exthub/kv"
)

// owners finds whose an anonymous pair is, among the users who have sessions in a group. The key
// does not say it, so the keys of all of them are made once, and that of a user who comes then.
type owners struct {
	record    *kv.Record
	pseudonym func(*kv.Record, string) (string, error)
	users     map[string]string // by key
}

// maxOwners is for how many messages of a group the keys are kept.
const maxOwners = 8

func (o *owners) add(user string) {
	key, err := o.pseudonym(o.record, user)
	if err != nil {
		slog.Error("whose anonymous pairs are can't be told", "message", o.record.Ref.ID(), "error", err)
		return
	}
	o.users[key] = user
}

// ownersOf returns the owners of a message's pairs, or nil if nobody is here.
func (b *Broker) ownersOf(record *kv.Record) *owners {
	o := &owners{record: record, pseudonym: b.options.Pseudonym, users: make(map[string]string)}
	if record.Ref.GroupID == "" {
		for _, reader := range readers(record.Ref) {
			o.add(reader)
		}
		return o
	}
	g := b.groups[record.Ref.GroupID]
	if g == nil {
		return nil
	}
	for _, known := range g.owners {
		if known.record.Ref == record.Ref {
			return known
		}
	}
	for _, a := range g.places {
		o.add(a.user)
	}
	if len(g.owners) == maxOwners {
		g.owners = slices.Delete(g.owners, 0, 1)
	}
	g.owners = append(g.owners, o)
	return o
}

// deliverOwn tells those whose pairs have changed, where others must not know. Who is told of all
// pairs is left out. The caller holds b.mu.
func (b *Broker) deliverOwn(d kv.Delta, p *kv.Poll) {
	if len(d.Pairs) == 0 {
		return
	}
	owner := func(key string) string { return key }
	if p.Record.Rules.Anonymous {
		o := b.ownersOf(p.Record)
		if o == nil {
			return
		}
		owner = func(key string) string { return o.users[key] }
	}
	byOwner := make(map[string][]change)
	for _, pair := range d.Pairs {
		if user := owner(pair.Key); len(b.users[user]) > 0 {
			byOwner[user] = append(byOwner[user], newChange(pair))
		}
	}
	all := p.Record.Rules.Pairs(true, false)
	for user, changes := range byOwner {
		if all && slices.Contains(b.privileged(p), user) {
			continue
		}
		if to := b.sessionsOf(d.Ref, user); len(to) > 0 {
			b.deliverTo(d.Ref, newPairEvent(d.ID, changes, b.options.Wrap), to, nil)
		}
	}
}
