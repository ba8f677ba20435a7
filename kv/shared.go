package kv

import (
	"context"
	"sync"
)

// shared asks one question for many callers: all who come while it is being asked share the next
// answer. Each gets one to a question that was asked after it came.
type shared[T any] struct {
	asking chan struct{} // held by the caller that asks

	mu   sync.Mutex
	next *sharedAnswer[T] // of those who wait
}

type sharedAnswer[T any] struct {
	value T
	err   error
	done  chan struct{} // closed when the answer is there
}

func newShared[T any]() *shared[T] { return &shared[T]{asking: make(chan struct{}, 1)} }

// get returns what ask does, or ctx's error. ask outlives the caller that happens to ask.
func (s *shared[T]) get(ctx context.Context, ask func(context.Context) (T, error)) (value T, err error) {
	s.mu.Lock()
	if s.next == nil {
		s.next = &sharedAnswer[T]{done: make(chan struct{})}
	}
	mine := s.next
	s.mu.Unlock()
	select {
	case <-mine.done:
		return mine.value, mine.err
	case <-ctx.Done():
		return value, ctx.Err()
	case s.asking <- struct{}{}:
	}
	defer func() { <-s.asking }()
	s.mu.Lock()
	if s.next != mine { // another caller has asked for both
		s.mu.Unlock()
		<-mine.done
		return mine.value, mine.err
	}
	s.next = nil
	s.mu.Unlock()
	mine.value, mine.err = ask(context.WithoutCancel(ctx))
	close(mine.done)
	return mine.value, mine.err
}
