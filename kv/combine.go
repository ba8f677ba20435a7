package kv

import (
	"context"
	"errors"
	"slices"
)

// call is one Update that waits at a cell. turn gets true when it has to commit for all that wait, false when it is done.
type call struct {
	decide Decide
	turn   chan bool
	leads  bool
	done   bool
	change Change
	writes []write
	commit Commit
	err    error
}

// wait returns whether the call has to commit for all that wait, or ctx's error.
func (me *call) wait(ctx context.Context) (lead bool, err error) {
	select {
	case lead := <-me.turn:
		return lead, nil // mostly; asking for Done would make a channel
	default:
	}
	select {
	case lead := <-me.turn:
		return lead, nil
	case <-ctx.Done():
		return false, ctx.Err()
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

// lead commits for all that wait, round after round, until the leader's own call is done. Then the next in the queue leads: nobody works for others
// for ever.
func (sh *shard) lead(ctx context.Context, c *cell, me *call) {
	for !me.done {
		if ctx.Err() != nil {
			c.finish(errors.Join(ErrUnavailable, ctx.Err()), me)
			break
		}
		c.mu.Lock()
		round, settled, last := c.stage(sh.options.MaxTombstones)
		c.mu.Unlock()
		sh.settle(ctx, c, round, settled, last)
	}
	c.mu.Lock()
	c.handOver(len(c.queue) > 0)
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

// handOver gives the lead to the first in the queue, if it is free. The caller holds c.mu.
func (c *cell) handOver(free bool) {
	if free {
		c.queue[0].leads = true
		c.queue[0].turn <- true
	}
}

// stage asks the waiting calls, one after the other, for their changes, each on the message as the ones before will leave it. It returns those that
// want to write, those that don't, and the revision that their decisions rest on. The caller holds c.mu.
func (c *cell) stage(maxTombstones int) (round, settled []*call, last uint64) {
	m := c.unit.(*Message)
	if len(c.queue) > 1 {
		m.staged = make(map[string]bool)
	}
	defer func() { m.staged, m.stagedLive = nil, 0 }()
	total := 0
	for _, waiting := range c.queue {
		waiting.writes, waiting.err = nil, nil
		m.peeked = false
		change, err := waiting.decide(m)
		switch {
		case m.peeked, change.Clear && len(round) > 0, err != nil && m.stagedLive != 0:
			return round, settled, c.revision // it rests on what is not committed yet
		case err != nil || len(change.Writes) == 0 && !change.Clear:
			waiting.commit, waiting.err = Commit{Latest: m.latest}, err
			settled = append(settled, waiting)
			continue
		}
		writes, control := m.writes(c.key, change, maxTombstones)
		if total += len(writes); total > maxBatch && len(round) > 0 {
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
		waiting.turn <- false
	}
}
