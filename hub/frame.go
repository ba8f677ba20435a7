package hub

import (
	"encoding/binary"

	"exthub/events"
)

// frame is a WebSocket text frame as it goes out to one client. A body is shared by all who get it and may have many kilobytes: it is not copied until it is written.
type frame struct {
	head []byte // the header, and what stands before the body; without a body all
	body []byte
	tail string // what stands behind the body
}

// wholeFrame makes the frame of a payload.
func wholeFrame(payload []byte) frame {
	return frame{head: append(appendHeader(make([]byte, 0, maxHeader+len(payload)), len(payload)), payload...)}
}

func (f frame) size() int { return len(f.head) + len(f.body) + len(f.tail) }

// single returns the frame if it is in one piece, or nil.
func (f frame) single() []byte {
	if f.body == nil {
		return f.head
	}
	return nil
}

func (f frame) append(b []byte) []byte {
	return append(append(append(b, f.head...), f.body...), f.tail...)
}

// wrapFrame makes a WebSocket text frame, as a server sends it, of the payload that an event has in buffer[events.Headroom:].
func wrapFrame(buffer []byte) []byte {
	var header [maxHeader]byte
	h := appendHeader(header[:0], len(buffer)-events.Headroom)
	start := events.Headroom - len(h)
	copy(buffer[start:], h)
	return buffer[start:]
}

// maxHeader is the size of the longest header that a server's frame can have.
const maxHeader = 10

// appendHeader appends the header of a final, unmasked text frame (RFC 6455, 5.2).
func appendHeader(b []byte, size int) []byte {
	const finalText = 0x81
	switch {
	case size < 126:
		return append(b, finalText, byte(size))
	case size < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, finalText, 126), uint16(size))
	}
	return binary.BigEndian.AppendUint64(append(b, finalText, 127), uint64(size))
}
