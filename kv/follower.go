package kv

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"
)

// Follower hears of every message that is recalled or whose pairs change, at least once, across
// restarts: its place is kept in the store, under its name, from the first Follow on. Of all hubs
// that follow under one name one is served at a time; if it stops or is lost, another goes on.
//
// A Follower that is behind reads what the bucket holds by then, as every reader does: values that
// were overwritten meanwhile fold into the newest.
type Follower struct {
	Name string // letters, digits and -

	// Hear is called for one message at a time per shard. It returns the Seq up to which it has
	// dealt with the news; the rest comes again. If it returns an error, all of it comes again
	// after a pause.
	Hear func(ctx context.Context, news News) (through uint64, err error)

	Timeout  time.Duration // of one call of Hear; 5 s if zero
	MinPause time.Duration // after a failure; 100 ms if zero
	MaxPause time.Duration // after many failures in a row; 15 s if zero
}

// News is what has changed in a message since the Follower last heard of it. After a restart, what
// it heard before may come again.
type News struct {
	Ref Ref
	// In rising Seq, deletions among them; those that a clear has deleted are not
	Pairs     []Pair
	ClearSeq  uint64    // not 0: the message was cleared at this revision, before anything in Pairs
	Recalled  *Recall   // the message was recalled, at ClearSeq; there are no Pairs then
	PurgedSeq uint64    // deletions at or below it are not listed
	ClosedSeq uint64    // not 0: the message was closed at this revision, after everything in Pairs
	Time      time.Time // when the first of it was committed
	Poll      *Poll     // the message as it is now, if it has rules; nil otherwise
}

func (f Follower) withDefaults() Follower {
	f.Timeout = cmp.Or(f.Timeout, 5*time.Second)
	f.MinPause = cmp.Or(f.MinPause, 100*time.Millisecond)
	f.MaxPause = cmp.Or(f.MaxPause, 15*time.Second)
	return f
}

// Following is a Follower at work.
type Following struct{ shards []*shardFollower }

// Follow gives f its place in the store, unless it has one. Once Run is called, f hears of
// everything that was written from then on.
func (s *Store) Follow(ctx context.Context, f Follower) (*Following, error) {
	all := new(Following)
	for _, sh := range s.shards {
		one := &shardFollower{Follower: f.withDefaults(), store: s, sh: sh, heard: make(map[Ref]uint64)}
		if _, err := one.open(ctx); err != nil {
			return nil, fmt.Errorf("%w: follow %s: %w", ErrUnavailable, sh.bucket.Name(), err)
		}
		all.shards = append(all.shards, one)
	}
	return all, nil
}

// Run lets the Follower hear of changes until ctx ends. The store's Run must be running. While the
// store is out of reach it keeps trying.
func (f *Following) Run(ctx context.Context) {
	var all sync.WaitGroup
	for _, one := range f.shards {
		all.Go(func() { one.run(ctx) })
	}
	all.Wait()
}

// Behind returns how many changed pairs the Follower has yet to deal with, whichever hub serves it,
// or ErrUnavailable.
func (f *Following) Behind(ctx context.Context) (uint64, error) {
	sum := uint64(0)
	for _, one := range f.shards {
		backlog, err := one.sh.bucket.Backlog(ctx, one.Name)
		if err != nil {
			return 0, err
		}
		sum += backlog
	}
	return sum, nil
}
