package socket

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// A client asks for more than waits for anybody, in one answer. An answer is as large as what was
// asked for, and says nothing about how fast the client reads.
func TestLargeReplyIsNotSlowness(t *testing.T) {
	large := strings.Repeat("r", 3*maxOutbox)
	server := serveConns(t, 20*time.Second, false, func(c *Conn) {
		for text, err := c.Read(); err == nil; text, err = c.Read() {
			c.Notify(update(1, "k", "v"))
			c.Reply(answer(string(text), `"`+large+`"`))
			c.Notify(update(2, "k", "v"))
		}
		c.Drain()
	})
	client, r := dialRaw(t, server)
	for i := range 3 {
		if _, err := client.Write(masked(1, fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if opcode, payload, err := r.Next(); opcode != opText {
				t.Fatalf("opcode %d, %.80q, %v", opcode, payload, err)
			}
		}
	}
}

// A client sends requests and reads no answer. They wait with the client: the hub holds a few, and
// reads no further request. As soon as the client reads, all are answered.
func TestUnreadRepliesWaitWithTheClient(t *testing.T) {
	const requests, size = 200, 100_000
	behind := make(chan struct{})
	server := serveConns(t, 20*time.Second, false, func(c *Conn) {
		told := false
		for text, err := c.Read(); err == nil; text, err = c.Read() {
			c.Reply(answer(string(text), `"`+strings.Repeat("r", size)+`"`))
			if waiting := c.outbox.waiting(); waiting > maxReplies+2*size {
				t.Errorf("%d bytes wait", waiting)
			}
			if c.behind && !told {
				close(behind)
				told = true
			}
		}
		c.Drain()
	})
	client, r := dialRaw(t, server)
	for i := range requests {
		if _, err := client.Write(masked(1, fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	<-behind
	for i := range requests {
		_, payload, err := r.Next()
		begin := fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,`, i)
		if err != nil || !strings.HasPrefix(string(payload), begin) {
			t.Fatalf("answer %d: %.80q, %v", i, payload, err)
		}
	}
}

// A client takes a large answer bit by bit, each bit within the write timeout and all of it in much
// more. It is slow, and not stalled.
func TestSlowButSteady(t *testing.T) {
	const timeout = 500 * time.Millisecond
	large := strings.Repeat("r", 16<<20)
	server := serveConns(t, timeout, false, func(c *Conn) {
		for text, err := c.Read(); err == nil; text, err = c.Read() {
			c.Reply(answer(string(text), `"`+large+`"`))
		}
		c.Drain()
	})
	client, r := dialRaw(t, server)
	// The system must not take the answer in the client's place.
	if err := client.(*net.TCPConn).SetReadBuffer(64 << 10); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Write(masked(1, "1")); err != nil {
		t.Fatal(err)
	}
	pause := time.NewTicker(timeout / 50)
	defer pause.Stop()
	buffer := make([]byte, 128<<10)
	begin, got := time.Now(), 0
	for got < len(large) {
		<-pause.C
		n, err := r.Read(buffer)
		if err != nil {
			t.Fatalf("after %d bytes and %v: %v", got, time.Since(begin), err)
		}
		got += n
	}
	if took := time.Since(begin); took < 2*timeout {
		t.Errorf("took only %v, which shows nothing", took)
	}
}
