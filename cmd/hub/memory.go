package main

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// The collector lets the heap grow to twice what is alive and keeps that, so a hub would hold for hours what the rush of a morning's logins took for a second.
// When it is quiet the rest goes back to the system.
const (
	memoryLook  = 5 * time.Second
	quietBytes  = 40 << 20 // allocated between two looks: some thousand sessions that say ping, not a rush
	spareMemory = 16 << 20 // too little to care
)

// heap is what the runtime says of the heap at a moment, in bytes.
type heap struct {
	held      uint64 // by the process: alive, garbage and free
	live      uint64 // at the last collection
	allocated uint64 // since the start
}

func readHeap() heap {
	samples := []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/unused:bytes"}, {Name: "/memory/classes/heap/free:bytes"},
		{Name: "/gc/heap/live:bytes"}, {Name: "/gc/heap/allocs:bytes"},
	}
	metrics.Read(samples)
	value := func(i int) uint64 { return samples[i].Value.Uint64() }
	return heap{held: value(0) + value(1) + value(2), live: value(3), allocated: value(4)}
}

// wasteful reports whether little was allocated since before and much more is held than was alive.
func (h heap) wasteful(before heap) bool {
	return h.allocated-before.allocated < quietBytes && h.held > h.live+h.live/4+spareMemory
}

// returnMemory gives memory back in quiet moments until ctx ends.
func returnMemory(ctx context.Context) {
	tick := time.NewTicker(memoryLook)
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
