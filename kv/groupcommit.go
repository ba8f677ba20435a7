package kv

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"exthub/kv/bucket"
)

// waiter is an Update in the queue of a slot.
type waiter struct {
	decide Decide
	wake   chan wakeup
	leads  bool
	done   bool
	change Change
	writes []bucket.Write
	commit Commit
	err    error
}

// wakeup is what a waiter has to do when it is woken.
type wakeup int

const (
	done  wakeup = iota // nothing more
	lead                // to commit for all that wait
	retry               // call update again: it could be a CAS now
)

// wait returns what the waiter has to do, or ctx's error.
func (w *waiter) wait(ctx context.Context) (wakeup, error) {
	select {
	case o := <-w.wake:
		return o, nil // the common case: ctx.Done would make a channel
	default:
	}
	select {
	case o := <-w.wake:
		return o, nil
	case <-ctx.Done():
		return done, ctx.Err()
	}
}

// leave takes a waiter out of the queue. It reports false if the waiter is the first, or part of a
// commit.
func (sl *slot) leave(w *waiter) bool {
	sl.mu.Lock()
	defer sl.mu.Unlock()
	i := slices.Index(sl.queue, w)
	if i < 1 || len(w.writes) > 0 {
		return false
	}
	sl.queue = slices.Delete(sl.queue, i, i+1)
	return true
}

// lead commits for all that wait, batch after batch, until the leader's own Update is done. Then it
// promotes the next, so that no caller works for others endlessly.
func (sh *shard) lead(ctx context.Context, sl *slot, w *waiter) {
	for !w.done {
		if err := cmp.Or(ctx.Err(), sl.drainCAS(ctx)); err != nil {
			sl.finish(errors.Join(ErrUnavailable, err), w)
			break
		}
		sl.mu.Lock()
		batch, noops, last := sl.decideBatch(sh.options)
		sl.mu.Unlock()
		sh.commitBatch(ctx, sl, batch, noops, last)
	}
	sl.mu.Lock()
	sl.promoteNext(sh.options)
	sl.mu.Unlock()
	sh.cache.evict(sl)
	sh.sweeper.collect(sl)
}

// commitBatch commits a batch. A decision to write nothing holds if the message was still as it was
// seen: a commit of the batch proves that, otherwise the stream's leader is asked.
func (sh *shard) commitBatch(ctx context.Context, sl *slot, batch, noops []*waiter, last uint64) {
	groups := sh.split(batch)
	if len(groups) == 0 {
		current, err := sh.verifyWithLeader(ctx, sl, last)
		if err != nil || current {
			sl.finish(err, noops...)
		}
		return
	}
	for i, group := range groups {
		var ok bool
		if last, ok = sh.commit(ctx, sl, group, last); !ok {
			return
		}
		if i == 0 {
			sl.finish(nil, noops...)
		}
	}
}

// join puts a waiter into the queue. It leads if nobody does. The caller holds sl.mu.
func (sl *slot) join(w *waiter) {
	sl.queue = append(sl.queue, w)
	if !sl.led {
		sl.promote(w)
	}
}

// promote makes a waiter the leader. An empty queue does not say that there is none: a leader whose
// own Update is done has left the queue, and has yet to call promoteNext.
func (sl *slot) promote(w *waiter) {
	sl.led, w.leads = true, true
	w.wake <- lead
}

// promoteNext gives the lead to the first waiter. Where there is CAS all waiters retry instead:
// most of them need not wait for anybody. The caller holds sl.mu.
func (sl *slot) promoteNext(options Options) {
	sl.led = false
	switch {
	case len(sl.queue) == 0:
	case options.hasCAS():
		for _, w := range sl.queue {
			w.wake <- retry
		}
		sl.queue = nil
	default:
		sl.promote(sl.queue[0])
	}
}

// decideBatch asks the waiters for their changes, each on the message as those before it will leave
// it. It returns those that want to write, those that don't, and the revision that the decisions
// rest on. The caller holds sl.mu.
func (sl *slot) decideBatch(options Options) (batch, noops []*waiter, last uint64) {
	m := sl.object.(*Message)
	sl.txn = Txn{m: m}
	defer func() { sl.txn = Txn{} }()
	if len(sl.queue) > 1 {
		sl.txn.pending = make(map[string]bool)
	}
	total := 0
	for _, w := range sl.queue {
		w.writes, w.err = nil, nil
		change, err := sl.txn.decide(w.decide)
		switch {
		case sl.txn.dirtyRead, change.Clear && len(batch) > 0, err != nil && sl.txn.pendingLive != 0:
			return batch, noops, sl.revision // it rests on what is not committed yet
		case err != nil || len(change.Writes) == 0 && !change.Clear:
			w.commit, w.err = Commit{Latest: m.latest}, err
			noops = append(noops, w)
			continue
		}
		if _, alone := sl.txn.isCAS(change, options); alone && !w.leads {
			continue // it will be a CAS, and needs no batch
		}
		writes, control := m.writes(sl.key, change, options.MaxTombstones)
		if total += len(writes); total > bucket.MaxBatch && len(batch) > 0 {
			return batch, noops, sl.revision
		}
		w.change, w.writes = change, writes
		batch = append(batch, w)
		if control {
			return batch, noops, sl.revision // a commit writes the control entry once, and last
		}
		if sl.txn.pending != nil {
			sl.txn.addPending(change)
		}
	}
	return batch, noops, sl.revision
}

// split splits a batch into commits. On a replicated stream a batch of any size takes one round
// trip. A single replica stages every batch on the disk (2.5 ms whatever its size, measured), so
// there one commit per waiter is cheaper up to a size.
func (sh *shard) split(batch []*waiter) [][]*waiter {
	cheaper := 100
	if sh.options.SyncAlways {
		cheaper = 10
	}
	if sh.options.Replicas > 1 {
		cheaper = 1
	}
	total := 0
	for _, w := range batch {
		total += len(w.writes)
	}
	if total > cheaper && len(batch) > 0 {
		return [][]*waiter{batch}
	}
	groups := make([][]*waiter, len(batch))
	for i := range batch {
		groups[i] = batch[i : i+1]
	}
	return groups
}

// finish ends waiters that were not committed.
func (sl *slot) finish(err error, waiters ...*waiter) {
	sl.mu.Lock()
	defer sl.mu.Unlock()
	for _, w := range waiters {
		if err != nil {
			w.commit, w.err = Commit{}, err
		}
		sl.finishLocked(w)
	}
}

func (sl *slot) finishLocked(w *waiter) {
	if w.done {
		return
	}
	w.done = true
	sl.queue = slices.DeleteFunc(sl.queue, func(other *waiter) bool { return other == w })
	if !w.leads {
		w.wake <- done
	}
}
