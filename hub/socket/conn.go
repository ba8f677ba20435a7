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

// conn is one WebSocket connection. coder/websocket does the handshake, reads, and answers pings and closes; data frames are written by the shared writers,
// ready-made.
type Conn struct {
	// What every event touches stands together, from the socket's descriptor to the outbox's flags, in one cache line: most of what an event costs beyond the write is memory
	// that the processor has to fetch.
	socket rawConn
	outbox outbox

	writers *Writers
	ws      *websocket.Conn
	owner   owner
	ID      string // of the session; set before the broker knows the connection

	Limit     int64     // of a frame that is read; owned by the reader
	last      *incoming // what was read last; likewise
	pipelined bool      // that came together with what was read before; likewise
	closing   sync.Once
	parting   sync.Mutex    // held while the library waits for the goodbye's answer, for which it reads on another goroutine than the reader's
	gone      chan struct{} // closed by abort
	aborted   sync.Once
}

// owner is the session that a connection is part of.
type owner interface {
	// Lost says that changes may have been missed. It must not block.
	Lost()
}

// accept upgrades the request. On an error it has answered the request already. What goes on for long is left to a goroutine of its own: the server's is larger.
func (c *Conn) Accept(w *Writers, o owner, rw http.ResponseWriter, r *http.Request, origins []string, limit int64) error {
	c.writers, c.owner, c.Limit, c.gone = w, o, limit, make(chan struct{})
	// Compression off: it costs more memory per connection than everything else together.
	ws, err := websocket.Accept(&hijacker{rw, &c.socket}, r, &websocket.AcceptOptions{OriginPatterns: origins, CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return err
	}
	ws.SetReadLimit(-1) // read has a limit of its own, with a close code of ours
	c.ws = ws
	return nil
}

// errClosed is returned by read when the connection has ended, whoever ended it.
var errClosed = errors.New("connection closed")

// await returns when there is something to read, or at once where that can't be told.
func (c *Conn) Await() {
	c.giveBack()
	if !c.parting.TryLock() {
		return // read waits for the end
	}
	buffered := c.socket.buffered.Buffered() > 0
	c.parting.Unlock()
	if !buffered {
		c.socket.await()
	}
}

// read returns the next text frame, valid until the next read. One that is binary or over the limit closes the connection with 4400.
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

// giveBack gives the room of the last frame to the next session that has something to say: one that waits holds none.
func (c *Conn) giveBack() {
	if c.last != nil {
		c.last.Reset()
		incomings.Put(c.last)
		c.last = nil
	}
}

// incoming is room for a request.
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

// reply queues a reply and writes what waits, as far as that takes no waiting: the goroutine that carried out the request is at hand, and to wake another one for each
// reply would cost as much as the write. Replies and events keep their order.
//
// A client that sends requests without waiting, as one does that opens a conversation, is left to the writers: they put many replies into one write.
func (c *Conn) Reply(f Frame) {
	wake, full := c.outbox.frame(f)
	c.woken(wake && (c.pipelined || !c.writers.serveAtHand(c)), full)
}

// send queues what nobody asked for; it never blocks.
func (c *Conn) Send(f Frame) { c.woken(c.outbox.frame(f)) }

// cork leaves what comes to the reply that comes in a moment: see outbox.hold.
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

// setBatch lets several notifications share a frame, as a JSON array.
func (c *Conn) SetBatch(on bool) {
	c.outbox.mu.Lock()
	defer c.outbox.mu.Unlock()
	c.outbox.batch = on
}

// close writes what waits, for as long as the write timeout, says goodbye and ends the connection. It does not wait for that; gone tells.
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
				_ = c.ws.Close(code, reason) // a client that is gone does not hear it
				c.parting.Unlock()
			case <-timeout.C:
			case <-c.gone:
			}
			c.Abort()
		})
	})
}

// abort ends the connection at once.
func (c *Conn) Abort() {
	c.aborted.Do(func() {
		close(c.gone)
		c.outbox.close(true)
		_ = c.socket.Close() // also ends a goodbye that waits for its answer
		_ = c.ws.CloseNow()
	})
}
