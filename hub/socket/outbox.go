package socket

import (
	"slices"
	"sync"

	"exthub/events"
	"exthub/kv"
)

// outbox is what waits to be written to one session, in order. It is bounded: when a session is behind, events about one message fold into one, and what is
// too much even so is the end of the session.
type outbox struct {
	mu     sync.Mutex
	batch  bool
	active bool // somebody is writing, or about to
	corked bool // a reply comes in a moment, which takes along what waits
	closed bool
	bytes  int
	items  []item // in one, or in a queue that was borrowed when more than one waited
	one    [1]item
	queue  *queue
	first  int                  // number of items[0], counted from the session's begin
	places map[kv.MessageID]int // the number of the item that waits for a message; only while the session is behind
	idle   chan struct{}        // closed when closed and nothing waits; nil before
}

const (
	foldFrom    = 16       // items that wait before events begin to fold: a session that keeps up gets every event as it is
	foldEvery   = 64       // events of one message that wait before they become one
	maxOutbox   = 1 << 20  // bytes that wait before the session is closed with 4002
	maxOneWrite = 64 << 10 // bytes of one write
)

// frame queues a frame. It reports whether the outbox needs a writer, and whether it is too full to go on.
func (o *outbox) frame(f Frame) (wake, full bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return false, false
	}
	o.corked = false
	o.addLocked(item{frame: f})
	o.bytes += f.size()
	return o.wakeLocked()
}

// event queues an event; otherwise like frame.
func (o *outbox) event(e *events.Event) (wake, full bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return false, false
	}
	o.bytes += e.Size()
	if n := len(o.items); n >= foldFrom && e.Message() != "" {
		if place, ok := o.placeLocked(e.Message()); ok {
			it := &o.items[place-o.first]
			it.later = append(it.later, e)
			if len(it.later) >= foldEvery {
				o.bytes += it.fold()
			}
			return o.wakeLocked()
		}
		o.places[e.Message()] = o.first + n
	}
	o.addLocked(item{event: e})
	return o.wakeLocked()
}

// begin lets the caller write so many frames that have not been queued, and then go on as a writer does, with rest. It reports false if they would overtake what waits
// or is being written, or come other than the client wants them: then they have to be queued.
func (o *outbox) begin(frames int) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.active || o.corked || o.closed || o.batch && frames > 1 {
		return false
	}
	o.active = true
	return true
}

func (o *outbox) addLocked(it item) {
	switch {
	case o.items == nil:
		o.items = o.one[:0]
	case len(o.items) == len(o.one) && o.queue == nil:
		o.queue = queues.Get().(*queue)
		o.items = append(o.queue.items, o.items...)
		o.one[0] = item{}
	}
	o.items = append(o.items, it)
}

// hold leaves events to the reply that comes in a moment: the event of a client's own change and the reply go out in one write.
func (o *outbox) cork() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.corked = true
}

// release ends the hold without a reply. It reports whether the outbox needs a writer.
func (o *outbox) uncork() (wake bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.corked = false
	if len(o.items) > 0 {
		wake, _ = o.wakeLocked()
	}
	return wake
}

func (o *outbox) wakeLocked() (wake, full bool) {
	if !o.corked {
		wake = !o.active
		o.active = true
	}
	return wake, o.bytes > maxOutbox
}

// placeLocked finds the item that waits for a message. Events that waited before the session was behind count too.
func (o *outbox) placeLocked(id kv.MessageID) (int, bool) {
	if o.places == nil {
		o.places = make(map[kv.MessageID]int)
		for i, it := range o.items {
			if it.event != nil && it.event.Message() != "" {
				o.places[it.event.Message()] = o.first + i
			}
		}
	}
	n, ok := o.places[id]
	return n, ok && n >= o.first
}

// take appends to b the frames of what waits, as much as one write should hold. An empty result means that there is nothing, and that the writer's work is done.
// A single frame comes as it is, without a copy.
func (o *outbox) drain(b []byte) []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	items := o.items
	if len(items) == 1 && !o.batch {
		if frame := items[0].single(); frame != nil {
			o.dropLocked(1)
			return frame
		}
	}
	n := 0
	for n < len(items) && len(b) < maxOneWrite {
		if o.batch && items[n].event != nil {
			b, n = o.arrayLocked(b, n)
			continue
		}
		o.bytes += items[n].fold()
		b = items[n].append(b)
		n++
	}
	o.dropLocked(n)
	if n == 0 {
		o.idleLocked()
	}
	return b
}

// rest ends the writer's work if nothing waits, and reports whether it has.
func (o *outbox) idleIfEmpty() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.items) > 0 {
		return false
	}
	o.idleLocked()
	return true
}

func (o *outbox) idleLocked() {
	o.active = false
	if o.closed {
		o.signalLocked()
	}
}

// arrayLocked appends one frame with the notifications of the items from n up to the next reply as a JSON array, and returns the number of the item behind them.
func (o *outbox) arrayLocked(b []byte, n int) ([]byte, int) {
	var payloads [][]byte
	size := 1
	for items := o.items; n < len(items) && items[n].event != nil && size < maxOneWrite; {
		it := &items[n]
		o.bytes += it.fold()
		for _, f := range it.event.Frames() {
			payloads = append(payloads, f.Payload)
			size += len(f.Payload) + 1
		}
		n++
	}
	if len(payloads) == 1 {
		return append(AppendHeader(b, len(payloads[0])), payloads[0]...), n
	}
	b = AppendHeader(b, size)
	separator := byte('[')
	for _, p := range payloads {
		b = append(append(b, separator), p...)
		separator = ','
	}
	return append(b, ']'), n
}

func (o *outbox) dropLocked(n int) {
	for i := range n {
		o.bytes -= o.items[i].size()
	}
	o.first += n
	if n == len(o.items) {
		o.emptyLocked()
	} else {
		o.items = slices.Delete(o.items, 0, n)
	}
}

// emptyLocked gives a borrowed queue to the next who needs one.
func (o *outbox) emptyLocked() {
	const most = 64 // items of a queue that is kept: one that was long once would be long for ever
	clear(o.items)
	if q := o.queue; q != nil && cap(o.items) <= most {
		q.items = o.items[:0]
		queues.Put(q)
	}
	o.items, o.queue, o.places, o.bytes = nil, nil, nil, 0
}

// waiting returns how many bytes wait.
func (o *outbox) waiting() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.bytes
}

// close takes nothing more. What waits is still written; discard throws it away. The channel is closed when nothing waits any more.
func (o *outbox) close(discard bool) <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.closed {
		o.closed, o.idle = true, make(chan struct{})
	}
	if discard {
		o.emptyLocked()
	}
	if discard || !o.active {
		o.signalLocked()
	}
	return o.idle
}

func (o *outbox) signalLocked() {
	select {
	case <-o.idle:
	default:
		close(o.idle)
	}
}
