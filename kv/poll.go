package kv

import (
	"context"
	"encoding/json"
	"time"

	"exthub/kv/ballot"
	"exthub/kv/bucket"
)

// A message with rules is closed by its ".s" entry, whose revision is the ClosedSeq: no pair is
// above it, because every change of such a message is committed on the precondition that nothing
// under the message has changed, and a decision that sees the entry refuses.
//
// A message that closes at a time has a ".t" entry, which is a schedule (ADR-51 of NATS): at that
// second the server itself writes the ".d" entry, which says that the message is due. So there is
// no timer of ours, whichever hubs are down then, and however wrong their clocks are. A hub that
// sees ".d" writes ".s" before it reads or decides anything about the message, and all hubs that
// are there do so at once (see closer).
//
// What the server writes could be the close itself on a single replica, which writes it and
// compares every precondition under one lock. The leader of a replicated stream does not: a commit
// that it is asked for after it has proposed what was scheduled, and before it has applied that,
// passes its precondition, because it is compared with what is applied, and the entry has no
// precondition of its own whose filter would be in flight. Such a vote may land above ".d", and
// never above ".s", which is a commit like its own.
const (
	closeSuffix    = "s"
	scheduleSuffix = "t"
	dueSuffix      = "d"
)

// pollState is what a message with rules has besides its pairs.
type pollState struct {
	tally     ballot.Tally
	closedSeq uint64
	closeAt   int64  // when it closes by itself, unless it is closed; 0 is never
	scheduled uint64 // revision of the entry that says so
	due       uint64 // not 0: since this revision its time has come
}

// closing is the value of a message's ".t" entry, and of the ".d" entry that the server makes of
// it.
type closing struct {
	CloseAt int64 `json:"closeAt,omitempty"`
}

// Summary is what the pairs of a message come to, at Seq LatestSeq.
type Summary struct {
	Pairs     int
	Answers   []ballot.Counts // how often each choice of each question was chosen; nil for a text
	LatestSeq uint64
	ClosedSeq uint64 // not 0: the message is closed
	CloseAt   int64  // when it closes by itself, in Unix seconds; 0 is never
}

// Bytes returns about how many bytes the summary has in JSON.
func (s Summary) Bytes() int {
	const most = 8 // of a number
	n := 0
	for _, counts := range s.Answers {
		n += 1 + len(counts)
	}
	return 16*most + most*n
}

// Poll is a message with rules at one moment.
type Poll struct {
	Record  *Record
	Summary Summary
}

// Summary returns what the pairs come to. It is kept change by change: what it costs does not grow
// with the pairs.
func (m *Message) Summary() Summary {
	s := Summary{Pairs: m.live.len(), LatestSeq: m.latest, ClosedSeq: m.ClosedSeq(), CloseAt: m.CloseAt()}
	if m.poll != nil {
		s.Answers = m.poll.tally.Answers()
	}
	return s
}

// ClosedSeq returns the revision at which the message was closed, 0 if it is not. No pair has a Seq
// above it.
func (m *Message) ClosedSeq() uint64 {
	if m.poll == nil {
		return 0
	}
	return m.poll.closedSeq
}

// CloseAt returns when the message closes by itself, in Unix seconds; 0 is never.
func (m *Message) CloseAt() int64 {
	if m.poll == nil || m.poll.closedSeq > 0 || m.poll.due > 0 {
		return 0
	}
	return m.poll.closeAt
}

// due reports whether the time of the message has come, and nobody has closed it yet. Nobody is to
// be told of the close of a message that was recalled.
func (m *Message) due() bool {
	return m.poll != nil && m.poll.due > 0 && m.poll.closedSeq == 0 && m.record != nil && m.record.Recalled == nil
}

// pollOf returns a Delta's Poll.
func (c *cache) pollOf(ref Ref) func(context.Context) (Poll, error) {
	return func(ctx context.Context) (p Poll, err error) {
		var gone, found bool
		err = c.withMessage(ctx, ref, func(sl *slot) {
			m := sl.object.(*Message)
			gone = m.record == nil
			if found = !gone && m.record.Rules != nil; found {
				p = Poll{m.record, m.Summary()}
			}
		})
		switch {
		case err != nil || found:
			return p, err
		case gone:
			return p, ErrNoMessage
		}
		return p, errUnreadable // its entries say that it has rules
	}
}

// pollState returns the state of a message whose entries say that it has rules.
func (m *Message) pollState() *pollState {
	if m.poll == nil {
		m.poll = new(pollState)
	}
	return m.poll
}

// beginTally counts the pairs that came before the record, nearly always none.
func (m *Message) beginTally() {
	s := m.pollState()
	s.tally = ballot.NewTally(m.record.Rules)
	for p := range m.live.from(0) {
		s.tally.Add(p.Value, 1)
	}
}

// apply applies a close, a schedule, or that its time has come. A message that is closed stays so:
// of two closes, which only somebody else can have written, the first counts.
func (s *pollState) apply(suffix string, e bucket.Entry) error {
	switch {
	case suffix == scheduleSuffix:
	case suffix == closeSuffix && s.closedSeq == 0 && !e.Deleted:
		s.closedSeq = e.Revision
		return nil
	case suffix == dueSuffix && !e.Deleted:
		s.due = max(s.due, e.Revision)
		return nil
	default:
		return nil
	}
	if e.Revision <= s.scheduled {
		return nil
	}
	var c closing
	if !e.Deleted {
		if err := json.Unmarshal([]byte(e.Value), &c); err != nil {
			return err
		}
	}
	s.scheduled, s.closeAt = e.Revision, c.CloseAt
	return nil
}

const pollOverhead = 128

func (s *pollState) size() int { return pollOverhead + s.tally.Size() }

// mark returns what marks an entry of a message with rules, nil otherwise: from that the tail knows
// that it can't tell everybody. The mark of a live pair's key says when the pair was first set.
func (m *Message) mark(key string) *bucket.Mark {
	if m.record == nil || m.record.Rules == nil {
		return nil
	}
	p := m.pairs[key]
	if p == nil || p.Deleted {
		return new(bucket.Mark)
	}
	return &bucket.Mark{Created: p.Created}
}

// closeWrites returns the entries that close a message, or change when it closes.
//
// A close deletes the schedule in the same commit, and the server gives up if a deletion is in the
// place of what it was to write. If it has just written that, nobody minds: the message is closed.
// A close that is moved, or taken back, in that very moment comes at the old time.
func (m *Message) closeWrites(object string, change Change) []bucket.Write {
	if !change.Close {
		if *change.CloseAt == 0 {
			return []bucket.Write{cancelled(object)}
		}
		return []bucket.Write{schedule(object, *change.CloseAt)}
	}
	closed := bucket.Write{Key: object + "." + closeSuffix, Value: "{}"}
	if m.CloseAt() == 0 {
		return []bucket.Write{closed}
	}
	return []bucket.Write{cancelled(object), closed}
}

// cancelled returns the entry by which the server gives up to close a message by itself.
func cancelled(object string) bucket.Write {
	return bucket.Write{Key: object + "." + scheduleSuffix, Delete: true}
}

// schedule returns the entry by which the server closes a message at a time.
func schedule(object string, closeAt int64) bucket.Write {
	value, err := json.Marshal(closing{closeAt})
	if err != nil {
		panic(err) // a number
	}
	return bucket.Write{
		Key: object + "." + scheduleSuffix, Value: string(value),
		Target: object + "." + dueSuffix, At: time.Unix(closeAt, 0),
	}
}
