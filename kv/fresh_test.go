package kv

import (
	"context"
	"errors"
	"testing"
	"time"

	"exthub/kv/bucket"
	"exthub/kv/kvtest"
)

// A hub whose tail is behind has not seen what others wrote, however new its own writes are: a read
// that names a revision gets that or nothing.
func TestReadAtLeastWhenTailIsBehind(t *testing.T) {
	node := kvtest.Start(t)
	other, _ := open(t, node.Connect(t), Options{})
	here, err := Open(t.Context(), node.Connect(t), Options{})
	if err != nil {
		t.Fatal(err)
	}
	held, release := make(chan struct{}), make(chan struct{})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- here.Run(ctx, func(d Delta) {
			if len(d.Pairs) > 0 && d.Pairs[0].Key == "hold" {
				close(held)
				<-release
			}
		})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		here.Close()
	})
	watched, busy := poll(t, other), poll(t, other)
	read(t, here, watched, 0)
	read(t, here, busy, 0)

	if _, err := set(other, busy, "hold", "v", 0); err != nil {
		t.Fatal(err)
	}
	<-held
	seq, err := set(other, watched, "k", "v", 0)
	if err != nil {
		t.Fatal(err)
	}
	if own, err := set(here, busy, "own", "v", 0); err != nil || own < seq {
		t.Fatalf("own write at %d, %v", own, err)
	}
	soon, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	err = here.Read(soon, watched, seq, func(m *Message) { t.Errorf("asked for %d, got %+v", seq, m.Pair("k")) })
	if !errors.Is(err, ErrUnavailable) {
		t.Errorf("read of what has not come yet: %v", err)
	}
	close(release)
	if err := here.Read(t.Context(), watched, seq, func(m *Message) {
		if m.Pair("k").Seq != seq {
			t.Errorf("asked for %d, got %+v", seq, m.Pair("k"))
		}
	}); err != nil {
		t.Fatal(err)
	}
}

// A commit that is found late does not undo what came on top of it.
func TestLateCommitChangesNothing(t *testing.T) {
	s, _ := open(t, kvtest.Server(t), Options{})
	ref := poll(t, s)
	clear := func() uint64 {
		c, err := s.Update(t.Context(), ref, func(*Txn) (Change, error) { return Change{Clear: true}, nil })
		if err != nil {
			t.Fatal(err)
		}
		return c.Latest
	}
	first := clear()
	second := clear()
	if err := s.shards[0].cache.withMessage(t.Context(), ref, func(sl *slot) {
		sl.mu.Unlock() // applyCommit locks it
		cleared := bucket.Write{Key: string(ref.ID()) + ".c", Value: `{"clear":true}`}
		sl.applyCommit([]bucket.Write{cleared}, committed{head: first, request: 1})
		sl.mu.Lock()
		if m := sl.object.(*Message); m.ClearSeq() != second {
			t.Errorf("cleared at %d, then the message says %d", second, m.ClearSeq())
		}
	}); err != nil {
		t.Fatal(err)
	}
}

// What was read once is the oldest that may be read later, also on a hub that has neither written
// nor tailed it.
func TestReadRaisesTheFloor(t *testing.T) {
	node := kvtest.Start(t)
	s, _ := open(t, node.Connect(t), Options{})
	ref := poll(t, s)
	here, err := Open(t.Context(), node.Connect(t), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer here.Close()
	seq, err := set(s, ref, "k", "v", 0)
	if err != nil {
		t.Fatal(err)
	}
	read(t, here, ref, 0)
	if seen := here.shards[0].bucket.Seen(); seen < seq {
		t.Fatalf("read up to %d, but an answer from %d would be taken", seq, seen)
	}
}

// A writer that would have been refused on what turns out to be the past, and is then committed, is
// told so, and not refused.
func TestRefusalIsForgotten(t *testing.T) {
	hubs := stores(t, 2)
	ref := poll(t, hubs[0])
	read(t, hubs[1], ref, 0)
	asked := 0
	commit, err := hubs[1].Update(t.Context(), ref, func(*Txn) (Change, error) {
		switch asked++; asked {
		case 1: // could it be a CAS?
			return Change{}, errConflict
		case 2: // While this hub still decides on what it knew, another one writes.
			if _, err := set(hubs[0], ref, "other", "v", 0); err != nil {
				t.Error(err)
			}
			return Change{}, errConflict
		}
		return Change{Writes: []Write{{Key: "own", Value: "v"}}}, nil
	})
	if err != nil || commit.Seq == 0 || asked != 3 {
		t.Fatalf("asked %d times, then %+v, %v", asked, commit, err)
	}
}

// Commit tells what this commit made of the message, also if the tail was faster with somebody
// else's next change: taken for the revision of a clear, that would hide a pair.
func TestCommitIsItsOwn(t *testing.T) {
	s, _ := open(t, kvtest.Server(t), Options{})
	ref := poll(t, s)
	first, err := set(s, ref, "k", "v", 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := set(s, ref, "other", "v", 0); err != nil {
		t.Fatal(err)
	}
	change := Change{Writes: []Write{{Key: "k", Value: "v"}}}
	late := &waiter{change: change, writes: []bucket.Write{{Key: string(ref.ID()) + ".x.k", Value: "v"}}, leads: true}
	read(t, s, ref, 0)
	sl, _ := s.shards[0].cache.find([]byte(ref.ID()))
	sl.applyCommit(late.writes, committed{head: first, request: 1})
	sl.settle([]*waiter{late}, first)
	if late.commit.Seq != first || late.commit.Latest != first {
		t.Fatalf("committed at %d, told %+v", first, late.commit)
	}
}
