package kv

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"exthub/kv/bucket"
	"exthub/kv/kvtest"
)

// each wants to set these pairs, one after the other.
func each(keys ...string) Change {
	change := Change{Singly: true}
	for _, key := range keys {
		change.Writes = append(change.Writes, Write{Key: key, Value: "v"})
	}
	return change
}

// Pairs of one change are committed one after the other, each with its own revision, and none of
// them in a batch, which a single replica stages on the disk.
func TestSingly(t *testing.T) {
	nc := kvtest.Server(t)
	s, deltas := open(t, nc, Options{})
	ref := poll(t, s)
	commit, err := s.Update(t.Context(), ref, func(*Txn) (Change, error) { return each("a", "b", "c"), nil })
	if err != nil || len(commit.Each) != 3 || commit.Seq != commit.Each[0] || commit.Latest != commit.Each[2] {
		t.Fatalf("%+v, %v", commit, err)
	}
	pairs := read(t, s, ref, 0)
	for i, p := range pairs {
		if p.Seq != commit.Each[i] || p.Key != string(rune('a'+i)) {
			t.Errorf("%+v, committed were %v", p, commit.Each)
		}
		msg, err := stream(t, nc).GetMsg(t.Context(), p.Seq)
		if err != nil || msg.Header.Get("Nats-Batch-Id") != "" {
			t.Errorf("%s: %v, %v", p.Key, msg.Header, err)
		}
	}
	var told []string
	for latest := uint64(0); latest < commit.Latest; { // in parts if this process stood still meanwhile
		d := until(t, deltas, func(d Delta) bool { return len(d.Pairs) > 0 })
		latest = d.Revision
		for _, p := range d.Pairs {
			told = append(told, p.Key)
		}
	}
	if got := fmt.Sprint(told); got != "[a b c]" {
		t.Errorf("members were told of %s", got)
	}
}

// Somebody else writes to the message between two pairs of one change. What was written stands, and
// nothing else is: the rest was decided on another message, of which there may be less room.
func TestSinglyStopsWhereOthersWrite(t *testing.T) {
	node := kvtest.Start(t)
	here, _ := open(t, node.Connect(t), Options{})
	there, _ := open(t, node.Connect(t), Options{})
	for _, key := range []string{"b", "c", "z"} {
		ref := poll(t, here)
		change := each("a", "b", "c")
		// It is called behind the first of them.
		change.Stored = sync.OnceFunc(func() {
			between := Change{Writes: []Write{{Key: key, Value: "there"}}}
			_, err := there.Update(t.Context(), ref, func(*Txn) (Change, error) { return between, nil })
			if err != nil {
				t.Error(err)
			}
		})
		commit, err := here.Update(t.Context(), ref, func(*Txn) (Change, error) { return change, nil })
		if err != nil || len(commit.Each) != 1 || commit.Latest != commit.Each[0] {
			t.Errorf("%s: %+v, %v", key, commit, err)
			continue
		}
		m, _ := truth(t, here, ref)
		if m.Live() != 2 || m.Pair("a").Seq != commit.Seq || m.Pair(key).Value != "there" {
			t.Errorf("the message has %+v", m.Pairs(0))
		}
	}
}

// A chain is broken, and others have written over what may have been its next pair. It was not if
// what took its place is still there; otherwise nobody can tell.
func TestHowFarAChainCame(t *testing.T) {
	s, _ := open(t, kvtest.Server(t), Options{})
	ref := poll(t, s)
	sh := s.shardFor(ref)
	prefix := string(ref.ID()) + ".x."
	put := func(request uint64, key string) uint64 {
		t.Helper()
		writes := []bucket.Write{{Key: prefix + key, Value: "v"}}
		revision, err := sh.bucket.Publish(t.Context(), writes, bucket.PublishOptions{Request: request})
		if err != nil {
			t.Fatal(err)
		}
		return revision
	}
	const ours, theirs = 7, 8
	writes := []bucket.Write{{Key: prefix + "a"}, {Key: prefix + "b"}, {Key: prefix + "c"}, {Key: prefix + "d"}}
	first := put(ours, "a")
	for put(ours, "b") != first+1 || put(theirs, "z") != first+2 { // the hub itself has written in between
		first = put(ours, "a")
	}
	for i, c := range []struct {
		key string // that they write next
		n   int
		err error
	}{{"e", 2, nil}, {"c", 2, nil}, {"z", 2, ErrUnknown}, {"b", 1, ErrUnknown}} {
		put(theirs, c.key)
		if n, err := sh.findFirst(t.Context(), writes, ours, first); n != c.n || !errors.Is(err, c.err) {
			t.Errorf("%d: %d, %v; want %d, %v", i, n, err, c.n, c.err)
		}
	}
}

// The store refuses one of several pairs, which all went to it at once. What was written before it
// is told, and nothing behind it is written.
func TestSinglyStopsWhereItIsRefused(t *testing.T) {
	nc := kvtest.Server(t)
	s, _ := open(t, nc, Options{})
	ref := poll(t, s)
	config := stream(t, nc).CachedInfo().Config
	config.MaxMsgSize = 2000
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.UpdateStream(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	change := each("a", "b", "c", "d", "e")
	change.Writes[3].Value = strings.Repeat("v", 3000)
	commit, err := s.Update(t.Context(), ref, func(*Txn) (Change, error) { return change, nil })
	if err != nil || len(commit.Each) != 3 {
		t.Fatalf("%+v, %v", commit, err)
	}
	m, _ := truth(t, s, ref)
	if m.Live() != 3 || m.Pair("c").Seq != commit.Each[2] || m.LatestSeq() != commit.Latest {
		t.Errorf("told was %+v, the message has %+v", commit, m.Pairs(0))
	}
	_, err = s.Update(t.Context(), ref, func(*Txn) (Change, error) {
		return Change{Singly: true, Writes: change.Writes[3:]}, nil
	})
	if !errors.Is(err, ErrUnavailable) || errors.Is(err, ErrUnknown) {
		t.Errorf("of the rest: %v", err)
	}
}

// Other hubs write to other messages all the time, and so between the pairs of one change that all
// went to the store at once. The change is written nevertheless, to its end.
func TestSinglyAmongOthers(t *testing.T) {
	node := kvtest.Start(t)
	here, _ := open(t, node.Connect(t), Options{})
	there, _ := open(t, node.Connect(t), Options{})
	ref, theirs := poll(t, here), poll(t, there)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for writer := range 4 {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				change := each(fmt.Sprint(writer, "a"), fmt.Sprint(writer, "b"))
				change.Writes[0].Value = fmt.Sprint(i)
				_, err := there.Update(context.Background(), theirs, func(*Txn) (Change, error) { return change, nil })
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	keys := make([]string, 50)
	for k := range keys {
		keys[k] = fmt.Sprint(k)
	}
	told := make(map[string]uint64)
	for once := false; !once; {
		once = !here.shardFor(ref).bucket.MayChain(t.Context(), 1) // the last change is one after a broken one
		commit, err := here.Update(t.Context(), ref, func(*Txn) (Change, error) { return each(keys...), nil })
		if err != nil || len(commit.Each) != len(keys) {
			t.Errorf("%d of %d: %v", len(commit.Each), len(keys), err)
			break
		}
		for i, key := range keys {
			told[key] = commit.Each[i]
		}
	}
	cancel()
	wg.Wait()
	m, _ := truth(t, here, ref)
	for key, seq := range told {
		if m.Pair(key).Seq != seq {
			t.Errorf("%s was written at %d, the bucket has %+v", key, seq, m.Pair(key))
		}
	}
}

// A hub loses NATS in the middle: it says what it wrote, and members elsewhere hear of that and do
// not wait for the rest.
func TestSinglyEndsInTheMiddle(t *testing.T) {
	node := kvtest.Start(t)
	nc := node.Connect(t)
	here, _ := open(t, nc, Options{WriteTimeout: 100 * time.Millisecond})
	there, deltas := open(t, node.Connect(t), Options{})
	ref := poll(t, there)
	change := each("a", "b")
	change.Stored = nc.Close
	commit, err := here.Update(t.Context(), ref, func(*Txn) (Change, error) { return change, nil })
	if err != nil || len(commit.Each) != 1 {
		t.Errorf("%+v, %v", commit, err)
	}
	d := until(t, deltas, func(d Delta) bool { return len(d.Pairs) > 0 })
	if len(d.Pairs) != 1 || d.Pairs[0].Key != "a" {
		t.Errorf("members were told of %+v", d)
	}
}

// setEach sets pairs one after the other, as many as the limit allows, and hands told what was
// written. It reports false when the message is full.
func setEach(t *testing.T, s *Store, ref Ref, limit int, keys []string, told func(key string, seq uint64)) bool {
	t.Helper()
	for len(keys) > 0 {
		commit, err := s.Update(context.Background(), ref, func(m *Txn) (Change, error) {
			if m.Live()+len(keys) > limit {
				return Change{}, errFull
			}
			return each(keys...), nil
		})
		if err != nil {
			if !errors.Is(err, errFull) {
				t.Error(err)
			}
			return false
		}
		if commit.Each == nil {
			commit.Each = []uint64{commit.Seq} // a single one
		}
		for k, seq := range commit.Each {
			told(keys[k], seq)
		}
		keys = keys[len(commit.Each):]
	}
	return true
}

// However many set several pairs at once, on whichever hub, a message never holds more than its
// limit, and what they are told was written is there.
func TestSinglyWithinTheLimit(t *testing.T) {
	const limit, size = 40, 4
	hubs := stores(t, 3)
	ref := poll(t, hubs[0])
	var mu sync.Mutex
	told := make(map[string]uint64)
	tell := func(key string, seq uint64) {
		mu.Lock()
		defer mu.Unlock()
		told[key] = seq
	}
	var wg sync.WaitGroup
	for writer := range 9 {
		wg.Go(func() {
			for i := range 20 {
				var keys []string
				for k := range size {
					keys = append(keys, fmt.Sprint(writer, "-", i, "-", k))
				}
				if !setEach(t, hubs[writer%3], ref, limit, keys, tell) {
					return
				}
			}
		})
	}
	wg.Wait()
	m, _ := truth(t, hubs[0], ref)
	if m.Live() > limit || m.Live() != len(told) {
		t.Errorf("%d pairs of at most %d, and %d were told", m.Live(), limit, len(told))
	}
	for key, seq := range told {
		if m.Pair(key).Seq != seq {
			t.Errorf("%s was written at %d, the bucket has %+v", key, seq, m.Pair(key))
		}
	}
}

// queueOf returns a function that waits until so many Updates of a message are in its queue.
func queueOf(t *testing.T, s *Store, ref Ref) func(n int) {
	t.Helper()
	var sl *slot
	if err := s.shardFor(ref).cache.withMessage(t.Context(), ref, func(found *slot) { sl = found }); err != nil {
		t.Fatal(err)
	}
	return func(n int) {
		for waiting := 0; waiting < n; runtime.Gosched() {
			sl.mu.Lock()
			waiting = len(sl.group.queue)
			sl.mu.Unlock()
		}
	}
}

// A writer of several pairs gives up while the leader is busy with somebody else's. Its socket has
// got the answer by the time its pairs are committed, and nobody comes to let go of what is kept
// back for an answer: the writer is not told of them any more.
func TestSinglyOfWhomNobodyWaitsFor(t *testing.T) {
	s, _ := open(t, kvtest.Server(t), Options{MaxPairs: 5000}) // too many for CAS, which need no leader
	ref := poll(t, s)
	queued := queueOf(t, s, ref)
	var wg sync.WaitGroup
	update := func(ctx context.Context, change Change) error {
		_, err := s.Update(ctx, ref, func(*Txn) (Change, error) { return change, nil })
		return err
	}
	giving, giveUp := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	late := each("e", "f")
	late.Stored = func() { t.Error("told after it had given up") }
	second := each("c", "d")
	second.Stored = sync.OnceFunc(func() { // both are in its batch
		giveUp()
		if err := <-gone; !errors.Is(err, ErrUnknown) {
			t.Errorf("it gave up with %v", err)
		}
	})
	first := each("a", "b")
	first.Stored = sync.OnceFunc(func() { // it leads, and the others wait for the next batch
		wg.Go(func() {
			if err := update(t.Context(), second); err != nil {
				t.Error(err)
			}
		})
		queued(2)
		wg.Go(func() { gone <- update(giving, late) })
		queued(3)
	})
	if err := update(t.Context(), first); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if m, _ := truth(t, s, ref); m.Live() != 6 {
		t.Errorf("the message has %d pairs", m.Live())
	}
}

// silentNode is a node whose answers wait while somebody holds its lock.
type silentNode struct {
	*kvtest.Node
	sync.RWMutex
}

func (n *silentNode) InProcessConn() (net.Conn, error) {
	c, err := n.Node.InProcessConn()
	return &silentConn{c, n}, err
}

type silentConn struct {
	net.Conn
	node *silentNode
}

func (c *silentConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.node.RLock()
	defer c.node.RUnlock()
	return n, err
}

// The time of a writer who commits for others, too, is nearly over when the store falls silent. The
// others are committed when it speaks again: they went with no chain of which nothing is known.
func TestSinglyForOthersWithLittleTime(t *testing.T) {
	node := &silentNode{Node: kvtest.Start(t)}
	s, _ := open(t, node.Connect(t, nats.InProcessServer(node)), Options{MaxPairs: 5000, WriteTimeout: time.Minute})
	ref := poll(t, s)
	queued := queueOf(t, s, ref)
	ending, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	var wg sync.WaitGroup
	update := func(ctx context.Context, change Change) (Commit, error) {
		return s.Update(ctx, ref, func(*Txn) (Change, error) { return change, nil })
	}
	second := each("c", "d")
	second.Stored = sync.OnceFunc(node.Lock) // behind its first pair
	first := each("a", "b")
	first.Stored = sync.OnceFunc(func() { // it leads, and the others wait for the next batch
		wg.Go(func() {
			commit, err := update(ending, second)
			if len(commit.Each) != 1 || !errors.Is(err, ErrUnknown) {
				t.Errorf("of the one that leads: %+v, %v", commit, err)
			}
			node.Unlock()
		})
		queued(2)
		for _, key := range []string{"e", "f", "g"} {
			wg.Go(func() {
				if _, err := update(t.Context(), each(key)); err != nil {
					t.Errorf("%s: %v", key, err)
				}
			})
		}
		queued(5)
	})
	if _, err := update(t.Context(), first); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if m, _ := truth(t, s, ref); m.Live() < 6 {
		t.Errorf("the message has %+v", m.Pairs(0))
	}
}
