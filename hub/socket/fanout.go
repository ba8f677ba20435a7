package socket

import (
	"slices"

	"exthub/events"
)

// fanout is one or several events on their way to the sessions of a group. The writers take shares
// of the list, and write straight to the sockets of sessions for which nothing else waits.
//
// Without it, an event would be queued for each session, and each session for a writer: a group of
// one then waits 7 to 8 ms behind an event to 10,000 sessions, instead of 0.4 to 2.4
// (BenchmarkRoomBesideHall, a busy machine). What a delivery costs is about the same (545 against
// 554 ns, BenchmarkFanout; 122 against 175 beyond write(2) on the machine of 62f1e93).
type fanout struct {
	queue   *groupQueue
	to      []events.Subscriber
	except  string
	events  []*events.Event // several if they came before the first share was taken
	wire    []byte          // the frames of all events
	written []func()        // called when the last share is done
	next    int             // to[next:] have yet to be taken
	shares  int             // taken and not done
}

// groupQueue is the fan-outs of one group, in order. The next one begins when the first has reached
// all of its sessions, so a session gets the events of a group in order without a queue of its own.
// Groups take turns, share by share: a group of thousands does not hold up a small one.
type groupQueue struct {
	group   string
	fanouts []*fanout // at least one; the first is under way
	bytes   int       // of all frames in it
}

// Deliver takes an event for a group. See events.Deliverer.
//
// What waits for one group is bounded as what waits for one session is. Where more comes than the
// hub can write, the group's sessions are told that they may have missed changes, come back and
// read what is there by then. Waiting instead would hold up everything that the caller does for
// others.
func (w *Writers) Deliver(
	group string, e *events.Event, to []events.Subscriber, except string, written func(),
) (pending bool) {
	if len(to) == 0 {
		return false
	}
	switch w.enqueue(group, e, to, except, written) {
	case tooFew:
		// From its outbox the event of a client's own change leaves with the reply.
		return events.Sequential{}.Deliver(group, e, to, except, nil)
	case tooMuch:
		for _, s := range to {
			s.Lost()
		}
		return false
	}
	return true
}

// verdict is what became of an event.
type verdict int

const (
	queued  verdict = iota
	tooFew          // sessions for a fan-out, and nothing that the event could overtake
	tooMuch         // waits for this group already
)

func (w *Writers) enqueue(
	group string, e *events.Event, to []events.Subscriber, except string, written func(),
) verdict {
	w.mu.Lock()
	defer w.mu.Unlock()
	q := w.groups[group]
	switch {
	case q == nil && len(to) < w.fanoutFrom:
		return tooFew
	case q == nil:
		q = &groupQueue{group: group}
		w.groups[group] = q
	case q.bytes > maxOutbox:
		return tooMuch
	}
	q.bytes += e.Size()
	if last := len(q.fanouts) - 1; last >= 0 && q.fanouts[last].joinable(to, except) {
		q.fanouts[last].add(e, written)
		return queued
	}
	f := &fanout{queue: q, to: to, except: except}
	f.add(e, written)
	if q.fanouts = append(q.fanouts, f); len(q.fanouts) == 1 {
		w.runnable = append(w.runnable, q)
		w.wake.Signal()
	}
	return queued
}

// joinable reports whether another event may join the fan-out: it is for the same sessions, no
// share has been taken, and it is not too large for one write.
func (f *fanout) joinable(to []events.Subscriber, except string) bool {
	same := len(to) == len(f.to) && &to[0] == &f.to[0] && except == f.except
	return same && f.next == 0 && len(f.wire) < maxOneWrite
}

func (f *fanout) add(e *events.Event, written func()) {
	f.events = append(f.events, e)
	if written != nil {
		f.written = append(f.written, written)
	}
	for _, frame := range e.Frames() {
		if f.wire == nil {
			f.wire = slices.Clip(frame.Wire) // the event's own, unless more comes
		} else {
			f.wire = append(f.wire, frame.Wire...)
		}
	}
}

// taken reports whether all shares have been taken.
func (f *fanout) taken() bool { return f.next == len(f.to) }

// groupShareLocked takes a share of the fan-out of the group whose turn it is; nil if there is
// none.
func (w *Writers) groupShareLocked() (*fanout, []events.Subscriber) {
	if len(w.runnable) == 0 {
		return nil, nil
	}
	q := w.runnable[0]
	w.runnable = slices.Delete(w.runnable, 0, 1)
	f := q.fanouts[0]
	share := f.to[f.next:min(len(f.to), f.next+writerShare)]
	f.next += len(share)
	f.shares++
	if !f.taken() {
		w.runnable = append(w.runnable, q)
	}
	if len(w.runnable) > 0 {
		w.wake.Signal()
	}
	return f, share
}

// deliverShare writes the events of a fan-out to a share of its sessions.
func (w *Writers) deliverShare(f *fanout, share []events.Subscriber, buffer []byte) {
	for _, s := range share {
		if f.except == "" || s.Session() != f.except {
			w.deliverTo(s, f, buffer)
		}
	}
	w.mu.Lock()
	f.shares--
	over := f.shares == 0 && f.taken()
	if over {
		w.finishLocked(f.queue)
	}
	w.mu.Unlock()
	if over {
		for _, written := range f.written {
			written()
		}
	}
}

// finishLocked removes a group's first fan-out and lets the next one begin.
func (w *Writers) finishLocked(q *groupQueue) {
	for _, e := range q.fanouts[0].events {
		q.bytes -= e.Size()
	}
	if q.fanouts = slices.Delete(q.fanouts, 0, 1); len(q.fanouts) == 0 {
		delete(w.groups, q.group)
		return
	}
	w.runnable = append(w.runnable, q)
	w.wake.Signal()
}

// deliverTo writes to one session, or queues the events behind what waits for it.
func (w *Writers) deliverTo(s events.Subscriber, f *fanout, buffer []byte) {
	c, direct := s.(*Conn)
	if !direct || !c.outbox.begin(len(f.events)) {
		for _, e := range f.events {
			s.Notify(e)
		}
		return
	}
	if w.write(c, f.wire) && !c.outbox.idleIfEmpty() {
		w.serve(c, buffer)
	}
}
