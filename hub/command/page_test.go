package command_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"exthub/hub/command"
	"exthub/kv"
	"exthub/kv/kvtest"
)

// run opens a store on a server of its own and runs it until the test ends.
func run(t *testing.T, options kv.Options) *kv.Store {
	t.Helper()
	return runOn(t, kvtest.Server(t), options)
}

func runOn(t *testing.T, nc *nats.Conn, options kv.Options) *kv.Store {
	t.Helper()
	store, err := kv.Open(t.Context(), nc, options)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- store.Run(ctx, func(kv.Delta) {}) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		store.Close()
	})
	return store
}

func newCommands(store *kv.Store) *command.Commands {
	return command.New(store, command.Options{
		Limits:          command.Limits{Extensions: 300, PerRequest: 20, KeyBytes: 100, ValueBytes: 1000},
		MaxGroupMembers: 6000, Now: time.Now,
	})
}

func heapInUse() int {
	var stats runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return int(stats.HeapAlloc)
}

// A member asks for the pairs of many messages from many startSeq on, with long keys and values in
// them, and each answer is kept for the next who asks. What is kept counts: the cache stays within
// its limit, and so does the heap.
func TestManyStartSeqs(t *testing.T) {
	const limit, messages, pairs = 8 << 20, 20, 200
	store := run(t, kv.Options{MaxPairs: 300, CacheBytes: limit})
	c := newCommands(store)
	ann := command.Caller{UserID: "ann"}
	ids, firsts := make([]kv.MessageID, messages), make([]uint64, messages)
	for i := range messages {
		sent, err := c.SendMessage(t.Context(), ann, command.SendMessage{
			To: "bob", Type: "TIMTextElem", Payload: command.Payload{Text: "x"}, IsSupportExtension: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		ids[i] = sent.Ref.ID()
		commit, err := store.Update(t.Context(), sent.Ref, func(*kv.Txn) (kv.Change, error) {
			var change kv.Change
			for k := range pairs {
				// Each byte takes six in JSON
				change.Writes = append(change.Writes, kv.Write{
					Key: fmt.Sprintf("%0100d", k), Value: strings.Repeat("\x01", 1000),
				})
			}
			return change, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		firsts[i] = commit.Seq
	}
	read := func(i int, start uint64) {
		page, err := c.GetExtensions(t.Context(), ann, command.GetExtensions{MessageID: ids[i], StartSeq: int64(start)})
		if err != nil {
			t.Fatal(err)
		}
		page.Encoded(func(p *command.Page) []byte {
			b, err := json.Marshal(p.Pairs)
			if err != nil {
				t.Fatal(err)
			}
			return b
		})
	}
	for i := range messages {
		read(i, firsts[i]+pairs-1) // so that the server, in this process, has read them too
	}
	before := heapInUse()
	for start := range uint64(32) {
		for i := range messages {
			read(i, firsts[i]+start)
		}
		if bytes := store.Stats().CacheBytes; bytes > limit {
			t.Fatalf("the cache takes %d KiB, its limit is %d", bytes>>10, limit>>10)
		}
	}
	grown := heapInUse() - before
	t.Logf("the heap has grown by %d KiB, the cache takes %d", grown>>10, store.Stats().CacheBytes>>10)
	if grown > 2*limit {
		t.Errorf("the heap has grown by %d KiB with a cache of %d", grown>>10, limit>>10)
	}
}
