package events

import (
	"time"

	"exthub/kv"
)

// pace spaces out the events of a message with a large audience. It exists from an event until an interval after it in which nothing came.
type pace struct {
	ref     kv.Ref
	waiting []change // what came since the last event
	timer   *time.Timer
	cost    time.Duration // what the last fan-out took
}

// maxWaiting is how many changes wait before they are folded: more would be memory by time, not by pairs.
const maxWaiting = 1024

// pace delivers a change at once, or adds it to what waits. The caller holds b.mu.
func (b *Broker) pace(d kv.Delta) {
	id := d.Ref.ID()
	if p := b.paces[id]; p != nil {
		p.waiting = append(p.waiting, changesOf(d)...)
		if len(p.waiting) > maxWaiting {
			p.waiting = newest(p.waiting)
		}
		return
	}
	if b.audienceOf(d.Ref) == 0 {
		return
	}
	start := time.Now()
	n := b.deliver(d.Ref, pairEvent(d, b.options.Wrap))
	if n < b.options.LargeAudience || b.options.Interval == 0 {
		return
	}
	p := &pace{ref: d.Ref, cost: time.Since(start)}
	b.paces[id] = p
	p.timer = time.AfterFunc(b.interval(p), func() { b.due(id, p) })
}

// interval adapts to the audience: at most half of the time goes into one message's fan-out.
func (b *Broker) interval(p *pace) time.Duration { return max(b.options.Interval, 2*p.cost) }

// due delivers what waits, or ends the pace if nothing does.
func (b *Broker) due(id kv.MessageID, p *pace) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.paces[id] != p {
		return
	}
	if len(p.waiting) == 0 {
		delete(b.paces, id)
		return
	}
	start := time.Now()
	b.deliverWaiting(p)
	p.cost = time.Since(start)
	p.timer.Reset(b.interval(p))
}

// release delivers at once what waits for a group. The caller holds b.mu.
func (b *Broker) release(group string) {
	for _, p := range b.paces {
		if p.ref.GroupID == group {
			b.deliverWaiting(p)
		}
	}
}

func (b *Broker) deliverWaiting(p *pace) {
	if len(p.waiting) > 0 {
		e := newPairEvent(p.ref.ID(), p.waiting, b.options.Wrap)
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
	for id, p := range b.paces {
		p.timer.Stop()
		b.deliverWaiting(p)
		delete(b.paces, id)
	}
}
