package events

import (
	"context"
	"errors"
	"log/slog"
	"slices"

	"exthub/kv"
)

// A change of a message with rules is told to three audiences: to who wrote a pair, that pair; to
// the author and the app admins, what the rules show at all; to everybody else, what they reveal.
// Each event is encoded once, and none is looked at for each session: the sessions of a privileged
// few are taken out of the group's list, which is made anew only when somebody comes or goes.

// split is who of a conversation is told what the author is, and who is not.
type split struct {
	of                 []Subscriber // the group's sessions when the two were made of them
	others, privileged []Subscriber
}

// pollOf returns the message of a change as it is now, if it has rules, is still there and somebody
// here takes part. It may wait for the store: b.mu must not be held.
func (b *Broker) pollOf(d kv.Delta) (*kv.Poll, error) {
	if d.Poll == nil {
		return nil, nil
	}
	b.mu.Lock()
	audience := b.audienceOf(d.Ref)
	b.mu.Unlock()
	if audience == 0 {
		return nil, nil
	}
	p, err := d.Poll(context.Background()) // it has a timeout of its own
	if errors.Is(err, kv.ErrNoMessage) {
		return nil, nil // it has expired, of which nobody is told
	}
	return &p, err
}

// loseMessage tells all who take part that they may have missed a change: what can't be read can't
// be told, and who may know it neither.
func (b *Broker) loseMessage(d kv.Delta, err error) {
	slog.Error("message whose rules can't be read", "message", d.ID, "error", err)
	for _, s := range b.everybody(d.Ref) {
		s.Lost()
	}
}

// deliverPoll delivers a change of a message with rules, or adds it to what waits. A close, or
// another time for it, does not wait. The caller holds b.mu.
func (b *Broker) deliverPoll(d kv.Delta, p *kv.Poll) {
	if !p.Record.Rules.Open() {
		b.deliverOwn(d, p)
	}
	if len(d.Pairs) > 0 || d.ClearSeq > 0 {
		b.deliverPollPairs(d, p)
	}
	if d.ClosedSeq == 0 && (!d.Rescheduled || d.Record != nil) {
		return // what it was sent with is part of the message
	}
	t := b.throttles[d.ID]
	if t == nil {
		b.tellSummary(d, p, new(split), nil)
		return
	}
	if len(t.waiting) > 0 {
		b.deliverWaiting(t)
	}
	t.timer.Stop()
	t.poll, t.stale, t.inRound = p, false, false
	t.round.end()
	t.pending += b.tellSummary(d, p, &t.split, t.written)
	b.planTick(t)
}

func (b *Broker) deliverPollPairs(d kv.Delta, p *kv.Poll) {
	t := b.throttles[d.ID]
	if t != nil {
		t.waiting, t.poll, t.stale = pollChanges(t.waiting, d, p), p, true
		t.round.news += len(d.Pairs)
		if len(t.waiting) > maxWaiting {
			t.waiting = newest(t.waiting)
		}
		return
	}
	changes := pollChanges(nil, d, p)
	if b.audienceOf(d.Ref) < b.options.LargeAudience || b.options.Interval == 0 {
		b.tellPoll(d.ID, d.Ref, p, changes, new(split), nil)
		return
	}
	t = b.newThrottle()
	t.id, t.ref, t.waiting, t.poll = d.ID, d.Ref, changes, p
	b.throttles[d.ID] = t
	b.deliverWaiting(t)
}

// pollChanges adds those changes of pairs that somebody is told of besides who wrote them.
func pollChanges(changes []change, d kv.Delta, p *kv.Poll) []change {
	if p.Record.Rules.Pairs(true, false) {
		return appendChanges(changes, d)
	}
	if d.ClearSeq > 0 {
		changes = append(changes, change{seq: d.ClearSeq, deleted: true})
	}
	return changes
}

// tellPoll delivers what has changed to those who may know it, and returns how many of the events
// have yet to be written. The caller holds b.mu.
func (b *Broker) tellPoll(
	id kv.MessageID, ref kv.Ref, p *kv.Poll, changes []change, sp *split, written func(),
) (pending int) {
	wrap := b.options.Wrap
	rules := p.Record.Rules
	deliver := func(e *Event, to []Subscriber) {
		if len(e.frames) > 0 && b.deliverTo(ref, e, to, written) {
			pending++
		}
	}
	if rules.Open() {
		deliver(newPairEvent(id, changes, wrap), b.everybody(ref))
		return pending
	}
	var clear []change
	if i := slices.IndexFunc(changes, func(c change) bool { return c.key == "" }); i >= 0 {
		clear = changes[i : i+1 : i+1]
	}
	if rules.Revealed(false) {
		deliver(newPairEvent(id, clear, wrap).addSummary(wrap, p.Summary), b.everybody(ref))
		return pending
	}
	b.splitFor(ref, p, sp)
	deliver(newPairEvent(id, slices.Clone(clear), wrap).addSummary(wrap, visible(p, false)), sp.others)
	if len(sp.privileged) > 0 {
		deliver(newPairEvent(id, changes, wrap).addSummary(wrap, p.Summary), sp.privileged)
	}
	return pending
}

// tellSummary delivers a close, or a summary with the time at which the message closes now.
func (b *Broker) tellSummary(d kv.Delta, p *kv.Poll, sp *split, written func()) (pending int) {
	b.splitFor(d.Ref, p, sp)
	for _, part := range []struct {
		to     []Subscriber
		author bool
	}{{sp.others, false}, {sp.privileged, true}} {
		if len(part.to) == 0 {
			continue
		}
		s := visible(p, part.author)
		e := newPairEvent(d.ID, nil, b.options.Wrap)
		if d.ClosedSeq > 0 {
			e.addClose(b.options.Wrap, d.ClosedSeq, s)
		} else {
			e.addSummary(b.options.Wrap, s)
		}
		if b.deliverTo(d.Ref, e, part.to, written) {
			pending++
		}
	}
	if g := b.groups[d.Ref.GroupID]; g != nil && d.ClosedSeq > 0 {
		g.owners = slices.DeleteFunc(g.owners, func(o *owners) bool { return o.record.Ref == d.Ref })
	}
	return pending
}

// everybody returns the sessions that take part in a conversation, in a list that never changes.
func (b *Broker) everybody(r kv.Ref) []Subscriber {
	if r.GroupID != "" {
		if g := b.groups[r.GroupID]; g != nil {
			return g.borrow()
		}
		return nil
	}
	var all []Subscriber
	for _, reader := range readers(r) {
		all = append(all, b.sessionsOf(r, reader)...)
	}
	return all
}

// sessionsOf returns a user's sessions, if the user takes part in the conversation.
func (b *Broker) sessionsOf(r kv.Ref, userID string) []Subscriber {
	if r.GroupID == "" && !slices.Contains(readers(r), userID) {
		return nil
	}
	var list []Subscriber
	for _, a := range b.users[userID] {
		if _, in := a.groups[r.GroupID]; in || r.GroupID == "" {
			list = append(list, a.Subscriber)
		}
	}
	return list
}

// splitFor brings a split up to date.
func (b *Broker) splitFor(r kv.Ref, p *kv.Poll, sp *split) {
	all := b.everybody(r)
	if len(all) > 0 && len(all) == len(sp.of) && &all[0] == &sp.of[0] {
		return
	}
	*sp = split{of: all, others: all}
	for _, user := range b.privileged(p) {
		sp.privileged = append(sp.privileged, b.sessionsOf(r, user)...)
	}
	if len(sp.privileged) > 0 {
		apart := make(map[Subscriber]bool, len(sp.privileged))
		for _, s := range sp.privileged {
			apart[s] = true
		}
		sp.others = make([]Subscriber, 0, len(all))
		for _, s := range all {
			if !apart[s] {
				sp.others = append(sp.others, s)
			}
		}
	}
}

// privileged returns the users who are told what the author is.
func (b *Broker) privileged(p *kv.Poll) []string {
	users := b.options.Admins
	if !slices.Contains(users, p.Record.From) {
		users = append(slices.Clip(users), p.Record.From)
	}
	return users
}

// deliverTo hands an event to a list of sessions of a conversation. It reports whether the event
// has yet to be written, as a Deliverer does; then written is called.
func (b *Broker) deliverTo(r kv.Ref, e *Event, to []Subscriber, written func()) (pending bool) {
	b.delivered += uint64(len(to))
	if r.GroupID != "" {
		return b.options.Deliverer.Deliver(r.GroupID, e, to, "", written)
	}
	return Sequential{}.Deliver("", e, to, "", nil)
}
