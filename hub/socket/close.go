package socket

import (
	"encoding/binary"
	"errors"
	"math"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"
)

// maxDropped is how many bytes of a client are read and dropped after it was told to go: what it
// had under way. Closing a socket with unread bytes resets it, which may take the close frame from
// the client; reading for longer would let a flood go on.
const maxDropped = 4 << 20

// Close writes what waits, sends the close frame, waits for the answer and closes the socket, all
// of it within one write timeout, after which the socket is closed whatever the client does. It
// waits for none of that. The goroutine that reads has to call Drain, which sees the answer.
func (c *Conn) Close(code websocket.StatusCode, reason string) {
	c.close(code, reason, func() { c.owner.Closing(code) })
}

// close is Close. It tells whom it concerns before anything is sent.
func (c *Conn) close(code websocket.StatusCode, reason string, tell func()) {
	c.closing.Do(func() {
		tell()
		if c.outbox.uncork() {
			c.writers.schedule(c)
		}
		idle := c.outbox.close(false)
		c.answered = make(chan struct{})
		c.writers.done.Go(func() { c.part(idle, goodbye(code, reason)) })
	})
}

func (c *Conn) part(idle <-chan struct{}, frame []byte) {
	deadline := time.AfterFunc(c.writers.timeout, c.Abort)
	defer deadline.Stop()
	select {
	case <-idle:
	case <-c.gone:
		return
	}
	if c.socket.write(frame, c.writers.timeout) != nil {
		c.Abort()
		return
	}
	select {
	case <-c.answered:
		c.end(false)
	case <-c.gone:
	}
}

// Drain closes the connection, if that has not begun, drops what the client still sends until it
// answers the close frame, and returns when the socket is closed. It is for the goroutine that
// reads, when it has read its last.
func (c *Conn) Drain() {
	c.giveBack()
	c.Close(websocket.StatusNormalClosure, "")
	c.drop()
	close(c.answered)
	<-c.gone
}

// drop reads until the client has said goodbye, hung up, or sent more than it could have had under
// way.
func (c *Conn) drop() {
	const header = 6 // the shortest: frames without a payload cost something, too
	for left := maxDropped; !c.heard && left > 0; left -= header {
		n, err := c.socket.in.Discard(int(min(c.unread, uint64(left))))
		c.unread -= uint64(n)
		left -= n
		if err != nil {
			return
		}
		if c.unread > 0 {
			continue
		}
		h, err := readHeader(c.socket.in)
		var b *brokenRule
		switch {
		case errors.As(err, &b):
			c.unread = math.MaxUint64 // nobody knows where the next frame begins
		case err != nil:
			return
		default:
			c.unread, c.heard = h.size, h.opcode == opClose
		}
	}
}

// giveUp closes the connection of a client that takes nothing. No close frame would get there.
func (c *Conn) giveUp() {
	c.closing.Do(func() {
		c.owner.Closing(CloseSlow)
		c.answered = make(chan struct{})
	})
	c.Abort()
}

// Abort closes the socket at once, with what the system still holds for the client: one that does
// not read would make it keep that for minutes.
func (c *Conn) Abort() { c.end(true) }

func (c *Conn) end(reset bool) {
	c.ended.Do(func() {
		c.outbox.close(true)
		c.socket.close(reset)
		close(c.gone)
	})
}

// goodbye returns a close frame. A reason has at most 123 bytes.
func goodbye(code websocket.StatusCode, reason string) []byte {
	if code == websocket.StatusNoStatusRcvd {
		return controlFrame(opClose, nil)
	}
	return controlFrame(opClose, append(binary.BigEndian.AppendUint16(nil, uint16(code)), reason...))
}

// parseGoodbye returns the code in a client's close frame, with which the hub answers.
func parseGoodbye(payload []byte) (websocket.StatusCode, error) {
	switch len(payload) {
	case 0:
		return websocket.StatusNoStatusRcvd, nil
	case 1:
		return 0, &brokenRule{websocket.StatusProtocolError, "half a close code"}
	}
	code := websocket.StatusCode(binary.BigEndian.Uint16(payload))
	switch {
	case !sendable(code):
		return 0, &brokenRule{websocket.StatusProtocolError, "no close code to send"}
	case !utf8.Valid(payload[2:]):
		return 0, &brokenRule{websocket.StatusInvalidFramePayloadData, "the reason is not UTF-8"}
	}
	return code, nil
}

// sendable reports whether a close frame may have this code (RFC 6455, 7.4, and the codes that were
// registered since).
func sendable(code websocket.StatusCode) bool {
	switch {
	case code == 1004, code == websocket.StatusNoStatusRcvd, code == websocket.StatusAbnormalClosure:
		return false
	case code >= 3000:
		return code < 5000
	}
	return code >= websocket.StatusNormalClosure && code <= websocket.StatusBadGateway
}
