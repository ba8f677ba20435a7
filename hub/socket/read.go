package socket

import (
	"bufio"
	"encoding/binary"
	"errors"
	"math/bits"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/coder/websocket"
)

// Opcodes of RFC 6455, 5.2. The others are reserved.
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA

	finalBit   = 0x80
	maskBit    = 0x80
	maxControl = 125 // bytes of a control frame's payload
)

// brokenRule is a rule of the protocol that the client broke. It ends the connection.
type brokenRule struct {
	code   websocket.StatusCode
	reason string
}

func (b *brokenRule) Error() string { return b.reason }

func protocolError(reason string) error { return &brokenRule{websocket.StatusProtocolError, reason} }

// header is the header of a client's frame.
type header struct {
	final  bool
	opcode byte
	size   uint64 // of the payload that is to come
	key    uint32 // of the masking; the first byte is the lowest
}

// readHeader reads a header, and refuses it at the first byte that is wrong: a client that waits
// for a refusal has not always sent the rest.
func readHeader(r *bufio.Reader) (header, error) {
	b, err := r.Peek(2)
	if err != nil {
		return header{}, err
	}
	h := header{final: b[0]&finalBit != 0, opcode: b[0] & 0x0f, size: uint64(b[1] &^ maskBit)}
	switch {
	case b[0]&0x70 != 0:
		return h, protocolError("reserved bits are set")
	case h.opcode > opPong, h.opcode > opBinary && h.opcode < opClose:
		return h, protocolError("reserved opcode")
	case b[1]&maskBit == 0:
		return h, protocolError("frame without a mask")
	case h.opcode >= opClose && (!h.final || h.size > maxControl):
		return h, protocolError("control frame too long or in pieces")
	}
	n := 2
	switch h.size {
	case 126:
		n += 2
		h.size, err = peekLength(r, n, 126)
	case 127:
		n += 8
		h.size, err = peekLength(r, n, 1<<16)
	}
	if err != nil {
		return h, err
	}
	if b, err = r.Peek(n + 4); err != nil {
		return h, err
	}
	h.key = binary.LittleEndian.Uint32(b[n:])
	_, err = r.Discard(n + 4)
	return h, err
}

// peekLength returns the length that a header has between its second byte and the nth. It must be
// at least this: a shorter form would do for less.
func peekLength(r *bufio.Reader, n int, least uint64) (uint64, error) {
	b, err := r.Peek(n)
	if err != nil {
		return 0, err
	}
	var size uint64
	for _, digit := range b[2:] {
		size = size<<8 | uint64(digit)
	}
	switch {
	case size>>63 != 0:
		return 0, protocolError("the length has its top bit set")
	case size < least:
		return 0, protocolError("the length is not in its shortest form")
	}
	return size, nil
}

// unmask decodes p, and returns the key for what follows.
func unmask(p []byte, key uint32) uint32 {
	wide := uint64(key)<<32 | uint64(key)
	for len(p) >= 8 {
		binary.LittleEndian.PutUint64(p, binary.LittleEndian.Uint64(p)^wide)
		p = p[8:]
	}
	for i := range p {
		p[i] ^= byte(key)
		key = bits.RotateLeft32(key, -8)
	}
	return key
}

// Read returns the next message, valid until the next Read. While many replies wait for the client
// it waits, too: a client pays for the answers that it does not take with the next ones. A client
// that breaks the protocol is told so by the connection's close.
func (c *Conn) Read() ([]byte, error) {
	c.giveBack()
	c.waitForRoom()
	before := c.socket.reads.Load()
	if err := c.readMessage(); err != nil {
		var b *brokenRule
		if errors.As(err, &b) {
			c.Close(b.code, b.reason)
		}
		return nil, errors.Join(errClosed, err)
	}
	c.pipelined = c.socket.reads.Load() == before
	return c.last.text, nil
}

// readMessage reads the frames of a message into last, and carries out the control frames between
// them.
func (c *Conn) readMessage() error {
	for {
		h, err := readHeader(c.socket.in)
		if err != nil {
			return err
		}
		c.unread = h.size
		switch {
		case h.opcode >= opClose:
			err = c.control(h)
		default:
			err = c.data(h)
		}
		if err != nil {
			return err
		}
		if h.opcode < opClose && h.final {
			return c.last.finish()
		}
	}
}

// control carries out a control frame. Its payload fits the reader's buffer.
func (c *Conn) control(h header) error {
	payload, err := c.socket.in.Peek(int(h.size))
	if err != nil {
		return err
	}
	unmask(payload, h.key)
	switch h.opcode {
	case opPing:
		c.Reply(Frame{Head: controlFrame(opPong, payload)})
	case opClose:
		c.heard = true
		code, err := parseGoodbye(payload)
		if err != nil {
			return err
		}
		c.close(code, "", func() {})
		return errClosed
	}
	c.unread = 0
	if _, err := c.socket.in.Discard(int(h.size)); err != nil {
		return err
	}
	c.waitForRoom()
	return c.extra()
}

// data reads a frame of a message.
func (c *Conn) data(h header) error {
	begun := c.last != nil
	switch {
	case begun && h.opcode != opContinuation:
		return protocolError("a message within a message")
	case !begun && h.opcode == opContinuation:
		return protocolError("continuation of nothing")
	case h.opcode == opBinary:
		return &brokenRule{CloseProtocol, "text frames only"}
	case !begun:
		c.last = incomings.Get().(*incoming)
	}
	if int64(len(c.last.text)) > c.Limit || h.size > uint64(c.Limit)-uint64(len(c.last.text)) {
		return &brokenRule{CloseProtocol, "frame too large"}
	}
	for key := h.key; c.unread > 0; {
		n, err := c.last.readFrom(c.socket.in, c.unread, &key)
		c.unread -= uint64(n)
		if err != nil {
			return err
		}
	}
	if begun {
		return c.extra()
	}
	return nil
}

// extra asks the owner about a frame that is no request.
func (c *Conn) extra() error {
	if !c.owner.Extra() {
		return errClosed
	}
	return nil
}

// waitForRoom waits while more replies wait than should.
func (c *Conn) waitForRoom() {
	if !c.behind {
		return
	}
	c.behind = false
	select {
	case <-c.outbox.room():
	case <-c.gone:
	}
}

// giveBack returns the buffer of the last message to the pool: a silent session holds none.
func (c *Conn) giveBack() {
	if c.last != nil {
		c.last.text, c.last.checked = c.last.text[:0], 0
		incomings.Put(c.last)
		c.last = nil
	}
}

// incoming is a message on its way in.
type incoming struct {
	text    []byte
	checked int // bytes of text known to be whole characters
}

var incomings = sync.Pool{New: func() any { return new(incoming) }}

// readFrom reads what is there of a payload, at least a byte and at most this many. It makes room
// for what has come and not for what was promised: a promise costs the client nothing. Text that
// can't become UTF-8 is refused before the rest of it has come.
func (in *incoming) readFrom(r *bufio.Reader, most uint64, key *uint32) (int, error) {
	const room = 512
	begin := len(in.text)
	in.text = slices.Grow(in.text, int(min(most, room)))
	p := in.text[begin:cap(in.text)]
	n, err := r.Read(p[:min(uint64(len(p)), most)])
	*key = unmask(p[:n], *key)
	in.text = in.text[:begin+n]
	if err != nil {
		return n, err
	}
	whole := wholeCharacters(in.text[in.checked:])
	if whole < 0 {
		return n, errNotUTF8
	}
	in.checked += whole
	return n, nil
}

// finish reports text that ends within a character.
func (in *incoming) finish() error {
	if in.checked < len(in.text) {
		return errNotUTF8
	}
	return nil
}

var errNotUTF8 = &brokenRule{websocket.StatusInvalidFramePayloadData, "not UTF-8"}

// wholeCharacters returns how many bytes of b are whole characters, up to one whose end has yet to
// come; -1 if b can't be the begin of UTF-8.
func wholeCharacters(b []byte) int {
	end := len(b)
	for i := len(b) - 1; i >= max(0, len(b)-utf8.UTFMax+1); i-- {
		if utf8.RuneStart(b[i]) {
			if !utf8.FullRune(b[i:]) {
				end = i
			}
			break
		}
	}
	if !utf8.Valid(b[:end]) {
		return -1
	}
	return end
}

// controlFrame returns a server's control frame.
func controlFrame(opcode byte, payload []byte) []byte {
	return append([]byte{finalBit | opcode, byte(len(payload))}, payload...)
}
