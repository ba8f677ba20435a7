package socket

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"testing"
	"unicode/utf8"

	"exthub/hub/hubtest/raw"
)

// received is what a client's bytes amount to: its messages, its pings, and the code with which the
// connection ends, 0 if the bytes just end.
type received struct {
	messages, pings []string
	code            int
}

// fuzzedLimit is how many bytes a message of FuzzRead may have.
const fuzzedLimit = 300

// FuzzRead looks for bytes that the reader of frames takes for something else than a plain decoder
// does, which is written after the RFC and has all bytes at once: a frame within another's payload,
// a message that is too long or not UTF-8, a control frame that is lost. Neither the sizes of the
// pieces in which the bytes come nor what came before makes a difference.
func FuzzRead(f *testing.F) {
	frame := func(first byte, payload string) []byte { return raw.Frame(first, payload) }
	for _, frames := range [][][]byte{
		{frame(raw.Final|raw.Text, "hi"), frame(raw.Final|raw.Ping, "p"), frame(raw.Final|raw.Text, "")},
		{frame(raw.Text, "a\xc3"), frame(raw.Final|raw.Ping, ""), frame(raw.Final|raw.Continuation, "\xa4b")},
		{frame(raw.Text, ""), frame(raw.Continuation, ""), raw.Goodbye(1000, "bye")},
		{frame(raw.Final|raw.Ping, "p"), raw.Goodbye(1000, "")}, // answered before the goodbye
		{raw.Goodbye(1005, "")}, {raw.Goodbye(4999, "\xff")}, {frame(raw.Final|raw.Close, "x")},
		{raw.Header(raw.Final|raw.Text, 1<<62)}, {raw.Header(raw.Final|raw.Text, 1<<63)},
		{frame(raw.Final|raw.Binary, "x")}, {frame(raw.Final|raw.Continuation, "x")},
		{frame(raw.Final|raw.Text|0x40, "x")}, {{raw.Final | raw.Text, 1, 'x'}}, {frame(raw.Ping, "x")},
		{{raw.Final | raw.Text, 0xfe, 0, 1, 1, 2, 3, 4, 'x'}}, {frame(raw.Final|raw.Text, "\xed\xa0\x80")},
		{frame(raw.Final|raw.Text, string(make([]byte, fuzzedLimit)))},
		{frame(raw.Text, string(make([]byte, fuzzedLimit))), frame(raw.Final|raw.Continuation, "x")},
	} {
		f.Add(bytes.Join(frames, nil), uint8(0))
		f.Add(bytes.Join(frames, nil), uint8(1))
	}
	f.Fuzz(func(t *testing.T, input []byte, piece uint8) {
		if len(input) > 1<<14 {
			return // of pongs no more than a client may leave waiting
		}
		got, want := readPieces(input, int(piece)), decodePlainly(input)
		if !slices.Equal(got.messages, want.messages) || !slices.Equal(got.pings, want.pings) || got.code != want.code {
			t.Errorf("% x is %+v, the RFC says %+v", input, got, want)
		}
	})
}

// pieces reads at most so many bytes at a time, 0 for as many as there is room for.
type pieces struct {
	io.Reader
	size int
}

func (p pieces) Read(b []byte) (int, error) {
	if p.size > 0 && p.size < len(b) {
		b = b[:p.size]
	}
	return p.Reader.Read(b)
}

// saidGoodbye stands for the code of a client's close frame that is in order.
const saidGoodbye = -1

// readPieces reads the input with a Conn that writes nothing: its answers stay in its outbox.
func readPieces(input []byte, size int) (got received) {
	c := &Conn{Limit: fuzzedLimit, owner: anyone{}, writers: newWriters(0, 1), gone: make(chan struct{})}
	c.socket.in = bufio.NewReaderSize(pieces{bytes.NewReader(input), size}, readBuffer)
	c.outbox.active = true  // so nobody is asked to write
	c.closing.Do(func() {}) // nor to say goodbye
	for {
		err := c.readMessage()
		if err == nil {
			got.messages = append(got.messages, string(c.last.text))
			c.giveBack()
			continue
		}
		var b *brokenRule
		switch {
		case errors.As(err, &b):
			got.code = int(b.code)
		case errors.Is(err, errClosed):
			got.code = saidGoodbye
		}
		for _, it := range c.outbox.items {
			got.pings = append(got.pings, string(it.frame.Head[2:]))
		}
		c.giveBack()
		return got
	}
}

// decodePlainly does what readPieces does, after RFC 6455, 5.2 to 5.5 and 7.4.
func decodePlainly(in []byte) (r received) {
	var text []byte
	begun := false
	for {
		f := splitFrame(in)
		switch {
		case f.broken:
			r.code = 1002
		case f.header == 0, f.opcode >= opClose && !f.whole:
		case f.opcode == opPing:
			r.pings = append(r.pings, string(f.payload))
		case f.opcode == opPong:
		case f.opcode == opClose:
			r.code = plainGoodbye(f.payload)
		case begun != (f.opcode == opContinuation):
			r.code = 1002
		case f.opcode == opBinary, uint64(len(text))+f.size > fuzzedLimit:
			r.code = int(CloseProtocol)
		default:
			text, begun = append(text, f.payload...), true
			ends := f.whole && f.final
			switch {
			case !beginsText(text), ends && !utf8.Valid(text):
				r.code = 1007
			case ends:
				r.messages = append(r.messages, string(text))
				text, begun = nil, false
			}
		}
		if r.code != 0 || !f.whole {
			return r
		}
		in = in[f.header+len(f.payload):]
	}
}

// plainFrame is a frame and what has come of its payload.
type plainFrame struct {
	final, broken, whole bool
	opcode               byte
	header               int // its size; 0 if it has not come
	size                 uint64
	payload              []byte
}

func splitFrame(in []byte) (f plainFrame) {
	if len(in) < 2 {
		return f
	}
	f.final, f.opcode, f.size = in[0]&0x80 != 0, in[0]&0x0f, uint64(in[1]&0x7f)
	known := []byte{opContinuation, opText, opBinary, opClose, opPing, opPong}
	f.broken = in[0]&0x70 != 0 || !slices.Contains(known, f.opcode) || in[1]&0x80 == 0 ||
		f.opcode >= opClose && (!f.final || f.size > 125)
	length := map[uint64]int{126: 2, 127: 8}[f.size]
	if f.broken || len(in) < 2+length {
		return f
	}
	if length > 0 {
		f.size = binary.BigEndian.Uint64(append(make([]byte, 8-length), in[2:2+length]...))
		f.broken = f.size < map[int]uint64{2: 126, 8: 65536}[length] || f.size > 1<<63-1
	}
	if f.broken || len(in) < 2+length+4 {
		return f
	}
	f.header = 2 + length + 4
	mask, body := in[f.header-4:f.header], in[f.header:]
	f.whole = uint64(len(body)) >= f.size
	if f.whole {
		body = body[:f.size]
	}
	for i, b := range body {
		f.payload = append(f.payload, b^mask[i%4])
	}
	return f
}

func plainGoodbye(payload []byte) (code int) {
	if len(payload) == 0 {
		return saidGoodbye
	}
	if len(payload) == 1 {
		return 1002
	}
	sendable := []int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014}
	said := int(binary.BigEndian.Uint16(payload))
	switch {
	case !slices.Contains(sendable, said) && (said < 3000 || said > 4999):
		return 1002
	case !utf8.Valid(payload[2:]):
		return 1007
	}
	return saidGoodbye
}

// beginsText reports whether something makes UTF-8 of the text, behind it.
func beginsText(text []byte) bool {
	return slices.ContainsFunc([]string{"", "\x80", "\x80\x80", "\x80\x80\x80", "\xa0\x80", "\x90\x80\x80"},
		func(end string) bool { return utf8.ValidString(string(text) + end) })
}
