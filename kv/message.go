package kv

import (
	"cmp"
	"slices"
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
	pairs      map[string]Pair
	control    control
	latest     uint64
	live, gone int
	by         map[string]int // how many pairs each user has, as far as that is noted; nil if it is not
	subject    int            // what a pair's key keeps in memory besides itself
	bytes      int            // of the record and the pairs
	memo       any
	memoBytes  int
	swept      []leftKey  // deletions that are no longer listed but may still be in the bucket
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
	// PurgedSeq is the revision up to which deletions are no longer listed.
	PurgedSeq uint64 `json:"purgedSeq,omitempty"`
}

func newMessage(ref Ref) *Message {
	return &Message{ref: ref, pairs: make(map[string]Pair), subject: len(ref.ID()) + prefixRoom}
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
		return p
	}
	return Pair{Key: key, Deleted: true}
}

// Live returns how many pairs the message holds; deletions don't count.
func (m *Message) Live() int { return m.live }

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
func (m *Message) Pairs(from uint64) []Pair {
	list := make([]Pair, 0, m.live)
	for _, p := range m.pairs {
		if p.Seq >= from && !(p.Deleted && from == 0) {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b Pair) int { return cmp.Compare(a.Seq, b.Seq) })
	return list
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
	old, known := m.pairs[key]
	if known && old.Seq >= e.Revision {
		return nil
	}
	m.count(old, known, -1)
	if known {
		key = old.Key // the map keeps the first key: with this one there would be two in memory
	}
	p := Pair{
		Key: key, Value: e.Value, Seq: e.Revision, Deleted: e.Deleted, By: e.By, Created: e.Created,
	}
	m.count(p, true, 1)
	m.pairs[key] = p
	m.latest = max(m.latest, e.Revision)
	return nil
}

// clear deletes what is live at or below seq. A clear writes a deletion for each pair, as far as
// one commit can hold them; the control entry speaks for the rest.
func (m *Message) clear(seq uint64) {
	for key, p := range m.pairs {
		if !p.Deleted && p.Seq <= seq {
			m.swept = append(m.swept, leftKey{key, p.Seq})
			m.count(p, true, -1)
			p = Pair{Key: key, Seq: seq, Deleted: true}
			m.count(p, true, 1)
			m.pairs[key] = p
		}
	}
}

// forget drops the deletions at or below seq and keeps their keys for the sweeper.
func (m *Message) forget(seq uint64) {
	for key, p := range m.pairs {
		if p.Deleted && p.Seq <= seq {
			m.count(p, true, -1)
			delete(m.pairs, key)
			m.swept = append(m.swept, leftKey{key, p.Seq})
		}
	}
}

func (m *Message) count(p Pair, known bool, n int) {
	if !known {
		return
	}
	if p.Deleted {
		m.gone += n
	} else {
		m.live += n
		m.countBy(p.By, n)
		if m.poll != nil {
			m.poll.tally.Add(p.Value, n)
		}
	}
	m.bytes += n * (len(p.Key) + len(p.Value) + len(p.By) + m.subject + pairOverhead)
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
	// pairOverhead is what a pair costs besides its bytes: a slot of the map with the Pair in it,
	// and as much again for the slots that are free.
	pairOverhead = 160
	// prefixRoom is about what a subject has besides the message and the key: a key is a part of
	// the subject that it came in, and keeps all of it.
	prefixRoom = 32
)

func (m *Message) size() int {
	size := messageOverhead + m.bytes + m.memoBytes + len(m.swept)*(m.subject+pairOverhead)
	if m.poll != nil {
		size += m.poll.size()
	}
	return size
}
