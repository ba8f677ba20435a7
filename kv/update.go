package kv

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
)

// Change is what a decision wants written. Keys are distinct.
type Change struct {
	Writes []Write
	Clear  bool // delete every pair; Writes must be empty
}

// Write sets one pair or deletes it.
type Write struct {
	Key, Value string
	Delete     bool
}

// Commit says how a change was committed. Seqs are the revisions of its Writes, in their order; Latest is the message's LatestSeq after it.
type Commit struct {
	Seqs   []uint64
	Latest uint64
}

// Decide looks at a message and says what to change. It must be pure: it is called anew whenever the message turns out to have changed, with a lock
// held, and only the last call counts. An error ends the Update and nothing is written. It must not keep the Message.
type Decide func(*Message) (Change, error)

// Update is the only way to write pairs. It commits what decide wants if nothing under the message has changed meanwhile, and asks decide again if
// something has; all of a change is committed, or nothing. It returns decide's own error unchanged, ErrUnavailable if nothing was written because
// the store refused, and ErrUnknown if the outcome could not be learned.
//
// Concurrent Updates of one message are committed together: the first caller does it for all that wait.
func (s *Store) Update(ctx context.Context, id MessageID, decide Decide) (Commit, error) {
	ref, err := ParseMessageID(id)
	if err != nil {
		return Commit{}, err
	}
	sh := s.shardOf(ref.Conversation())
	ctx, cancel := context.WithTimeout(ctx, 2*requestTimeout)
	defer cancel()
	me := &call{decide: decide, turn: make(chan bool, 1)}
	var c *cell
	err = sh.view.with(ctx, string(id), newMessage(ref), func(found *cell) {
		c = found
		c.queue = append(c.queue, me)
		c.handOver(len(c.queue) == 1)
	})
	if err != nil {
		return Commit{}, err
	}
	select {
	case lead := <-me.turn:
		if lead {
			sh.lead(ctx, c, me)
		}
	case <-ctx.Done():
		if c.leave(me) {
			return Commit{}, errors.Join(ErrUnavailable, ctx.Err())
		}
		// Somebody is committing for us, or has handed us the lead: either way it ends soon.
		if lead := <-me.turn; lead {
			sh.lead(ctx, c, me)
		}
	}
	return me.commit, me.err
}

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
			c.finish(me, Commit{}, errors.Join(ErrUnavailable, ctx.Err()))
			break
		}
		c.mu.Lock()
		round, last := c.stage(sh.options.MaxTombstones)
		c.mu.Unlock()
		for _, group := range sh.together(round) {
			var ok bool
			if last, ok = sh.commit(ctx, c, group, last); !ok {
				break
			}
		}
	}
	c.mu.Lock()
	c.handOver(len(c.queue) > 0)
	c.mu.Unlock()
	sh.view.weigh(c)
	sh.sweeper.collect(c)
}

// handOver gives the lead to the first in the queue, if it is free. The caller holds c.mu.
func (c *cell) handOver(free bool) {
	if free {
		c.queue[0].leads = true
		c.queue[0].turn <- true
	}
}

// stage asks the waiting calls, one after the other, for their changes, each on the message as the ones before will leave it. It returns those that
// want to write, and the revision that their decisions rest on. Calls that write nothing are finished. The caller holds c.mu.
func (c *cell) stage(maxTombstones int) (round []*call, last uint64) {
	m := c.unit.(*Message)
	m.staged = make(map[string]bool)
	defer func() { m.staged, m.stagedLive = nil, 0 }()
	total := 0
	for _, waiting := range slices.Clone(c.queue) {
		waiting.writes = nil
		m.peeked = false
		change, err := waiting.decide(m)
		switch {
		case m.peeked || change.Clear && len(round) > 0:
			return round, c.revision
		case err != nil || len(change.Writes) == 0 && !change.Clear:
			c.finishLocked(waiting, Commit{Latest: m.latest}, err)
			continue
		}
		writes, control := m.writes(c.key, change, maxTombstones)
		if total += len(writes); total > maxBatch && len(round) > 0 {
			return round, c.revision
		}
		waiting.change, waiting.writes = change, writes
		round = append(round, waiting)
		if control {
			return round, c.revision // a commit writes the control entry once, and last
		}
		m.stage(change)
	}
	return round, c.revision
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

// commit publishes the writes of a group of calls on the condition that last is still the unit's last revision. It returns the new last revision, or
// false if the calls after it have to be decided anew.
func (sh *shard) commit(ctx context.Context, c *cell, group []*call, last uint64) (uint64, bool) {
	var writes []write
	for _, waiting := range group {
		writes = append(writes, waiting.writes...)
	}
	request := rand.Uint64() | 1
	head, err := sh.publish(ctx, writes, sh.fence(c.key, last), request)
	var stale *staleError
	switch {
	case err == nil:
		c.committed(group, writes, head, request)
		return head, true
	case errors.As(err, &stale):
		if refreshed := sh.refresh(ctx, c, stale.last); refreshed != nil {
			err = errors.Join(err, refreshed)
			break
		}
		if !errors.Is(err, ErrUnknown) {
			return 0, false
		}
		// An earlier try went unanswered. If it was the one that was committed, its mark is there.
		switch head, found := sh.find(ctx, c, writes, request, last); {
		case found == nil && head > 0:
			c.committed(group, writes, head, request)
			return 0, false
		case found == nil:
			return 0, false // nothing that we wanted to write has changed: it was never committed, and now can't be
		}
		err = ErrUnknown
	}
	if !errors.Is(err, ErrUnknown) {
		err = errors.Join(ErrUnavailable, err)
	}
	for _, waiting := range group {
		c.finish(waiting, Commit{}, err)
	}
	return 0, false
}

// find looks for a commit by its mark. It returns the revision of its last entry; 0 if it was not committed; ErrUnknown if somebody has overwritten
// where the mark would be.
func (sh *shard) find(ctx context.Context, c *cell, writes []write, request, last uint64) (uint64, error) {
	snap, err := sh.reader.read(ctx, sh.seen.Load(), c.key+".>")
	if err != nil {
		return 0, ErrUnknown
	}
	overwritten := false
	for _, e := range snap.entries {
		i := slices.IndexFunc(writes, func(w write) bool { return w.key == e.key })
		if i >= 0 && e.request == request {
			return e.revision + uint64(len(writes)-1-i), nil
		}
		overwritten = overwritten || i >= 0 && e.revision > last
	}
	if overwritten {
		return 0, ErrUnknown
	}
	return 0, nil
}

// committed applies a commit to the cell, so that whoever reads next sees it without waiting for the tail, and finishes its calls.
func (c *cell) committed(group []*call, writes []write, head, request uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	first := head + 1 - uint64(len(writes))
	for i, w := range writes {
		e := entry{key: w.key, value: w.value, revision: first + uint64(i), deleted: w.delete, request: request}
		if c.take(e) != nil {
			c.gone = true
		}
	}
	latest := c.unit.(*Message).latest
	for _, waiting := range group {
		done := Commit{Latest: latest}
		for i := range waiting.change.Writes {
			done.Seqs = append(done.Seqs, first+uint64(i))
		}
		first += uint64(len(waiting.writes))
		c.finishLocked(waiting, done, nil)
	}
}

func (c *cell) finish(waiting *call, commit Commit, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.finishLocked(waiting, commit, err)
}

func (c *cell) finishLocked(waiting *call, commit Commit, err error) {
	if waiting.done {
		return
	}
	if i := slices.Index(c.queue, waiting); i >= 0 {
		c.queue = slices.Delete(c.queue, i, i+1)
	}
	waiting.commit, waiting.err, waiting.done = commit, err, true
	if !waiting.leads {
		waiting.turn <- false
	}
}
