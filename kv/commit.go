package kv

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"exthub/kv/bucket"
)

// commit publishes the writes of a group of waiters on the condition that the object is still as it
// was. It returns the condition of a commit on top of it, or false if the waiters behind the group
// have to be decided anew.
func (sh *shard) commit(
	ctx context.Context, sl *slot, group commitGroup, unchanged bucket.Precondition,
) (bucket.Precondition, bool) {
	waiters, writes := group.waiters, group.writes()
	if group.singly {
		return sh.commitSingly(ctx, sl, waiters, writes, unchanged)
	}
	done, err := sh.attemptAndApply(ctx, sl, writes, unchanged)
	switch {
	case err == nil:
		sl.settle(waiters, done.head+1-uint64(len(writes)))
		return sl.unchangedSince(unchanged, done.head, writes[len(writes)-1]), !done.late
	case !errors.Is(err, errRetry):
		sl.finish(err, waiters...)
	}
	return bucket.Precondition{}, false
}

// attemptAndApply is attempt, after which the slot has what was committed.
func (sh *shard) attemptAndApply(
	ctx context.Context, sl *slot, writes []bucket.Write, p bucket.Precondition,
) (committed, error) {
	done, err := sh.attempt(ctx, sl, writes, p)
	if err == nil {
		sh.apply(sl, writes, done)
	}
	return done, err
}

// apply brings a commit into the slot.
func (sh *shard) apply(sl *slot, writes []bucket.Write, done committed) {
	sl.applyCommit(writes, done)
	// By key: while the commit was on its way another slot may have taken the place of ours, and
	// without a tail nothing else would bring it there.
	sh.cache.invalidate(sl.key, done.head)
}

// committed is where a commit ended up.
type committed struct {
	head    uint64 // the revision of its last entry
	request uint64 // the mark of its entries
	late    bool   // it was found, not answered: others may have written since then
}

// errRetry says that nothing was committed because the condition did not hold. The slot is up to
// date by then.
var errRetry = errors.New("decide anew")

// attempt publishes writes once, on a condition. It returns errRetry, ErrUnavailable or ErrUnknown.
func (sh *shard) attempt(
	ctx context.Context, sl *slot, writes []bucket.Write, p bucket.Precondition,
) (committed, error) {
	request := rand.Uint64() | 1
	options := bucket.PublishOptions{Precondition: p, Request: request, TTL: sh.ttl(sl)}
	head, err := sh.bucket.Publish(ctx, writes, options)
	if err == nil {
		return committed{head: head, request: request}, nil
	}
	var stale *bucket.StaleError
	switch {
	case errors.As(err, &stale):
		if behind := sh.catchUp(ctx, sl, stale.Last); behind != nil {
			err = errors.Join(err, behind)
			break
		}
		if !errors.Is(err, ErrUnknown) {
			return committed{}, errRetry
		}
		// An earlier try went unanswered. If it was committed, its mark is in the bucket.
		switch head, found := sh.find(ctx, sl, writes, request, p.Last); {
		case found == nil && head > 0:
			return committed{head, request, true}, nil
		case found == nil:
			// No key that we write has changed: it was never committed, and can't be.
			return committed{}, errRetry
		}
		err = ErrUnknown
	}
	if !errors.Is(err, ErrUnknown) {
		err = errors.Join(ErrUnavailable, err)
	}
	return committed{}, err
}

// ttl returns how long what is written to the slot's message now has to live, 0 if for ever.
func (sh *shard) ttl(sl *slot) time.Duration {
	sl.mu.Lock()
	defer sl.mu.Unlock()
	m, ok := sl.object.(*Message)
	if !ok || m.expires.IsZero() {
		return 0
	}
	return m.ttl(sh.bucket.Now(), sh.options.ttlSlack)
}

// find looks for a commit by its mark. It returns the revision of its last entry, 0 if it was not
// committed, or ErrUnknown if an entry that would bear the mark has been overwritten.
func (sh *shard) find(ctx context.Context, sl *slot, writes []bucket.Write, request, last uint64) (uint64, error) {
	snap, err := sh.bucket.Read(ctx, 0, sl.key+".>")
	if err != nil {
		return 0, ErrUnknown
	}
	overwritten := false
	for _, e := range snap.Entries {
		i := slices.IndexFunc(writes, func(w bucket.Write) bool { return w.Key == e.Key })
		if i >= 0 && e.Request == request {
			return e.Revision + uint64(len(writes)-1-i), nil
		}
		overwritten = overwritten || i >= 0 && e.Revision > last
	}
	if overwritten {
		return 0, ErrUnknown
	}
	return 0, nil
}

// applyCommit applies a commit to the slot, so that the next read sees it without waiting for the
// tail.
func (sl *slot) applyCommit(writes []bucket.Write, at committed) {
	sl.mu.Lock()
	defer sl.mu.Unlock()
	first := at.head + 1 - uint64(len(writes))
	for i, w := range writes {
		e := bucket.Entry{Key: w.Key, Value: w.Value, Deleted: w.Delete, Request: at.request, By: w.By}
		e.Revision = first + uint64(i)
		if w.Mark != nil {
			e.Created = cmp.Or(w.Mark.Created, e.Revision)
		}
		// A commit that was found late may be in the slot already, with newer entries on top of it.
		if e.Revision > sl.upTo && sl.apply(e) != nil {
			sl.gone = true
		}
	}
}

// settle settles the waiters of a commit whose first entry has this revision.
func (sl *slot) settle(group []*waiter, first uint64) {
	sl.mu.Lock()
	defer sl.mu.Unlock()
	for _, w := range group {
		after := first + uint64(len(w.writes))
		// Not the slot's latest: the tail may have brought what others wrote on top of it.
		commit := Commit{Latest: after - 1}
		if len(w.change.Writes) > 0 {
			commit.Seq = first
		}
		first = after
		w.settle(commit, nil)
	}
}
