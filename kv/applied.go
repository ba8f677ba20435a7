package kv

import (
	"context"
	"slices"
	"sync"
)

// applied is how far the tail has come: everything up to it has been handed out. The zero value is the begin of the stream, with no tail.
type applied struct {
	mu       sync.Mutex
	revision uint64
	running  bool          // somebody tails
	waiters  []appliedWait // in rising revision
}

type appliedWait struct {
	revision uint64
	done     chan struct{} // closed when the tail is there, or when nobody tails any more
	anyway   bool          // waits also while nobody tails
}

func (a *applied) get() uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.revision
}

// advance sets the revision and wakes whoever waited for it.
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

// setRunning says whether somebody tails. When nobody does any more, those who would not wait for that are woken.
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

// wait returns nil when the tail is at revision or beyond, or ctx's error. While nobody tails it waits for somebody to go on.
func (a *applied) wait(ctx context.Context, revision uint64) error {
	w := a.waitFor(revision, true)
	select {
	case <-w:
		return nil // asking for Done would make a channel
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

// waitWhileRunning waits until the tail is at revision or beyond, as long as somebody tails, and reports whether it is. A tail that hangs ends after two heartbeats.
func (a *applied) waitWhileRunning(revision uint64) bool {
	<-a.waitFor(revision, false)
	return a.get() >= revision
}

// waitFor returns a channel that is closed when the wait is over. Most wait for what is coming next, so their places are found from behind.
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

// closed is what waitFor returns for a wait that is over.
var closed = func() chan struct{} { c := make(chan struct{}); close(c); return c }()
