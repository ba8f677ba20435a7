package kv

import (
	"context"
	"slices"

	"exthub/kv/bucket"
)

// groupCommit is the queue of the Updates of one message that are committed together. One of them
// leads: it commits for all that wait, see lead. The slot's lock guards a groupCommit, and waiters
// until they are woken.
type groupCommit struct {
	queue []*waiter // the leader is the first
	led   bool      // somebody leads, or has yet to promote the next
}

// waiter is an Update in the queue.
type waiter struct {
	decide  Decide
	wake    chan wakeup
	leads   bool
	done    bool
	settled bool // it was committed, and is finished with the others of its batch
	gone    bool // it has given up while it was part of a commit
	change  Change
	writes  []bucket.Write
	commit  Commit
	err     error
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

// join puts a waiter into the queue. It leads if nobody does.
func (g *groupCommit) join(w *waiter) {
	g.queue = append(g.queue, w)
	if !g.led {
		g.promote(w)
	}
}

// leave lets a waiter give up, and reports whether it could, and whether it is part of a commit,
// whose outcome it will not learn. A waiter that leads, or is done, has been woken for that and
// can't. One that is settled is done now.
func (g *groupCommit) leave(w *waiter) (left, unknown bool) {
	if w.settled {
		g.finish(w)
	}
	if w.leads || w.done {
		return false, false
	}
	if w.gone = len(w.writes) > 0; !w.gone {
		g.remove(w)
	}
	return true, w.gone
}

func (g *groupCommit) remove(w *waiter) {
	g.queue = slices.DeleteFunc(g.queue, func(other *waiter) bool { return other == w })
}

// forget takes out those that have given up while they were part of a commit that was refused.
func (g *groupCommit) forget() {
	g.queue = slices.DeleteFunc(g.queue, func(w *waiter) bool { return w.gone })
}

// refuse ends all waiters with an error.
func (g *groupCommit) refuse(err error) {
	for _, w := range slices.Clone(g.queue) {
		w.commit, w.err = Commit{}, err
		g.finish(w)
	}
}

// promote makes a waiter the leader. An empty queue does not say that there is none: a leader whose
// own Update is done has left the queue, and has yet to call promoteNext.
func (g *groupCommit) promote(w *waiter) {
	g.led, w.leads = true, true
	w.wake <- lead
}

// promoteNext gives the lead to the first waiter. Where there is CAS all waiters retry instead:
// most of them need not wait for anybody.
func (g *groupCommit) promoteNext(hasCAS bool) {
	g.led = false
	g.forget()
	switch {
	case len(g.queue) == 0:
	case hasCAS:
		for _, w := range g.queue {
			w.wake <- retry
		}
		g.queue = nil
	default:
		g.promote(g.queue[0])
	}
}

// decide asks the waiters for their changes, each on the message as those before it will leave it.
// It returns those that want to write, and those that don't.
func (g *groupCommit) decide(t *Txn, object string, options Options) (batch, noops []*waiter) {
	g.forget()
	if len(g.queue) > 1 {
		t.pending = make(map[string]bool)
	}
	total := 0
	for _, w := range g.queue {
		w.writes, w.err, w.settled = nil, nil, false
		change, err := t.decide(w.decide)
		nothing := err != nil || change.empty()
		switch {
		case t.dirtyRead, change.alone() && len(batch) > 0,
			nothing && t.reads.beyond && (t.pendingLive != 0 || t.pendingBy != nil):
			return batch, noops // it rests on what is not committed yet
		case nothing:
			w.commit, w.err = Commit{Latest: t.m.latest}, err
			noops = append(noops, w)
			continue
		}
		if _, alone := t.isCAS(change, options); alone && !w.leads {
			continue // it will be a CAS, and needs no batch
		}
		writes, control := t.m.writes(object, change, options.MaxTombstones)
		if total += len(writes); total > bucket.MaxBatch && len(batch) > 0 {
			return batch, noops
		}
		w.change, w.writes = change, writes
		batch = append(batch, w)
		if control || change.Close || change.CloseAt != nil {
			// A commit writes the control entry once, and last. What comes behind a close has to
			// see it.
			return batch, noops
		}
		if t.pending != nil {
			t.addPending(change)
		}
	}
	return batch, noops
}

// settle notes how a waiter's change was committed, as far as is known.
func (w *waiter) settle(commit Commit, err error) { w.commit, w.err, w.settled = commit, err, true }

// finish ends a waiter's Update, with what is in the waiter, and takes it out of the queue.
func (g *groupCommit) finish(w *waiter) {
	if w.done {
		return
	}
	w.done = true
	g.remove(w)
	if !w.leads {
		w.wake <- done
	}
}
