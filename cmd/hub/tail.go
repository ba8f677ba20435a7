package main

import (
	"context"
	"fmt"

	"exthub/kv"
)

// tail is the goroutine that hands every committed change to the fan-out.
type tail struct {
	stop context.CancelFunc
	done chan struct{}
}

// startTail starts the goroutine. If it ends by itself, failed gets the reason.
func startTail(store *kv.Store, sink func(kv.Delta), failed chan<- error) *tail {
	ctx, stop := context.WithCancel(context.Background())
	t := &tail{stop, make(chan struct{})}
	go func() {
		defer close(t.done)
		if err := store.Run(ctx, sink); ctx.Err() == nil {
			failed <- fmt.Errorf("the tail of the store ended: %w", err)
		}
	}()
	return t
}

// close stops the goroutine and waits for the change that it is handing over.
func (t *tail) close() {
	t.stop()
	<-t.done
}
