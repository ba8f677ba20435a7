package main

import (
	"bufio"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"exthub/hub/hubtest"
)

// TestKillLosesNothingAcknowledged: whatever the moment of kill -9, what was acknowledged is there
// after the next start, with the Seq that was told.
func TestKillLosesNothingAcknowledged(t *testing.T) {
	for _, sync := range []string{"always", "2m"} {
		t.Run("Sync="+sync, func(t *testing.T) {
			args := []string{"--data", t.TempDir(), "--sync", sync, "--message-rate", "0", "--max-extensions", "10000"}
			h := startHub(t, args...)
			message := h.login("alice").Send("C2C", "bob").ID
			told := killUnderLoad(t, h, message)

			h = startHub(t, args...)
			reader := h.login("bob")
			there := reader.GetAll(message)
			for key, p := range told {
				if there[key] != p {
					t.Errorf("%+v was acknowledged, %+v is there", p, there[key])
				}
			}
			// Besides, there may be one more pair for each writer: the write that was under way.
			if extra := len(there) - len(told); extra > loadWriters {
				t.Errorf("%d pairs that nobody was told of", extra)
			}
			reader.Close()
			h.stop()
		})
	}
}

// loadWriters is how many clients write in killUnderLoad: several, so that the kill comes while
// writes are under way.
const loadWriters = 4

// killUnderLoad kills the hub while clients write to a message, and returns the pairs that were
// acknowledged, by key.
func killUnderLoad(t *testing.T, h *hubProcess, message string) map[string]hubtest.Pair {
	t.Helper()
	const enough = 200
	acknowledged := make(chan hubtest.Pair, 10_000)
	done := make(chan int)
	for w := range loadWriters {
		c := h.login([]string{"alice", "bob"}[w%2])
		go func() { done <- writeUntilGone(c, message, fmt.Sprint("w", w), acknowledged) }()
	}
	told := map[string]hubtest.Pair{}
	for len(told) < enough {
		select {
		case p := <-acknowledged:
			told[p.Key] = p
		case n := <-done:
			t.Fatalf("a writer ended after %d writes, before the kill:\n%s", n, h.logged())
		}
	}
	h.kill()
	for range loadWriters {
		<-done
	}
	close(acknowledged)
	for p := range acknowledged {
		told[p.Key] = p
	}
	return told
}

// writeUntilGone creates pairs until the hub is gone, and returns how many were acknowledged.
func writeUntilGone(c *hubtest.Client, message, prefix string, acknowledged chan<- hubtest.Pair) int {
	for n := 0; ; n++ {
		key := fmt.Sprintf("%s-%d", prefix, n)
		seq, err := set(c, message, key, "of "+key)
		if err != nil {
			return n
		}
		acknowledged <- hubtest.Pair{Key: key, Value: "of " + key, Seq: seq}
	}
}

// TestStopSaysGoodbye: a hub that stops in order closes its sessions with the code that means come
// back.
func TestStopSaysGoodbye(t *testing.T) {
	h := startHub(t, "--data", t.TempDir())
	c := h.login("alice")
	gone := make(chan error)
	go func() { gone <- c.ReadToEnd() }()
	h.stop()
	var closed websocket.CloseError
	if err := <-gone; !errors.As(err, &closed) || closed.Code != 4001 {
		t.Errorf("got %v, want close code 4001", err)
	}
}

// A client sends the body of a call and never ends it, so that a stop waits for the call until
// --drain is over and cuts every session off. Sessions are told to come back all the same.
func TestEndlessCallAtAStop(t *testing.T) {
	t.Parallel()
	h := startHub(t, "--data", t.TempDir(), "--drain", "4s", "--secret-key", key)
	c := h.login("alice")
	gone := make(chan error)
	go func() { gone <- c.ReadToEnd() }()
	call := connect(t, h.url, "POST /v4/openim/sendmsg?"+h.query("admin")+" HTTP/1.1\r\n"+
		"Host: 127.0.0.1\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n{")
	if line, err := bufio.NewReader(call).ReadString('\n'); !strings.Contains(line, "100 Continue") {
		t.Fatalf("the call has not begun: %q, %v", line, err)
	}
	h.stop()
	var closed websocket.CloseError
	if err := <-gone; !errors.As(err, &closed) || closed.Code != 4001 {
		t.Errorf("got %v, want close code 4001", err)
	}
	if log := h.logged(); !strings.Contains(log, "cut off at the end of --drain: calls") {
		t.Errorf("the call was over before:\n%s", log)
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
