package socket

import (
	"errors"
	"net/http"
	"sync"

	"github.com/coder/websocket"

	"exthub/events"
)

// Conn is one WebSocket connection. It is no coder/websocket.Conn, as the end of a connection has
// to take one deadline, each frame to count against its session, and a break of the protocol to be
// named in the close frame. One goroutine reads, and answers pings and closes; the shared Writers
// write what comes ready-made.
type Conn struct {
	// The socket's descriptor and the outbox's flags, which every event touches, share one cache
	// line: beyond the write, an event mostly costs the memory that the processor has to fetch
	// (191 to 175 ns for a delivery, 3e03612).
	socket rawConn
	outbox outbox

	writers *Writers
	owner   Owner
	ID      string // of the session; set before the broker knows the Conn

	Limit     int64     // bytes of a message that is read; owned by the reader
	last      *incoming // the message that is or was last read; owned by the reader
	unread    uint64    // bytes of the frame under way that have yet to be read; owned by the reader
	pipelined bool      // last came in one read with the frame before it; owned by the reader
	behind    bool      // many replies wait; owned by the reader
	heard     bool      // the client has said goodbye; owned by the reader

	closing  sync.Once
	answered chan struct{} // made by Close; closed when the reader has read all that there is to read
	ended    sync.Once
	gone     chan struct{} // closed when the socket is
}

// Owner is the session that a Conn belongs to.
type Owner interface {
	// Lost is told that changes may have been missed. It must not block.
	Lost()

	// Extra is told by the reader of each frame that is no request of its own: a ping, a pong, or a
	// further piece of a message. It ends the connection and reports false if those are too many.
	Extra() bool

	// Closing is told once, with the code, when the connection is closed from this side, by the
	// owner or by the Conn itself. It must not block.
	Closing(code websocket.StatusCode)
}

// errNoHandshake is returned by Accept for a request that asks for something else.
var errNoHandshake = errors.New("not a WebSocket handshake")

// Accept upgrades the request; after an error it has answered it already. The caller has checked
// where the page is from. limit is Conn.Limit.
func (c *Conn) Accept(w *Writers, o Owner, rw http.ResponseWriter, r *http.Request, limit int64) error {
	answer := agree(rw, r)
	if answer == nil {
		return errNoHandshake
	}
	if err := c.socket.take(rw); err != nil {
		http.Error(rw, "this connection can't be upgraded", http.StatusNotImplemented)
		return err
	}
	c.writers, c.owner, c.Limit, c.gone = w, o, limit, make(chan struct{})
	if err := c.socket.write(answer, w.timeout); err != nil {
		c.socket.close(true)
		return err
	}
	return nil
}

// errClosed is returned by Read when the connection has ended, whichever side ended it.
var errClosed = errors.New("connection closed")

// Await blocks until there is something to read, and returns at once where that can't be told.
func (c *Conn) Await() {
	c.giveBack()
	if c.socket.in.Buffered() == 0 {
		c.socket.await()
	}
}

// Reply queues f and tries to write on the calling goroutine: waking a writer for each reply would
// cost as much as the write. Replies and events keep their order.
//
// A pipelining client is left to the writers, which put many of its replies into one write.
func (c *Conn) Reply(f Frame) {
	wake, behind := c.outbox.frame(f)
	c.behind = behind
	if wake && (c.pipelined || !c.writers.serveAtHand(c)) {
		c.writers.schedule(c)
	}
}

// Send queues a frame that is no reply; it never blocks.
func (c *Conn) Send(f Frame) {
	if wake, _ := c.outbox.frame(f); wake {
		c.writers.schedule(c)
	}
}

// Cork keeps events back until the next Reply, which then leaves in one write with them.
func (c *Conn) Cork() { c.outbox.cork() }

// Session returns the session's ID.
func (c *Conn) Session() string { return c.ID }

// Notify queues an event; it never blocks.
func (c *Conn) Notify(e *events.Event) {
	wake, full := c.outbox.event(e)
	if wake {
		c.writers.schedule(c)
	}
	if full {
		c.outbox.close(true)
		c.Close(CloseSlow, "too slow")
	}
}

// Lost tells the session that changes may have been missed.
func (c *Conn) Lost() { c.owner.Lost() }

// SetBatch lets several notifications share a frame, as a JSON array.
func (c *Conn) SetBatch(on bool) {
	c.outbox.mu.Lock()
	defer c.outbox.mu.Unlock()
	c.outbox.batch = on
}
