package kv

import (
	"errors"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"exthub/kv/kvtest"
)

// TestRequestOfAnotherHistory: somebody deletes the bucket while requests wait in a hub, and the
// group and its message are made anew, with the same IDs. A request from before, which names a Seq
// of the history that is over and whose client has long been told to read anew, is not decided on
// what there is now: it would overwrite what nobody has seen.
func TestRequestOfAnotherHistory(t *testing.T) {
	nc := kvtest.Server(t)
	s, deltas := open(t, nc, Options{Alone: true})
	sh := s.shards[0]
	ref := poll(t, s)
	if _, err := set(s, ref, "k", "v", 0); err != nil {
		t.Fatal(err)
	}
	team := func(*Group) (GroupChange, error) {
		return GroupChange{
			Info: &GroupInfo{GroupID: "team", Type: "Public", Name: "team"},
			Add:  []Member{{UserID: "ann", Role: "Member"}},
		}, nil
	}
	if err := s.UpdateGroup(t.Context(), "team", team); err != nil {
		t.Fatal(err)
	}

	starts, old := sh.starts.Load(), sh.cache.peek(string(ref.ID()))
	wantsIt := func(*Txn) (Change, error) { return Change{Writes: []Write{{Key: "k", Value: "late"}}}, nil }
	waiting := &waiter{decide: wantsIt, wake: make(chan wakeup, 1)}
	behind := &waiter{decide: wantsIt, wake: make(chan wakeup, 1)}
	old.mu.Lock()
	old.group.join(waiting)
	old.group.join(behind)
	old.mu.Unlock()

	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteStream(t.Context(), stream(t, nc).CachedInfo().Config.Name); err != nil {
		t.Fatal(err)
	}
	until(t, deltas, func(d Delta) bool { return d.Reset })
	if err := s.UpdateGroup(t.Context(), "team", team); err != nil {
		t.Fatal(err)
	}
	if again := poll(t, s); again != ref {
		t.Fatalf("the message is %v, not %v", again, ref)
	}
	seq := uint64(0)
	for range 10 { // past what the hub knew of the bucket that is gone
		if seq, err = set(s, ref, "k", "v", seq); err != nil {
			t.Fatal(err)
		}
		if seq, err = set(s, ref, "k", "w", seq); err != nil {
			t.Fatal(err)
		}
	}

	<-waiting.wake
	sh.lead(t.Context(), old, waiting)
	_, alone := sh.update(t.Context(), starts, ref, wantsIt)
	_, group := sh.updateGroup(t.Context(), starts, "team", func(*Group) (GroupChange, error) {
		return GroupChange{Remove: []string{"ann"}}, nil
	})
	_, sent := sh.send(t.Context(), starts, Record{From: "ann", GroupID: "team", Ref: Ref{GroupID: "team"}}, "", "")
	for what, err := range map[string]error{
		"that led": waiting.err, "behind it": behind.err, "alone": alone, "of the group": group, "to send": sent,
	} {
		if !errors.Is(err, ErrUnavailable) {
			t.Errorf("the request %s: %v", what, err)
		}
	}
	m, _ := truth(t, s, ref)
	if p := m.Pair("k"); p.Value != "w" || p.Seq != seq {
		t.Errorf("the pair is %+v, not that of %d", p, seq)
	}
	if err := s.ReadGroup(t.Context(), "team", func(g *Group) {
		if g.Len() != 1 {
			t.Errorf("the group has %d members", g.Len())
		}
	}); err != nil {
		t.Fatal(err)
	}
}

// TestAnotherHistoryConfirmsNothing: the bucket was deleted and made anew, which this hub has yet
// to notice. The leader has nothing above what the hub knows of a message, but not because that is
// the newest: what came after it went with the bucket. So neither a conflict nor a read that must
// be up to date is answered by what the hub remembers.
func TestAnotherHistoryConfirmsNothing(t *testing.T) {
	node := kvtest.Start(t)
	nc := node.Connect(t)
	_, deltas := open(t, nc, Options{Alone: true})
	here, err := Open(t.Context(), node.Connect(t), Options{MaxPairs: 300, Alone: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(here.Close)
	ref := poll(t, here)
	seq, err := set(here, ref, "k", "v", 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := here.Confirm(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteStream(t.Context(), stream(t, nc).CachedInfo().Config.Name); err != nil {
		t.Fatal(err)
	}
	until(t, deltas, func(d Delta) bool { return d.Reset }) // there is a bucket again
	if _, err := set(here, ref, "k", "w", seq-1); !errors.Is(err, ErrUnavailable) {
		t.Errorf("a Seq that is not the newest known: %v", err)
	}
	if err := here.Confirm(t.Context(), ref); !errors.Is(err, ErrUnavailable) {
		t.Errorf("confirmed: %v", err)
	}
}
