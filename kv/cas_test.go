package kv

import (
	"context"
	"errors"
	"exthub/kv/kvtest"
	"fmt"
	"sync"
	"testing"
	"time"
)

// withAndWithoutTail opens two Stores on one server. The first does not run.
func withAndWithoutTail(t *testing.T) (here, other *Store) {
	t.Helper()
	node := kvtest.Start(t)
	other, _ = open(t, node.Connect(t), Options{})
	here, err := Open(t.Context(), node.Connect(t), Options{MaxPairs: 300})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(here.Close)
	return here, other
}

// A CAS does not hide another hub's change that it did not read: a read after the CAS sees both.
func TestCASHidesNothing(t *testing.T) {
	here, other := withAndWithoutTail(t)
	ctx, stop := context.WithCancel(context.Background())
	released := make(chan struct{})
	release := sync.OnceFunc(func() { close(released) })
	var held func(Delta) // is called with every change
	held = func(Delta) {}
	var mu sync.Mutex
	var running sync.WaitGroup
	running.Go(func() {
		_ = here.Run(ctx, func(d Delta) {
			mu.Lock()
			hold := held
			mu.Unlock()
			hold(d)
		})
	})
	defer running.Wait()
	defer stop()
	defer release()
	ref := poll(t, here)
	seq, err := set(here, ref, "own", "1", 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := here.shards[0].tail.applied.wait(t.Context(), seq); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	held = func(Delta) { <-released } // from now on this hub hears of nothing
	mu.Unlock()
	if _, err := set(other, ref, "theirs", "x", 0); err != nil {
		t.Fatal(err)
	}
	acked := make(chan error, 1)
	go func() {
		_, err := set(here, ref, "own", "2", seq)
		acked <- err
	}()
	if err := other.shards[0].tail.applied.wait(t.Context(), seq+2); err != nil { // both are committed
		t.Fatal(err)
	}
	for here.shards[0].bucket.Seen() < seq+2 { // its acknowledgement is here; more than enough time to pass it on
		if _, err := here.shards[0].bucket.Read(t.Context(), 0, string(ref.ID())+".>"); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		if _, err := here.shards[0].bucket.Last(t.Context(), here.shards[0].bucket.Filter(string(ref.ID()))); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case err := <-acked:
		t.Fatalf("acknowledged (%v) before this hub knows what was committed before it", err)
	default:
	}
	release()
	if err := <-acked; err != nil {
		t.Fatal(err)
	}
	if pairs := read(t, here, ref, 0); len(pairs) != 2 {
		t.Fatalf("%+v", pairs)
	}
}

// Stored is called when a CAS is committed, before the tail has brought it: here the tail waits for
// it.
func TestCASSaysThatItIsStored(t *testing.T) {
	s, err := Open(t.Context(), kvtest.Server(t), Options{MaxPairs: 300})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	stored := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		_ = s.Run(ctx, func(d Delta) {
			if len(d.Pairs) > 0 && d.Pairs[0].Value == "2" {
				select {
				case <-stored:
				case <-ctx.Done():
					t.Error("nobody was told")
				}
			}
		})
	})
	defer running.Wait()
	defer stop()
	ref := poll(t, s)
	seq, err := set(s, ref, "own", "1", 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.shards[0].tail.applied.wait(t.Context(), seq); err != nil {
		t.Fatal(err)
	}
	_, err = s.Update(t.Context(), ref, func(m *Txn) (Change, error) {
		m.Pair("own")
		return Change{Writes: []Write{{Key: "own", Value: "2"}}, Stored: func() { close(stored) }}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Without a tail, the message is read anew after a CAS.
func TestCASWithoutTail(t *testing.T) {
	here, other := withAndWithoutTail(t)
	ref := poll(t, other)
	seq, err := set(other, ref, "own", "1", 0)
	if err != nil {
		t.Fatal(err)
	}
	read(t, here, ref, 0)
	if _, err := set(other, ref, "theirs", "x", 0); err != nil {
		t.Fatal(err)
	}
	if _, err := set(here, ref, "own", "2", seq); err != nil {
		t.Fatal(err)
	}
	if pairs := read(t, here, ref, 0); len(pairs) != 2 || pairs[1].Value != "2" {
		t.Fatalf("%+v", pairs)
	}
}

// With several CAS at once and no tail, the first has the message read anew, maybe before the next
// is committed.
func TestConcurrentCASWithoutTail(t *testing.T) {
	here, other := withAndWithoutTail(t)
	ref := poll(t, other)
	seqs := make([]uint64, 8)
	for i := range seqs {
		var err error
		if seqs[i], err = set(other, ref, fmt.Sprint("k", i), "", 0); err != nil {
			t.Fatal(err)
		}
	}
	var all sync.WaitGroup
	for i, seq := range seqs {
		all.Go(func() {
			for range 100 {
				var err error
				if seq, err = set(here, ref, fmt.Sprint("k", i), "v", seq); err != nil {
					t.Error(err)
					return
				}
				if err := here.Read(t.Context(), ref, 0, func(m *Message) {
					if p := m.Pair(fmt.Sprint("k", i)); p.Seq != seq {
						t.Errorf("written at %d, read at %d", seq, p.Seq)
					}
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

// With everything at once on two hubs, a pair from before a clear is not set after it by a writer
// that has not seen the clear, and the number of pairs stays below its limit. In the end both hubs
// have what the bucket has.
func TestCASAmongEverythingElse(t *testing.T) {
	const limit, writers = 12, 10
	hubs := stores(t, 2)
	ref := poll(t, hubs[0])
	type span struct{ from, to uint64 }
	var mu sync.Mutex
	var done []span
	var clears []uint64
	full := errors.New("full")
	var all sync.WaitGroup
	for writer := range writers {
		all.Go(func() {
			h, key := hubs[writer%2], fmt.Sprint("k", writer)
			for i := range 150 {
				var saw Pair
				commit, err := h.Update(t.Context(), ref, func(m *Txn) (Change, error) {
					switch saw = m.Pair(key); {
					case writer == 0 && i%10 == 0:
						return Change{Clear: m.Live() > 0}, nil
					case !saw.Deleted && i%13 == 0:
						return Change{Writes: []Write{{Key: key, Delete: true}}}, nil
					case saw.Deleted && m.Live() >= limit:
						return Change{}, full
					}
					return Change{Writes: []Write{{Key: key, Value: fmt.Sprint(i)}}}, nil
				})
				if errors.Is(err, full) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				switch {
				case writer == 0 && i%10 == 0:
					clears = append(clears, commit.Latest)
				case !saw.Deleted:
					done = append(done, span{saw.Seq, commit.Seq})
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	for _, s := range done {
		for _, cleared := range clears {
			if s.from < cleared && cleared < s.to {
				t.Errorf("set at %d what was seen at %d, though all was cleared at %d", s.to, s.from, cleared)
			}
		}
	}
	snap, err := hubs[0].shards[0].bucket.Read(t.Context(), hubs[0].shards[0].bucket.Seen(), string(ref.ID())+".>")
	if err != nil {
		t.Fatal(err)
	}
	truth := newMessage(Ref{})
	for _, e := range snap.Entries {
		if err := truth.apply(e.Key[len(ref.ID())+1:], e); err != nil {
			t.Fatal(err)
		}
	}
	if len(done) < 100 || truth.live > limit {
		t.Errorf("%d CAS; %d pairs, limit %d", len(done), truth.live, limit)
	}
	want := fmt.Sprint(truth.Pairs(0))
	for i, h := range hubs {
		if err := h.Read(t.Context(), ref, snap.UpTo, func(m *Message) {
			if got := fmt.Sprint(m.Pairs(0)); got != want {
				t.Errorf("hub %d has %s, the bucket %s", i, got, want)
			}
		}); err != nil {
			t.Error(err)
		}
	}
}

// A commit of the whole message is not starved by any number of CAS.
func TestCommitAmongCAS(t *testing.T) {
	s, _ := open(t, kvtest.Server(t), Options{})
	ref := poll(t, s)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var all sync.WaitGroup
	over := make(chan struct{})
	for writer := range 16 {
		key := fmt.Sprint("k", writer)
		seq, err := set(s, ref, key, "0", 0)
		if err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			for {
				select {
				case <-over:
					return
				default:
				}
				var err error
				if seq, err = set(s, ref, key, "v", seq); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for i := range 100 {
		if _, err := s.Update(ctx, ref, func(*Txn) (Change, error) {
			return Change{Writes: []Write{{Key: fmt.Sprint("new", i), Value: "v"}}}, nil
		}); err != nil {
			t.Error(err)
			break
		}
	}
	close(over)
	all.Wait()
	if pairs := read(t, s, ref, 0); len(pairs) != 116 {
		t.Errorf("%d pairs", len(pairs))
	}
}

// A decision that has read another pair is no CAS: two writers that each take what the other has
// left would both get it.
func TestLookingElsewhereIsNoCAS(t *testing.T) {
	hubs := stores(t, 2)
	ref := poll(t, hubs[0])
	keys := []string{"left", "right"}
	for _, key := range keys {
		if _, err := set(hubs[0], ref, key, "free", 0); err != nil {
			t.Fatal(err)
		}
	}
	for round := range 100 {
		var both sync.WaitGroup
		for i, h := range hubs {
			both.Go(func() {
				if _, err := h.Update(t.Context(), ref, func(m *Txn) (Change, error) {
					if m.Pair(keys[1-i]).Value == "taken" {
						return Change{}, nil
					}
					return Change{Writes: []Write{{Key: keys[i], Value: "taken"}}}, nil
				}); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		taken := 0
		for _, key := range keys {
			freed, err := hubs[0].Update(t.Context(), ref, func(m *Txn) (Change, error) {
				if m.Pair(key).Value != "taken" {
					return Change{}, nil
				}
				return Change{Writes: []Write{{Key: key, Value: "free"}}}, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if freed.Seq > 0 {
				taken++
			}
		}
		if taken != 1 {
			t.Fatalf("round %d: %d were taken", round, taken)
		}
	}
}
