package kv

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"exthub/kv/bucket"
	"exthub/kv/kvtest"
)

// known compares the groups that a Store knows a user to be in.
func known(t *testing.T, s *Store, user string, want ...string) {
	t.Helper()
	groups, err := s.KnownGroups(t.Context(), user)
	slices.Sort(groups)
	if err != nil || !slices.Equal(groups, want) {
		t.Errorf("%s is known to be in %v, %v; want %v", user, groups, err, want)
	}
}

// listed waits until the rosters of a Store are loaded.
func listed(t *testing.T, s *Store) {
	t.Helper()
	timeout := time.Now().Add(time.Minute)
	for _, sh := range s.shards {
		for complete := false; !complete; _, complete = sh.roster.appendTo(nil, "") {
			if runtime.Gosched(); time.Now().After(timeout) {
				t.Fatal("the roster is not loaded")
			}
		}
	}
}

// change adds and removes members of a group.
func change(s *Store, group string, add, remove []string) error {
	return s.UpdateGroup(context.Background(), group, func(*Group) (GroupChange, error) {
		c := GroupChange{Remove: remove}
		for _, user := range add {
			c.Add = append(c.Add, Member{UserID: user, Role: "Member"})
		}
		return c, nil
	})
}

// TestKnownGroups: a hub that answers logins from memory must know at once what any other hub has
// acknowledged, and what was there before it came: who is added, removed, added again, and whose
// group is dissolved and made anew.
func TestKnownGroups(t *testing.T) {
	node := kvtest.Start(t)
	options := Options{Shards: 3}
	first, _ := open(t, node.Connect(t), options)
	makeGroup(t, first, "before", "ann", "a.b*>")
	second, _ := open(t, node.Connect(t), options)
	hubs := []*Store{first, second}
	for _, s := range hubs {
		listed(t, s)
	}
	makeGroup(t, first, "team", "ann", "bob")
	makeGroup(t, second, "te.am", "ann", "a.b*>")
	for _, s := range hubs {
		known(t, s, "ann", "before", "te.am", "team")
		known(t, s, "a.b*>", "before", "te.am")
		known(t, s, "bob", "team")
		known(t, s, "eve")
	}
	for round := range 20 {
		one, other := hubs[round%2], hubs[1-round%2]
		if err := change(one, "team", []string{"eve"}, []string{"bob"}); err != nil {
			t.Fatal(err)
		}
		known(t, other, "eve", "team")
		known(t, one, "eve", "team")
		known(t, other, "bob")
		if err := change(other, "team", []string{"bob"}, []string{"eve"}); err != nil {
			t.Fatal(err)
		}
		known(t, one, "eve")
		known(t, other, "eve")
		known(t, one, "bob", "team")
	}
	if err := first.UpdateGroup(t.Context(), "team", func(*Group) (GroupChange, error) {
		return GroupChange{Dissolve: true}, nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, s := range hubs {
		known(t, s, "bob")
		known(t, s, "ann", "before", "te.am")
	}
	makeGroup(t, second, "team", "eve")
	for _, s := range hubs {
		known(t, s, "bob")
		known(t, s, "eve", "team")
		s.shards[0].cache.reset() // nothing is at hand
		known(t, s, "eve", "team")
		known(t, s, "ann", "before", "te.am")
	}
}

// TestKnownGroupsTakeNoRequest: ten thousand clients come one by one, and each asks every shard
// about its groups. NATS is asked neither by members of groups that are in use nor by members of
// none.
func TestKnownGroupsTakeNoRequest(t *testing.T) {
	nc := kvtest.Server(t)
	s, _ := open(t, nc, Options{Shards: 4, Alone: true})
	makeGroup(t, s, "team", "ann")
	makeGroup(t, s, "other", "ann")
	listed(t, s)
	before := nc.Stats().OutMsgs
	for range 100 {
		known(t, s, "ann", "other", "team")
		known(t, s, "bob")
	}
	if sent := nc.Stats().OutMsgs - before; sent > 50 {
		t.Errorf("200 logins sent %d messages to NATS", sent)
	}
}

// TestKnownGroupsComeAfterTheSink: a user logs in right after having been added to a group, while
// the hub has yet to tell of what was sent to the group before that. A session that entered now
// would get it.
func TestKnownGroupsComeAfterTheSink(t *testing.T) {
	nc := kvtest.Server(t)
	s, err := Open(t.Context(), nc, Options{MaxPairs: 300, Alone: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	told, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	running.Go(func() {
		_ = s.Run(ctx, func(Delta) {
			once.Do(func() { close(told) })
			<-release
		})
	})
	defer running.Wait()
	defer stop()
	listed(t, s)
	makeGroup(t, s, "other", "bob")
	<-told
	makeGroup(t, s, "team", "ann") // the tail has yet to see it
	hurry, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if groups, err := s.KnownGroups(hurry, "ann"); !errors.Is(err, ErrUnavailable) {
		t.Errorf("before the sink has returned: %v, %v", groups, err)
	}
	close(release)
	known(t, s, "ann", "team")
}

// TestKnownGroupsOfAnotherBucket: the bucket is deleted and made anew, as when a backup is put in
// its place. Nobody is a member of what is gone, also where nothing has told the hub so.
func TestKnownGroupsOfAnotherBucket(t *testing.T) {
	nc := kvtest.Server(t)
	s, deltas := open(t, nc, Options{})
	makeGroup(t, s, "team", "ann")
	listed(t, s)
	known(t, s, "ann", "team")
	js, err := nc.JetStream()
	if err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteStream("KV_exthub_0"); err != nil {
		t.Fatal(err)
	}
	until(t, deltas, func(d Delta) bool { return d.Reset })
	makeGroup(t, s, "other", "bob")
	listed(t, s)
	known(t, s, "ann")
	known(t, s, "bob", "other")
}

// TestKnownGroupsAfterAnAbsence: a hub stood still for so long that it can't catch up. What it
// missed meanwhile, its roster has missed too.
func TestKnownGroupsAfterAnAbsence(t *testing.T) {
	nc := kvtest.Server(t)
	s, deltas := open(t, nc, Options{})
	makeGroup(t, s, "team", "ann")
	listed(t, s)
	sh := s.shards[0]
	sh.roster.mu.Lock()
	clear(sh.roster.hints) // missed
	sh.roster.n = 0
	sh.roster.mu.Unlock()
	sh.tail.mu.Lock()
	sh.tail.alive = time.Now().Add(-2 * outage)
	sh.tail.mu.Unlock()
	stream := stream(t, nc)
	for name := range stream.ConsumerNames(t.Context()).Name() {
		if err := stream.DeleteConsumer(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	until(t, deltas, func(d Delta) bool { return d.Reset })
	listed(t, s)
	known(t, s, "ann", "team")
}

// TestRosterIsBounded: somebody makes groups until the list of members would fill the hub's memory.
// It is given up, and logins ask NATS as if there were none.
func TestRosterIsBounded(t *testing.T) {
	s, _ := open(t, kvtest.Server(t), Options{})
	listed(t, s)
	r := s.shards[0].roster
	r.limit = 3
	for i := range 5 {
		makeGroup(t, s, fmt.Sprint("team", i), "ann")
	}
	if hints, complete := r.appendTo(nil, "ann"); complete || len(hints) > 0 {
		t.Errorf("%d hints, complete: %v", len(hints), complete)
	}
	known(t, s, "ann", "team0", "team1", "team2", "team3", "team4")
	known(t, s, "bob")
}

// TestHintsComeInAnyOrder: the roster hears of a hint from this hub's commit, from the tail and
// from a load, each at its own time. What is older never counts, and a hint that is found to be
// wrong takes no newer one with it.
func TestHintsComeInAnyOrder(t *testing.T) {
	r := newRoster(nil, 1<<20)
	entry := func(revision uint64, deleted bool) bucket.Entry {
		return bucket.Entry{Key: "u.ann.team", Revision: revision, Deleted: deleted}
	}
	check := func(want ...uint64) {
		t.Helper()
		hints, _ := r.appendTo(nil, "ann")
		var got []uint64
		for _, h := range hints {
			got = append(got, h.revision)
		}
		if !slices.Equal(got, want) || r.n != len(want) {
			t.Errorf("hints of %v, %d in all; want %v", got, r.n, want)
		}
	}
	r.apply(entry(5, false))
	r.apply(entry(3, false))
	r.apply(entry(4, true))
	check(5)
	wrong, _ := r.appendTo(nil, "ann")
	r.apply(entry(7, false))
	r.drop("ann", wrong[0])
	check(7)
	r.apply(entry(8, true))
	r.apply(entry(8, true))
	check()
	r.apply(entry(9, false))
	wrong, _ = r.appendTo(nil, "ann")
	r.drop("ann", wrong[0])
	check()
	for _, key := range []string{"u.ann", "u.", "g.team._.u.ann", "n.ann"} {
		r.apply(bucket.Entry{Key: key, Revision: 20})
	}
	check()
}
