package kv

import (
	"math"
	"testing"

	"exthub/kv/bucket"
)

// replace makes the slot of an object one that is no longer in the cache, and returns it. Another
// one, loaded as it is now, has taken its place: what a reader, a full cache or a CAS without a
// tail does while a commit is on its way.
func replace(t *testing.T, sh *shard, key string, load func()) *slot {
	t.Helper()
	load()
	old := sh.cache.peek(key)
	sh.cache.invalidate(key, math.MaxUint64)
	load()
	if sh.cache.peek(key) == old {
		t.Fatal("the slot is still in the cache")
	}
	return old
}

// TestCommitOnAReplacedSlot: a commit that was decided on a slot which has been replaced meanwhile
// is there for whoever reads after its acknowledgement, also while there is no tail to bring it.
func TestCommitOnAReplacedSlot(t *testing.T) {
	s, _ := withAndWithoutTail(t)
	ref := poll(t, s)
	sh := s.shards[0]
	sl := replace(t, sh, string(ref.ID()), func() { read(t, s, ref, 0) })

	w := &waiter{wake: make(chan wakeup, 1), decide: func(*Txn) (Change, error) {
		return Change{Writes: []Write{{Key: "k", Value: "v"}}}, nil
	}}
	sl.mu.Lock()
	sl.group.join(w)
	sl.mu.Unlock()
	<-w.wake
	sh.lead(t.Context(), sl, w)
	if w.err != nil {
		t.Fatal(w.err)
	}
	if pairs := read(t, s, ref, 0); len(pairs) != 1 || pairs[0].Seq != w.commit.Seq {
		t.Errorf("acknowledged at %d, but a reader gets %v", w.commit.Seq, pairs)
	}
}

// TestGroupChangeOnAReplacedSlot: the same for a change of a group.
func TestGroupChangeOnAReplacedSlot(t *testing.T) {
	s, _ := withAndWithoutTail(t)
	sh := s.shards[0]
	members := func() (n int) {
		if err := s.ReadGroup(t.Context(), "team", func(g *Group) { n = g.Len() }); err != nil {
			t.Fatal(err)
		}
		return n
	}
	err := s.UpdateGroup(t.Context(), "team", func(*Group) (GroupChange, error) {
		return GroupChange{
			Info: &GroupInfo{GroupID: "team", Type: "Public", Name: "team"},
			Add:  []Member{{UserID: "ann", Role: "Member"}},
		}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	sl := replace(t, sh, groupObject("team"), func() { members() })
	writes, err := GroupChange{Add: []Member{{UserID: "bob", Role: "Member"}}}.writes("team")
	if err != nil {
		t.Fatal(err)
	}
	head, err := sh.bucket.Publish(t.Context(), writes, bucket.PublishOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := sh.groupCommitted(sl, writes, head); err != nil {
		t.Fatal(err)
	}
	if n := members(); n != 2 {
		t.Errorf("%d members after bob's acknowledgement", n)
	}
}

// TestCatchUpOfAReplacedSlot: a reader that was told by the leader that there is more gets it, also
// if the slot that was brought up to date is not the one in the cache any more.
func TestCatchUpOfAReplacedSlot(t *testing.T) {
	s, other := withAndWithoutTail(t)
	ref := poll(t, s)
	sh := s.shards[0]
	sl := replace(t, sh, string(ref.ID()), func() { read(t, s, ref, 0) })
	seq, err := set(other, ref, "k", "v", 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := sh.catchUp(t.Context(), sl, seq); err != nil {
		t.Fatal(err)
	}
	if pairs := read(t, s, ref, 0); len(pairs) != 1 {
		t.Errorf("caught up to %d, but a reader gets %v", seq, pairs)
	}
}
