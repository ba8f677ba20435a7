package bucket

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"exthub/kv/kvtest"
)

// echo answers each request that many times. It answers "never" late, namely when it is asked
// "next".
func echo(t *testing.T, nc *nats.Conn, times int) {
	t.Helper()
	var late *nats.Msg
	if _, err := nc.Subscribe("echo", func(m *nats.Msg) {
		switch string(m.Data) {
		case "never":
			late = m
			return
		case "next":
			_ = late.Respond([]byte("late"))
		}
		for range times {
			_ = m.Respond(m.Data)
		}
	}); err != nil {
		t.Fatal(err)
	}
}

// An answer that comes after its request was given up, or twice where that may be, is not taken for
// the next one's: that would acknowledge what was never written.
func TestAnswersAreNotMixedUp(t *testing.T) {
	t.Run("Twice", func(t *testing.T) { testAnswers(t, false, 2) })
	t.Run("Once", func(t *testing.T) { testAnswers(t, true, 1) })
}

func testAnswers(t *testing.T, once bool, times int) {
	nc := kvtest.Server(t)
	r := &requests{nc: nc, once: once}
	defer r.close()
	echo(t, nc, times)
	for range 10 {
		never := &nats.Msg{Subject: "echo", Data: []byte("never")}
		if _, err := r.ask(never, 10*time.Millisecond); !errors.Is(err, nats.ErrTimeout) {
			t.Fatal(err)
		}
		for i := range 20 {
			want := "next"
			if i > 0 {
				want = strconv.Itoa(i)
			}
			answer, err := r.ask(&nats.Msg{Subject: "echo", Data: []byte(want)}, RequestTimeout)
			if err != nil || string(answer.Data) != want {
				t.Fatalf("asked %s, answered %v, %v", want, answer, err)
			}
		}
	}
	if len(r.idle) != 1 {
		t.Fatalf("%d inboxes for one request at a time", len(r.idle))
	}
}

// A request that changes nothing is made again soon after its answer was lost, not when the
// caller's time is over.
func TestLostAnswerIsAskedForAgain(t *testing.T) {
	nc := kvtest.Server(t)
	r := &requests{nc: nc}
	defer r.close()
	asked := 0
	if _, err := nc.Subscribe("shy", func(m *nats.Msg) {
		if asked++; asked > 1 {
			_ = m.Respond([]byte("here"))
		}
	}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*RequestTimeout)
	defer cancel()
	answer, err := r.askAgain(ctx, &nats.Msg{Subject: "shy"})
	if err != nil || string(answer.Data) != "here" || ctx.Err() != nil {
		t.Fatalf("%v, %v", answer, err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	asked = -1 << 30
	if _, err := r.askAgain(ended, &nats.Msg{Subject: "shy"}); !errors.Is(err, nats.ErrTimeout) {
		t.Fatal(err)
	}
}

func TestNobodyToAsk(t *testing.T) {
	nc := kvtest.Server(t)
	r := &requests{nc: nc}
	defer r.close()
	if _, err := r.ask(&nats.Msg{Subject: "nobody"}, RequestTimeout); !errors.Is(err, nats.ErrNoResponders) {
		t.Fatal(err)
	}
}
