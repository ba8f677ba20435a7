package socket

import (
	"encoding/binary"

	"exthub/events"
)

// Frame is a WebSocket text frame as it goes out to one client, in up to three parts. Body may be
// shared by many frames and have many kilobytes: it is not copied until it is written.
type Frame struct {
	Head []byte // the header, and the payload before Body; all of it if Body is nil
	Body []byte
	Tail string // the payload behind Body
}

// NewFrame returns the frame of a payload.
func NewFrame(payload []byte) Frame {
	return Frame{Head: append(AppendHeader(make([]byte, 0, MaxHeader+len(payload)), len(payload)), payload...)}
}

func (f Frame) size() int { return len(f.Head) + len(f.Body) + len(f.Tail) }

// single returns the frame's bytes if they are in one piece, or nil.
func (f Frame) single() []byte {
	if f.Body == nil {
		return f.Head
	}
	return nil
}

// Append appends the frame's bytes.
func (f Frame) Append(b []byte) []byte {
	return append(append(append(b, f.Head...), f.Body...), f.Tail...)
}

// Wrap is an events.Wrapper: it puts a frame's header in front of a payload.
func Wrap(buffer []byte) []byte {
	var header [MaxHeader]byte
	h := AppendHeader(header[:0], len(buffer)-events.Headroom)
	start := events.Headroom - len(h)
	copy(buffer[start:], h)
	return buffer[start:]
}

// MaxHeader is the size of the longest header that a server's frame can have.
const MaxHeader = 10

// AppendHeader appends the header of a final, unmasked text frame of this size (RFC 6455, 5.2).
func AppendHeader(b []byte, size int) []byte {
	const finalText = 0x81
	switch {
	case size < 126:
		return append(b, finalText, byte(size))
	case size < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, finalText, 126), uint16(size))
	}
	return binary.BigEndian.AppendUint64(append(b, finalText, 127), uint64(size))
}
