package hub

import (
	"runtime"
	"sync"
	"time"
)

// writers write what waits in the outboxes of all sessions: a few goroutines that never wait for a client. A client whose socket is full gets a goroutine of its
// own until it has caught up.
type writers struct {
	timeout time.Duration // how long a client may take nothing

	mu     sync.Mutex
	wake   sync.Cond
	ready  []*conn
	closed bool
	done   sync.WaitGroup
}

func startWriters(timeout time.Duration) *writers {
	w := &writers{timeout: timeout}
	w.wake.L = &w.mu
	for range runtime.GOMAXPROCS(0) {
		w.done.Go(w.run)
	}
	return w
}

// schedule puts a connection in the queue. Its outbox sees to it that it stands there once.
func (w *writers) schedule(c *conn) {
	w.mu.Lock()
	w.ready = append(w.ready, c)
	w.mu.Unlock()
	w.wake.Signal()
}

// stop ends the writers and waits for them, and for the goroutines that close or serve slow connections. All connections must be gone or closing.
func (w *writers) stop() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.wake.Broadcast()
	w.done.Wait()
}

func (w *writers) run() {
	buffer := make([]byte, 0, 2*maxOneWrite)
	var mine []*conn
	for {
		w.mu.Lock()
		for len(w.ready) == 0 && !w.closed {
			w.wake.Wait()
		}
		if len(w.ready) == 0 {
			w.mu.Unlock()
			return
		}
		// A share at a time: taking them one by one would spend more on the lock than on short writes.
		n := min(len(w.ready), 64)
		mine = append(mine[:0], w.ready[:n]...)
		if w.ready = w.ready[n:]; len(w.ready) == 0 {
			w.ready = nil
		} else {
			w.wake.Signal()
		}
		w.mu.Unlock()
		for _, c := range mine {
			w.serve(c, buffer)
		}
		clear(mine)
	}
}

// serve writes what waits, until nothing does or the socket is full.
func (w *writers) serve(c *conn, buffer []byte) {
	for {
		frames := c.outbox.take(buffer[:0])
		if len(frames) == 0 {
			return
		}
		n, err := c.socket.tryWrite(frames)
		switch err {
		case nil:
			continue
		case errFull:
			rest := append([]byte(nil), frames[n:]...)
			w.done.Go(func() { w.serveSlowly(c, rest, n > 0) })
		default:
			c.abort()
		}
		return
	}
}

// serveSlowly writes the rest, and what comes meanwhile, waiting for the client as long as it takes something within the timeout.
func (w *writers) serveSlowly(c *conn, rest []byte, locked bool) {
	buffer := make([]byte, 0, 4096)
	for len(rest) > 0 {
		deadline := time.Now().Add(w.timeout)
		var err error
		if locked {
			err = c.socket.finish(rest, deadline)
		} else {
			err = c.socket.write(rest, deadline)
		}
		if err != nil {
			// Whatever part of a frame is out, a close frame behind it would be read as its rest.
			c.abort()
			return
		}
		locked = false
		rest = c.outbox.take(buffer[:0])
	}
}
