package kv

import (
	"context"
	"sync"
)

// turns lets one after the other work on the same thing on this hub, so that they don't refuse each other at the fence. It is no lock of the data: writers on
// other hubs are kept apart by the fence alone.
type turns struct {
	mu      sync.Mutex
	holders map[string]*turn
}

type turn struct {
	token chan struct{}
	users int
}

// lock waits for the turn and returns what ends it, or ctx's error.
func (t *turns) lock(ctx context.Context, name string) (release func(), err error) {
	t.mu.Lock()
	if t.holders == nil {
		t.holders = make(map[string]*turn)
	}
	h := t.holders[name]
	if h == nil {
		h = &turn{token: make(chan struct{}, 1)}
		t.holders[name] = h
	}
	h.users++
	t.mu.Unlock()
	leave := func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if h.users--; h.users == 0 {
			delete(t.holders, name)
		}
	}
	select {
	case h.token <- struct{}{}:
		return func() { <-h.token; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}
