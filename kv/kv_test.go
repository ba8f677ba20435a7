package kv

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"exthub/kv/kvtest"

	"github.com/nats-io/nats.go"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open opens a Store and runs it until the test ends. What it tails comes on the channel. A message
// holds 300 pairs unless options say otherwise.
func open(t *testing.T, nc *nats.Conn, options Options) (*Store, <-chan Delta) {
	t.Helper()
	options.MaxPairs = cmp.Or(options.MaxPairs, 300)
	// A machine under load may let a hub stand still for a second, which is no fault of the hub's.
	options.HubTTL = cmp.Or(options.HubTTL, time.Minute)
	opening, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s, err := Open(opening, nc, options)
	if err != nil {
		t.Fatal(err)
	}
	deltas := make(chan Delta, 100_000)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, func(d Delta) { deltas <- d }) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
		s.Close()
	})
	return s, deltas
}

// until receives deltas up to the one that holds.
func until(t *testing.T, deltas <-chan Delta, holds func(Delta) bool) Delta {
	t.Helper()
	timeout := time.After(20 * time.Second)
	for {
		select {
		case d := <-deltas:
			if holds(d) {
				return d
			}
		case <-timeout:
			t.Fatal("the awaited change did not come")
		}
	}
}

// poll sends a group message that pairs can be set on.
func poll(t *testing.T, s *Store) Ref {
	t.Helper()
	r, err := s.Send(t.Context(), Record{
		From: "ann", GroupID: "team", Ref: Ref{GroupID: "team"}, Type: "TIMCustomElem", Payload: []byte(`{}`),
		Time: time.Now().Unix(), IsSupportExtension: true,
	}, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	return r.Ref
}

var errConflict = errors.New("conflict")

// set writes a pair as a member does: with the Seq that it saw.
func set(s *Store, ref Ref, key, value string, seq uint64) (uint64, error) {
	c, err := s.Update(context.Background(), ref, func(m *Txn) (Change, error) {
		if p := m.Pair(key); p.Seq != seq {
			return Change{}, fmt.Errorf("%w: %s is at %d", errConflict, key, p.Seq)
		}
		return Change{Writes: []Write{{Key: key, Value: value}}}, nil
	})
	if err != nil {
		return 0, err
	}
	return c.Seq, nil
}

// inspect calls fn with the message as a Store has it, at atLeast or later.
func inspect(t *testing.T, s *Store, ref Ref, atLeast uint64, fn func(*Message)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := s.Read(ctx, ref, atLeast, fn); err != nil {
		t.Fatal(err)
	}
}

// truth returns the message as the bucket has it, and the revision of that.
func truth(t *testing.T, s *Store, ref Ref) (m *Message, upTo uint64) {
	t.Helper()
	object, b := string(ref.ID()), s.shardFor(ref).bucket
	snap, err := b.Read(t.Context(), 0, object+".>")
	if err != nil {
		t.Fatal(err)
	}
	m = newMessage(ref)
	for _, e := range snap.Entries {
		if err := m.apply(e.Key[len(object)+1:], e); err != nil {
			t.Fatal(err)
		}
	}
	return m, snap.UpTo
}

func read(t *testing.T, s *Store, ref Ref, from uint64) []Pair {
	t.Helper()
	var pairs []Pair
	inspect(t, s, ref, 0, func(m *Message) { pairs = m.Pairs(from) })
	return pairs
}

func TestSetReadDelete(t *testing.T) {
	s, deltas := open(t, kvtest.Server(t), Options{})
	ref := poll(t, s)
	sent := until(t, deltas, func(d Delta) bool { return d.Record != nil })
	if sent.Ref != ref || sent.ID != "g.team.1" {
		t.Fatalf("sent %v, ID %s", sent.Ref, sent.ID)
	}
	first, err := set(s, ref, "ann", "tea", 0)
	if err != nil {
		t.Fatal(err)
	}
	second, err := set(s, ref, "bob 🙂.*>", "coffee", 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := set(s, ref, "ann", "milk", 0); !errors.Is(err, errConflict) {
		t.Fatalf("stale Seq: %v", err)
	}
	pairs := read(t, s, ref, 0)
	want := []Pair{{Key: "ann", Value: "tea", Seq: first}, {Key: "bob 🙂.*>", Value: "coffee", Seq: second}}
	if !slices.Equal(pairs, want) {
		t.Fatalf("read %v", pairs)
	}
	gone, err := s.Update(t.Context(), ref, func(m *Txn) (Change, error) {
		return Change{Writes: []Write{{Key: "ann", Delete: true}, {Key: "cat", Value: "water"}}}, nil
	})
	if err != nil || gone.Seq == 0 || gone.Latest != gone.Seq+1 {
		t.Fatalf("two in one: %+v, %v", gone, err)
	}
	pairs = read(t, s, ref, first)
	if len(pairs) != 3 || pairs[1] != (Pair{Key: "ann", Seq: gone.Seq, Deleted: true}) {
		t.Fatalf("since %d: %v", first, pairs)
	}
	last := until(t, deltas, func(d Delta) bool { return d.Revision == gone.Latest })
	if len(last.Pairs) != 2 {
		t.Fatalf("one commit came as %+v", last)
	}
}

func TestClear(t *testing.T) {
	s, deltas := open(t, kvtest.Server(t), Options{})
	ref := poll(t, s)
	for i := range 5 {
		if _, err := set(s, ref, fmt.Sprint("k", i), "v", 0); err != nil {
			t.Fatal(err)
		}
	}
	cleared, err := s.Update(t.Context(), ref, func(*Txn) (Change, error) { return Change{Clear: true}, nil })
	if err != nil {
		t.Fatal(err)
	}
	d := until(t, deltas, func(d Delta) bool { return d.ClearSeq > 0 })
	if len(d.Pairs) != 5 || d.ClearSeq != cleared.Latest {
		t.Fatalf("clear came as %+v, committed %+v", d, cleared)
	}
	after, err := set(s, ref, "k1", "again", 0)
	if err == nil {
		t.Fatalf("set with Seq 0 at kv level is decided by the caller; got %d", after)
	}
	check := func(s *Store) {
		t.Helper()
		if err := s.Read(t.Context(), ref, 0, func(m *Message) {
			if m.Live() != 0 || m.ClearSeq() != cleared.Latest || len(m.Pairs(1)) != 5 {
				t.Errorf("after the clear: %d live, clearSeq %d, %v", m.Live(), m.ClearSeq(), m.Pairs(1))
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	check(s)
	s.shards[0].cache.reset()
	check(s)
}

// A message expires, or its bucket is deleted, after somebody was allowed to write to it. Who
// decides on it then and looks at its record would end the whole process.
func TestNothingIsDecidedWithoutTheMessage(t *testing.T) {
	t.Parallel()
	s, _ := open(t, kvtest.Server(t), Options{})
	_, err := s.Update(t.Context(), Ref{GroupID: "team", MsgSeq: 9}, func(m *Txn) (Change, error) {
		if m.Record().Rules != nil {
			t.Error("there is no such message")
		}
		return Change{}, nil
	})
	if !errors.Is(err, ErrNoMessage) {
		t.Error(err)
	}
}
