package hub

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"
)

// socket is a client's connection as both the WebSocket library, which answers pings and closes, and the hub, which writes data frames, see it. Its lock is
// held while a frame is under way, so frames never interleave.
type socket struct {
	net.Conn
	raw syscall.RawConn // nil if the descriptor can't be written to directly (TLS)

	mu sync.Mutex

	// One write that does not wait: what it is to write and how that went. Guarded by mu. They stand here, and the function with them, because a closure over
	// them would be allocated for every event and session.
	frames  []byte
	written int
	failed  error
	attempt func(fd uintptr) bool
}

func newSocket(c net.Conn) *socket {
	s := &socket{Conn: c}
	s.attempt = s.writeOnce
	if direct, ok := c.(syscall.Conn); ok {
		if raw, err := direct.SyscallConn(); err == nil {
			s.raw = raw
		}
	}
	return s
}

// Write is the library's way in: a whole control frame at a time.
func (s *socket) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Conn.Write(p)
}

// errFull says that the socket does not take more now. Whoever gets it holds the lock if part of the bytes were taken.
var errFull = errors.New("socket is full")

// tryWrite writes without waiting. It returns how many bytes went out, and errFull if that is not all; if it is more than none, the lock stays with the caller,
// who has to go on with finish.
func (s *socket) tryWrite(p []byte) (int, error) {
	if s.raw == nil || !s.mu.TryLock() {
		return 0, errFull
	}
	s.frames, s.written, s.failed = p, 0, nil
	err := s.raw.Write(s.attempt)
	n, failed := max(s.written, 0), s.failed
	s.frames = nil
	switch {
	case err != nil:
		failed = err
	case n == len(p):
		failed = nil
	case failed == syscall.EAGAIN || failed == nil:
		failed = errFull
	}
	if n == 0 || failed != errFull {
		s.mu.Unlock()
	}
	return n, failed
}

// writeOnce is attempt: one write(2). It reports that it is done also if the socket is full, so that nobody waits.
func (s *socket) writeOnce(fd uintptr) bool {
	for {
		s.written, s.failed = syscall.Write(int(fd), s.frames)
		if s.failed != syscall.EINTR {
			return true
		}
	}
}

// finish writes the rest of what tryWrite began, waiting until the deadline, and gives the lock back.
func (s *socket) finish(p []byte, deadline time.Time) error {
	defer s.mu.Unlock()
	return s.writeBy(p, deadline)
}

// write writes all of p, waiting until the deadline.
func (s *socket) write(p []byte, deadline time.Time) error {
	s.mu.Lock()
	return s.finish(p, deadline)
}

func (s *socket) writeBy(p []byte, deadline time.Time) error {
	if err := s.SetWriteDeadline(deadline); err != nil {
		return err
	}
	if _, err := s.Conn.Write(p); err != nil {
		return err
	}
	return s.SetWriteDeadline(time.Time{})
}

// hijacker gives the WebSocket library a socket and buffers of a size that fits short frames: the server's own 4+4 KiB would be most of what an idle
// session costs.
type hijacker struct {
	http.ResponseWriter
	socket *socket
}

const (
	readBuffer  = 512
	writeBuffer = 128 // the library writes only control frames, which have at most 127 bytes
)

func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, buffered, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	// The server may have left a deadline of its own.
	if err := c.SetDeadline(time.Time{}); err != nil {
		return nil, nil, errors.Join(err, c.Close())
	}
	h.socket = newSocket(c)
	early := buffered.Reader.Buffered()
	// A bufio.Reader of a bufio.Reader would be the same one again, unless it does not see what it gets.
	reader := bufio.NewReaderSize(struct{ io.Reader }{buffered.Reader}, max(readBuffer, early))
	if early > 0 {
		if _, err := reader.Peek(early); err != nil {
			return nil, nil, errors.Join(err, c.Close())
		}
	}
	// The library takes over what is buffered and reads on from the connection, so the server's reader is not kept.
	return h.socket, bufio.NewReadWriter(reader, bufio.NewWriterSize(h.socket, writeBuffer)), nil
}
