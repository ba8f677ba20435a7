package socket

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// rawConn is a client's network connection as the WebSocket library, which answers pings and
// closes, and the writers of data frames share it. Its lock is held while a frame is under way, so
// frames never interleave.
type rawConn struct {
	net.Conn
	buffered *bufio.Reader // the library's reader
	reads    atomic.Uint32 // calls of Read so far

	// fd is the descriptor, or -1 if it can't be written to directly (TLS) or is closed. fdMu keeps
	// Close from freeing the number for another file in the middle of a write; it is held for no
	// longer than a write that does not wait. syscall.RawConn does the same and costs a tenth of an
	// event.
	fd   int32
	fdMu sync.Mutex

	mu sync.Mutex // held while a frame is under way
}

// kernelBuffer bounds what the system keeps for a client that does not read: it is for clients that
// are slow or far away, and would grow to megabytes for one that has stalled. With half as much,
// clients that open a conversation fill it (a sixth fewer reads a second). The system doubles it
// for its own bookkeeping.
const kernelBuffer = 256 << 10

// open takes over a connection.
func (s *rawConn) open(c net.Conn) {
	s.Conn, s.fd = c, -1
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(kernelBuffer) // refused, the bound is the system's own
	}
	if direct, ok := c.(syscall.Conn); ok {
		if raw, err := direct.SyscallConn(); err == nil {
			_ = raw.Control(func(fd uintptr) { s.fd = int32(fd) }) // an error leaves it -1
		}
	}
}

// Close closes the connection.
func (s *rawConn) Close() error {
	s.fdMu.Lock()
	s.fd = -1
	s.fdMu.Unlock()
	return s.Conn.Close()
}

// Read reads for the library, and counts.
func (s *rawConn) Read(p []byte) (int, error) {
	s.reads.Add(1)
	return s.Conn.Read(p)
}

// Write writes for the library, which writes a whole control frame at a time.
func (s *rawConn) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Conn.Write(p)
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

// finish writes the rest of what tryWrite began, waiting until the deadline, and unlocks.
func (s *rawConn) finish(p []byte, deadline time.Time) error {
	defer s.mu.Unlock()
	return s.writeBy(p, deadline)
}

// write writes all of p, waiting until the deadline.
func (s *rawConn) write(p []byte, deadline time.Time) error {
	s.mu.Lock()
	return s.finish(p, deadline)
}

func (s *rawConn) writeBy(p []byte, deadline time.Time) error {
	if err := s.SetWriteDeadline(deadline); err != nil {
		return err
	}
	if _, err := s.Conn.Write(p); err != nil {
		return err
	}
	return s.SetWriteDeadline(time.Time{})
}

// hijacker gives the WebSocket library a rawConn, and buffers of a size that fits short frames: the
// server's own 4+4 KiB would be most of what an idle session costs.
type hijacker struct {
	http.ResponseWriter
	socket *rawConn
}

const (
	readBuffer  = 512
	writeBuffer = 128 // for control frames, which have at most 127 bytes
)

func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, hijacked, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	// The server may have left a deadline of its own.
	if err := c.SetDeadline(time.Time{}); err != nil {
		return nil, nil, errors.Join(err, c.Close())
	}
	h.socket.open(c)
	buffered := hijacked.Reader.Buffered()
	// bufio.NewReaderSize returns a bufio.Reader as it is, unless it is hidden.
	reader := bufio.NewReaderSize(struct{ io.Reader }{hijacked.Reader}, max(readBuffer, buffered))
	if buffered > 0 {
		if _, err := reader.Peek(buffered); err != nil {
			return nil, nil, errors.Join(err, c.Close())
		}
	}
	h.socket.buffered = reader
	// The library takes over what is buffered and reads on from the connection: the server's reader
	// is not kept.
	return h.socket, bufio.NewReadWriter(reader, bufio.NewWriterSize(h.socket, writeBuffer)), nil
}
