package kv

import (
	"context"
	"sync"
)

// keyedMutex serialises this hub's writers per key, so that they do not fail each other's
// preconditions. Correctness across hubs rests on the preconditions alone.
type keyedMutex struct {
	mu    sync.Mutex
	locks map[string]*keyLock
}

type keyLock struct {
	token chan struct{}
	users int
}

// lock locks the key and returns what unlocks it, or ctx's error.
func (m *keyedMutex) lock(ctx context.Context, key string) (unlock func(), err error) {
	m.mu.Lock()
	if m.locks == nil {
		m.locks = make(map[string]*keyLock)
	}
	h := m.locks[key]
	if h == nil {
		h = &keyLock{token: make(chan struct{}, 1)}
		m.locks[key] = h
	}
	h.users++
	m.mu.Unlock()
	leave := func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if h.users--; h.users == 0 {
			delete(m.locks, key)
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
