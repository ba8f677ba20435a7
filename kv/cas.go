package kv

import (
	"context"
	"slices"

	"exthub/kv/bucket"
)

// cas is a compare-and-swap: a change of one live pair that was decided on nothing else, committed on the condition that this pair is still as it was. Any number of them
// are under way on one message at once, while everything else is committed one after the other. Nearly every vote but a voter's first is one.
//
// A single replica compares and stores under the stream's lock, so a CAS is exact: whoever changes or deletes the pair makes the condition fail. A clear does so because
// it writes a deletion for each pair, which is certain only while they fit into one batch. The leader of a replicated stream does not compare a condition on one pair
// with one on the whole message that is in flight: there are no CAS there.
//
// What a CAS's acknowledgement says of the rest of the message is nothing: another hub may have written to it just before. So it does not touch the cache, which would then
// take itself to be complete up to the CAS's revision. The tail brings it, in its place, and the CAS waits for that.
type cas struct {
	key    string
	write  [1]bucket.Write // an array, so that it takes no room of its own
	last   uint64          // the pair's revision
	stored func()          // see Change; may be nil
}

// hasCAS reports whether this bucket has them.
func (o Options) hasCAS() bool {
	return o.Replicas == 1 && o.MaxPairs > 0 && o.MaxPairs < bucket.MaxBatch
}

// beginCAS decides on the message as it is, and returns the CAS that this comes to, or false if it takes a commit of the whole message, or has to wait for one. It is under way
// then: casDone has to be called. The caller holds sl.mu.
func (sl *slot) beginCAS(decide Decide, options Options) (cas, bool) {
	if !options.hasCAS() || len(sl.queue) > 0 {
		return cas{}, false
	}
	m := sl.object.(*Message)
	m.reads = readSet{}
	change, err := decide(m)
	if err != nil {
		return cas{}, false
	}
	last, ok := m.isCAS(change, options)
	if !ok || slices.Contains(sl.casKeys, change.Writes[0].Key) {
		return cas{}, false
	}
	w := change.Writes[0]
	sl.casKeys = append(sl.casKeys, w.Key)
	return cas{w.Key, [1]bucket.Write{sl.pair(w)}, last, change.Stored}, true
}

// pair returns the entry of a pair. Its key is a part of its subject, so the two are one string.
func (sl *slot) pair(w Write) bucket.Write {
	subject := sl.filter[:len(sl.filter)-len(">")] + "x." + encodeToken(w.Key)
	prefix := len(sl.filter) - len(sl.key) - len(".>")
	return bucket.Write{Key: subject[prefix:], Value: w.Value, Delete: w.Delete, Subject: subject}
}

// isCAS reports whether a change is a CAS that was decided since m.reads was empty, and returns the pair's revision.
func (m *Message) isCAS(change Change, options Options) (last uint64, ok bool) {
	if !options.hasCAS() || m.live > options.MaxPairs || change.Clear || len(change.Writes) != 1 {
		return 0, false
	}
	w := change.Writes[0]
	p, known := m.pairs[w.Key]
	return p.Seq, known && !w.Delete && !p.Deleted && m.reads.onlyAt(w.Key)
}

// commitCAS commits a CAS. It returns errRetry if the pair had changed, which the slot knows of then.
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
		sh.cache.invalidate(sl.key, done.head) // not only our slot: another one may have taken its place since
	}
	return Commit{done.head, done.head}, nil
}

// casDone ends the CAS of a pair.
func (sl *slot) casDone(key string) {
	sl.mu.Lock()
	defer sl.mu.Unlock()
	sl.casKeys = slices.DeleteFunc(sl.casKeys, func(other string) bool { return other == key })
	if len(sl.casKeys) == 0 && sl.casDrained != nil {
		close(sl.casDrained)
		sl.casDrained = nil
	}
}

// drainCAS waits until no CAS is under way, or returns ctx's error. None begins while somebody waits in the queue, so a commit of the whole message gets its turn however many
// CAS there are.
func (sl *slot) drainCAS(ctx context.Context) error {
	sl.mu.Lock()
	if len(sl.casKeys) == 0 {
		sl.mu.Unlock()
		return nil
	}
	if sl.casDrained == nil {
		sl.casDrained = make(chan struct{})
	}
	drained := sl.casDrained
	sl.mu.Unlock()
	select {
	case <-drained:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// readSet notes what of a message a decision has looked at.
type readSet struct {
	at     string // a pair
	beyond bool   // another pair, or how many there are, or anything else
}

func (r *readSet) pair(key string) {
	r.beyond = r.beyond || r.at != "" && r.at != key
	r.at = key
}

func (r *readSet) onlyAt(key string) bool { return r.at == key && !r.beyond }
