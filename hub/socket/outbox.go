package socket

import (
	"slices"
	"sync"

	"exthub/events"
	"exthub/kv"
)

// outbox is the frames and events that wait to be written to one session, in order. It is bounded:
// while a session is behind, events about one message fold into one, and if that is still more than
// maxOutbox, the session is closed. Replies don't count for that: an answer may be as large as what
// was asked for. A session that has maxReplies of them waiting reads no further request instead.
type outbox struct {
	mu     sync.Mutex
	batch  bool
	active bool // a goroutine is writing, or scheduled to
	corked bool // what waits leaves with the reply that comes next
	closed bool
	bytes  int    // of all that waits
	items  []item // in one, or in queue while more than one waits
	one    [1]item
	queue  *queue
	first  int                  // number of items[0], counted from the start of the session
	places map[kv.MessageID]int // numbers of items, by message; only while the session is behind
	idle   chan struct{}        // closed once closed is set and nothing waits; nil before

	replies int           // bytes of frames that wait
	roomy   chan struct{} // closed when replies is at most maxReplies; nil if nobody waits
}

const (
	foldFrom    = 16      // items that wait before events begin to fold
	foldEvery   = 64      // events of one message that wait before they become one
	maxOutbox   = 1 << 20 // bytes of events that wait before the session is closed with 4002
	maxReplies  = 256 << 10
	maxOneWrite = 64 << 10 // bytes of one write
)

// frame queues a frame. It reports whether the caller has to schedule a writer, and whether so many
// replies wait that it should wait for room before it makes more.
func (o *outbox) frame(f Frame) (wake, behind bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return false, false
	}
	o.corked = false
	o.addLocked(item{frame: f})
	o.bytes += f.size()
	o.replies += f.size()
	return o.wakeLocked(), o.replies > maxReplies
}

// room returns a channel that is closed when few replies wait, or the session has ended.
func (o *outbox) room() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.roomy == nil {
		o.roomy = make(chan struct{})
	}
	roomy := o.roomy
	o.roomLocked()
	return roomy
}

func (o *outbox) roomLocked() {
	if o.roomy != nil && o.replies <= maxReplies {
		close(o.roomy)
		o.roomy = nil
	}
}

// event queues an event. It reports whether the caller has to schedule a writer, and whether the
// events that wait are more than the session may have.
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
			return o.wakeLocked(), o.fullLocked()
		}
		o.places[e.Message()] = o.first + n
	}
	o.addLocked(item{event: e})
	return o.wakeLocked(), o.fullLocked()
}

func (o *outbox) fullLocked() bool { return o.bytes-o.replies > maxOutbox }

// begin claims the outbox for writing n frames directly; the caller goes on as a writer does, with
// idleIfEmpty. It reports false if they would overtake queued frames or break batching: then they
// have to be queued.
func (o *outbox) begin(n int) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.active || o.corked || o.closed || o.batch && n > 1 {
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

// cork keeps events back until the next reply is queued: the event of a client's own change and the
// reply leave in one write.
func (o *outbox) cork() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.corked = true
}

// uncork lets events go without a reply. It reports whether the caller has to schedule a writer.
func (o *outbox) uncork() (wake bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.corked = false
	if len(o.items) > 0 {
		wake = o.wakeLocked()
	}
	return wake
}

func (o *outbox) wakeLocked() (wake bool) {
	if !o.corked {
		wake = !o.active
		o.active = true
	}
	return wake
}

// placeLocked returns the number of the item that holds a message's events, and whether there is
// one. Events that waited before the session was behind count too.
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

// drain appends to b the frames that wait, as many as one write should hold. It returns nothing if
// none waits: then the writer is done. A single frame is returned as it is, without a copy.
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

// idleIfEmpty ends the writer's work if nothing waits, and reports whether it did.
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

// arrayLocked appends one frame that holds the notifications of the items from n up to the next
// reply as a JSON array, and returns the index of the item behind them.
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
		size := o.items[i].size()
		o.bytes -= size
		if o.items[i].event == nil {
			o.replies -= size
		}
	}
	o.first += n
	if n == len(o.items) {
		o.emptyLocked()
	} else {
		o.items = slices.Delete(o.items, 0, n)
		o.roomLocked()
	}
}

// emptyLocked drops all items and returns a borrowed queue to the pool.
func (o *outbox) emptyLocked() {
	const most = 64 // capacity of a queue that is kept: it never shrinks
	clear(o.items)
	if q := o.queue; q != nil && cap(o.items) <= most {
		q.items = o.items[:0]
		queues.Put(q)
	}
	o.items, o.queue, o.places, o.bytes, o.replies = nil, nil, nil, 0, 0
	o.roomLocked()
}

// waiting returns how many bytes wait.
func (o *outbox) waiting() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.bytes
}

// close ends queueing. What waits is still written, unless discard drops it. The returned channel
// is closed once nothing waits and nobody writes: what is under way leaves before the close frame.
func (o *outbox) close(discard bool) <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.closed {
		o.closed, o.idle = true, make(chan struct{})
	}
	if discard {
		o.emptyLocked()
	}
	if !o.active {
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
