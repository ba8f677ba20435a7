package hub

import (
	"context"
	"sync"
	"time"
)

// lazyContext ends with the request's deadline or with the hub. It starts a timer only when Done is
// called, which most requests never do: they cost no timer, no channel and no entry in the hub
// context's list of children, which all requests share.
type lazyContext struct {
	context.Context // of the hub
	until           time.Time

	mu     sync.Mutex
	waited context.Context // made by the first Done; nil before
	cancel context.CancelFunc
}

// newLazyContext returns a context that ends after d. Its stop must be called when the request is
// over.
func newLazyContext(hub context.Context, d time.Duration) *lazyContext {
	return &lazyContext{Context: hub, until: time.Now().Add(d)}
}

// stop releases the timer, if there is one.
func (p *lazyContext) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cancel != nil {
		p.cancel()
	}
}

// Deadline returns when the request's time is over.
func (p *lazyContext) Deadline() (time.Time, bool) { return p.until, true }

// Done returns the channel that is closed at the end. The first call starts the timer.
func (p *lazyContext) Done() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waited == nil {
		p.waited, p.cancel = context.WithDeadline(p.Context, p.until)
	}
	return p.waited.Done()
}

// Err returns why the request must end, or nil. It needs no timer.
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

// Value asks the timer's context, if there is one. Package context finds a parent's cancel function
// through Value; with it, a context derived from this one needs no goroutine of its own to wait.
func (p *lazyContext) Value(key any) any {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waited != nil {
		return p.waited.Value(key)
	}
	return p.Context.Value(key)
}
