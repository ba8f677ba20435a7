package kv

// Txn is a message as one decision sees it. It notes what the decision reads, so that a change that
// rests on one pair alone can be committed as a compare-and-swap, and shows how many pairs there
// will be after the decisions before it in the same batch. It is valid only inside the Decide that
// it is given to.
type Txn struct {
	m     *Message
	reads readSet

	// pending holds the pairs that decisions before this one will write, true if they set them and
	// false if they delete them. Their revisions are not known yet, so a decision that reads one of
	// them can't be used: dirtyRead says so, and it is made again after the commit.
	pending     map[string]bool
	pendingLive int            // how many pairs they add
	pendingBy   map[string]int // how many they set for each user, at most so many more
	dirtyRead   bool
}

// readSet is what a decision has read of a message.
type readSet struct {
	at     string // a pair
	beyond bool   // another pair, their number, or anything else
}

func (r *readSet) add(key string) {
	r.beyond = r.beyond || r.at != "" && r.at != key
	r.at = key
}

func (r *readSet) onlyAt(key string) bool { return r.at == key && !r.beyond }

// decide asks for a decision, forgetting what the one before it has read. On a message that is not
// there, or not any more, there is nothing to decide: its pairs would be found by nobody.
func (t *Txn) decide(decide Decide) (Change, error) {
	t.reads, t.dirtyRead = readSet{}, false
	if t.m.record == nil {
		return Change{}, ErrNoMessage
	}
	return decide(t)
}

// Record is Message.Record, and never nil. Only a recall changes it, which also deletes every pair:
// so a CAS, which rests on a pair that is there, fails then, and need not rest on the record, too.
func (t *Txn) Record() *Record { return t.m.Record() }

// Pair is Message.Pair.
func (t *Txn) Pair(key string) Pair {
	t.reads.add(key)
	if _, changed := t.pending[key]; changed {
		t.dirtyRead = true
	}
	return t.m.Pair(key)
}

// Live is Message.Live, with what the decisions before this one will add.
func (t *Txn) Live() int {
	t.reads.beyond = true
	return t.m.Live() + t.pendingLive
}

// By is Message.By, with what the decisions before this one may add at most.
func (t *Txn) By(user string) int {
	t.reads.beyond = true
	return t.m.By(user) + t.pendingBy[user]
}

// LatestSeq is Message.LatestSeq.
func (t *Txn) LatestSeq() uint64 {
	t.reads.beyond = true
	return t.m.LatestSeq()
}

// ClearSeq is Message.ClearSeq.
func (t *Txn) ClearSeq() uint64 {
	t.reads.beyond = true
	return t.m.ClearSeq()
}

// ClosedSeq is Message.ClosedSeq.
func (t *Txn) ClosedSeq() uint64 {
	t.reads.beyond = true
	return t.m.ClosedSeq()
}

// CloseAt is Message.CloseAt.
func (t *Txn) CloseAt() int64 {
	t.reads.beyond = true
	return t.m.CloseAt()
}

// Pairs is Message.Pairs.
func (t *Txn) Pairs(from uint64) []Pair {
	t.reads.beyond = true
	t.dirtyRead = t.dirtyRead || len(t.pending) > 0
	return t.m.Pairs(from)
}

// addPending makes the message look as if the change had been committed, for the decisions that
// follow in the same batch.
func (t *Txn) addPending(change Change) {
	for _, w := range change.Writes {
		before, known := t.pending[w.Key]
		if !known {
			before = !t.m.Pair(w.Key).Deleted
		}
		after := !w.Delete
		switch {
		case after && !before:
			t.pendingLive++
		case before && !after:
			t.pendingLive--
		}
		t.pending[w.Key] = after
		if w.By != "" {
			if t.pendingBy == nil {
				t.pendingBy = make(map[string]int)
			}
			t.pendingBy[w.By]++
		}
	}
}

// isCAS reports whether the change that was just decided can be a CAS, and returns the revision of
// its pair.
func (t *Txn) isCAS(change Change, options Options) (last uint64, ok bool) {
	if !t.m.hasCAS(options) || t.m.live.len() > options.MaxPairs || change.Clear || len(change.Writes) != 1 {
		return 0, false
	}
	w := change.Writes[0]
	p, known := t.m.pairs[w.Key]
	if !known || p.Deleted || w.Delete {
		return 0, false
	}
	return p.Seq, t.reads.onlyAt(w.Key)
}
