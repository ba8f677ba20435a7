package kv

import (
	"cmp"
	"context"
	"errors"
)

// Change is what a decision wants written. Its keys are distinct.
type Change struct {
	Writes []Write
	Clear  bool    // delete every pair; Writes must be empty
	record *Record // what is left of the message, if it is recalled; only with Clear

	// Of a message with rules, each without anything else: Close closes it, and CloseAt, unless
	// nil, changes when it closes by itself: Unix seconds, or 0 for never.
	Close   bool
	CloseAt *int64

	// Singly says that Writes may be committed one after the other, see Commit.Each.
	Singly bool

	// Stored, unless nil, is called when the change is committed, but Update still waits for Run's
	// sink to get it, and perhaps already behind the first Write of several that are committed
	// singly. It is never called after Update has returned. On a replicated stream Update does not
	// wait, and Stored is not called. It must not block.
	Stored func()
}

// Write sets one pair or deletes it.
type Write struct {
	Key, Value string
	Delete     bool
	By         string // who sets the pair, to be noted with it; "" if nobody needs to know
}

// Commit says how a change was committed. Seq is the revision of its first Write, and the others
// follow without gaps, in their order; it is 0 if there are none. Latest is the message's LatestSeq
// after it.
//
// Of a change whose writes were committed singly, Each has the revisions of those that were, in
// their order. They may be fewer than the Writes, but not none: somebody else changed the message
// in between, or the store refuses by now, and the rest has to be decided again. After ErrUnknown
// it has those before the first of which nothing is known.
type Commit struct {
	Seq, Latest uint64
	Each        []uint64
}

// Decide looks at a message that is there and says what to change. It must be pure: it is called
// anew whenever the message has changed, with a lock held, and only the last call counts. An error
// ends the Update, and nothing is written. It must not keep the Txn.
type Decide func(*Txn) (Change, error)

// Update is the only way to write pairs. It commits all that decide wants or nothing, if nothing
// that decide has read has changed meanwhile, and asks decide again otherwise. Of a change that may
// be committed singly it may commit the first writes alone. It returns decide's own error
// unchanged, ErrNoMessage if there is no such message, ErrUnavailable if nothing was written
// because the store refused, and ErrUnknown if the outcome could not be learned.
//
// Concurrent Updates of one message go on at once if each is a compare-and-swap. The others are
// committed together: the first caller commits for all that wait.
func (s *Store) Update(ctx context.Context, ref Ref, decide Decide) (Commit, error) {
	sh := s.shardFor(ref)
	ctx, cancel := withTimeout(ctx, sh.options)
	defer cancel()
	return sh.change(ctx, ref, decide)
}

// change is Update within the time that ctx gives it.
func (sh *shard) change(ctx context.Context, ref Ref, decide Decide) (Commit, error) {
	starts := sh.starts.Load()
	for {
		commit, err := sh.update(ctx, starts, ref, decide)
		switch {
		case !errors.Is(err, errRetry):
			return commit, err
		case ctx.Err() != nil:
			return Commit{}, errors.Join(ErrUnavailable, ctx.Err())
		}
	}
}

// update commits what decide wants, alone or together with others, if the tail has not started
// anew since starts was read. After errRetry it has to be called again.
func (sh *shard) update(ctx context.Context, starts uint64, ref Ref, decide Decide) (Commit, error) {
	var sl *slot
	var single cas
	var isCAS bool
	var w *waiter
	var before error
	err := sh.cache.withMessage(ctx, ref, func(found *slot) {
		sl = found
		if before = sh.sameStart(starts); before != nil {
			return
		}
		if single, isCAS = sl.beginCAS(decide, sh.options); !isCAS {
			w = &waiter{decide: decide, wake: make(chan wakeup, 1)}
			sl.group.join(w)
		}
	})
	switch err := cmp.Or(err, before); {
	case err != nil:
		return Commit{}, err
	case isCAS:
		return sh.commitCAS(ctx, sl, single)
	}
	wake, err := w.wait(ctx)
	if err != nil {
		switch left, unknown := sl.leave(w); {
		case unknown:
			return Commit{}, errors.Join(ErrUnknown, err)
		case left:
			return Commit{}, errors.Join(ErrUnavailable, err)
		}
		wake = <-w.wake // it was woken in this moment
	}
	switch wake {
	case retry:
		return Commit{}, errRetry
	case lead:
		sh.lead(ctx, sl, w)
	}
	sh.awaitSink(w)
	return w.commit, w.err
}

// awaitSink waits for Run's sink after a commit whose writer wants to be told of it, see
// Change.Stored. What wakes the tail of a single replica is under way by then. That of another
// server may take longer than the commit did.
func (sh *shard) awaitSink(w *waiter) {
	if w.err == nil && len(w.writes) > 0 && w.change.Stored != nil && sh.options.Replicas == 1 {
		w.change.Stored()
		sh.tail.applied.waitWhileRunning(w.commit.Latest)
	}
}

// withTimeout returns ctx with a deadline. Most callers have given it one: a second would cost
// every vote a timer and a lock.
func withTimeout(ctx context.Context, options Options) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, options.WriteTimeout)
}
