package kv

import (
	"context"
	"slices"
	"sync"
)

// applied is the revision up to which the tail has handed everything out. The zero value is the
// beginning of the stream, with no tail running.
type applied struct {
	mu       sync.Mutex
	revision uint64
	running  bool          // there is a tail
	waiters  []appliedWait // in rising revision
}

type appliedWait struct {
	revision uint64
	done     chan struct{} // closed when the tail is there, or when it stops
	anyway   bool          // also while there is no tail
}

func (a *applied) get() uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.revision
}

// advance sets the revision and wakes those who wait for it.
func (a *applied) advance(to uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.revision = to
	n := 0
	for n < len(a.waiters) && a.waiters[n].revision <= to {
		close(a.waiters[n].done)
		n++
	}
	a.waiters = slices.Delete(a.waiters, 0, n)
}

// setRunning notes whether the tail runs. When it stops, waits that are not to outlast it end.
func (a *applied) setRunning(running bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.running = running; running {
		return
	}
	a.waiters = slices.DeleteFunc(a.waiters, func(w appliedWait) bool {
		if !w.anyway {
			close(w.done)
		}
		return !w.anyway
	})
}

// wait returns nil once revision is applied, or ctx's error. If the tail is down it waits for its
// return.
func (a *applied) wait(ctx context.Context, revision uint64) error {
	w := a.waitFor(revision, true)
	select {
	case <-w:
		return nil // the common case: ctx.Done would make a channel
	default:
	}
	select {
	case <-w:
		return nil
	case <-ctx.Done():
		a.mu.Lock()
		defer a.mu.Unlock()
		a.waiters = slices.DeleteFunc(a.waiters, func(other appliedWait) bool { return other.done == w })
		return ctx.Err()
	}
}

// waitWhileRunning waits until revision is applied or the tail stops, and reports whether it is
// applied. It needs no context: a tail that hangs ends after two missed heartbeats.
func (a *applied) waitWhileRunning(revision uint64) bool {
	<-a.waitFor(revision, false)
	return a.get() >= revision
}

// waitFor returns a channel that is closed when the wait is over. Most callers wait for the newest
// revision, so the place in the queue is searched from its end.
func (a *applied) waitFor(revision uint64, anyway bool) <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.revision >= revision || !a.running && !anyway {
		return closed
	}
	i := len(a.waiters)
	for i > 0 && a.waiters[i-1].revision > revision {
		i--
	}
	done := make(chan struct{})
	a.waiters = slices.Insert(a.waiters, i, appliedWait{revision, done, anyway})
	return done
}

// closed is what waitFor returns if there is nothing to wait for.
var closed = func() chan struct{} { c := make(chan struct{}); close(c); return c }()
