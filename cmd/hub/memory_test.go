package main

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
)

func TestWasteful(t *testing.T) {
	const mib = 1 << 20
	before := heap{allocated: 1000 * mib}
	for name, tt := range map[string]struct {
		now  heap
		want bool
	}{
		"AfterARush":         {heap{held: 200 * mib, live: 60 * mib, allocated: 1010 * mib}, true},
		"PeopleComeByAndBy":  {heap{held: 60 * mib, live: 30 * mib, allocated: 1015 * mib}, false},
		"StillRushing":       {heap{held: 200 * mib, live: 60 * mib, allocated: 1300 * mib}, false},
		"AsMuchAsIsAlive":    {heap{held: 70 * mib, live: 60 * mib, allocated: 1001 * mib}, false},
		"TooLittleToCare":    {heap{held: 12 * mib, live: 5 * mib, allocated: 1001 * mib}, false},
		"LargeAndSomeIsFree": {heap{held: 1200 * mib, live: 1000 * mib, allocated: 1001 * mib}, false},
	} {
		if got := tt.now.wasteful(before); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if h := readHeap(); h.held == 0 || h.allocated == 0 {
		t.Errorf("the runtime says %+v", h)
	}
}

func TestGrowth(t *testing.T) {
	const mib = 1 << 20
	for live, want := range map[uint64]int{
		0: 1000, 1 * mib: 1000, 8 * mib: 400, 16 * mib: 200, 32 * mib: 100, 1000 * mib: 100,
	} {
		if got := (heap{live: live}).growth(); got != want {
			t.Errorf("%d MiB alive: %d percent, want %d", live/mib, got, want)
		}
	}
}

func TestAfterCollections(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var called atomic.Int32
	afterCollections(ctx, func() { called.Add(1) })
	for called.Load() < 3 {
		// One that comes right after another may find that the next call is not prepared yet
		runtime.GC()
	}
}
