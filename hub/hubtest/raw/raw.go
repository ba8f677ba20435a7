// Package raw is a WebSocket client without a library: it sends any bytes, and takes none that
// RFC 6455 forbids a server to send. It is for tests of the wire, where a library is too lenient
// with the hub and too well behaved for an attack.
package raw

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"testing"
	"time"
)

// Opcodes of RFC 6455, 5.2.
const (
	Continuation = 0x0
	Text         = 0x1
	Binary       = 0x2
	Close        = 0x8
	Ping         = 0x9
	Pong         = 0xA
)

// Final is the bit of a header's first byte that says that the message ends with this frame.
const Final = 0x80

// timeout bounds everything on a connection. Nothing takes this long unless something is broken.
const timeout = 30 * time.Second

// Dial does the handshake at this URL by hand, and returns the connection with its reader. It is
// cut when the test ends. roots is nil but for TLS.
func Dial(tb testing.TB, address string, roots *tls.Config) (net.Conn, Reader) {
	tb.Helper()
	u, err := url.Parse(address)
	if err != nil {
		tb.Fatal(err)
	}
	c, err := net.Dial("tcp", u.Host)
	if err != nil {
		tb.Fatal(err)
	}
	if roots != nil {
		c = tls.Client(c, roots)
	}
	tb.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(timeout)); err != nil {
		tb.Fatal(err)
	}
	fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"+
		"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n", u.RequestURI(), u.Host)
	r := bufio.NewReader(c)
	answer, err := http.ReadResponse(r, nil)
	if err != nil || answer.StatusCode != http.StatusSwitchingProtocols {
		tb.Fatalf("handshake: %v, %v", answer, err)
	}
	if offered := answer.Header.Get("Sec-WebSocket-Extensions"); offered != "" {
		tb.Fatalf("extensions %q were negotiated", offered)
	}
	return c, Reader{r}
}

// Reader reads a server's frames, which must be whole, unmasked, without reserved bits, and of the
// shortest form.
type Reader struct{ *bufio.Reader }

// Next returns the next frame.
func (r Reader) Next() (opcode byte, payload []byte, err error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	opcode = head[0] & 0x0f
	if head[0]&0xf0 != Final || head[1]&0x80 != 0 {
		return 0, nil, fmt.Errorf("header % x: not final, with reserved bits, or masked", head)
	}
	size := uint64(head[1])
	switch size {
	case 126:
		size, err = r.length(2, 126)
	case 127:
		size, err = r.length(8, 1<<16)
	}
	switch {
	case err != nil:
		return 0, nil, err
	case opcode >= Close && size > 125:
		return 0, nil, fmt.Errorf("control frame of %d bytes", size)
	}
	payload = make([]byte, size)
	_, err = io.ReadFull(r, payload)
	return opcode, payload, err
}

// length reads a length of this many bytes, which must need them.
func (r Reader) length(bytes int, least uint64) (uint64, error) {
	var b [8]byte
	if _, err := io.ReadFull(r, b[8-bytes:]); err != nil {
		return 0, err
	}
	size := binary.BigEndian.Uint64(b[:])
	if size < least {
		return 0, fmt.Errorf("%d bytes announced in a form for %d and more", size, least)
	}
	return size, nil
}

// Closed reads up to the close frame, and returns its code: 1005 for one without, and 1006 if the
// connection ended without a close frame.
func (r Reader) Closed() (code int, reason string) {
	for {
		opcode, payload, err := r.Next()
		switch {
		case err != nil:
			return 1006, err.Error()
		case opcode == Close && len(payload) == 0:
			return 1005, ""
		case opcode == Close:
			return int(binary.BigEndian.Uint16(payload)), string(payload[2:])
		}
	}
}

var mask = [4]byte{1, 2, 3, 4}

// Header returns the header of a client's frame that promises a payload of this size. first is its
// first byte: Final or not, reserved bits and an opcode.
func Header(first byte, size uint64) []byte {
	b := []byte{first}
	switch {
	case size < 126:
		b = append(b, 0x80|byte(size))
	case size < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(size))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), size)
	}
	return append(b, mask[:]...)
}

// Frame returns a client's frame.
func Frame(first byte, payload string) []byte {
	b := Header(first, uint64(len(payload)))
	for i := range len(payload) {
		b = append(b, payload[i]^mask[i%4])
	}
	return b
}

// Goodbye returns a client's close frame.
func Goodbye(code int, reason string) []byte {
	return Frame(Final|Close, string(binary.BigEndian.AppendUint16(nil, uint16(code)))+reason)
}
