package socket

import (
	"encoding/binary"
	"fmt"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"exthub/hub/hubtest/raw"
)

// exchange is what a client sends in one case, and what it must get. Each part is written by
// itself, and those of chopped in pieces of that many bytes.
type exchange struct {
	send    [][]byte
	chopped int
	want    []string
}

// cases are the cases that the public Autobahn suite names, by its numbers. Two things are the
// hub's own: a binary frame is refused with 4400, and no compression is negotiated, so what 12.*
// and 13.* send has a reserved bit set.
type cases map[string]exchange

const chunk = 32 << 10 // bytes of a write, unless a case is about that

// TestRFC6455 runs every case on a connection that echoes. raw.Reader refuses what a server must
// not send. After what a case wants, a client that was not sent away says goodbye and gets the same
// code back; then nothing more comes, and the connection ends.
func TestRFC6455(t *testing.T) {
	server := serveConns(t, 10*time.Second, false, func(c *Conn) {
		c.Limit = 16 << 20
		for text, err := c.Read(); err == nil; text, err = c.Read() {
			c.Reply(NewFrame(text))
		}
		c.Drain()
	})
	passed, all := 0, 0
	for _, named := range []cases{
		framing(), pings(), reservedBits(), opcodes(), fragments(), utf8Cases(), goodbyes(), limits(), compression(),
	} {
		for _, name := range slices.Sorted(maps.Keys(named)) {
			all++
			if t.Run(name, func(t *testing.T) {
				client, r := dialRaw(t, server)
				named[name].run(t, client, r)
			}) {
				passed++
			}
		}
	}
	t.Logf("%d of %d cases passed", passed, all)
}

func (x exchange) run(t *testing.T, client net.Conn, r raw.Reader) {
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		for _, part := range x.send {
			size := chunk
			if x.chopped > 0 {
				size = x.chopped
			}
			for piece := range slices.Chunk(part, size) {
				if _, err := client.Write(piece); err != nil {
					return // the server has had enough, which what it sent must say
				}
			}
		}
	}()
	sentAway := false
	for _, want := range x.want {
		got := describe(r)
		if got != want {
			t.Fatalf("got %.80s, want %.80s", got, want)
		}
		sentAway = strings.HasPrefix(got, "close")
	}
	if !sentAway {
		<-sent
		if _, err := client.Write(raw.Goodbye(1000, "")); err != nil {
			t.Fatal(err)
		}
		if got := describe(r); got != "close 1000" {
			t.Fatalf("got %.80s after the goodbye", got)
		}
	} else if err := client.(*net.TCPConn).CloseWrite(); err != nil {
		t.Log("the server was faster: ", err)
	}
	if opcode, payload, err := r.Next(); err == nil || os.IsTimeout(err) {
		t.Fatalf("after the end: opcode %d, %.80q, %v", opcode, payload, err)
	}
	<-sent
}

// describe reads a frame and says what it is.
func describe(r raw.Reader) string {
	opcode, payload, err := r.Next()
	switch {
	case err != nil:
		return "error " + err.Error()
	case opcode == raw.Close && len(payload) == 0:
		return "close 1005"
	case opcode == raw.Close:
		return fmt.Sprintf("close %d", binary.BigEndian.Uint16(payload))
	case opcode == raw.Pong:
		return "pong " + string(payload)
	case opcode == raw.Text:
		return "text " + string(payload)
	}
	return fmt.Sprintf("opcode %d", opcode)
}

func final(opcode byte, payload string) []byte { return raw.Frame(raw.Final|opcode, payload) }

func text(payload string) []byte { return final(raw.Text, payload) }

// octets sends everything byte by byte.
func octets(want []string, frames ...[]byte) exchange {
	return exchange{send: frames, chopped: 1, want: want}
}

// whole sends each frame in one write.
func whole(want []string, frames ...[]byte) exchange { return exchange{send: frames, want: want} }

// together sends all frames in one write.
func together(want []string, frames ...[]byte) exchange {
	return exchange{send: [][]byte{slices.Concat(frames...)}, want: want}
}

const (
	broken   = "close 1002"
	notUTF8  = "close 1007"
	binaryNo = "close 4400"
)

func framing() cases {
	c := make(cases)
	for i, size := range []int{0, 125, 126, 127, 128, 65535, 65536, 65536} {
		payload := strings.Repeat("*", size)
		x := whole([]string{"text " + payload}, text(payload))
		no := whole([]string{binaryNo}, final(raw.Binary, payload))
		if i == 7 {
			x.chopped, no.chopped = 997, 997
		}
		c[fmt.Sprintf("1.1.%d", i+1)] = x
		c[fmt.Sprintf("1.2.%d", i+1)] = no
	}
	// Beyond the suite: lengths and masks that no client may send.
	header := func(bytes ...byte) exchange { return whole([]string{broken}, bytes) }
	c["length with its top bit set"] = header(0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 1)
	c["length of all ones"] = header(0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)
	c["length 125 in two bytes"] = header(0x81, 0xfe, 0, 125)
	c["length 65535 in eight bytes"] = header(0x81, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff)
	c["no mask"] = header(0x81, 0x05, 'h', 'e', 'l', 'l', 'o')
	c["2^62 bytes promised"] = whole([]string{binaryNo}, raw.Header(raw.Final|raw.Text, 1<<62))
	return c
}

func pings() cases {
	const data = "\x00\xff\xfe\xfd\xfc\xfb\x00\xff"
	full := strings.Repeat("\xfe", 125)
	var ten [][]byte
	var pongs []string
	for i := range 10 {
		ten = append(ten, final(raw.Ping, fmt.Sprint("payload-", i)))
		pongs = append(pongs, fmt.Sprint("pong payload-", i))
	}
	return cases{
		"2.1": whole([]string{"pong "}, final(raw.Ping, "")), "2.2": whole([]string{"pong hi"}, final(raw.Ping, "hi")),
		"2.3":  whole([]string{"pong " + data}, final(raw.Ping, data)),
		"2.4":  whole([]string{"pong " + full}, final(raw.Ping, full)),
		"2.5":  whole([]string{broken}, final(raw.Ping, full+"\xfe")),
		"2.6":  octets([]string{"pong " + full}, final(raw.Ping, full)),
		"2.7":  whole(nil, final(raw.Pong, "")),
		"2.8":  whole(nil, final(raw.Pong, "unasked")),
		"2.9":  whole([]string{"pong asked"}, final(raw.Pong, "unasked"), final(raw.Ping, "asked")),
		"2.10": whole(pongs, ten...), "2.11": octets(pongs, ten...),
	}
}

// afterText is the pattern of a bad frame behind a good one, with a ping behind it that is not
// answered any more.
func afterText(how func([]string, ...[]byte) exchange, bad []byte) exchange {
	return how([]string{"text good", broken}, text("good"), bad, final(raw.Ping, ""))
}

func reservedBits() cases {
	rsv := func(bits, opcode byte, payload string) []byte { return raw.Frame(raw.Final|bits<<4|opcode, payload) }
	return cases{
		"3.1": whole([]string{broken}, rsv(1, raw.Text, "hello")),
		"3.2": afterText(together, rsv(2, raw.Text, "hello")), "3.3": afterText(whole, rsv(3, raw.Text, "hello")),
		"3.4": afterText(octets, rsv(4, raw.Text, "hello")),
		"3.5": whole([]string{broken}, rsv(5, raw.Binary, "\x00\xff")),
		"3.6": whole([]string{broken}, rsv(6, raw.Ping, "hello")),
		"3.7": whole([]string{broken}, rsv(7, raw.Close, "")),
	}
}

func opcodes() cases {
	c := make(cases)
	for kind, first := range map[int]byte{1: 3, 2: 11} {
		bad := func(i byte, payload string) []byte { return final(first+i, payload) }
		name := func(i int) string { return fmt.Sprintf("4.%d.%d", kind, i) }
		c[name(1)] = whole([]string{broken}, bad(0, ""))
		c[name(2)] = whole([]string{broken}, bad(1, "payload"))
		c[name(3)] = afterText(together, bad(2, ""))
		c[name(4)] = afterText(whole, bad(3, "payload"))
		c[name(5)] = afterText(octets, bad(4, "payload"))
	}
	return c
}

func fragments() cases {
	first, more := raw.Frame(raw.Text, "one "), raw.Frame(raw.Continuation, "and ")
	last := final(raw.Continuation, "two")
	ping := final(raw.Ping, "p")
	echo := []string{"text one two"}
	c := cases{
		"5.1": whole([]string{broken}, raw.Frame(raw.Ping, "p"), last),
		"5.2": whole([]string{broken}, raw.Frame(raw.Pong, "p"), last),
		"5.3": together(echo, first, last), "5.4": whole(echo, first, last), "5.5": octets(echo, first, last),
		"5.15": whole([]string{echo[0], broken}, first, last, more, text("hello")),
		"5.16": whole([]string{broken}, more, text("hello"), last),
		"5.17": whole([]string{broken}, last, text("hello"), last),
		"5.18": whole([]string{broken}, first, text("two")),
	}
	for i, how := range []func([]string, ...[]byte) exchange{together, whole, octets} {
		c[fmt.Sprint("5.", 6+i)] = how([]string{"pong p", echo[0]}, first, ping, last)
		c[fmt.Sprint("5.", 9+i)] = how([]string{broken}, last, text("hello"))
		c[fmt.Sprint("5.", 12+i)] = how([]string{broken}, more, text("hello"))
	}
	for i, how := range []func([]string, ...[]byte) exchange{together, whole} {
		want := []string{"pong p", "pong p", "text one and and and two"}
		c[fmt.Sprint("5.", 19+i)] = how(want, first, more, ping, more, more, ping, last)
	}
	return c
}

func goodbyes() cases {
	c := cases{
		"7.1.1": whole([]string{"text hello", "close 1000"}, text("hello"), raw.Goodbye(1000, "")),
		"7.1.2": whole([]string{"close 1000"}, raw.Goodbye(1000, ""), raw.Goodbye(1000, "")),
		"7.1.3": whole([]string{"close 1000"}, raw.Goodbye(1000, ""), final(raw.Ping, "")),
		"7.1.4": whole([]string{"close 1000"}, raw.Goodbye(1000, ""), text("hello")),
		"7.1.5": whole([]string{"close 1000"}, raw.Frame(raw.Text, "a"), raw.Goodbye(1000, ""), final(0, "b")),
		"7.1.6": whole([]string{"text " + strings.Repeat("*", 256<<10), "text hello", "close 1000"},
			text(strings.Repeat("*", 256<<10)), text("hello"), raw.Goodbye(1000, ""), final(raw.Ping, "")),
		"7.3.1": whole([]string{"close 1005"}, final(raw.Close, "")),
		"7.3.2": whole([]string{broken}, final(raw.Close, "a")),
		"7.3.3": whole([]string{"close 1000"}, raw.Goodbye(1000, "")),
		"7.3.4": whole([]string{"close 1000"}, raw.Goodbye(1000, "over")),
		"7.3.5": whole([]string{"close 1000"}, raw.Goodbye(1000, strings.Repeat("*", 123))),
		"7.3.6": whole([]string{broken}, raw.Goodbye(1000, strings.Repeat("*", 124))),
		"7.5.1": whole([]string{notUTF8}, raw.Goodbye(1000, "\xce\xba\xe1\xbd\xb9\xed\xa0\x80")),
	}
	for i, code := range []int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999} {
		c[fmt.Sprint("7.7.", i+1)] = whole([]string{fmt.Sprint("close ", code)}, raw.Goodbye(code, ""))
	}
	for i, code := range []int{0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999} {
		c[fmt.Sprint("7.9.", i+1)] = whole([]string{broken}, raw.Goodbye(code, ""))
	}
	for i, code := range []int{5000, 65535} {
		c[fmt.Sprint("7.13.", i+1)] = whole([]string{broken}, raw.Goodbye(code, ""))
	}
	return c
}

func limits() cases {
	c := make(cases)
	for i, size := range []int{64 << 10, 256 << 10, 1 << 20, 4 << 20, 8 << 20, 16 << 20} {
		payload := strings.Repeat("*", size)
		c[fmt.Sprint("9.1.", i+1)] = whole([]string{"text " + payload}, text(payload))
		c[fmt.Sprint("9.2.", i+1)] = whole([]string{binaryNo}, raw.Header(raw.Final|raw.Binary, uint64(size)))
	}
	long := strings.Repeat("*", 4<<20)
	for i, size := range []int{64, 256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20} {
		c[fmt.Sprint("9.3.", i+1)] = together([]string{"text " + long}, inPieces(raw.Text, long, size)...)
		pieces := inPieces(raw.Binary, long[:min(len(long), 2*size)], size)
		c[fmt.Sprint("9.4.", i+1)] = together([]string{binaryNo}, pieces...)
	}
	long = long[:1<<20]
	for i := range 6 {
		x := whole([]string{"text " + long}, text(long))
		x.chopped = 64 << i
		no := whole([]string{binaryNo}, raw.Header(raw.Final|raw.Binary, 1<<20))
		no.chopped = 1 << i
		c[fmt.Sprint("9.5.", i+1)], c[fmt.Sprint("9.6.", i+1)] = x, no
	}
	for i, size := range []int{0, 16, 64, 256, 1 << 10, 4 << 10} {
		payload := strings.Repeat("*", size)
		thousand := slices.Repeat([][]byte{text(payload)}, 1000)
		c[fmt.Sprint("9.7.", i+1)] = together(slices.Repeat([]string{"text " + payload}, 1000), thousand...)
		c[fmt.Sprint("9.8.", i+1)] = whole([]string{binaryNo}, final(raw.Binary, payload))
	}
	long = long[:64<<10]
	c["10.1.1"] = whole([]string{"text " + long}, inPieces(raw.Text, long, 1300)...)
	return c
}

// inPieces returns the frames of a message of which each has a payload of this size.
func inPieces(opcode byte, payload string, size int) (frames [][]byte) {
	for len(payload) > size {
		frames = append(frames, raw.Frame(opcode, payload[:size]))
		opcode, payload = raw.Continuation, payload[size:]
	}
	return append(frames, raw.Frame(raw.Final|opcode, payload))
}

// compression has one case for each group of the suite: what a client sends that takes it for
// negotiated.
func compression() cases {
	c := make(cases)
	for part, groups := range map[int]int{12: 5, 13: 7} {
		for i := range groups {
			compressed := raw.Frame(raw.Final|0x40|raw.Text, "\xf2\x48\x05\x00")
			c[fmt.Sprintf("%d.%d.*", part, i+1)] = whole([]string{broken}, compressed)
		}
	}
	return c
}
