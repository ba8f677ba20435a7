package bench

import (
	"bytes"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// scoreboard records when each change was written, and so knows how late it reaches a viewer. A
// value names its writer and the number of the change in the run: four digits, ten digits, filler.
type scoreboard struct {
	next     atomic.Uint64
	slots    [1 << 16]slot
	filler   string
	parsed   [64]atomic.Pointer[parsed]
	received *histogram // from the request to the receipt
	late     *histogram // from the acknowledgement to the receipt

	// event takes over a frame in the place of the scoreboard, unless it is nil, and reports
	// whether it is an event that counts.
	event func(v *viewer, frame []byte) bool
}

// slot is one change. The slots are a ring: a change that the ring has gone past is not timed any
// more.
type slot struct {
	n           atomic.Uint64
	sent, acked atomic.Int64 // Unix nanoseconds; acked is 0 until then
	remaining   atomic.Int64 // viewers that have not seen it yet
	complete    chan struct{}
}

const (
	writerDigits = 4
	changeDigits = 10
	valueDigits  = writerDigits + changeDigits
	// envelope is about how many bytes an event has around the value.
	envelope = 170
)

func newScoreboard(bytes int) *scoreboard {
	b := &scoreboard{
		filler:   strings.Repeat("x", max(0, bytes-envelope-valueDigits)),
		received: newHistogram(), late: newHistogram(),
	}
	for i := range b.slots {
		b.slots[i].complete = make(chan struct{}, 1)
	}
	return b
}

// start begins the next change, which so many viewers are to see, and returns its number.
func (b *scoreboard) start(viewers int) uint64 {
	n := b.next.Add(1)
	s := b.slot(n)
	s.n.Store(n)
	s.acked.Store(0)
	s.remaining.Store(int64(viewers))
	s.sent.Store(time.Now().UnixNano())
	return n
}

func (b *scoreboard) slot(n uint64) *slot { return &b.slots[n%uint64(len(b.slots))] }

func (b *scoreboard) acknowledge(n uint64) { b.slot(n).acked.Store(time.Now().UnixNano()) }

// appendValue appends the value of a change.
func (b *scoreboard) appendValue(to []byte, writer int, n uint64) []byte {
	to = appendDigits(to, uint64(writer), writerDigits)
	to = appendDigits(to, n, changeDigits)
	return append(to, b.filler...)
}

func appendDigits(to []byte, n uint64, digits int) []byte {
	to = append(to, "0000000000"[:digits]...)
	for i := len(to) - 1; n > 0 && digits > 0; i, n, digits = i-1, n/10, digits-1 {
		to[i] = byte('0' + n%10)
	}
	return to
}

// viewer is a client that keeps, per writer, the newest change that it has seen.
type viewer struct {
	*client
	number int
	scores *scoreboard

	mu     sync.Mutex // guards last, which awaitExact reads
	last   []uint64
	seq    uint64 // the highest Seq that it has seen
	frames atomic.Int64
	pairs  atomic.Int64

	summary []byte // of a poll, as it came last, and what follows it
	sending sync.Mutex
	answers chan []byte // to what it has asked while it watches
}

func newViewer(number int, c *client, b *scoreboard, writers int) *viewer {
	v := &viewer{client: c, number: number, scores: b, last: make([]uint64, writers), answers: make(chan []byte, 1)}
	c.onNotification = func(frame []byte) { v.take(frame) } // events that come during a catch-up
	return v
}

// take takes over a frame, and reports whether it was an event that counts.
func (v *viewer) take(frame []byte) bool {
	if v.scores.event != nil {
		return v.scores.event(v, frame)
	}
	return v.apply(frame)
}

// post sends a request while the viewer watches. More than one goroutine may.
func (v *viewer) post(request []byte) error {
	v.sending.Lock()
	defer v.sending.Unlock()
	return v.send(request)
}

// watch reads until the connection ends.
func (v *viewer) watch() error {
	for {
		frame, err := v.receive()
		if err != nil {
			return err
		}
		if !v.take(frame) {
			continue
		}
		v.frames.Add(1)
	}
}

// apply takes over the pairs of a notification or of an answer, which are encoded alike, and
// reports whether the frame was a notification with pairs.
func (v *viewer) apply(frame []byte) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := time.Now().UnixNano()
	oldest := uint64(0)
	list := v.scores.parse(frame)
	for _, c := range list {
		v.seq = max(v.seq, c.seq)
		if c.writer >= len(v.last) || v.last[c.writer] >= c.n {
			continue
		}
		v.last[c.writer] = c.n
		if oldest == 0 || c.n < oldest {
			oldest = c.n
		}
		if s := v.scores.slot(c.n); s.n.Load() == c.n && s.remaining.Add(-1) == 0 {
			s.complete <- struct{}{}
		}
	}
	v.pairs.Add(int64(len(list)))
	if s := v.scores.slot(oldest); oldest > 0 && s.n.Load() == oldest {
		v.scores.received.record(v.number, time.Duration(now-s.sent.Load()))
		late := time.Duration(0)
		if acked := s.acked.Load(); acked > 0 {
			late = time.Duration(now - acked)
		}
		v.scores.late.record(v.number, late)
	}
	return len(list) > 0 && bytes.HasPrefix(frame, []byte(`{"jsonrpc":"2.0","method":`))
}
