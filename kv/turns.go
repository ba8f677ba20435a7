package kv

import (
	"context"
	"errors"
)

// ReaderKey is the key of the value of a context that names the user for whom something is read.
type ReaderKey struct{}

// turns bounds what is read from the bucket at a time: so many reads in all, and one for each user.
// A user with a hundred sessions waits for itself, and the others wait for at most one read of
// each user before them.
type turns struct {
	all  chan struct{}
	each keyedMutex
}

func newTurns(n int) *turns { return &turns{all: make(chan struct{}, n)} }

// take waits for a turn and returns what ends it, or ErrUnavailable if ctx ends first.
func (t *turns) take(ctx context.Context) (end func(), err error) {
	unlock := func() {}
	if user, ok := ctx.Value(ReaderKey{}).(string); ok {
		if unlock, err = t.each.lock(ctx, user); err != nil {
			return nil, errors.Join(ErrUnavailable, err)
		}
	}
	select {
	case t.all <- struct{}{}:
		return func() { <-t.all; unlock() }, nil
	case <-ctx.Done():
		unlock()
		return nil, errors.Join(ErrUnavailable, ctx.Err())
	}
}
