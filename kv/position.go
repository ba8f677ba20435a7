package kv

import (
	"context"
	"sync"
)

// position is how far the tail has come: everything up to it has been handed out. The zero value is the begin of the stream.
type position struct {
	mu      sync.Mutex
	at      uint64
	waiters map[chan struct{}]uint64 // what each waits for
}

func (p *position) get() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.at
}

// move sets the position and wakes whoever waited for it.
func (p *position) move(to uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at = to
	for waiter, revision := range p.waiters {
		if revision <= to {
			close(waiter)
			delete(p.waiters, waiter)
		}
	}
}

// wait returns nil when the position is at revision or beyond, or ctx's error.
func (p *position) wait(ctx context.Context, revision uint64) error {
	p.mu.Lock()
	if p.at >= revision {
		p.mu.Unlock()
		return nil
	}
	if p.waiters == nil {
		p.waiters = make(map[chan struct{}]uint64)
	}
	waiter := make(chan struct{})
	p.waiters[waiter] = revision
	p.mu.Unlock()
	select {
	case <-waiter:
		return nil
	case <-ctx.Done():
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.waiters, waiter)
		return ctx.Err()
	}
}
