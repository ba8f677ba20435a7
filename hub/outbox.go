package hub

import (
	"encoding/binary"
	"sync"

	"exthub/events"
	"exthub/kv"
)

// outbox is what waits to be written to one session, in order. It is bounded: when a session is behind, events about one message fold into one, and what is
// too much even so is the end of the session.
type outbox struct {
	mu     sync.Mutex
	items  []item
	first  int // number of items[0], counted from the session's begin
	bytes  int
	places map[kv.MessageID]int // the number of the item that waits for a message; only while the session is behind
	batch  bool
	active bool // somebody is writing, or about to
	closed bool
	idle   chan struct{} // closed when closed and nothing waits
}

// item is a reply, or the events of one message that came one after the other.
type item struct {
	reply  []byte // a frame with its header
	events []*events.Event
}

const (
	foldFrom    = 16       // items that wait before events begin to fold: a session that keeps up gets every event as it is
	foldEvery   = 64       // events of one message that wait before they become one
	maxOutbox   = 1 << 20  // bytes that wait before the session is closed with 4002
	maxOneWrite = 64 << 10 // bytes of one write
)

func newOutbox() *outbox { return &outbox{idle: make(chan struct{})} }

// reply queues a frame. It reports whether the outbox needs a writer, and whether it is too full to go on.
func (o *outbox) reply(frame []byte) (wake, full bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return false, false
	}
	o.items = append(o.items, item{reply: frame})
	o.bytes += len(frame)
	return o.wakeLocked()
}

// event queues an event; otherwise like reply.
func (o *outbox) event(e *events.Event) (wake, full bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return false, false
	}
	o.bytes += e.Size()
	if len(o.items) >= foldFrom && e.Message() != "" {
		if n, ok := o.placeLocked(e.Message()); ok {
			it := &o.items[n-o.first]
			it.events = append(it.events, e)
			if len(it.events) >= foldEvery {
				o.bytes += it.fold()
			}
			return o.wakeLocked()
		}
		o.places[e.Message()] = o.first + len(o.items)
	}
	o.items = append(o.items, item{events: []*events.Event{e}})
	return o.wakeLocked()
}

func (o *outbox) wakeLocked() (wake, full bool) {
	wake = !o.active
	o.active = true
	return wake, o.bytes > maxOutbox
}

// placeLocked finds the item that waits for a message. Events that waited before the session was behind count too.
func (o *outbox) placeLocked(id kv.MessageID) (int, bool) {
	if o.places == nil {
		o.places = make(map[kv.MessageID]int)
		for i, it := range o.items {
			if it.reply == nil && it.events[0].Message() != "" {
				o.places[it.events[0].Message()] = o.first + i
			}
		}
	}
	n, ok := o.places[id]
	return n, ok && n >= o.first
}

// fold makes one event of the item's, and returns by how much its size changed.
func (it *item) fold() int {
	if len(it.events) < 2 {
		return 0
	}
	before := 0
	for _, e := range it.events {
		before += e.Size()
	}
	it.events = []*events.Event{events.Fold(it.events, WrapFrame)}
	return it.events[0].Size() - before
}

// take appends to b the frames of what waits, as much as one write should hold. An empty result means that there is nothing, and that the writer's work is done.
// A single frame comes as it is, without a copy.
func (o *outbox) take(b []byte) []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.items) == 1 && !o.batch {
		if frame := o.items[0].single(); frame != nil {
			o.dropLocked(1)
			return frame
		}
	}
	n := 0
	for n < len(o.items) && len(b) < maxOneWrite {
		if o.batch && o.items[n].reply == nil {
			b, n = o.arrayLocked(b, n)
			continue
		}
		o.bytes += o.items[n].fold()
		b = o.items[n].append(b)
		n++
	}
	o.dropLocked(n)
	if n == 0 {
		o.active = false
		if o.closed {
			o.signalLocked()
		}
	}
	return b
}

func (it *item) single() []byte {
	if it.reply != nil {
		return it.reply
	}
	if len(it.events) == 1 && len(it.events[0].Frames()) == 1 {
		return it.events[0].Frames()[0].Wire
	}
	return nil
}

func (it *item) append(b []byte) []byte {
	if it.reply != nil {
		return append(b, it.reply...)
	}
	for _, f := range it.events[0].Frames() {
		b = append(b, f.Wire...)
	}
	return b
}

// arrayLocked appends one frame with the notifications of the items from n up to the next reply as a JSON array, and returns the number of the item behind them.
func (o *outbox) arrayLocked(b []byte, n int) ([]byte, int) {
	var payloads [][]byte
	size := 1
	for n < len(o.items) && o.items[n].reply == nil && size < maxOneWrite {
		it := &o.items[n]
		o.bytes += it.fold()
		for _, f := range it.events[0].Frames() {
			payloads = append(payloads, f.Payload)
			size += len(f.Payload) + 1
		}
		n++
	}
	if len(payloads) == 1 {
		return append(appendHeader(b, len(payloads[0])), payloads[0]...), n
	}
	b = appendHeader(b, size)
	separator := byte('[')
	for _, p := range payloads {
		b = append(append(b, separator), p...)
		separator = ','
	}
	return append(b, ']'), n
}

func (o *outbox) dropLocked(n int) {
	for i := range n {
		it := o.items[i]
		o.bytes -= len(it.reply)
		for _, e := range it.events {
			o.bytes -= e.Size()
		}
		o.items[i] = item{}
	}
	o.first += n
	if o.items = o.items[n:]; len(o.items) == 0 {
		o.items, o.places, o.bytes = nil, nil, 0
	}
}

// waiting returns how many bytes wait.
func (o *outbox) waiting() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.bytes
}

// close takes nothing more. What waits is still written; discard throws it away.
func (o *outbox) close(discard bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	if discard {
		o.items, o.places, o.bytes = nil, nil, 0
	}
	if discard || !o.active {
		o.signalLocked()
	}
}

func (o *outbox) signalLocked() {
	select {
	case <-o.idle:
	default:
		close(o.idle)
	}
}

// WrapFrame makes a WebSocket text frame of a payload, as a server sends it.
func WrapFrame(payload []byte) []byte {
	return append(appendHeader(make([]byte, 0, len(payload)+10), len(payload)), payload...)
}

// appendHeader appends the header of a final, unmasked text frame (RFC 6455, 5.2).
func appendHeader(b []byte, size int) []byte {
	const finalText = 0x81
	switch {
	case size < 126:
		return append(b, finalText, byte(size))
	case size < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, finalText, 126), uint16(size))
	}
	return binary.BigEndian.AppendUint64(append(b, finalText, 127), uint64(size))
}
