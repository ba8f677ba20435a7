package events

import (
	"time"

	"exthub/kv"
)

// pace spaces out the events of a message with a large audience. It is the message's from an event
// until an interval after it in which nothing came, and then another one's: with its timer it is
// three of the few objects that an event takes.
type throttle struct {
	id      kv.MessageID
	ref     kv.Ref
	waiting []change // what came since the last event
	timer   *time.Timer
	began   time.Time     // of the last fan-out
	cost    time.Duration // what it took until all had been written; 0 while that is not known
}

const (
	pollInterval = 5 * time.Millisecond // how often a fan-out is asked whether it is over
	maxPolling   = time.Second          // how long an event is held back for the one before it; sessions fold what is too much even so
)

// maxWaiting is how many changes wait before they are folded: more would be memory by time, not by
// pairs.
const maxWaiting = 1024

// pace delivers a change at once, or adds it to what waits. The caller holds b.mu.
func (b *Broker) deliverPairs(d kv.Delta) {
	id := d.ID
	if p := b.throttles[id]; p != nil {
		p.waiting = appendChanges(p.waiting, d)
		if len(p.waiting) > maxWaiting {
			p.waiting = newest(p.waiting)
		}
		return
	}
	if b.audienceOf(d.Ref) == 0 {
		return
	}
	began := time.Now()
	n := b.deliver(d.Ref, pairEvent(d, b.options.Wrap))
	if n < b.options.LargeAudience || b.options.Interval == 0 {
		return
	}
	p := b.newThrottle()
	p.id, p.ref, p.began, p.cost = id, d.Ref, began, 0
	b.throttles[id] = p
	p.timer.Reset(min(pollInterval, b.options.Interval))
}

// freePace returns a pace whose timer does not run.
func (b *Broker) newThrottle() *throttle {
	if n := len(b.idle); n > 0 {
		p := b.idle[n-1]
		b.idle = b.idle[:n-1]
		return p
	}
	p := new(throttle)
	p.timer = time.AfterFunc(time.Hour, func() { b.tick(p) })
	p.timer.Stop()
	return p
}

// maxFree bounds the paces that are kept after a rush.
const maxIdle = 256

// due looks whether the last fan-out is over and the next one may begin. At most two thirds of the
// time go into the fan-out of one message: however large its audience is, and however busy the
// machine, a fan-out does not begin while the one before it is still being written, so nobody's
// events queue up.
func (b *Broker) tick(p *throttle) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.throttles[p.id] != p {
		return // closed meanwhile
	}
	passed := time.Since(p.began)
	if p.cost == 0 && passed < maxPolling && b.options.Deliverer.Busy() {
		p.timer.Reset(pollInterval)
		return
	}
	if p.cost == 0 {
		p.cost = passed
	}
	if rest := max(b.options.Interval, p.cost+p.cost/2) - passed; rest > 0 {
		p.timer.Reset(rest)
		return
	}
	if len(p.waiting) == 0 {
		delete(b.throttles, p.id)
		if len(b.idle) < maxIdle {
			b.idle = append(b.idle, p)
		}
		return
	}
	p.began, p.cost = time.Now(), 0
	b.deliverWaiting(p)
	p.timer.Reset(min(pollInterval, b.options.Interval))
}

// release delivers at once what waits for a group. The caller holds b.mu.
func (b *Broker) release(group string) {
	for _, p := range b.throttles {
		if p.ref.GroupID == group {
			b.deliverWaiting(p)
		}
	}
}

func (b *Broker) deliverWaiting(p *throttle) {
	if len(p.waiting) > 0 {
		e := newPairEvent(p.id, p.waiting, b.options.Wrap)
		p.waiting = nil
		b.deliver(p.ref, e)
	}
}

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

// Close stops the timers. Nothing may be published any more; what waited is delivered.
func (b *Broker) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, p := range b.throttles {
		p.timer.Stop()
		b.deliverWaiting(p)
		delete(b.throttles, id)
	}
}
