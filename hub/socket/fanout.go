package socket

import (
	"slices"

	"exthub/events"
)

// fanout is what is on its way to a list of sessions. The writers take shares of the list, and
// write to whoever has nothing else waiting: to queue an event for each session, and each session
// for the writers, would cost a third of what a hub does beyond write(2).
//
// The next fan-out begins when this one has reached everybody. So a session gets in order what
// concerns it, although no queue of its own sees to that.
type fanout struct {
	to     []events.Subscriber
	except string
	events []*events.Event // several if they came while the fan-out before was under way
	wire   []byte          // the frames of all of them
	next   int             // to[next:] have yet to be taken
	shares int             // that were taken and are not done

	oneEvent [1]*events.Event // room for what is nearly always one
}

// maxFanouts is how many fan-outs wait. Their sessions could be closed as too slow instead, but it
// is not they who are slow.
const maxFanouts = 64

// Deliver takes an event for a group. See events.Writers.
func (w *Writers) Deliver(e *events.Event, to []events.Subscriber, except string) {
	if !w.startFanout(e, to, except) {
		// From its outbox the event of a client's own change leaves with the reply.
		events.Sequential{}.Deliver(e, to, except)
	}
}

// fanOut reports false if it is not worth it: there are few sessions, and nothing that the event
// could overtake.
func (w *Writers) startFanout(e *events.Event, to []events.Subscriber, except string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := len(w.fanouts)
	if len(to) == 0 || n == 0 && len(to) < w.fanoutFrom {
		return false
	}
	if n > 0 && w.fanouts[n-1].open(to, except) {
		w.fanouts[n-1].add(e)
		return true
	}
	for len(w.fanouts) >= maxFanouts && !w.closed {
		w.room.Wait()
	}
	f := &fanout{to: to, except: except}
	f.events = f.oneEvent[:0]
	f.add(e)
	w.fanouts = append(w.fanouts, f)
	w.wake.Signal()
	return true
}

// open reports whether another event for these sessions may come along: the fan-out is for the
// same, has not begun, and is not too large for one write.
func (f *fanout) open(to []events.Subscriber, except string) bool {
	same := len(to) == len(f.to) && &to[0] == &f.to[0] && except == f.except
	return same && f.next == 0 && len(f.wire) < maxOneWrite
}

func (f *fanout) add(e *events.Event) {
	f.events = append(f.events, e)
	for _, frame := range e.Frames() {
		if f.wire == nil {
			f.wire = slices.Clip(frame.Wire) // the event's own, unless more comes
		} else {
			f.wire = append(f.wire, frame.Wire...)
		}
	}
}

// taken reports whether nothing is left to be taken.
func (f *fanout) taken() bool { return f.next == len(f.to) }

// fanoutShareLocked returns the next sessions of the fan-out that is under way, if there are any.
func (w *Writers) fanoutShareLocked() (*fanout, []events.Subscriber) {
	if len(w.fanouts) == 0 || w.fanouts[0].taken() {
		return nil, nil
	}
	f := w.fanouts[0]
	share := f.to[f.next:min(len(f.to), f.next+writerShare)]
	f.next += len(share)
	f.shares++
	if !f.taken() {
		w.wake.Signal()
	}
	return f, share
}

// hand brings a fan-out to its share of sessions.
func (w *Writers) deliverShare(f *fanout, share []events.Subscriber, buffer []byte) {
	for _, s := range share {
		if f.except == "" || s.Session() != f.except {
			w.deliverTo(s.(*Conn), f, buffer) // nobody else attaches to a broker with these writers
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if f.shares--; f.shares == 0 && f.taken() {
		w.fanouts = slices.Delete(w.fanouts, 0, 1)
		w.room.Signal()
		if !w.idleLocked() {
			w.wake.Signal()
		}
	}
}

func (w *Writers) deliverTo(c *Conn, f *fanout, buffer []byte) {
	if !c.outbox.begin(len(f.events)) {
		for _, e := range f.events {
			c.Notify(e)
		}
		return
	}
	if w.write(c, f.wire) && !c.outbox.idleIfEmpty() {
		w.serve(c, buffer)
	}
}
