package kv

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"exthub/kv/kvtest"
)

// eventually waits until a condition holds: an outage has no event.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited a minute in vain: %s", what)
		}
	}
}

// setWithin sets a pair, with much more time than a write may take.
func setWithin(t *testing.T, s *Store, ref Ref, key, value string) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	writing := s.Writing(ctx)
	defer writing.Stop()
	_, err := s.Update(writing, ref, func(*Txn) (Change, error) {
		return Change{Writes: []Write{{Key: key, Value: value}}}, nil
	})
	return err
}

// Two of three NATS nodes are down. Writers would wait for as long as their callers do, and the hub
// would pass for ready. Each write ends by itself; the hub knows that it can't be written to, also
// while nobody writes; and when the nodes are back, it finds that out by itself too.
func TestNoQuorum(t *testing.T) {
	t.Parallel()
	cluster := kvtest.NewCluster(t, 3)
	s, _ := open(t, cluster.Connect(t), Options{
		Replicas: 3, WriteTimeout: time.Second, IdleProbe: 100 * time.Millisecond,
	})
	ref := poll(t, s)
	for _, n := range cluster.Nodes[1:] {
		n.Stop()
	}
	eventually(t, "the store says that it can't be written to", func() bool { return s.Writable() != nil })
	for range 3 {
		err := setWithin(t, s, ref, "during", "1")
		if !errors.Is(err, ErrUnavailable) && !errors.Is(err, ErrUnknown) {
			t.Fatalf("a write without quorum: %v", err)
		}
	}
	for _, n := range cluster.Nodes[1:] {
		if err := n.Restart(); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the store can be written to", func() bool { return s.Writable() == nil && s.Ready() == nil })
	eventually(t, "a write after the outage", func() bool { return setWithin(t, s, ref, "after", "1") == nil })
}

// NATS is gone while somebody writes. A writer that is told that the outcome is unknown has to ask
// what became of its write; but nobody has got it, so it is told that nothing was written.
func TestNothingIsWrittenToNobody(t *testing.T) {
	node := kvtest.Start(t, kvtest.Listening)
	s, _ := open(t, node.Connect(t, nats.ReconnectBufSize(-1)), Options{WriteTimeout: 100 * time.Millisecond})
	ref, cold := poll(t, s), poll(t, s)
	if err := setWithin(t, s, ref, "before", "1"); err != nil {
		t.Fatal(err)
	}
	s.shards[0].cache.reset()
	read(t, s, ref, 0)
	node.Stop()
	eventually(t, "the connection is lost", func() bool { return !s.shards[0].bucket.Connected() })
	for _, key := range []string{"before", "new"} { // as a compare-and-swap, and as a commit
		if err := setWithin(t, s, ref, key, "2"); !errors.Is(err, ErrUnavailable) || errors.Is(err, ErrUnknown) {
			t.Errorf("%s: %v, want that nothing was written", key, err)
		}
	}
	if err := setWithin(t, s, cold, "new", "2"); !errors.Is(err, ErrUnavailable) || errors.Is(err, ErrUnknown) {
		t.Errorf("of a message that has to be read first: %v, want that nothing was written", err)
	}
	if err := s.Writable(); err == nil {
		t.Error("passes for writable")
	}
	if err := node.Restart(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the store can be written to", func() bool { return s.Writable() == nil && s.Ready() == nil })
	for _, p := range read(t, s, ref, 0) {
		if p.Value == "2" {
			t.Errorf("%+v was written all the same", p)
		}
	}
}
