package socket

import (
	"errors"
	"os"
	"runtime"
	"sync"
	"time"
)

// Writers write what waits in the outboxes of all connections: a few goroutines that never wait for
// a client. A client whose socket is full gets a goroutine of its own until it has caught up.
type Writers struct {
	timeout    time.Duration // how long a client may take no bytes before it is closed
	fanoutFrom int           // sessions to whom an event is worth a fan-out

	mu       sync.Mutex
	wake     sync.Cond
	ready    []*Conn // to be served, from next on
	next     int
	groups   map[string]*groupQueue // those with fan-outs
	runnable []*groupQueue          // those whose first fan-out has shares to take; they take turns
	closed   bool
	done     sync.WaitGroup
}

// StartWriters returns running Writers, one goroutine for each processor. A client that takes no
// bytes for timeout is closed. An event to fanoutFrom sessions or more of a group is written
// straight to their sockets.
func StartWriters(timeout time.Duration, fanoutFrom int) *Writers {
	w := newWriters(timeout, fanoutFrom)
	for range runtime.GOMAXPROCS(0) {
		w.done.Go(w.run)
	}
	return w
}

func newWriters(timeout time.Duration, fanoutFrom int) *Writers {
	w := &Writers{timeout: timeout, fanoutFrom: fanoutFrom, groups: make(map[string]*groupQueue)}
	w.wake.L = &w.mu
	return w
}

// schedule queues a connection for a writer. Its outbox sees to it that it is queued once.
func (w *Writers) schedule(c *Conn) {
	w.mu.Lock()
	if len(w.ready) == cap(w.ready) && w.next > len(w.ready)/2 {
		// Reuse the front, which has been served, instead of growing for ever.
		n := copy(w.ready, w.ready[w.next:])
		clear(w.ready[n:])
		w.ready, w.next = w.ready[:n], 0
	}
	w.ready = append(w.ready, c)
	w.mu.Unlock()
	w.wake.Signal()
}

// Stop ends the writers and waits for them, and for the goroutines that close or serve slow
// connections. All connections must be gone or closing.
func (w *Writers) Stop() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.wake.Broadcast()
	w.done.Wait()
}

func (w *Writers) run() {
	buffer := newBuffer()
	var mine []*Conn
	for {
		w.mu.Lock()
		for w.idleLocked() && !w.closed {
			w.wake.Wait()
			// Let goroutines that the same change has woken run first: then a reply leaves in one
			// write with the event of its own change, and a fan-out is queued in full.
			w.mu.Unlock()
			runtime.Gosched()
			w.mu.Lock()
		}
		if w.idleLocked() {
			w.mu.Unlock()
			return
		}
		mine = w.shareLocked(mine[:0])
		f, share := w.groupShareLocked()
		w.mu.Unlock()
		if f != nil {
			w.deliverShare(f, share, *buffer)
		}
		for _, c := range mine {
			w.serve(c, *buffer)
		}
		clear(mine)
	}
}

// shareLocked appends the next connections to mine, up to writerShare of them: taking them one by
// one would spend more on the lock than on short writes.
func (w *Writers) shareLocked(mine []*Conn) []*Conn {
	share := w.ready[w.next:min(len(w.ready), w.next+writerShare)]
	mine = append(mine, share...)
	clear(share)
	if w.next += len(share); w.next < len(w.ready) {
		w.wake.Signal()
	} else {
		w.ready, w.next = w.ready[:0], 0
	}
	return mine
}

// idleLocked reports whether there is nothing for another writer to do.
func (w *Writers) idleLocked() bool {
	return len(w.ready) == w.next && len(w.runnable) == 0
}

// writerShare is how many connections a writer takes at a time.
const writerShare = 64

// FanoutFrom is from how many sessions on a fan-out is worth it: more than one writer takes at a
// time.
const FanoutFrom = writerShare + 1

// serve writes what waits until nothing does or the socket is full.
func (w *Writers) serve(c *Conn, buffer []byte) {
	for !w.serveOnce(c, buffer) {
	}
}

// serveAtHand is serveOnce for a goroutine that is no writer.
func (w *Writers) serveAtHand(c *Conn) bool {
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	return w.serveOnce(c, *buffer)
}

// buffers hold the bytes of one write each.
var buffers = sync.Pool{New: func() any { return newBuffer() }}

func newBuffer() *[]byte {
	b := make([]byte, 0, 2*maxOneWrite)
	return &b
}

// serveOnce writes what waits now, and reports whether the writers have nothing left to do.
func (w *Writers) serveOnce(c *Conn, buffer []byte) bool {
	frames := c.outbox.drain(buffer[:0])
	return len(frames) == 0 || !w.write(c, frames) || c.outbox.idleIfEmpty()
}

// write writes frames that left the outbox, and reports whether the caller should go on: not if the
// socket is broken, nor if it is full, which gets a goroutine of its own.
func (w *Writers) write(c *Conn, frames []byte) bool {
	n, err := c.socket.tryWrite(frames)
	switch err {
	case nil:
		return true
	case errFull:
		rest := append([]byte(nil), frames[n:]...)
		w.done.Go(func() { w.serveSlowly(c, rest, n > 0) })
	default:
		c.Abort()
	}
	return false
}

// serveSlowly writes the rest and what comes meanwhile, waiting for the client as long as it takes
// some bytes within the timeout. locked says that tryWrite left the socket locked.
func (w *Writers) serveSlowly(c *Conn, rest []byte, locked bool) {
	buffer := make([]byte, 0, 4096)
	for len(rest) > 0 {
		var err error
		if locked {
			err = c.socket.finish(rest, w.timeout)
		} else {
			err = c.socket.write(rest, w.timeout)
		}
		if err != nil {
			// If part of a frame is out, a close frame behind it would be read as its rest.
			if errors.Is(err, os.ErrDeadlineExceeded) {
				c.giveUp()
			} else {
				c.Abort()
			}
			return
		}
		locked = false
		rest = c.outbox.drain(buffer[:0])
	}
}
