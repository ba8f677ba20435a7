package main

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// The garbage collector lets the heap grow to twice what is alive, and keeps that memory. That is
// too little for a hub whose few sessions write much: little is alive, and it would collect dozens
// of times a second. And it is too much after the rush of a morning's logins: a hub would hold for
// hours what they needed for a second. So the heap may always grow by some room, and when the hub
// is quiet the unused rest goes back to the system.
const (
	heapCheckInterval = 5 * time.Second
	minHeapGrowth     = 32 << 20 // the heap may always grow by this between two collections
	tolerableWaste    = 8 << 20  // too little to return
	// Memory is returned that would not be used again within so many checks. To return what the
	// next login takes again costs a collection, and page faults.
	unusedChecks = 4
)

// heap is the state of the heap at a moment, in bytes.
type heap struct {
	// Alive, garbage and free: all but the gaps between what is alive, which can't be given back
	held      uint64
	live      uint64 // at the last collection
	allocated uint64 // since the start
}

func readHeap() heap {
	samples := []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/free:bytes"},
		{Name: "/gc/heap/live:bytes"}, {Name: "/gc/heap/allocs:bytes"},
	}
	metrics.Read(samples)
	value := func(i int) uint64 { return samples[i].Value.Uint64() }
	return heap{held: value(0) + value(1), live: value(2), allocated: value(3)}
}

// wasteful reports whether much more is held than was alive, and would not be used for long at the
// pace since the check before.
func (h heap) wasteful(before heap) bool {
	waste := int64(h.held) - int64(h.live)
	used := int64(h.allocated - before.allocated)
	return waste > int64(h.live/4+tolerableWaste) && used < waste/unusedChecks
}

// growth returns the percentage that the heap may grow by between two collections: GOGC.
func (h heap) growth() int {
	return int(max(100, min(100*minHeapGrowth/max(h.live, 1), 1000)))
}

// manageHeap adjusts GOGC and returns unused memory to the system until ctx ends.
func manageHeap(ctx context.Context) {
	if os.Getenv("GOGC") == "" { // an operator's setting is kept
		growth := 100
		afterCollections(ctx, func() {
			// A change stops the world for a moment, so small ones are not made.
			if want := readHeap().growth(); want > growth*5/4 || want < growth*4/5 {
				debug.SetGCPercent(want)
				growth = want
			}
		})
	}
	tick := time.NewTicker(heapCheckInterval)
	defer tick.Stop()
	for before := readHeap(); ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := readHeap()
		if now.wasteful(before) {
			debug.FreeOSMemory()
		}
		before = now
	}
}

// afterCollections calls fn after each garbage collection, one call at a time, until ctx ends. The
// runtime announces collections in no other way than by cleaning up what is unreachable.
func afterCollections(ctx context.Context, fn func()) {
	// Objects without a pointer share a block, and may stay reachable with it
	type unused struct{ _ *byte }
	runtime.AddCleanup(new(unused), func(struct{}) {
		if ctx.Err() == nil {
			fn()
			afterCollections(ctx, fn)
		}
	}, struct{}{})
}
