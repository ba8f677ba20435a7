package kv

import (
	"context"
	"slices"

	"exthub/kv/bucket"
)

// cas is a compare-and-swap: a change of one live pair, decided on that pair alone and committed on
// the condition that it is still as it was. Any number of CAS are in flight on one message, while
// other changes are committed one after the other. Nearly every vote is one, except a voter's
// first.
//
// A single replica compares and stores under the stream's lock, so a CAS is exact: changing or
// deleting the pair makes the condition fail. A clear does too, because it writes a deletion for
// each pair; that holds only while they fit into one batch. The leader of a replicated stream does
// not compare a condition on one pair with a condition on the whole message that is in flight, so
// there is no CAS there. Nor is there on a message with rules, because it would not see the close.
//
// An acknowledged CAS says nothing about other pairs: another hub may have written just before. So
// it leaves the cache to the tail and waits for it. Applied at once, it would make the cache look
// complete up to its revision.
type cas struct {
	key    string
	write  [1]bucket.Write // an array: one object less a vote, of 55
	last   uint64          // the pair's revision
	stored func()          // see Change; may be nil
}

// hasCAS reports whether changes of these buckets may be committed as a CAS.
func (o Options) hasCAS() bool {
	return o.Replicas == 1 && o.MaxPairs > 0 && o.MaxPairs <= maxDeletions
}

// hasCAS reports whether changes of this message may be committed as a CAS.
func (m *Message) hasCAS(o Options) bool {
	return o.hasCAS() && (m.record == nil || m.record.Rules == nil)
}

// beginCAS decides on the message as it is and returns the change as a CAS, or false if it needs a
// commit of the whole message or has to wait for one. After true, casDone has to be called. The
// caller holds sl.mu.
func (sl *slot) beginCAS(decide Decide, options Options) (cas, bool) {
	if !sl.object.(*Message).hasCAS(options) || len(sl.group.queue) > 0 {
		return cas{}, false
	}
	sl.txn = Txn{m: sl.object.(*Message)}
	change, err := sl.txn.decide(decide)
	last, ok := sl.txn.isCAS(change, options)
	sl.txn = Txn{}
	if err != nil {
		return cas{}, false
	}
	if !ok || !sl.cas.add(change.Writes[0].Key) {
		return cas{}, false
	}
	w := change.Writes[0]
	return cas{w.Key, [1]bucket.Write{sl.pair(w)}, last, change.Stored}, true
}

// pair returns the entry of a pair. Its key is a substring of its subject, which saves a string.
func (sl *slot) pair(w Write) bucket.Write {
	subject := sl.filter[:len(sl.filter)-len(">")] + "x." + encodeToken(w.Key)
	prefix := len(sl.filter) - len(sl.key) - len(".>")
	return bucket.Write{Key: subject[prefix:], Value: w.Value, Delete: w.Delete, Subject: subject, By: w.By}
}

// commitCAS commits a CAS. If the pair has changed it returns errRetry, and the slot is up to date.
func (sh *shard) commitCAS(ctx context.Context, sl *slot, s cas) (Commit, error) {
	defer sl.casDone(s.key)
	done, err := sh.attempt(ctx, sl, s.write[:], bucket.Precondition{Own: true, Last: s.last})
	if err != nil {
		return Commit{}, err
	}
	if s.stored != nil {
		s.stored()
	}
	if !sh.tail.applied.waitWhileRunning(done.head) {
		// By key: another slot may have taken the place of ours
		sh.cache.invalidate(sl.key, done.head)
	}
	return Commit{Seq: done.head, Latest: done.head}, nil
}

// casDone ends the CAS of a pair.
func (sl *slot) casDone(key string) {
	sl.mu.Lock()
	defer sl.mu.Unlock()
	sl.cas.remove(key)
}

// drainCAS waits until no CAS is in flight, or returns ctx's error. None begins while the queue is
// not empty, so a commit of the whole message is never starved.
func (sl *slot) drainCAS(ctx context.Context) error {
	sl.mu.Lock()
	drained := sl.cas.wait()
	sl.mu.Unlock()
	if drained == nil {
		return nil
	}
	select {
	case <-drained:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// casSet holds the keys of the CAS of one message that are in flight. The slot's lock guards it.
type casSet struct {
	keys    []string
	drained chan struct{} // closed when there are none; nil if nobody waits for that
}

// add reports false if a CAS of this key is in flight.
func (s *casSet) add(key string) bool {
	if slices.Contains(s.keys, key) {
		return false
	}
	s.keys = append(s.keys, key)
	return true
}

func (s *casSet) remove(key string) {
	s.keys = slices.DeleteFunc(s.keys, func(other string) bool { return other == key })
	if len(s.keys) == 0 && s.drained != nil {
		close(s.drained)
		s.drained = nil
	}
}

// wait returns a channel that is closed when no CAS is in flight, or nil if none is.
func (s *casSet) wait() <-chan struct{} {
	if len(s.keys) > 0 && s.drained == nil {
		s.drained = make(chan struct{})
	}
	return s.drained
}
