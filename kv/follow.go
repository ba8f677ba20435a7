package kv

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"
)

// Follower hears of every message whose pairs change, at least once, also across restarts: where it stands is kept in the store, under its name, from the
// first Follow on. Of all hubs that follow under one name, one does at a time; when it stops or is lost, another goes on.
//
// A follower that is behind reads, like everybody, what is in the bucket by then: values that were overwritten meanwhile fold into the newest.
type Follower struct {
	Name string // letters, digits and -

	// Hear is called for one message at a time per shard. It returns the Seq up to which it has dealt with the news; what is left comes again. If it returns
	// an error, all of it comes again after a pause.
	Hear func(ctx context.Context, news News) (through uint64, err error)

	Timeout            time.Duration // of one call of Hear; 5 s if zero
	MinPause, MaxPause time.Duration // after the first failure in a row, and after many; 100 ms and 15 s if zero
}

// News is what of a message has changed since the follower last heard of it. What it heard before may come again after a restart.
type News struct {
	Ref       Ref
	Pairs     []Pair    // in rising Seq, deletions among them; those that a clear has deleted are not
	ClearSeq  uint64    // not 0: the message was cleared at this revision, before anything in Pairs
	PurgedSeq uint64    // deletions at or below it are not listed
	Time      time.Time // when the first of it was committed
	Behind    uint64    // changes that wait behind it in this shard
}

func (f Follower) withDefaults() Follower {
	for field, value := range map[*time.Duration]time.Duration{&f.Timeout: 5 * time.Second, &f.MinPause: 100 * time.Millisecond, &f.MaxPause: 15 * time.Second} {
		if *field == 0 {
			*field = value
		}
	}
	return f
}

// Follow lets f hear of changes until ctx ends. The store's Run must be running. While the store is out of reach it tries again and again.
func (s *Store) Follow(ctx context.Context, f Follower) error {
	f = f.withDefaults()
	group, ctx := errgroup.WithContext(ctx)
	for _, sh := range s.shards {
		group.Go(func() error { return (&following{Follower: f, store: s, sh: sh}).run(ctx) })
	}
	if err := group.Wait(); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}
