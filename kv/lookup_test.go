package kv

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/nats-io/nats.go"

	"exthub/kv/kvtest"
)

// Those who ask at the same time are told by one request, each what he asked for; and he who does not wait for it takes nobody's answer along.
func TestLookupsShareARequest(t *testing.T) {
	nc := kvtest.Server(t)
	s, _ := open(t, nc, Options{})
	for i := range 20 {
		makeGroup(t, s, fmt.Sprint("team", i), "ann", fmt.Sprint("user", i))
	}
	var requests atomic.Int64
	sub, err := nc.Subscribe("$JS.API.DIRECT.GET.KV_exthub_0", func(*nats.Msg) { requests.Add(1) })
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Unsubscribe()

	l := s.shards[0].lookups
	l.turn <- struct{}{} // another request is under way
	hurry, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.wait(hurry, l.begin("u.bob.*")); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	var asking sync.WaitGroup
	for i := range 40 {
		begun := l.begin("u.ann.*", fmt.Sprintf("g.team%d._.i", i))
		asking.Go(func() {
			found, err := l.wait(t.Context(), begun)
			keys := make([]string, len(found.entries))
			for i, e := range found.entries {
				keys[i] = e.key
			}
			own := slices.Contains(keys, fmt.Sprintf("g.team%d._.i", i))
			if want := 20 + min(1, max(0, 20-i)); err != nil || len(keys) != want || own != (i < 20) || found.upTo < s.shards[0].seen.Load() {
				t.Errorf("lookup %d: %d keys %v up to %d, %v", i, len(keys), keys, found.upTo, err)
			}
		})
	}
	<-l.turn
	asking.Wait()
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	if n := requests.Load(); n != 1 {
		t.Errorf("%d requests", n)
	}
}

// More than fits into one request is asked for in several, and nothing is lost between them.
func TestLookupsBeyondOneRequest(t *testing.T) {
	s, _ := open(t, kvtest.Server(t), Options{})
	makeGroup(t, s, "team", "ann")
	l := s.shards[0].lookups
	l.turn <- struct{}{}
	var asking sync.WaitGroup
	for i := range 5 {
		filters := []string{"g.team._.i"}
		for len(filters) < maxLookup {
			filters = append(filters, fmt.Sprintf("g.none%d.%d._.i", i, len(filters)))
		}
		begun := l.begin(filters...)
		asking.Go(func() {
			if found, err := l.wait(t.Context(), begun); err != nil || len(found.entries) != 1 {
				t.Errorf("lookup %d: %v, %v", i, found.entries, err)
			}
		})
	}
	<-l.turn
	asking.Wait()
}

// TestGroupsOfManyAtOnce: everybody is told of his own groups, and of those that were made before he asked.
func TestGroupsOfManyAtOnce(t *testing.T) {
	s, _ := open(t, kvtest.Server(t), Options{Shards: 4})
	var users sync.WaitGroup
	for i := range 64 {
		users.Go(func() {
			user := fmt.Sprint("user", i)
			for n := range 5 {
				makeGroup(t, s, fmt.Sprintf("%s-%d", user, n), user)
				if groups, err := s.Groups(t.Context(), user); err != nil || len(groups) != n+1 {
					t.Errorf("%s after %d groups: %v, %v", user, n+1, groups, err)
				}
			}
		})
	}
	users.Wait()
}
