package kv

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"exthub/kv/kvtest"
)

// stores opens several Stores on one server, as several hubs would.
func stores(t *testing.T, n int) []*Store {
	t.Helper()
	node := kvtest.Start(t)
	list := make([]*Store, n)
	for i := range list {
		list[i], _ = open(t, node.Connect(t), Options{})
	}
	return list
}

// Of any number of writers with the same Seq exactly one wins, on one hub and on two.
func TestOneWinnerPerSeq(t *testing.T) {
	hubs := stores(t, 2)
	ref := poll(t, hubs[0])
	seq := uint64(0)
	for round := range 300 {
		var mu sync.Mutex
		var winners []uint64
		var wg sync.WaitGroup
		for writer := range 6 {
			wg.Go(func() {
				got, err := set(hubs[writer%2], ref, "k", fmt.Sprint(round, writer), seq)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					winners = append(winners, got)
				case !errors.Is(err, errConflict):
					t.Errorf("round %d: %v", round, err)
				}
			})
		}
		wg.Wait()
		if len(winners) != 1 {
			t.Fatalf("round %d: %d winners", round, len(winners))
		}
		seq = winners[0]
	}
}

// A message never holds more than its limit, however many writers add at once; deleted pairs make
// room.
func TestLimitHolds(t *testing.T) {
	const limit = 20
	hubs := stores(t, 3)
	ref := poll(t, hubs[0])
	toggle := func(s *Store, key string) {
		_, err := s.Update(context.Background(), ref, func(m *Txn) (Change, error) {
			if !m.Pair(key).Deleted {
				return Change{Writes: []Write{{Key: key, Delete: true}}}, nil
			}
			if m.Live() >= limit {
				return Change{}, errFull
			}
			return Change{Writes: []Write{{Key: key, Value: "v"}}}, nil
		})
		if err != nil && !errors.Is(err, errFull) {
			t.Error(err)
		}
	}
	var wg sync.WaitGroup
	for writer := range 9 {
		wg.Go(func() {
			for i := range 60 {
				toggle(hubs[writer%3], fmt.Sprint(writer, "-", i%7))
			}
		})
	}
	wg.Wait()
	stored, upTo := truth(t, hubs[0], ref)
	if stored.Live() > limit {
		t.Fatalf("%d pairs, limit %d", stored.Live(), limit)
	}
	for i, h := range hubs {
		inspect(t, h, ref, upTo, func(m *Message) {
			if m.Live() != stored.Live() {
				t.Errorf("hub %d sees %d pairs, the bucket has %d", i, m.Live(), stored.Live())
			}
		})
	}
}

// With many writers on one message, each on its own key, nothing is lost, and every writer is told
// the revision that its pair has.
func TestManyWriters(t *testing.T) {
	for _, options := range []Options{{}, {SyncAlways: true}} {
		s, _ := open(t, kvtest.Server(t), options)
		ref := poll(t, s)
		var wg sync.WaitGroup
		got := make([]uint64, 200)
		for i := range got {
			wg.Go(func() {
				var err error
				if got[i], err = set(s, ref, fmt.Sprint("voter", i), "1", 0); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		s.shards[0].cache.reset()
		pairs := read(t, s, ref, 0)
		if len(pairs) != len(got) {
			t.Fatalf("%d pairs of %d", len(pairs), len(got))
		}
		for _, p := range pairs {
			var i int
			fmt.Sscanf(p.Key, "voter%d", &i)
			if got[i] != p.Seq {
				t.Errorf("%s: acknowledged %d, has %d", p.Key, got[i], p.Seq)
			}
		}
	}
}

// On a replicated stream everything is committed in batches; a leader that steps down in between
// costs time, not truth.
func TestReplicated(t *testing.T) {
	cluster := kvtest.NewCluster(t, 3)
	options := Options{Replicas: 3}
	a, _ := open(t, cluster.Connect(t), options)
	b, _ := open(t, cluster.Connect(t), options)
	ref := poll(t, a)
	admin := cluster.Connect(t)
	var wg sync.WaitGroup
	acked := make([]map[string]uint64, 6)
	for writer := range acked {
		acked[writer] = make(map[string]uint64)
		wg.Go(func() {
			for i := range 30 {
				key := fmt.Sprint(writer, "-", i)
				seq, err := set([]*Store{a, b}[writer%2], ref, key, "v", 0)
				switch {
				case err == nil:
					acked[writer][key] = seq
				case !errors.Is(err, ErrUnknown) && !errors.Is(err, ErrUnavailable):
					t.Error(err)
				}
			}
		})
	}
	if err := cluster.StepDown(admin, "KV_exthub_0"); err != nil {
		t.Error(err)
	}
	wg.Wait()
	all := make(map[string]uint64)
	highest := uint64(0)
	for _, own := range acked {
		for key, seq := range own {
			all[key], highest = seq, max(highest, seq)
		}
	}
	for i, s := range []*Store{a, b} {
		inspect(t, s, ref, highest, func(m *Message) {
			for key, seq := range all {
				if p := m.Pair(key); p.Seq != seq {
					t.Errorf("hub %d: %s acknowledged at %d, is %+v", i, key, seq, p)
				}
			}
		})
	}
}

// A decision that writes nothing rests on the truth too: a refusal, or an answer that all is as
// wanted, is right on every hub.
func TestRefusalsAreCurrent(t *testing.T) {
	hubs := stores(t, 2)
	ref := poll(t, hubs[0])
	seq := uint64(0)
	for round := range 200 {
		var err error
		if seq, err = set(hubs[round%2], ref, "k", fmt.Sprint(round), seq); err != nil {
			t.Fatal(err)
		}
		var saw Pair
		commit, err := hubs[(round+1)%2].Update(t.Context(), ref, func(m *Txn) (Change, error) {
			saw = m.Pair("k")
			return Change{}, nil
		})
		if err != nil || saw.Seq != seq || commit.Latest != seq {
			t.Fatalf("round %d: the other hub decided on %+v, latest %d, %v; acknowledged was %d",
				round, saw, commit.Latest, err, seq)
		}
		fresh := poll(t, hubs[0])
		if err := hubs[1].Read(t.Context(), fresh, 0, func(m *Message) {
			if m.Record() == nil {
				t.Errorf("round %d: the other hub does not know %s", round, fresh.ID())
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
}
