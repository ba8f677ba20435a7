package socket

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"

	"exthub/events"
)

// Conn is one WebSocket connection. coder/websocket does the handshake, reads, and answers pings
// and closes; the shared Writers write data frames, which come ready-made.
type Conn struct {
	// The socket's descriptor and the outbox's flags, which every event touches, share one cache
	// line: beyond the write, an event mostly costs the memory that the processor has to fetch
	// (191 to 175 ns for a delivery, 3e03612).
	socket rawConn
	outbox outbox

	writers *Writers
	ws      *websocket.Conn
	owner   Owner
	ID      string // of the session; set before the broker knows the Conn

	Limit     int64     // bytes of a frame that is read; owned by the reader
	last      *incoming // the frame that was read last; owned by the reader
	pipelined bool      // last came in one read with the frame before it; owned by the reader
	closing   sync.Once
	parting   sync.Mutex    // held while ws.Close reads the answer, not on the reader's goroutine
	gone      chan struct{} // closed by abort
	aborted   sync.Once
}

// Owner is the session that a Conn belongs to.
type Owner interface {
	// Lost is told that changes may have been missed. It must not block.
	Lost()
}

// Accept upgrades the request; after an error it has answered it already. The caller has checked
// where the page is from. limit is Conn.Limit.
func (c *Conn) Accept(w *Writers, o Owner, rw http.ResponseWriter, r *http.Request, limit int64) error {
	c.writers, c.owner, c.Limit, c.gone = w, o, limit, make(chan struct{})
	// Compression off: it costs more memory per connection than everything else together.
	ws, err := websocket.Accept(&hijacker{rw, &c.socket}, r, &websocket.AcceptOptions{
		CompressionMode: websocket.CompressionDisabled,
		// The library compares patterns, and knows neither default ports nor other ways to write a
		// host. The hub compares origins exactly, before it comes here.
		InsecureSkipVerify: true,
	})
	if err != nil {
		return err
	}
	ws.SetReadLimit(-1) // Read has a limit of its own, with a close code of ours
	c.ws = ws
	return nil
}

// errClosed is returned by Read when the connection has ended, whichever side ended it.
var errClosed = errors.New("connection closed")

// Await blocks until there is something to read, and returns at once where that can't be told.
func (c *Conn) Await() {
	c.giveBack()
	if !c.parting.TryLock() {
		return // the connection is being closed: Read waits for the end
	}
	buffered := c.socket.buffered.Buffered() > 0
	c.parting.Unlock()
	if !buffered {
		c.socket.await()
	}
}

// Read returns the next text frame, valid until the next Read. A binary frame, or one over Limit,
// closes the connection with 4400.
func (c *Conn) Read() ([]byte, error) {
	c.giveBack()
	before := c.socket.reads.Load()
	kind, r, err := c.ws.Reader(context.Background())
	if err != nil {
		return nil, errors.Join(errClosed, err)
	}
	if kind != websocket.MessageText {
		c.Close(CloseProtocol, "text frames only")
		return nil, errClosed
	}
	c.last = incomings.Get().(*incoming)
	if err := c.last.readFrom(r, c.Limit+1); err != nil {
		return nil, errors.Join(errClosed, err)
	}
	if int64(c.last.Len()) > c.Limit {
		c.Close(CloseProtocol, "frame too large")
		return nil, errClosed
	}
	c.pipelined = c.socket.reads.Load() == before
	return c.last.Bytes(), nil
}

// giveBack returns the buffer of the last frame to the pool: a silent session holds none.
func (c *Conn) giveBack() {
	if c.last != nil {
		c.last.Reset()
		incomings.Put(c.last)
		c.last = nil
	}
}

// incoming is a buffer for one frame.
type incoming struct {
	bytes.Buffer
	rest io.LimitedReader
}

var incomings = sync.Pool{New: func() any { return new(incoming) }}

func (f *incoming) readFrom(r io.Reader, most int64) error {
	f.rest = io.LimitedReader{R: r, N: most}
	_, err := f.ReadFrom(&f.rest)
	f.rest.R = nil
	return err
}

// Reply queues f and tries to write on the calling goroutine: waking a writer for each reply would
// cost as much as the write. Replies and events keep their order.
//
// A pipelining client is left to the writers, which put many of its replies into one write.
func (c *Conn) Reply(f Frame) {
	wake, full := c.outbox.frame(f)
	c.woken(wake && (c.pipelined || !c.writers.serveAtHand(c)), full)
}

// Send queues a frame that is no reply; it never blocks.
func (c *Conn) Send(f Frame) { c.woken(c.outbox.frame(f)) }

// Cork keeps events back until the next Reply, which then leaves in one write with them.
func (c *Conn) Cork() { c.outbox.cork() }

// Session returns the session's ID.
func (c *Conn) Session() string { return c.ID }

// Notify queues an event; it never blocks.
func (c *Conn) Notify(e *events.Event) { c.woken(c.outbox.event(e)) }

// Lost tells the session that changes may have been missed.
func (c *Conn) Lost() { c.owner.Lost() }

func (c *Conn) woken(wake, full bool) {
	if wake {
		c.writers.schedule(c)
	}
	if full {
		c.outbox.close(true)
		c.Close(CloseSlow, "too slow")
	}
}

// SetBatch lets several notifications share a frame, as a JSON array.
func (c *Conn) SetBatch(on bool) {
	c.outbox.mu.Lock()
	defer c.outbox.mu.Unlock()
	c.outbox.batch = on
}

// Close writes what waits, for at most the write timeout, sends the close frame and ends the
// connection. It does not wait for any of that.
func (c *Conn) Close(code websocket.StatusCode, reason string) {
	c.closing.Do(func() {
		if c.outbox.uncork() {
			c.writers.schedule(c)
		}
		idle := c.outbox.close(false)
		c.writers.done.Go(func() {
			timeout := time.NewTimer(c.writers.timeout)
			defer timeout.Stop()
			select {
			case <-idle:
				c.parting.Lock()
				_ = c.ws.Close(code, reason) // an error means that the client is gone
				c.parting.Unlock()
			case <-timeout.C:
			case <-c.gone:
			}
			c.Abort()
		})
	})
}

// Abort ends the connection at once.
func (c *Conn) Abort() {
	c.aborted.Do(func() {
		close(c.gone)
		c.outbox.close(true)
		_ = c.socket.Close() // also ends a ws.Close that waits for its answer
		_ = c.ws.CloseNow()
	})
}
