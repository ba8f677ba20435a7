package hub

import (
	"context"
	"sync"
	"time"
)

// patience is the context of a request: it ends when the request has taken too long, or with the hub. Nearly every request is over before anybody waits for that, and
// then it has cost no timer, no channel and no place in a list that all requests share, which together are a good part of what the hub itself does for one.
type lazyContext struct {
	context.Context // of the hub
	until           time.Time

	mu     sync.Mutex
	waited context.Context // what Done made; nil before
	cancel context.CancelFunc
}

// newPatience returns a context that ends after d. Its done has to be called when it is no longer needed.
func newLazyContext(hub context.Context, d time.Duration) *lazyContext {
	return &lazyContext{Context: hub, until: time.Now().Add(d)}
}

func (p *lazyContext) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cancel != nil {
		p.cancel()
	}
}

// Deadline returns when the request has taken too long.
func (p *lazyContext) Deadline() (time.Time, bool) { return p.until, true }

// Done makes the timer that nobody has needed so far.
func (p *lazyContext) Done() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waited == nil {
		p.waited, p.cancel = context.WithDeadline(p.Context, p.until)
	}
	return p.waited.Done()
}

// Err returns why the request has to end, or nil.
func (p *lazyContext) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.waited != nil:
		return p.waited.Err()
	case p.Context.Err() != nil:
		return p.Context.Err()
	case time.Now().After(p.until):
		return context.DeadlineExceeded
	}
	return nil
}

// Value is asked by contexts made of this one, which find the timer's that way instead of starting a goroutine to wait for it.
func (p *lazyContext) Value(key any) any {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waited != nil {
		return p.waited.Value(key)
	}
	return p.Context.Value(key)
}
