package bench

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"syscall"
	"time"
)

// socket is the client's side of a WebSocket with no more than a load needs: whole text frames, no
// fragments, no extensions. It checks too little to talk to a server that is not trusted.
type socket struct {
	net.Conn
	buffer     []byte
	start, end int // of the unread bytes in buffer
	out        []byte
}

// target is the address to connect to.
type target struct {
	address, host, path string
	tls                 *tls.Config // nil without TLS
}

func newTarget(raw string) (target, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return target{}, err
	}
	t := target{address: u.Host, host: u.Host, path: u.RequestURI()}
	port := "80"
	if u.Scheme == "wss" {
		port, t.tls = "443", &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12}
	}
	if u.Port() == "" {
		t.address = net.JoinHostPort(u.Hostname(), port)
	}
	return t, nil
}

// bufferSize is how much a connection reads at once: a few events.
const bufferSize = 4 << 10

// dial connects and upgrades. A stalled client gets the smallest receive buffer, so that it stalls
// soon.
func (t target) dial(ctx context.Context, stalled bool) (*socket, error) {
	dialer := net.Dialer{Timeout: timeout}
	if stalled {
		dialer.Control = minReceiveBuffer
	}
	conn, err := dialer.DialContext(ctx, "tcp", t.address)
	if err != nil {
		return nil, err
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		// A connection that is closed so leaves no TIME_WAIT behind: thousands a second would use
		// up the ports.
		if err := tcp.SetLinger(0); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	if t.tls != nil {
		conn = tls.Client(conn, t.tls)
	}
	s := &socket{Conn: conn, buffer: make([]byte, bufferSize)}
	if err := s.upgrade(t); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return s, nil
}

// minReceiveBuffer gives a socket the smallest receive buffer that the system allows.
func minReceiveBuffer(_, _ string, raw syscall.RawConn) error {
	var failed error
	err := raw.Control(func(fd uintptr) {
		failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 1)
	})
	return errors.Join(err, failed)
}

func (s *socket) upgrade(t target) error {
	if err := s.SetDeadline(time.Now().Add(timeout)); err != nil {
		return err
	}
	// The key keeps caches from answering. There is no cache here, so the key need not be random,
	// nor the answer be checked.
	_, err := fmt.Fprintf(s.Conn, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n", t.path, t.host)
	if err != nil {
		return err
	}
	for {
		if i := bytes.Index(s.buffer[:s.end], []byte("\r\n\r\n")); i >= 0 {
			if !bytes.HasPrefix(s.buffer, []byte("HTTP/1.1 101")) {
				line, _, _ := bytes.Cut(s.buffer[:i], []byte("\r\n"))
				return fmt.Errorf("upgrade refused: %s", line)
			}
			s.start = i + 4
			return s.SetDeadline(time.Time{})
		}
		if s.end == len(s.buffer) {
			return errors.New("upgrade: the answer has no end")
		}
		if err := s.fill(1); err != nil {
			return fmt.Errorf("upgrade: %w", err)
		}
	}
}

// send writes a text frame at once.
func (s *socket) send(payload []byte) error {
	s.queue(payload)
	return s.flush()
}

// queue appends a text frame to what the next flush writes. The mask is all zeros, which spares the
// work of masking.
func (s *socket) queue(payload []byte) {
	const finalText, masked = 0x81, 0x80
	b := append(s.out, finalText)
	if len(payload) < 126 {
		b = append(b, masked|byte(len(payload)))
	} else {
		b = binary.BigEndian.AppendUint16(append(b, masked|126), uint16(len(payload)))
	}
	s.out = append(append(b, 0, 0, 0, 0), payload...)
}

func (s *socket) flush() error {
	_, err := s.Write(s.out)
	s.out = s.out[:0]
	return err
}

// closedError is the close frame that ended a connection.
type closedError struct {
	code   int
	reason string
}

func (e *closedError) Error() string {
	return fmt.Sprintf("closed by the hub with %d %s", e.code, e.reason)
}

// receive returns the next text frame, valid until the next call.
func (s *socket) receive() ([]byte, error) {
	for {
		if err := s.fill(2); err != nil {
			return nil, err
		}
		opcode, size, header := s.buffer[s.start]&0xf, int(s.buffer[s.start+1]), 2
		switch size {
		case 126:
			header = 4
		case 127:
			header = 10
		}
		if err := s.fill(header); err != nil {
			return nil, err
		}
		switch h := s.buffer[s.start:]; header {
		case 4:
			size = int(binary.BigEndian.Uint16(h[2:]))
		case 10:
			size = int(binary.BigEndian.Uint32(h[6:]))
		}
		if err := s.fill(header + size); err != nil {
			return nil, err
		}
		payload := s.buffer[s.start+header : s.start+header+size]
		s.start += header + size
		switch {
		case opcode == 1:
			return payload, nil
		case opcode == 8 && size >= 2:
			return nil, &closedError{int(binary.BigEndian.Uint16(payload)), string(payload[2:])}
		case opcode == 8:
			return nil, io.EOF
		}
	}
}

// fill reads until n bytes are buffered.
func (s *socket) fill(n int) error {
	for s.end-s.start < n {
		if s.start == s.end {
			s.start, s.end = 0, 0
		}
		if s.start+n > len(s.buffer) {
			buffer := s.buffer
			if n > len(buffer) {
				buffer = make([]byte, 2*n)
			}
			s.end = copy(buffer, s.buffer[s.start:s.end])
			s.buffer, s.start = buffer, 0
		}
		read, err := s.Conn.Read(s.buffer[s.end:])
		s.end += read
		if err != nil && s.end-s.start < n {
			return err
		}
	}
	return nil
}
