package socket

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// rawConn is a client's network connection as all writers share it. Its lock is held while a frame
// is under way, so frames never interleave.
type rawConn struct {
	net.Conn
	in    *bufio.Reader // reads from Read
	reads atomic.Uint32 // calls of Read so far

	// fd is the descriptor, or -1 if it can't be written to directly (TLS) or is closed. fdMu keeps
	// Close from freeing the number for another file in the middle of a write; it is held for no
	// longer than a write that does not wait. syscall.RawConn does the same and costs a tenth of an
	// event.
	fd   int32
	fdMu sync.Mutex

	mu sync.Mutex // held while a frame is under way
}

// open takes over a connection.
func (s *rawConn) open(c net.Conn) {
	s.Conn, s.fd = c, -1
	if direct, ok := c.(syscall.Conn); ok {
		if raw, err := direct.SyscallConn(); err == nil {
			_ = raw.Control(func(fd uintptr) { s.fd = int32(fd) }) // an error leaves it -1
		}
	}
}

// close closes the connection. With reset, what has not reached the client is dropped. TLS is told
// nothing: its goodbye would be one more write to wait for, and the close frame has said it all.
func (s *rawConn) close(reset bool) {
	s.fdMu.Lock()
	s.fd = -1
	s.fdMu.Unlock()
	under := s.Conn
	if secure, ok := under.(*tls.Conn); ok {
		under = secure.NetConn()
	}
	if tcp, ok := under.(interface{ SetLinger(seconds int) error }); ok && reset {
		_ = tcp.SetLinger(0) // refused, the system gives up in its own time
	}
	_ = under.Close() // an error says that it is closed already
}

// Read reads for in, and counts.
func (s *rawConn) Read(p []byte) (int, error) {
	s.reads.Add(1)
	return s.Conn.Read(p)
}

// errFull says that the socket takes no more bytes now.
var errFull = errors.New("socket is full")

// tryWrite writes without waiting. It returns how many bytes went out, and errFull if that is not
// all. If some went out the lock stays with the caller, which has to go on with finish.
func (s *rawConn) tryWrite(p []byte) (int, error) {
	if !s.mu.TryLock() {
		return 0, errFull
	}
	n, err := s.writeOnce(p)
	switch {
	case n == len(p):
		err = nil
	case n > 0, err == syscall.EAGAIN:
		err = errFull
	}
	if n == 0 || err == nil {
		s.mu.Unlock()
	}
	return n, err
}

// writeOnce is one write(2). All sockets of the net package are non-blocking.
func (s *rawConn) writeOnce(p []byte) (int, error) {
	s.fdMu.Lock()
	defer s.fdMu.Unlock()
	for s.fd >= 0 {
		n, err := syscall.Write(int(s.fd), p)
		if err != syscall.EINTR {
			return max(n, 0), err
		}
	}
	return 0, errFull
}

// finish writes the rest of what tryWrite began, and unlocks. It waits as long as the client takes
// a piece of it within the timeout.
func (s *rawConn) finish(p []byte, timeout time.Duration) error {
	defer s.mu.Unlock()
	for len(p) > 0 {
		// TLS is broken after a write that was cut short, so each piece has a deadline of its own.
		piece := p[:min(len(p), writePiece)]
		if err := s.SetWriteDeadline(time.Now().Add(timeout)); err != nil {
			return err
		}
		if _, err := s.Conn.Write(piece); err != nil {
			return err
		}
		p = p[len(piece):]
	}
	return s.SetWriteDeadline(time.Time{})
}

// writePiece is what a client has to take within the write timeout. One of 14 kbit/s takes that
// much in 10 s.
const writePiece = 16 << 10

// write writes all of p, as finish does where it has to wait.
func (s *rawConn) write(p []byte, timeout time.Duration) error {
	s.mu.Lock()
	n, err := s.writeOnce(p)
	if err == nil && n == len(p) {
		s.mu.Unlock()
		return nil
	}
	return s.finish(p[n:], timeout) // which meets an error that is not for want of room, too
}

// readBuffer is enough for any header and any control frame.
const readBuffer = 512

// take takes the connection over from net/http, with a buffer of a size that fits short frames: the
// server's own 4+4 KiB would be most of what an idle session costs.
func (s *rawConn) take(rw http.ResponseWriter) error {
	c, hijacked, err := http.NewResponseController(rw).Hijack()
	if err != nil {
		return err
	}
	_ = c.SetDeadline(time.Time{}) // the server's; refused, the connection is closed, as the next write says
	s.open(c)
	s.in = bufio.NewReaderSize(s, readBuffer)
	if n := hijacked.Reader.Buffered(); n > 0 {
		// The server's reader is not kept, so what it has read ahead moves into a buffer of ours.
		ahead, _ := hijacked.Reader.Peek(n) // it is there
		both := io.MultiReader(bytes.NewReader(bytes.Clone(ahead)), s)
		s.in = bufio.NewReaderSize(both, max(readBuffer, n))
		_, _ = s.in.Peek(n) // nothing to wait for
	}
	return nil
}
