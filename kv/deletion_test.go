package kv

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"exthub/kv/bucket"
	"exthub/kv/kvtest"
)

func remove(t *testing.T, s *Store, ref Ref, key string) uint64 {
	t.Helper()
	c, err := s.Update(t.Context(), ref, func(*Txn) (Change, error) {
		return Change{Writes: []Write{{Key: key, Delete: true}}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return c.Seq
}

// Deletions are listed until there are too many. Then purgedSeq says from where on they still are,
// in memory and in the bucket.
func TestTombstonesAreBounded(t *testing.T) {
	const most = 10
	s, _ := open(t, kvtest.Server(t), Options{MaxTombstones: most})
	ref := poll(t, s)
	deleted := make(map[string]uint64)
	for i := range 25 {
		key := fmt.Sprint("k", i)
		if _, err := set(s, ref, key, "v", 0); err != nil {
			t.Fatal(err)
		}
		deleted[key] = remove(t, s, ref, key)
	}
	check := func() {
		t.Helper()
		var listed []Pair
		var purged uint64
		inspect(t, s, ref, 0, func(m *Message) { listed, purged = m.Pairs(1), m.PurgedSeq() })
		if len(listed) > most || len(listed) < most/2 || purged == 0 {
			t.Errorf("%d deletions listed, purged up to %d", len(listed), purged)
		}
		for _, p := range listed {
			if p.Seq <= purged {
				t.Errorf("%+v is listed though purged up to %d", p, purged)
			}
			delete(deleted, p.Key)
		}
		for key, seq := range deleted {
			if seq > purged {
				t.Errorf("%s deleted at %d is missing, purged up to %d", key, seq, purged)
			}
		}
	}
	check()
	sh := s.shards[0]
	sh.cache.reset()
	check()

	before, err := sh.bucket.Read(t.Context(), 0, string(ref.ID())+".x.*")
	if err != nil {
		t.Fatal(err)
	}
	sh.sweeper.sweep(t.Context(), time.Now().Add(2*sweepDelay))
	after, err := sh.bucket.Read(t.Context(), 0, string(ref.ID())+".x.*")
	if err != nil {
		t.Fatal(err)
	}
	if len(before.Entries) != 25 || len(after.Entries) > most {
		t.Fatalf("the bucket held %d deletions, after the sweep %d", len(before.Entries), len(after.Entries))
	}
	sh.cache.reset()
	check()
	if _, err := set(s, ref, "k0", "back", 0); err != nil {
		t.Fatal(err)
	}
}

// setMany sets 1,200 pairs.
func setMany(t *testing.T, s *Store, ref Ref) {
	t.Helper()
	for part := range 3 {
		if _, err := s.Update(t.Context(), ref, func(*Txn) (Change, error) {
			var change Change
			for i := range 400 {
				change.Writes = append(change.Writes, Write{Key: fmt.Sprint(part, "-", i), Value: "v"})
			}
			return change, nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// A clear of more pairs than one commit can delete is still one clear: one entry, whatever there
// was, one change that followers hear of, and one request of the sweeper.
func TestClearOfVeryMany(t *testing.T) {
	s, deltas := open(t, kvtest.Server(t), Options{})
	ref := poll(t, s)
	setMany(t, s, ref)
	sh := s.shards[0]
	sh.cache.reset() // 1,200 keys: more than one snapshot answers
	before, err := sh.bucket.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	cleared, err := s.Update(t.Context(), ref, func(m *Txn) (Change, error) {
		if m.Live() != 1200 {
			t.Errorf("%d pairs before the clear", m.Live())
		}
		return Change{Clear: true}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if d := until(t, deltas, func(d Delta) bool { return d.ClearSeq > 0 }); d.ClearSeq != cleared.Latest ||
		cleared.Latest != before.Last+1 || len(d.Pairs) > 0 {
		t.Errorf("cleared at %d, after %d: %+v", cleared.Latest, before.Last, d)
	}
	for range 2 {
		inspect(t, s, ref, 0, func(m *Message) {
			if m.Live() != 0 || m.ClearSeq() != cleared.Latest {
				t.Errorf("after the clear: %d pairs, clearSeq %d of %d", m.Live(), m.ClearSeq(), cleared.Latest)
			}
		})
		sh.cache.reset()
	}
	// Both a key that the clear had room to delete and one that it had not are free again.
	for _, key := range []string{"0-0", "2-399"} {
		var gone Pair
		err := s.Read(t.Context(), ref, 0, func(m *Message) { gone = m.Pair(key) })
		if err != nil || !gone.Deleted || gone.Seq > cleared.Latest {
			t.Fatalf("%s after the clear: %+v, %v", key, gone, err)
		}
		if _, err := set(s, ref, key, "new", gone.Seq); err != nil {
			t.Fatal(err)
		}
	}
	sh.cache.reset()
	if pairs := read(t, s, ref, 0); len(pairs) != 2 {
		t.Fatalf("after the clear and two sets: %v", pairs)
	}
	for _, left := range sh.sweeper.queue { // it is found each time that the message is read anew
		if left.key != string(ref.ID())+".x.*" {
			t.Errorf("the sweeper has to look for %s", left.key)
		}
	}
	sh.sweeper.sweep(t.Context(), time.Now().Add(2*sweepDelay))
	if keys, err := sh.bucket.Names(t.Context(), string(ref.ID())+".x.*"); err != nil || len(keys) != 2 {
		t.Errorf("%d keys are left, %v", len(keys), err)
	}
	sh.cache.reset()
	if pairs := read(t, s, ref, 0); len(pairs) != 2 {
		t.Errorf("after the sweep: %v", pairs)
	}
}

// A hub was away while a message was cleared and one of its pairs was set again. It gets the clear,
// and never the deletion of that pair, which was overwritten. It must not take the clear for one
// that has no deletions: those of the other pairs stay listed, with their Seq, so who names one is
// right, and who comes back is told.
func TestClearOfWhichADeletionWasMissed(t *testing.T) {
	h := newHoard()
	id := string(fuzzedPost.ID())
	entry := func(suffix, value string) bucket.Entry {
		e := h.entry(id, suffix, value)
		e.Deleted = value == ""
		return e
	}
	before := []bucket.Entry{entry("x.a", "1"), entry("x.b", "1"), entry("x.c", "1"), entry("x.c", "")}
	h.load(id, fuzzedPost, before...)
	cleared := []bucket.Entry{entry("x.a", ""), entry("x.b", ""), entry("c", `{"clear":true}`)}
	again := entry("x.a", "2")

	m := h.peek(id).object.(*Message)
	h.applyTail(id, cleared[1:])
	if got := m.Pair("a"); !got.Deleted || m.Live() != 0 {
		t.Errorf("behind the clear: %+v, and %d pairs", got, m.Live())
	}
	for _, want := range []Pair{{Key: "b", Seq: 6, Deleted: true}, {Key: "c", Seq: 4, Deleted: true}} {
		if got := m.Pair(want.Key); got != want {
			t.Errorf("behind the clear: %+v, want %+v", got, want)
		}
	}
	h.applyTail(id, []bucket.Entry{again})

	anew := &slot{key: id}
	snap := bucket.Snapshot{UpTo: h.revision, Entries: []bucket.Entry{before[3], cleared[1], cleared[2], again}}
	if err := anew.fill(newMessage(fuzzedPost), snap); err != nil {
		t.Fatal(err)
	}
	want := []Pair{{Key: "c", Seq: 4, Deleted: true}, {Key: "b", Seq: 6, Deleted: true}, {Key: "a", Value: "2", Seq: 8}}
	for who, m := range map[string]*Message{"was behind": m, "starts now": anew.object.(*Message)} {
		if got := m.Pairs(1); !slices.Equal(got, want) || m.ClearSeq() != 7 || m.LatestSeq() != 8 {
			t.Errorf("a hub that %s has %+v, want %+v", who, got, want)
		}
	}
}
