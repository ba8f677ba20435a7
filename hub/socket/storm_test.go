package socket

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"exthub/hub/hubtest/raw"
)

// TestFramesDoNotInterleave: our data frames and the library's control frames share a connection.
// Under a storm of both every frame is whole and comes once, every ping is answered in order, and
// after the close frame nothing comes.
func TestFramesDoNotInterleave(t *testing.T) {
	for _, secure := range []bool{false, true} {
		t.Run(fmt.Sprint("tls=", secure), func(t *testing.T) {
			const frames, pings = 2000, 300
			server := serveConns(t, 20*time.Second, secure, func(c *Conn) {
				storm(t, c, frames, pings+1)
			})
			client, reader := dialRaw(t, server)
			go ping(t, client, pings)
			survivor := stormReader{t: t, seen: make(map[string]bool)}
			survivor.readToClose(reader)
			if survivor.pongs != pings || len(survivor.seen) < frames/2 {
				t.Fatalf("closed after %d frames and %d pongs", len(survivor.seen), survivor.pongs)
			}
			if _, err := client.Write(masked(8, survivor.goodbye)); err != nil {
				t.Fatal(err)
			}
			if opcode, _, err := reader.Next(); err == nil {
				t.Fatalf("frame %d after the close", opcode)
			}
		})
	}
}

// storm sends frames and events while it reads this many requests, and then closes the connection.
func storm(t *testing.T, c *Conn, frames, requests int) {
	var senders sync.WaitGroup
	senders.Go(func() {
		for i := range frames {
			for c.outbox.waiting() > maxOutbox/4 {
				runtime.Gosched()
			}
			if i%2 == 0 {
				pad := strings.Repeat("x", i*37%70000)
				c.Send(NewFrame(fmt.Appendf(nil, `{"n":%d,"pad":%q}`, i, pad)))
			} else {
				c.Notify(update(uint64(i), fmt.Sprint("k", i), strings.Repeat("y", i%300)))
			}
		}
	})
	for range requests {
		if _, err := c.Read(); err != nil {
			t.Errorf("read: %v", err)
			break
		}
	}
	senders.Wait()
	c.Close(CloseRestarting, "restarting")
	if _, err := c.Read(); err == nil {
		t.Error("read after close")
	}
	c.Drain()
}

// ping sends pings with a request behind each, and one request more.
func ping(t *testing.T, client net.Conn, pings int) {
	for i := range pings {
		frames := append(masked(9, fmt.Sprint("ping", i)), masked(1, "hello")...)
		if _, err := client.Write(frames); err != nil {
			t.Error(err)
			return
		}
	}
	if _, err := client.Write(masked(1, "enough")); err != nil {
		t.Error(err)
	}
}

// stormReader judges each frame of a storm.
type stormReader struct {
	t       *testing.T
	seen    map[string]bool // payloads
	pongs   int
	goodbye string // the payload of the close frame
}

func (s *stormReader) readToClose(r raw.Reader) {
	s.t.Helper()
	for s.goodbye == "" {
		opcode, payload, err := r.Next()
		if err != nil {
			s.t.Fatalf("after %d frames and %d pongs: %v", len(s.seen), s.pongs, err)
		}
		switch opcode {
		case 1:
			s.data(string(payload))
		case 10:
			if string(payload) != fmt.Sprint("ping", s.pongs) {
				s.t.Fatalf("pong %d says %q", s.pongs, payload)
			}
			s.pongs++
		case 8:
			if code := binary.BigEndian.Uint16(payload); code != uint16(CloseRestarting) {
				s.t.Fatalf("closed with %d", code)
			}
			s.goodbye = string(payload)
		default:
			s.t.Fatalf("opcode %d", opcode)
		}
	}
}

func (s *stormReader) data(payload string) {
	s.t.Helper()
	if !json.Valid([]byte(payload)) {
		s.t.Fatalf("frame %d is broken: %.80s", len(s.seen), payload)
	}
	if s.seen[payload] {
		s.t.Fatalf("twice: %.80s", payload)
	}
	s.seen[payload] = true
}
