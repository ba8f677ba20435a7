package kv

import (
	"testing"

	"exthub/kv/kvtest"
)

// How far a bucket reached can be asked before it is opened, which writes to it, and follows every
// commit and deletion.
func TestLastRevision(t *testing.T) {
	nc := kvtest.Server(t)
	last := func(name string) uint64 {
		t.Helper()
		revision, err := LastRevision(t.Context(), nc, name)
		if err != nil {
			t.Fatal(err)
		}
		return revision
	}
	if got := last("exthub_0"); got != 0 {
		t.Errorf("a bucket that is not there ends at %d", got)
	}
	s, _ := open(t, nc, Options{Shards: 2, Alone: true})
	if first, second := last("exthub_0"), last("exthub_1"); first != 3 || second != 3 {
		t.Errorf("new buckets end at %d and %d, want their own entry, those of the index and of the lists",
			first, second)
	}
	ref := poll(t, s)
	seq, err := set(s, ref, "k", "v", 0)
	if err != nil {
		t.Fatal(err)
	}
	cleared, err := s.Update(t.Context(), ref, func(*Txn) (Change, error) { return Change{Clear: true}, nil })
	if err != nil || cleared.Latest <= seq {
		t.Fatalf("cleared at %d: %v", cleared.Latest, err)
	}
	name := s.shardFor(ref).bucket.Name()
	if got, seen := last(name), s.Revisions()[name]; got != cleared.Latest || seen < got || len(s.Revisions()) != 2 {
		t.Errorf("%s ends at %d, want %d; seen was %v", name, got, cleared.Latest, s.Revisions())
	}
}

// The epoch stays with the buckets and changes with the generation.
func TestGeneration(t *testing.T) {
	nc := kvtest.Server(t)
	first, _ := open(t, nc, Options{})
	again, _ := open(t, nc, Options{})
	other, _ := open(t, nc, Options{Generation: "2"})
	if first.Epoch() != again.Epoch() || first.Epoch() == other.Epoch() {
		t.Errorf("epochs %q, %q, and of another generation %q", first.Epoch(), again.Epoch(), other.Epoch())
	}
}
