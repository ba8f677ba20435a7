package events

import (
	"time"

	"exthub/kv"
)

// throttle spaces out the events of a message with a large audience. It belongs to the message from
// an event until an interval after it in which nothing changed, and then to another one: with its
// timer and its callback it is four of the few objects that an event takes.
type throttle struct {
	id      kv.MessageID
	ref     kv.Ref
	waiting []change    // what changed since the last event
	poll    *kv.Poll    // of a message with rules: as it is now; nil otherwise
	stale   bool        // poll has yet to be told, or to be told again to some
	split   split       // who is told what of it
	round   round       // who has yet to be told in this round
	inRound bool        // what was delivered last was a part of it
	timer   *time.Timer // calls tick
	written func()      // calls eventWritten
	pending int         // events that have yet to be written
	began   time.Time   // when the last event was handed out
}

// maxWaiting is how many changes wait before they are folded: more would be memory by time, not by
// pairs.
const maxWaiting = 1024

// deliverPairs delivers a change at once, or adds it to what waits. The caller holds b.mu.
func (b *Broker) deliverPairs(d kv.Delta) {
	if t := b.throttles[d.ID]; t != nil {
		t.waiting = appendChanges(t.waiting, d)
		if len(t.waiting) > maxWaiting {
			t.waiting = newest(t.waiting)
		}
		return
	}
	audience := b.audienceOf(d.Ref)
	if audience == 0 {
		return
	}
	e := pairEvent(d, b.options.Wrap)
	if audience < b.options.LargeAudience || b.options.Interval == 0 {
		b.deliver(d.Ref, e, nil)
		return
	}
	t := b.newThrottle()
	t.id, t.ref = d.ID, d.Ref
	b.throttles[d.ID] = t
	b.deliverThrottled(t, e)
}

// deliverThrottled delivers an event and plans the next one. The caller holds b.mu.
func (b *Broker) deliverThrottled(t *throttle, e *Event) {
	t.timer.Stop()
	t.began = time.Now()
	if b.deliver(t.ref, e, t.written) {
		t.pending++
	}
	b.planTick(t)
}

// deliverWaiting delivers what waits to everybody at once, and plans the next event. The caller
// holds b.mu.
func (b *Broker) deliverWaiting(t *throttle) {
	if t.poll == nil {
		b.deliverThrottled(t, b.foldWaiting(t))
		return
	}
	t.timer.Stop()
	t.began = time.Now()
	changes := t.waiting
	t.waiting, t.stale, t.inRound = nil, false, false
	t.round.end()
	t.pending += b.tellPoll(t.id, t.ref, t.poll, changes, &t.split, t.written)
	b.planTick(t)
}

// planTick starts the timer once all events have been written: for the rest of the interval, or for
// half of the time that the writing took. So at most two thirds of the time go into the events of
// one message, however large its audience is and however busy the machine, and no queue builds up.
// The caller holds b.mu.
func (b *Broker) planTick(t *throttle) {
	if t.pending > 0 {
		return
	}
	cost := time.Since(t.began)
	if t.inRound {
		t.timer.Reset(t.round.pause(cost, b.options.Interval))
	} else {
		t.timer.Reset(max(b.options.Interval-cost, cost/2))
	}
}

// eventWritten is told that one event of a throttle has been written.
func (b *Broker) eventWritten(t *throttle) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t.pending--
	if b.throttles[t.id] == t {
		b.planTick(t)
	}
}

// tick delivers what waits, or frees the throttle if nothing does.
func (b *Broker) tick(t *throttle) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.throttles[t.id] != t, t.pending > 0:
		// Closed, or overtaken by a flush: the end of that one's writing plans the next tick.
	case len(t.waiting) > 0:
		b.deliverWaiting(t)
	case t.stale || !t.round.over():
		b.tellRound(t)
	default:
		delete(b.throttles, t.id)
		t.poll, t.split, t.round, t.inRound = nil, split{}, round{}, false
		if len(b.idle) < maxIdle {
			b.idle = append(b.idle, t)
		}
	}
}

// maxIdle bounds the throttles that are kept after a rush.
const maxIdle = 256

// newThrottle returns a throttle whose timer does not run.
func (b *Broker) newThrottle() *throttle {
	if n := len(b.idle); n > 0 {
		t := b.idle[n-1]
		b.idle = b.idle[:n-1]
		return t
	}
	t := new(throttle)
	t.written = func() { b.eventWritten(t) }
	t.timer = time.AfterFunc(time.Hour, func() { b.tick(t) })
	t.timer.Stop()
	return t
}

// foldWaiting returns the event of all changes that wait.
func (b *Broker) foldWaiting(t *throttle) *Event {
	e := newPairEvent(t.id, t.waiting, b.options.Wrap)
	t.waiting = nil
	return e
}

// flushGroup delivers at once what waits for a group. A summary may wait: it tells those who come
// what they may read. The caller holds b.mu.
func (b *Broker) flushGroup(group string) {
	for _, t := range b.throttles {
		if t.ref.GroupID == group && len(t.waiting) > 0 {
			b.deliverWaiting(t)
		}
	}
}

// Close delivers what waits and stops the timers. Call it when no session is attached any more, or
// nothing is published.
func (b *Broker) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, t := range b.throttles {
		delete(b.throttles, id)
		if t.timer.Stop(); len(t.waiting) > 0 || t.stale || !t.round.over() {
			b.deliverWaiting(t)
			t.timer.Stop()
		}
	}
}
