package kv

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"exthub/kv/ballot"
	"exthub/kv/kvtest"
)

// withAndWithoutTail opens two Stores on one server. The first does not run.
func withAndWithoutTail(t *testing.T) (here, other *Store) {
	t.Helper()
	node := kvtest.Start(t)
	other, _ = open(t, node.Connect(t), Options{})
	here, err := Open(t.Context(), node.Connect(t), Options{MaxPairs: 300, Alone: true})
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
	if err := other.shards[0].tail.applied.wait(t.Context(), seq+2); err != nil { // both committed
		t.Fatal(err)
	}
	// When its acknowledgement is here, the reads that follow leave more than enough time to pass
	// it on.
	for here.shards[0].bucket.Seen() < seq+2 {
		if _, err := here.shards[0].bucket.Read(t.Context(), 0, string(ref.ID())+".>"); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		b := here.shards[0].bucket
		if _, err := b.Last(t.Context(), b.Filter(string(ref.ID()))); err != nil {
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

// A writer who is told when a change is stored is told before the tail brings it, which waits for
// that here, and Update returns behind it: a CAS, a pair that is new, and a message with rules.
func TestWritersAreToldThatItIsStored(t *testing.T) {
	s, err := Open(t.Context(), kvtest.Server(t), Options{MaxPairs: 300})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	stored, brought := make(map[string]chan struct{}), make(map[string]chan struct{})
	for _, value := range []string{"CAS", "new", "ruled"} {
		stored[value], brought[value] = make(chan struct{}), make(chan struct{})
	}
	var running sync.WaitGroup
	running.Go(func() {
		_ = s.Run(ctx, func(d Delta) {
			if len(d.Pairs) == 0 || stored[d.Pairs[0].Value] == nil {
				return
			}
			select {
			case <-stored[d.Pairs[0].Value]:
				close(brought[d.Pairs[0].Value])
			case <-ctx.Done():
				t.Error("nobody was told")
			}
		})
	})
	defer running.Wait()
	defer stop()
	plain, ruled := poll(t, s), sendPoll(t, s, ballot.Rules{})
	seq, err := set(s, plain, "own", "1", 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.shards[0].tail.applied.wait(t.Context(), seq); err != nil {
		t.Fatal(err)
	}
	for _, vote := range []struct {
		Ref
		key, value string
	}{{plain, "own", "CAS"}, {plain, "other", "new"}, {ruled, "own", "ruled"}} {
		if _, err := s.Update(t.Context(), vote.Ref, func(m *Txn) (Change, error) {
			m.Pair(vote.key)
			told := func() { close(stored[vote.value]) }
			return Change{Writes: []Write{{Key: vote.key, Value: vote.value}}, Stored: told}, nil
		}); err != nil {
			t.Fatal(err)
		}
		select {
		case <-brought[vote.value]:
		default:
			t.Errorf("%s: Update has returned before the sink had it", vote.value)
		}
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

// errFull says that a message holds its limit.
var errFull = errors.New("full")

// casHistory is what many writers of one message did to pairs that were there, and when it was
// cleared.
type casHistory struct {
	mu     sync.Mutex
	spans  []span // from the Seq that a writer saw to the one that it made of it
	clears []uint64
}

type span struct{ from, to uint64 }

// write has one writer set its key 150 times, and now and then delete it, or clear all.
func (h *casHistory) write(t *testing.T, s *Store, ref Ref, writer, limit int) {
	key := fmt.Sprint("k", writer)
	for i := range 150 {
		clears := writer == 0 && i%10 == 0
		var saw Pair
		commit, err := s.Update(t.Context(), ref, func(m *Txn) (Change, error) {
			switch saw = m.Pair(key); {
			case clears:
				return Change{Clear: m.Live() > 0}, nil
			case !saw.Deleted && i%13 == 0:
				return Change{Writes: []Write{{Key: key, Delete: true}}}, nil
			case saw.Deleted && m.Live() >= limit:
				return Change{}, errFull
			}
			return Change{Writes: []Write{{Key: key, Value: fmt.Sprint(i)}}}, nil
		})
		switch {
		case errors.Is(err, errFull):
		case err != nil:
			t.Error(err)
			return
		case clears:
			h.mu.Lock()
			h.clears = append(h.clears, commit.Latest)
			h.mu.Unlock()
		case !saw.Deleted:
			h.mu.Lock()
			h.spans = append(h.spans, span{saw.Seq, commit.Seq})
			h.mu.Unlock()
		}
	}
}

// check finds pairs that were set over a clear.
func (h *casHistory) check(t *testing.T) {
	t.Helper()
	for _, s := range h.spans {
		for _, cleared := range h.clears {
			if s.from < cleared && cleared < s.to {
				t.Errorf("set at %d what was seen at %d, though all was cleared at %d", s.to, s.from, cleared)
			}
		}
	}
	if len(h.spans) < 100 {
		t.Errorf("only %d changes of pairs that were there", len(h.spans))
	}
}

// With everything at once on two hubs, a pair from before a clear is not set after it by a writer
// that has not seen the clear, and the number of pairs stays below its limit. In the end both hubs
// have what the bucket has.
func TestCASAmongEverythingElse(t *testing.T) {
	const limit, writers = 12, 10
	hubs := stores(t, 2)
	ref := poll(t, hubs[0])
	var history casHistory
	var all sync.WaitGroup
	for writer := range writers {
		all.Go(func() { history.write(t, hubs[writer%2], ref, writer, limit) })
	}
	all.Wait()
	history.check(t)
	stored, upTo := truth(t, hubs[0], ref)
	if stored.Live() > limit {
		t.Errorf("%d pairs, limit %d", stored.Live(), limit)
	}
	want := fmt.Sprint(stored.Pairs(0))
	for i, h := range hubs {
		inspect(t, h, ref, upTo, func(m *Message) {
			if got := fmt.Sprint(m.Pairs(0)); got != want {
				t.Errorf("hub %d has %s, the bucket %s", i, got, want)
			}
		})
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
	take := func(s *Store, own, other string) {
		if _, err := s.Update(t.Context(), ref, func(m *Txn) (Change, error) {
			if m.Pair(other).Value == "taken" {
				return Change{}, nil
			}
			return Change{Writes: []Write{{Key: own, Value: "taken"}}}, nil
		}); err != nil {
			t.Error(err)
		}
	}
	free := func(key string) (wasTaken bool) {
		freed, err := hubs[0].Update(t.Context(), ref, func(m *Txn) (Change, error) {
			if m.Pair(key).Value != "taken" {
				return Change{}, nil
			}
			return Change{Writes: []Write{{Key: key, Value: "free"}}}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return freed.Seq > 0
	}
	for round := range 100 {
		var both sync.WaitGroup
		for i, h := range hubs {
			both.Go(func() { take(h, keys[i], keys[1-i]) })
		}
		both.Wait()
		if left, right := free(keys[0]), free(keys[1]); left == right {
			t.Fatalf("round %d: left taken %t, right taken %t", round, left, right)
		}
	}
}
