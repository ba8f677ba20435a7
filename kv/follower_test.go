package kv

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"exthub/kv/bucket"
	"exthub/kv/kvtest"
)

// audience collects what followers of one name hear.
type audience struct {
	t       *testing.T
	talking sync.Map // messages that a follower hears of right now

	mu    sync.Mutex
	pairs map[string]Pair // by message and key, as they were heard last
	calls int
	came  chan struct{} // something was heard
}

func newAudience(t *testing.T) *audience {
	return &audience{t: t, pairs: make(map[string]Pair), came: make(chan struct{}, 1)}
}

// ear returns a Follower's Hear that deals with one pair at a time, or with a clear. What one ear
// hears of a message rises; another one, after it, may hear again what this one did.
func (a *audience) ear() func(context.Context, News) (uint64, error) {
	last := make(map[Ref]uint64)
	return func(_ context.Context, news News) (uint64, error) {
		if _, busy := a.talking.LoadOrStore(news.Ref, true); busy {
			a.t.Error("two followers of one name at once")
		}
		defer a.talking.Delete(news.Ref)
		a.mu.Lock()
		defer a.mu.Unlock()
		a.calls++
		ref := news.Ref
		through := a.note(news)
		if through <= last[ref] {
			a.t.Errorf("%s: %d after %d", ref.ID(), through, last[ref])
		}
		last[ref] = through
		select {
		case a.came <- struct{}{}:
		default:
		}
		return through, nil
	}
}

// note keeps the clear or the first pair of the news, and returns its Seq.
func (a *audience) note(news News) uint64 {
	id := string(news.Ref.ID())
	if news.ClearSeq == 0 {
		p := news.Pairs[0]
		a.pairs[id+" "+p.Key] = p
		return p.Seq
	}
	for name, p := range a.pairs {
		if strings.HasPrefix(name, id+" ") && p.Seq <= news.ClearSeq {
			a.pairs[name] = Pair{Key: p.Key, Deleted: true, Seq: news.ClearSeq}
		}
	}
	return news.ClearSeq
}

// until waits until what was heard holds.
func (a *audience) until(what string, holds func() bool) {
	a.t.Helper()
	timeout := time.After(20 * time.Second)
	for {
		a.mu.Lock()
		done := holds()
		a.mu.Unlock()
		if done {
			return
		}
		select {
		case <-a.came:
		case <-timeout:
			a.t.Fatal("not heard: " + what)
		}
	}
}

// has reports whether the newest that the audience heard of every pair is what the store has.
func (a *audience) has(s *Store, refs ...Ref) func() bool {
	return func() bool {
		same := true
		for _, ref := range refs {
			err := s.Read(context.Background(), ref, 0, func(m *Message) {
				for _, p := range m.Pairs(1) {
					got := a.pairs[string(ref.ID())+" "+p.Key]
					same = same && got.Deleted == p.Deleted && got.Value == p.Value &&
						(got.Seq == p.Seq || p.Seq <= m.ClearSeq())
				}
			})
			if err != nil {
				a.t.Error(err)
			}
		}
		return same
	}
}

// follow starts a follower and returns what stops it. It hears of what is written after follow has
// returned.
func follow(t *testing.T, s *Store, hear func(context.Context, News) (uint64, error)) (stop func()) {
	t.Helper()
	f, err := s.Follow(t.Context(), Follower{
		Name: "test", Hear: hear, MinPause: time.Millisecond, MaxPause: 20 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { f.Run(ctx) })
	stop = func() {
		cancel()
		running.Wait()
	}
	t.Cleanup(stop)
	return stop
}

func (a *audience) write(s *Store, ref Ref, change Change) {
	a.t.Helper()
	if _, err := s.Update(context.Background(), ref, func(*Txn) (Change, error) { return change, nil }); err != nil {
		a.t.Error(err)
	}
}

// Two hubs follow under one name while both write. One hears at a time, in order, and when it stops
// the other goes on from its place.
func TestFollow(t *testing.T) {
	for _, shards := range []int{1, 3} {
		t.Run(fmt.Sprint(shards, " shards"), func(t *testing.T) { testFollow(t, shards) })
	}
}

func testFollow(t *testing.T, shards int) {
	nc := kvtest.Server(t)
	one, _ := open(t, nc, Options{Shards: shards})
	two, _ := open(t, nc, Options{Shards: shards})
	var refs []Ref
	for i := range 4 {
		to := fmt.Sprint("u", i)
		ref := Ref{From: "ann", To: to, MsgKey: "1_1_1"}
		r, err := one.Send(t.Context(), Record{From: "ann", To: to, Ref: ref, IsSupportExtension: true}, "", 0)
		if err != nil {
			t.Fatal(err)
		}
		refs = append(refs, r.Ref)
	}
	a := newAudience(t)
	stop := follow(t, one, a.ear())
	a.write(one, refs[0], Change{Writes: []Write{{Key: "first", Value: "1"}}})
	a.until("the first change", a.has(one, refs...))
	follow(t, two, a.ear())

	var writers sync.WaitGroup
	for i, s := range []*Store{one, two, one, two} {
		writers.Go(func() {
			for n := range 60 {
				a.write(s, refs[i], Change{Writes: []Write{
					{Key: fmt.Sprint("k", n%7), Value: fmt.Sprint(n)},
					{Key: fmt.Sprint("d", n%5), Value: "x", Delete: n%2 == 1},
				}})
				if n == 30 {
					a.write(s, refs[i], Change{Clear: true})
				}
				if i == 0 && n == 40 {
					stop()
				}
			}
		})
	}
	writers.Wait()
	a.until("all that was written", a.has(two, refs...))
}

// A message with rules has expired before its follower came to a vote, and the vote outlives it by
// a little. Nobody hears of that: what said that it is hidden is gone.
func TestFollowWhatHasExpired(t *testing.T) {
	s, deltas := open(t, kvtest.Server(t), Options{})
	ref := poll(t, s)
	gone := Ref{GroupID: "team", MsgSeq: ref.MsgSeq + 1}
	heard := make(chan News, 10)
	follow(t, s, func(_ context.Context, news News) (uint64, error) {
		heard <- news
		return max(news.ClearSeq, news.Pairs[0].Seq), nil
	})
	vote := []bucket.Write{{Key: string(gone.ID()) + ".x.bob", Value: "2", Mark: new(bucket.Mark)}}
	if _, err := s.shardFor(gone).bucket.Publish(t.Context(), vote, bucket.PublishOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := set(s, ref, "k", "1", 0); err != nil {
		t.Fatal(err)
	}
	if news := <-heard; news.Ref != ref {
		t.Errorf("heard %+v", news)
	}
	d := until(t, deltas, func(d Delta) bool { return d.Ref == gone })
	if _, err := d.Poll(t.Context()); !errors.Is(err, ErrNoMessage) {
		t.Errorf("the message of the vote: %v", err)
	}
}

// Hear fails again and again, and at last the hub goes away. The next one ends with the newest of
// everything, and hears of nothing else.
func TestFollowFailure(t *testing.T) {
	nc := kvtest.Server(t)
	s, _ := open(t, nc, Options{})
	ref := poll(t, s)
	var failures atomic.Int32
	failed := make(chan struct{}, 1000)
	stop := follow(t, s, func(context.Context, News) (uint64, error) {
		failures.Add(1)
		failed <- struct{}{}
		return 0, errors.New("down")
	})
	a := newAudience(t)
	for n := range 50 {
		a.write(s, ref, Change{Writes: []Write{{Key: fmt.Sprint("k", n%10), Value: fmt.Sprint(n)}}})
	}
	a.write(s, ref, Change{Writes: []Write{{Key: "k3", Delete: true}}})
	for range 5 {
		<-failed
	}
	stop()
	follow(t, s, a.ear())
	a.until("the newest of all", a.has(s, ref))
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.calls != 10 || !a.pairs[string(ref.ID())+" k3"].Deleted {
		t.Errorf("heard %d times of 10 pairs: %v", a.calls, a.pairs)
	}
}

// A follower that hears of more than it deals with at once hears of the rest again, and of nothing
// twice.
func TestFollowInParts(t *testing.T) {
	s, _ := open(t, kvtest.Server(t), Options{})
	ref := poll(t, s)
	a := newAudience(t)
	stop := follow(t, s, a.ear())
	stop()
	var writes []Write
	for n := range 100 {
		writes = append(writes, Write{Key: fmt.Sprint("k", n), Value: "v"})
	}
	a.write(s, ref, Change{Writes: writes})
	var sizes []int
	hear := a.ear()
	follow(t, s, func(ctx context.Context, news News) (through uint64, err error) {
		sizes = append(sizes, len(news.Pairs))
		for range min(30, len(news.Pairs)) {
			through, err = hear(ctx, news)
			news.Pairs = news.Pairs[1:]
		}
		return through, err
	})
	a.until("all that was written", a.has(s, ref))
	if fmt.Sprint(sizes) != "[100 70 40 10]" {
		t.Errorf("heard of %v pairs", sizes)
	}
}

// In a cluster the follower's place is replicated: it survives the loss of the node that leads it.
func TestFollowInCluster(t *testing.T) {
	cluster := kvtest.NewCluster(t, 3)
	one, _ := open(t, cluster.Connect(t), Options{Replicas: 3})
	two, _ := open(t, cluster.Connect(t), Options{Replicas: 3})
	ref := poll(t, one)
	a := newAudience(t)
	follow(t, one, a.ear())
	follow(t, two, a.ear())
	for n := range 60 {
		a.write(two, ref, Change{Writes: []Write{{Key: fmt.Sprint("k", n%9), Value: fmt.Sprint(n)}}})
		if n == 30 {
			leader, err := cluster.Leader("KV_" + bucketName(Options{Bucket: "exthub"}, 0))
			if err != nil {
				t.Fatal(err)
			}
			leader.Stop()
		}
	}
	a.until("all that was written", a.has(two, ref))
}
