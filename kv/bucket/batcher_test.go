package bucket

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

// Callers that ask at the same time share one request and get what each asked for. A caller that
// gives up takes nobody's answer along.
func TestQueriesShareARequest(t *testing.T) {
	nc := kvtest.Server(t)
	b := open(t, nc)
	for i := range 20 {
		put(t, b, fmt.Sprintf("u.ann.team%d", i), fmt.Sprintf("u.user%d.team%d", i, i), fmt.Sprintf("g.team%d._.i", i))
	}
	var requests atomic.Int64
	sub, err := nc.Subscribe("$JS.API.DIRECT.GET.KV_test", func(*nats.Msg) { requests.Add(1) })
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Unsubscribe()

	batcher := NewBatcher(b)
	batcher.asking <- struct{}{} // another request is under way
	hurry, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := batcher.Await(hurry, batcher.Enqueue("u.bob.*")); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	var asking sync.WaitGroup
	for i := range 40 {
		begun := batcher.Enqueue("u.ann.*", fmt.Sprintf("g.team%d._.i", i))
		asking.Go(func() {
			found, err := batcher.Await(t.Context(), begun)
			keys := make([]string, len(found.Entries))
			for i, e := range found.Entries {
				keys[i] = e.Key
			}
			own := slices.Contains(keys, fmt.Sprintf("g.team%d._.i", i))
			want := 20 + min(1, max(0, 20-i))
			if err != nil || len(keys) != want || own != (i < 20) || found.UpTo < b.Seen() {
				t.Errorf("Lookup %d: %d keys %v up to %d, %v", i, len(keys), keys, found.UpTo, err)
			}
		})
	}
	<-batcher.asking
	asking.Wait()
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	if n := requests.Load(); n != 1 {
		t.Errorf("%d requests", n)
	}
}

// What does not fit into one request is asked for in several, and nothing is lost between them.
func TestQueriesBeyondOneRequest(t *testing.T) {
	b := open(t, kvtest.Server(t))
	put(t, b, "g.team._.i")
	batcher := NewBatcher(b)
	batcher.asking <- struct{}{}
	var asking sync.WaitGroup
	for i := range 5 {
		filters := []string{"g.team._.i"}
		for len(filters) < MaxQuery {
			filters = append(filters, fmt.Sprintf("g.none%d.%d._.i", i, len(filters)))
		}
		begun := batcher.Enqueue(filters...)
		asking.Go(func() {
			if found, err := batcher.Await(t.Context(), begun); err != nil || len(found.Entries) != 1 {
				t.Errorf("Lookup %d: %v, %v", i, found.Entries, err)
			}
		})
	}
	<-batcher.asking
	asking.Wait()
}
