package kv

import (
	"context"
	"slices"
	"sync"
)

// position is how far the tail has come: everything up to it has been handed out. The zero value is the begin of the stream, with no tail.
type position struct {
	mu      sync.Mutex
	at      uint64
	running bool          // somebody tails
	waiters []appliedWait // in rising revision
}

type appliedWait struct {
	revision uint64
	done     chan struct{} // closed when the position is there, or when nobody tails any more
	anyway   bool          // waits also while nobody tails
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
	n := 0
	for n < len(p.waiters) && p.waiters[n].revision <= to {
		close(p.waiters[n].done)
		n++
	}
	p.waiters = slices.Delete(p.waiters, 0, n)
}

// run says whether somebody tails. When nobody does any more, those who would not wait for that are woken.
func (p *position) run(running bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running = running; running {
		return
	}
	p.waiters = slices.DeleteFunc(p.waiters, func(w appliedWait) bool {
		if !w.anyway {
			close(w.done)
		}
		return !w.anyway
	})
}

// wait returns nil when the position is at revision or beyond, or ctx's error. While nobody tails it waits for somebody to go on.
func (p *position) wait(ctx context.Context, revision uint64) error {
	w := p.waitFor(revision, true)
	select {
	case <-w:
		return nil // asking for Done would make a channel
	default:
	}
	select {
	case <-w:
		return nil
	case <-ctx.Done():
		p.mu.Lock()
		defer p.mu.Unlock()
		p.waiters = slices.DeleteFunc(p.waiters, func(other appliedWait) bool { return other.done == w })
		return ctx.Err()
	}
}

// reach waits until the position is at revision or beyond, as long as somebody tails, and reports whether it is. A tail that hangs ends after two heartbeats.
func (p *position) reach(revision uint64) bool {
	<-p.waitFor(revision, false)
	return p.get() >= revision
}

// waitFor returns a channel that is closed when the wait is over. Most wait for what is coming next, so their places are found from behind.
func (p *position) waitFor(revision uint64, anyway bool) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.at >= revision || !p.running && !anyway {
		return over
	}
	i := len(p.waiters)
	for i > 0 && p.waiters[i-1].revision > revision {
		i--
	}
	done := make(chan struct{})
	p.waiters = slices.Insert(p.waiters, i, appliedWait{revision, done, anyway})
	return done
}

// over is a wait that is over.
var over = func() chan struct{} { c := make(chan struct{}); close(c); return c }()
