package kv

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"exthub/kv/bucket"
	"exthub/kv/kvtest"
)

// stream returns the stream of a Store's first bucket.
func stream(t *testing.T, nc *nats.Conn) jetstream.Stream {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), "KV_exthub_0")
	if err != nil {
		t.Fatal(err)
	}
	return stream
}

// A tail whose consumer is deleted goes on behind the last change that it saw.
func TestTailSurvivesItsConsumer(t *testing.T) {
	nc := kvtest.Server(t)
	s, deltas := open(t, nc, Options{})
	ref := poll(t, s)
	first, err := set(s, ref, "k", "before", 0)
	if err != nil {
		t.Fatal(err)
	}
	until(t, deltas, func(d Delta) bool { return d.Revision == first })
	stream := stream(t, nc)
	for name := range stream.ConsumerNames(t.Context()).Name() {
		if err := stream.DeleteConsumer(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	second, err := set(s, ref, "k", "after", first)
	if err != nil {
		t.Fatal(err)
	}
	d := until(t, deltas, func(d Delta) bool { return d.Revision >= second })
	if d.Reset || len(d.Pairs) != 1 || d.Pairs[0].Value != "after" {
		t.Fatalf("went on with %+v", d)
	}
}

// A restart of the server loses nothing that was acknowledged, and no Delta.
func TestTailSurvivesTheServer(t *testing.T) {
	node := kvtest.Start(t)
	s, deltas := open(t, node.Connect(t, nats.MaxReconnects(-1)), Options{})
	ref := poll(t, s)
	seq := uint64(0)
	for round := range 3 {
		var err error
		if seq, err = set(s, ref, "k", fmt.Sprint(round), seq); err != nil {
			t.Fatal(err)
		}
		node.Stop()
		if err := node.Restart(); err != nil {
			t.Fatal(err)
		}
		var pair Pair
		for pair.Seq == 0 {
			if err := s.Read(t.Context(), ref, 0, func(m *Message) { pair = m.Pair("k") }); err != nil {
				t.Log(err)
			}
		}
		if pair.Seq != seq {
			t.Fatalf("acknowledged %d, read %+v", seq, pair)
		}
		d := until(t, deltas, func(d Delta) bool { return d.Reset || d.Revision >= seq })
		if d.Reset {
			t.Fatal("a short outage was taken for a loss")
		}
	}
}

// A bucket that was deleted is made again. It is another history, and a Reset says so. Reads of it
// are answered although it is empty, whatever revision is asked for.
func TestTailNoticesAnotherHistory(t *testing.T) {
	nc := kvtest.Server(t)
	s, deltas := open(t, nc, Options{})
	ref := poll(t, s)
	seq, err := set(s, ref, "k", "v", 0)
	if err != nil {
		t.Fatal(err)
	}
	before := s.Epoch()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteStream(t.Context(), stream(t, nc).CachedInfo().Config.Name); err != nil {
		t.Fatal(err)
	}
	// The store makes it anew
	until(t, deltas, func(d Delta) bool { return d.Reset })
	if s.Epoch() == before {
		t.Fatal("the new history has the old one's name")
	}
	for _, atLeast := range []uint64{0, seq, seq + 1} {
		if err := s.Read(t.Context(), ref, atLeast, func(m *Message) {
			if m.Record() != nil || m.Live() != 0 {
				t.Errorf("from the old history: %+v, %v", m.Record(), m.Pairs(0))
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// Memory is bounded by bytes: what was used longest ago goes, and comes back when it is needed.
func TestCacheIsBounded(t *testing.T) {
	s, _ := open(t, kvtest.Server(t), Options{CacheBytes: 64 << 10})
	refs := make([]Ref, 100)
	for i := range refs {
		refs[i] = poll(t, s)
		if _, err := set(s, refs[i], "k", string(make([]byte, 4000)), 0); err != nil {
			t.Fatal(err)
		}
	}
	c := s.shards[0].cache
	c.mu.Lock()
	bytes, slots := c.bytes, len(c.slots)
	c.mu.Unlock()
	if bytes > 64<<10 || slots == 0 || slots > 20 {
		t.Fatalf("%d bytes in %d slots", bytes, slots)
	}
	for _, ref := range refs {
		if pairs := read(t, s, ref, 0); len(pairs) != 1 {
			t.Fatalf("%s: %v", ref.ID(), pairs)
		}
	}
}

// A client that comes from a hub that is ahead is not shown the past: the read waits for the tail.
// One that makes a revision up is answered at once.
func TestReadAtLeast(t *testing.T) {
	hubs := stores(t, 2)
	ref := poll(t, hubs[0])
	seq := uint64(0)
	for range 50 {
		var err error
		if seq, err = set(hubs[0], ref, "k", "v", seq); err != nil {
			t.Fatal(err)
		}
		if err := hubs[1].Read(t.Context(), ref, seq, func(m *Message) {
			if m.Pair("k").Seq < seq {
				t.Errorf("asked for %d, got %d", seq, m.Pair("k").Seq)
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := hubs[1].Read(context.Background(), ref, seq+1_000_000, func(*Message) {}); err != nil {
		t.Fatal(err)
	}
}

// Nobody sees half of a commit, neither a reader on another hub nor the sink, also if the commit is
// larger than what otherwise comes as one Delta.
func TestCommitComesWhole(t *testing.T) {
	const size = 400
	node := kvtest.Start(t)
	writer, _ := open(t, node.Connect(t), Options{})
	reader, deltas := open(t, node.Connect(t), Options{})
	ref := poll(t, writer)
	read(t, reader, ref, 0)
	for round := range 5 {
		commit, err := writer.Update(t.Context(), ref, func(*Txn) (Change, error) {
			var change Change
			for i := range size {
				change.Writes = append(change.Writes, Write{Key: fmt.Sprint("k", i), Value: fmt.Sprint(round)})
			}
			return change, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for latest := uint64(0); latest < commit.Latest; {
			var pairs []Pair
			inspect(t, reader, ref, 0, func(m *Message) { latest, pairs = m.LatestSeq(), m.Pairs(0) })
			for _, p := range pairs {
				if p.Value != pairs[0].Value {
					t.Fatalf("round %d: %s is %s and %s is %s", round, pairs[0].Key, pairs[0].Value, p.Key, p.Value)
				}
			}
		}
		d := until(t, deltas, func(d Delta) bool { return len(d.Pairs) > 0 })
		if len(d.Pairs) != size || d.Revision != commit.Latest {
			t.Fatalf("round %d came as %d pairs up to %d, committed was %d",
				round, len(d.Pairs), d.Revision, commit.Latest)
		}
	}
	cleared, err := writer.Update(t.Context(), ref, func(*Txn) (Change, error) { return Change{Clear: true}, nil })
	if err != nil {
		t.Fatal(err)
	}
	d := until(t, deltas, func(d Delta) bool { return len(d.Pairs) > 0 })
	if len(d.Pairs) != size || d.ClearSeq != cleared.Latest {
		t.Fatalf("the clear came as %d pairs, clearSeq %d of %d", len(d.Pairs), d.ClearSeq, cleared.Latest)
	}
}

// The counters live in memory: a server that was restarted has none, and must not refuse every
// write for that.
func TestCountSurvivesTheServer(t *testing.T) {
	node := kvtest.Start(t)
	s, _ := open(t, node.Connect(t, nats.MaxReconnects(-1)), Options{})
	now := time.Now()
	for want := range int64(3) {
		if n, err := s.Count(t.Context(), Ref{GroupID: "team", MsgSeq: 1}, now, 1); err != nil || n != want+1 {
			t.Fatalf("attempt %d counted as %d, %v", want+1, n, err)
		}
	}
	node.Stop()
	if err := node.Restart(); err != nil {
		t.Fatal(err)
	}
	var n int64
	err := errors.New("not asked")
	for deadline := time.Now().Add(20 * time.Second); err != nil && time.Now().Before(deadline); {
		n, err = s.Count(t.Context(), Ref{GroupID: "team", MsgSeq: 1}, now, 1)
	}
	if err != nil || n != 1 {
		t.Fatalf("after the restart: %d, %v", n, err)
	}
}

// The server's count of what is pending drifts, so it may announce an entry that never comes. What
// was received before it is handed out all the same.
func TestAnnouncedInVain(t *testing.T) {
	nc := kvtest.Server(t)
	s, _ := open(t, nc, Options{Alone: true})
	ref := poll(t, s)
	first, err := set(s, ref, "a", "v", 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := set(s, ref, "b", "v", 0); err != nil {
		t.Fatal(err)
	}
	sh := s.shards[0]
	consumer, err := sh.bucket.Consume(t.Context(), first)
	if err != nil {
		t.Fatal(err)
	}
	came := make(chan bucket.Delivery, 2)
	if err := consumer.Start(func(d bucket.Delivery) { came <- d }); err != nil {
		t.Fatal(err)
	}
	announcing := <-came
	consumer.Stop()
	if announcing.Pending != 1 {
		t.Fatalf("%+v", announcing)
	}
	state, err := sh.bucket.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	deltas := make(chan Delta, 1)
	sink := func(d Delta) { deltas <- d }
	alone := newTail(sh, state) // takes the first of two, and never the second
	alone.startReceiving(sink)
	alone.receive(announcing, sink)
	d := until(t, deltas, func(Delta) bool { return true })
	if len(d.Pairs) != 1 || d.Pairs[0].Key != "a" {
		t.Errorf("%+v", d)
	}
	if err := alone.applied.wait(t.Context(), announcing.Revision); err != nil {
		t.Error(err)
	}
	alone.stopReceiving()
}

// Somebody is logged out between two pairs of one request, which are held back. Whoever asked for
// that waits until every hub says that it knows. A hub that had said how far it is at the second
// pair, with the first not handed out yet, said nothing more for a second.
func TestAwaitedBehindWhatIsHeldBack(t *testing.T) {
	s, _ := open(t, kvtest.Server(t), Options{Alone: true})
	ref := poll(t, s)
	sh := s.shards[0]
	state, err := sh.bucket.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var revoked uint64
	sink := func(d Delta) { revoked = max(revoked, d.Revision) }
	alone := newTail(sh, state)
	alone.startReceiving(sink)
	defer alone.stopReceiving()
	next := state.Last
	receive := func(key, value string, more bool, pending uint64) {
		next++
		alone.receive(bucket.Delivery{
			Entry: bucket.Entry{Key: key, Value: value, Revision: next}, More: more, Pending: pending,
		}, sink)
	}
	pair := string(ref.ID()) + ".x."
	receive(pair+encodeToken("a"), "1", true, 2)
	receive(accountPrefix+encodeToken("bob"), `{"revokedUpTo":1}`, false, 1)
	waiting := next
	if revoked != waiting {
		t.Fatalf("handed out was %d, want the revocation at %d", revoked, waiting)
	}
	receive(pair+encodeToken("b"), "1", true, 1)
	if alone.applied.get() < waiting && alone.awaited != waiting {
		t.Errorf("at %d it told the others, and nobody will be told of %d", alone.applied.get(), waiting)
	}
	receive(pair+encodeToken("c"), "1", false, 0)
	if alone.applied.get() != next || alone.awaited != 0 {
		t.Errorf("it is at %d of %d, and %d is awaited", alone.applied.get(), next, alone.awaited)
	}
}
