package kv

import (
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"exthub/kv/bucket"
)

// Message is a message as it is at one moment: its record, its pairs and the deletions that are
// still listed. It is valid only inside the function that it is given to.
type Message struct {
	ref        Ref
	record     *Record
	recordSeq  uint64 // the revision of record
	recordSize int
	expires    time.Time // by the servers' clocks; zero: never
	pairs      map[string]*seqPair
	most       int // pairs that the map has had room for
	control    control
	latest     uint64
	live, gone seqList        // the pairs, and the deletions that are listed
	by         map[string]int // how many pairs each user has, as far as that is noted; nil if it is not
	bytes      int            // of the record and the pairs
	memo       any
	memoBytes  int
	swept      []leftKey  // deletions that are no longer listed but may still be in the bucket
	sweptTo    uint64     // not 0: so may any entry of a pair up to here
	poll       *pollState // of a message with rules; nil otherwise
}

// leftKey is the key of a pair whose entry means nothing any more, if it is not above seq.
type leftKey struct {
	key string
	seq uint64
}

// control is the value of a message's .c entry.
type control struct {
	// ClearSeq is the revision of the last clear; every live pair is above it. An entry that is
	// itself a clear can't know its own revision when it is written, so it says Clear and leaves
	// ClearSeq to the reader.
	Clear    bool   `json:"clear,omitempty"`
	ClearSeq uint64 `json:"clearSeq,omitempty"`
	// PurgedSeq is the revision up to which deletions are no longer listed. Purge is to it what
	// Clear is to ClearSeq.
	Purge     bool   `json:"purge,omitempty"`
	PurgedSeq uint64 `json:"purgedSeq,omitempty"`
}

func newMessage(ref Ref) *Message {
	return &Message{ref: ref, pairs: make(map[string]*seqPair)}
}

func (m *Message) fresh() object { return newMessage(m.ref) }

// Record returns the message as it was sent, or nil if there is no such message.
func (m *Message) Record() *Record { return m.record }

// expire makes the message what it is at the servers at this time: not there, once it has expired.
// Its pairs are on their way out with it.
func (m *Message) expire(now time.Time) {
	if m.record != nil && !m.expires.IsZero() && !now.Before(m.expires) {
		m.record = nil
		m.memo, m.memoBytes = nil, 0
	}
}

// ttl returns how long what is written to the message now has to live: until the message has
// expired, and not less. Rather longer: how late it is at the servers is known as a lower bound,
// and their clocks may differ a little.
func (m *Message) ttl(now time.Time, slack time.Duration) time.Duration {
	if m.expires.IsZero() {
		return 0
	}
	return max(m.expires.Sub(now), 0) + slack
}

// Pair returns the pair of this key: as it is, or as a deletion that is still listed (Deleted, with
// its Seq), or with Seq 0 if there is neither.
func (m *Message) Pair(key string) Pair {
	if p, ok := m.pairs[key]; ok {
		return p.Pair
	}
	return Pair{Key: key, Deleted: true}
}

// Live returns how many pairs the message holds; deletions don't count.
func (m *Message) Live() int { return m.live.len() }

// By returns how many pairs the user has, as far as Write.By noted it.
func (m *Message) By(user string) int { return m.by[user] }

// LatestSeq returns the highest Seq of the message's pairs, deletions and clears included, and 0 if
// there never was one.
func (m *Message) LatestSeq() uint64 { return m.latest }

// ClearSeq returns the revision of the last clear, or 0. Every live pair is above it.
func (m *Message) ClearSeq() uint64 { return m.control.ClearSeq }

// PurgedSeq returns the revision up to which deletions are no longer listed, or 0.
func (m *Message) PurgedSeq() uint64 { return m.control.PurgedSeq }

// Pairs returns the pairs with a Seq of at least from, in rising order of Seq: deletions too,
// except with from 0.
func (m *Message) Pairs(from uint64) []Pair { return slices.Collect(m.Each(from)) }

// Each is Pairs for a reader who may not want all of them. What it costs depends on how many are
// read, and hardly on how many there are.
func (m *Message) Each(from uint64) iter.Seq[Pair] {
	return func(yield func(Pair) bool) {
		var deletions []*seqPair
		if from > 0 {
			deletions = slices.Collect(m.gone.from(from))
		}
		for p := range m.live.from(from) {
			for len(deletions) > 0 && deletions[0].Seq < p.Seq {
				if !yield(deletions[0].Pair) {
					return
				}
				deletions = deletions[1:]
			}
			if !yield(p.Pair) {
				return
			}
		}
		for _, p := range deletions {
			if !yield(p.Pair) {
				return
			}
		}
	}
}

// Memo returns what build made, and keeps it until the message changes: for answers that many ask
// for. What it takes in memory counts once Weigh has been told.
func (m *Message) Memo(build func() any) any {
	if m.memo == nil {
		m.memo = build()
	}
	return m.memo
}

// Weigh says that the memo takes this many bytes more, or will soon. They count like the message
// itself: what nobody weighs, a client can make grow without a limit.
func (m *Message) Weigh(bytes int) { m.memoBytes += bytes }

func (m *Message) apply(suffix string, e bucket.Entry) error {
	m.memo, m.memoBytes = nil, 0
	switch {
	case suffix == "m":
		if e.Revision < m.recordSeq {
			return nil // as it was before it was recalled
		}
		record, err := decodeRecord(m.ref, e.Value)
		if err != nil {
			return err
		}
		size := len(e.Value) + recordOverhead
		m.bytes += size - m.recordSize
		m.record, m.recordSeq, m.recordSize = record, e.Revision, size
		if record.TTL > 0 && !e.Time.IsZero() { // this hub's own commits have no time yet
			m.expires = e.Time.Add(record.ttl())
		}
		if record.Rules != nil {
			m.beginTally()
		}
		return nil
	case suffix == closeSuffix, suffix == scheduleSuffix, suffix == dueSuffix:
		return m.pollState().apply(suffix, e)
	case suffix == "c":
		c, err := parseControl(e)
		if err != nil {
			return err
		}
		m.control = c
		m.latest = max(m.latest, c.ClearSeq)
		m.clear(c.ClearSeq)
		m.forget(c.PurgedSeq)
		if m.record != nil && m.record.Recalled != nil {
			m.forget(c.ClearSeq) // nobody may read what was deleted, and keys may be names
		}
		return nil
	}
	key, err := pairKey(suffix)
	if err != nil {
		return err
	}
	old := m.pairs[key]
	if old != nil && old.Seq >= e.Revision {
		return nil
	}
	if old == nil {
		// Not the substring that it is: that would keep the whole subject in memory
		old = &seqPair{Pair: Pair{Key: strings.Clone(key)}}
		m.pairs[old.Key] = old
		m.most = max(m.most, len(m.pairs))
	} else {
		m.takeOut(old)
	}
	old.Pair = Pair{
		Key: old.Key, Value: e.Value, Seq: e.Revision, Deleted: e.Deleted, By: e.By, Created: e.Created,
	}
	m.putIn(old)
	m.latest = max(m.latest, e.Revision)
	return nil
}

// clear drops what is live at or below seq. Nearly always that is nothing, because the deletions
// of a clear come before its control entry. A clear of very many has none, see clearWrites: what
// is left of those one request of the sweeper removes.
//
// Other pairs are left when their deletions were missed: the tail was behind, and they have been
// set again, so the bucket has their deletions no more. Until the newer entries come, in a moment,
// the clear alone says that they are gone. It says nothing about deletions that were not missed:
// those stay listed up to PurgedSeq, or who names the Seq of one would get a conflict.
func (m *Message) clear(seq uint64) {
	unlisted := min(seq, m.control.PurgedSeq)
	for _, p := range m.live.upTo(seq) {
		if m.drop(p); p.Seq <= unlisted {
			m.sweptTo = unlisted
		} else {
			m.swept = append(m.swept, leftKey{p.Key, p.Seq})
		}
	}
}

// forget drops the deletions at or below seq and keeps their keys for the sweeper.
func (m *Message) forget(seq uint64) {
	for _, p := range m.gone.upTo(seq) {
		if m.drop(p); p.Seq > m.sweptTo {
			m.swept = append(m.swept, leftKey{p.Key, p.Seq})
		}
	}
	m.shrink()
}

// shrink makes the map anew if few are left of what it had room for: a map does not give back what
// it has grown to, so a client could fill a message, clear it, and go on to the next.
func (m *Message) shrink() {
	if len(m.pairs) >= m.most/4 {
		return
	}
	pairs := make(map[string]*seqPair, len(m.pairs))
	maps.Copy(pairs, m.pairs)
	m.pairs, m.most = pairs, len(pairs)
}

// drop forgets a pair.
func (m *Message) drop(p *seqPair) {
	m.takeOut(p)
	delete(m.pairs, p.Key)
}

func (m *Message) putIn(p *seqPair) {
	if p.Deleted {
		m.gone.add(p)
	} else {
		m.live.add(p)
	}
	m.count(p.Pair, 1)
}

func (m *Message) takeOut(p *seqPair) {
	if p.Deleted {
		m.gone.remove(p)
	} else {
		m.live.remove(p)
	}
	m.count(p.Pair, -1)
}

// count counts a pair for what is known of all of them, or takes it back.
func (m *Message) count(p Pair, n int) {
	if !p.Deleted {
		m.countBy(p.By, n)
		if m.poll != nil {
			m.poll.tally.Add(p.Value, n)
		}
	}
	m.bytes += n * (len(p.Key) + len(p.Value) + len(p.By) + pairOverhead)
}

// countBy counts a pair for the user who set it. A user's first costs a slot of the map.
func (m *Message) countBy(user string, n int) {
	if user == "" {
		return
	}
	if m.by == nil {
		m.by = make(map[string]int)
	}
	if m.by[user] == 0 {
		m.bytes += len(user) + userOverhead
	}
	if m.by[user] += n; m.by[user] == 0 {
		m.bytes -= len(user) + userOverhead
		delete(m.by, user)
	}
}

const (
	// userOverhead is what a user who has pairs costs besides the name.
	userOverhead = 64
	// messageOverhead is what a message costs in memory before it holds anything: its struct and
	// the first slots of its map.
	messageOverhead = 768
	// recordOverhead is what a record costs besides its bytes.
	recordOverhead = 384
	// pairOverhead is what a pair costs besides its bytes: the pair, two places in a block, a slot
	// of the map and those that are free, and what the allocator rounds up.
	pairOverhead = 176
	// leftOverhead is what a key costs that waits for the sweeper, with its bytes.
	leftOverhead = 192
)

func (m *Message) size() int {
	size := messageOverhead + m.bytes + m.memoBytes + len(m.swept)*leftOverhead
	if m.poll != nil {
		size += m.poll.size()
	}
	return size
}
