package socket

import (
	"fmt"
	"testing"
	"time"
)

// A session that waits hears of everything: of what came together with what it has read, of what
// came before it began to wait, of what comes then, and of the end.
func TestAwaitMissesNothing(t *testing.T) {
	for _, secure := range []bool{false, true} {
		t.Run(fmt.Sprint("tls=", secure), func(t *testing.T) {
			const rounds = 500
			ready := make(chan *Conn, 1)
			server := serveConns(t, 20*time.Second, secure, func(c *Conn) { ready <- c })
			client, _ := dialRaw(t, server)
			c := <-ready
			defer c.Abort()
			hear := func(want string) {
				t.Helper()
				if frame, err := c.Read(); err != nil || string(frame) != want {
					t.Fatalf("read %q, %v; want %q", frame, err, want)
				}
			}
			say := func(payloads ...string) {
				var b []byte
				for _, p := range payloads {
					b = append(b, masked(1, p)...)
				}
				if _, err := client.Write(b); err != nil {
					t.Error(err)
				}
			}
			for i := range rounds {
				say("a", "b")
				c.Await()
				hear("a")
				c.Await()
				hear("b")
				awaited := make(chan struct{})
				go func() { c.Await(); close(awaited) }()
				if i%2 == 0 {
					say("c")
				} else {
					go say("c")
				}
				<-awaited
				hear("c")
			}
			awaited := make(chan struct{})
			go func() { c.Await(); close(awaited) }()
			client.Close()
			<-awaited
			if _, err := c.Read(); err == nil {
				t.Error("read after the end")
			}
		})
	}
}

// Nobody waits for a connection that the hub has ended.
func TestAwaitEndsWithTheConnection(t *testing.T) {
	ready := make(chan *Conn, 1)
	server := serveConns(t, 20*time.Second, false, func(c *Conn) { ready <- c })
	dialRaw(t, server)
	c := <-ready
	awaited := make(chan struct{})
	go func() { c.Await(); close(awaited) }()
	c.Abort()
	<-awaited
}
