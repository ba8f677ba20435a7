package kv

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"exthub/kv/bucket"
)

// call is one Update that waits at a cell, until its turn comes.
type call struct {
	decide Decide
	turn   chan order
	leads  bool
	done   bool
	change Change
	writes []bucket.Write
	commit Commit
	err    error
}

// order is what a call has to do when its turn comes.
type order int

const (
	done  order = iota // nothing more
	lead               // to commit for all that wait
	again              // to begin again: it could be a CAS now
)

// wait returns what the call has to do, or ctx's error.
func (me *call) wait(ctx context.Context) (order, error) {
	select {
	case o := <-me.turn:
		return o, nil // mostly; asking for Done would make a channel
	default:
	}
	select {
	case o := <-me.turn:
		return o, nil
	case <-ctx.Done():
		return done, ctx.Err()
	}
}

// leave takes a call out of the queue, and reports whether it could: not if it is first or part of a commit.
func (c *cell) leave(me *call) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.Index(c.queue, me)
	if i < 1 || len(me.writes) > 0 {
		return false
	}
	c.queue = slices.Delete(c.queue, i, i+1)
	return true
}

// lead commits for all that wait, round after round, until the leader's own call is done. Then it hands over: nobody works for others
// for ever.
func (sh *shard) lead(ctx context.Context, c *cell, me *call) {
	for !me.done {
		if err := cmp.Or(ctx.Err(), c.drainCAS(ctx)); err != nil {
			c.finish(errors.Join(ErrUnavailable, err), me)
			break
		}
		c.mu.Lock()
		round, settled, last := c.stage(sh.options)
		c.mu.Unlock()
		sh.settle(ctx, c, round, settled, last)
	}
	c.mu.Lock()
	c.handOver(sh.options)
	c.mu.Unlock()
	sh.view.weigh(c)
	sh.sweeper.collect(c)
}

// settle commits a round. What the calls that write nothing decided is true if the message was still as they saw it: a commit proves that, else the
// stream's leader is asked.
func (sh *shard) settle(ctx context.Context, c *cell, round, settled []*call, last uint64) {
	groups := sh.together(round)
	if len(groups) == 0 {
		current, err := sh.confirm(ctx, c, last)
		if err != nil || current {
			c.finish(err, settled...)
		}
		return
	}
	for i, group := range groups {
		var ok bool
		if last, ok = sh.commit(ctx, c, group, last); !ok {
			return
		}
		if i == 0 {
			c.finish(nil, settled...)
		}
	}
}

// join puts a call behind those that wait. It leads if nobody does. The caller holds c.mu.
func (c *cell) join(me *call) {
	c.queue = append(c.queue, me)
	if !c.led {
		c.crown(me)
	}
}

// crown makes a call the leader. That the queue is empty does not say that there is none: a leader whose own call is done has left the queue, and has yet to hand over.
func (c *cell) crown(me *call) {
	c.led, me.leads = true, true
	me.turn <- lead
}

// handOver gives the lead to the first who waits. Where there are CAS all begin again instead: most of them need not wait for anybody. The caller holds c.mu.
func (c *cell) handOver(options Options) {
	c.led = false
	switch {
	case len(c.queue) == 0:
	case options.hasCAS():
		for _, waiting := range c.queue {
			waiting.turn <- again
		}
		c.queue = nil
	default:
		c.crown(c.queue[0])
	}
}

// stage asks the waiting calls, one after the other, for their changes, each on the message as the ones before will leave it. It returns those that
// want to write, those that don't, and the revision that their decisions rest on. The caller holds c.mu.
func (c *cell) stage(options Options) (round, settled []*call, last uint64) {
	m := c.unit.(*Message)
	if len(c.queue) > 1 {
		m.staged = make(map[string]bool)
	}
	defer func() { m.staged, m.stagedLive = nil, 0 }()
	total := 0
	for _, waiting := range c.queue {
		waiting.writes, waiting.err = nil, nil
		m.peeked, m.looked = false, looked{}
		change, err := waiting.decide(m)
		switch {
		case m.peeked, change.Clear && len(round) > 0, err != nil && m.stagedLive != 0:
			return round, settled, c.revision // it rests on what is not committed yet
		case err != nil || len(change.Writes) == 0 && !change.Clear:
			waiting.commit, waiting.err = Commit{Latest: m.latest}, err
			settled = append(settled, waiting)
			continue
		}
		if _, alone := m.isCAS(change, options); alone && !waiting.leads {
			continue // it will not need us
		}
		writes, control := m.writes(c.key, change, options.MaxTombstones)
		if total += len(writes); total > bucket.MaxBatch && len(round) > 0 {
			return round, settled, c.revision
		}
		waiting.change, waiting.writes = change, writes
		round = append(round, waiting)
		if control {
			return round, settled, c.revision // a commit writes the control entry once, and last
		}
		if m.staged != nil {
			m.stage(change)
		}
	}
	return round, settled, c.revision
}

// together splits a round into commits. On a replicated stream one batch takes one round trip. A single replica stages every batch on the disk
// (2.5 ms whatever its size, measured), so there the calls are committed one after the other as long as that is cheaper.
func (sh *shard) together(round []*call) [][]*call {
	cheaper := 100
	if sh.options.SyncAlways {
		cheaper = 10
	}
	if sh.options.Replicas > 1 {
		cheaper = 1
	}
	total := 0
	for _, waiting := range round {
		total += len(waiting.writes)
	}
	if total > cheaper && len(round) > 0 {
		return [][]*call{round}
	}
	groups := make([][]*call, len(round))
	for i := range round {
		groups[i] = round[i : i+1]
	}
	return groups
}

// finish ends calls that were not committed.
func (c *cell) finish(err error, calls ...*call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, waiting := range calls {
		if err != nil {
			waiting.commit, waiting.err = Commit{}, err
		}
		c.finishLocked(waiting)
	}
}

func (c *cell) finishLocked(waiting *call) {
	if waiting.done {
		return
	}
	waiting.done = true
	c.queue = slices.DeleteFunc(c.queue, func(other *call) bool { return other == waiting })
	if !waiting.leads {
		waiting.turn <- done
	}
}
