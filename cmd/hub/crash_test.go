package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// TestKillLosesNothingAcknowledged: whatever the moment of kill -9, what was acknowledged is there
// after the next start, with the Seq that was told.
func TestKillLosesNothingAcknowledged(t *testing.T) {
	for _, sync := range []string{"always", "2m"} {
		t.Run("Sync="+sync, func(t *testing.T) {
			args := []string{"--data", t.TempDir(), "--sync", sync, "--message-rate", "0", "--max-extensions", "10000"}
			h := startHub(t, args...)
			message := h.login("alice").send(t, "bob")

			// Several writers, so that the kill comes while writes are under way.
			const writers, enough = 4, 200
			acknowledged := make(chan pair, 10_000)
			done := make(chan int)
			for w := range writers {
				c := h.login([]string{"alice", "bob"}[w%2])
				go func() {
					n := 0
					for ; ; n++ {
						key := fmt.Sprintf("w%d-%d", w, n)
						seq, err := c.set(message, key, "of "+key)
						if err != nil {
							break // the hub is gone
						}
						acknowledged <- pair{Key: key, Value: "of " + key, Seq: seq}
					}
					done <- n
				}()
			}
			told := map[string]pair{}
			for len(told) < enough {
				select {
				case p := <-acknowledged:
					told[p.Key] = p
				case n := <-done:
					t.Fatalf("a writer ended after %d writes, before the kill:\n%s", n, h.logged())
				}
			}
			h.kill()
			for range writers {
				<-done
			}
			close(acknowledged)
			for p := range acknowledged {
				told[p.Key] = p
			}

			h = startHub(t, args...)
			reader := h.login("bob")
			there := reader.getAll(t, message)
			for key, p := range told {
				if there[key] != p {
					t.Errorf("%+v was acknowledged, %+v is there", p, there[key])
				}
			}
			// Besides, there may be one more pair for each writer: the write that was under way.
			if extra := len(there) - len(told); extra > writers {
				t.Errorf("%d pairs that nobody was told of", extra)
			}
			reader.ws.CloseNow() // it does not read any more, so it would not answer a close frame
			h.stop()
		})
	}
}

// TestStopSaysGoodbye: a hub that stops in order closes its sessions with the code that means come
// back.
func TestStopSaysGoodbye(t *testing.T) {
	h := startHub(t, "--data", t.TempDir())
	c := h.login("alice")
	gone := make(chan error)
	go func() { gone <- c.readUntilClosed() }()
	h.stop()
	var closed websocket.CloseError
	if err := <-gone; !errors.As(err, &closed) || closed.Code != 4001 {
		t.Errorf("got %v, want close code 4001", err)
	}
}

// TestStopDoesNotWaitForTheDeaf: a client that does not answer delays a stop for --drain and no
// longer, and does not make the stop a failure.
func TestStopDoesNotWaitForTheDeaf(t *testing.T) {
	h := startHub(t, "--data", t.TempDir())
	h.login("alice") // and never reads again
	h.stop()
	if log := h.logged(); !strings.Contains(log, "cut off") {
		t.Errorf("the log does not tell:\n%s", log)
	}
}
