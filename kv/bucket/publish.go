package bucket

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
)

// Write is one entry to be written.
type Write struct {
	Key     string // without the bucket's prefix
	Value   string
	Delete  bool
	Subject string // the key with the prefix, if it is known already
	By      string // of a pair: the user who sets it, if that is noted
	More    bool   // the next write of the same change is about to follow, in a commit of its own

	// Mark is put down with the entry, unless it is nil, and says what the entry belongs to.
	Mark *Mark
	// Target and At make the entry a schedule, unless Target is "": at that second the server
	// itself writes the value under the key Target, and the schedule is gone.
	Target string
	At     time.Time
	// Kept is how long the entry is kept, if that is not what PublishOptions.TTL says: nil.
	Kept *time.Duration
}

// Mark says of an entry that it is of a message with rules, and at which revision the pair was
// first set: 0 if with this entry.
type Mark struct{ Created uint64 }

// MaxBatch is how many entries one commit may hold. JetStream takes 1,000.
const MaxBatch = 990

// Precondition is what a write depends on: the last sequence under Filter, or of the entry itself,
// is still Last. The zero Precondition always holds.
type Precondition struct {
	Filter string // a subject with the bucket's prefix
	Own    bool   // the entry's own; without filter
	Last   uint64

	// Shortcut, unless it is zero, is another condition from which this one follows. It is tried
	// first, where that can save something.
	Shortcut Shortcut
}

// Shortcut says that no entry in the whole bucket is above UpTo, and that the one at the
// Precondition's Last is still the newest of Subject. It is for objects of many entries, of which
// the writer knows all up to UpTo: a single replica compares it in no time, and for a filter with a
// wildcard it walks every subject that matches, 3.5 ms for 100,000 (fileStore.loadLastLocked,
// 2.15.2).
//
// UpTo alone would do, but for a bucket that lost its end in a crash, or was made anew, and grew to
// the same length since. There Subject says, as the filter would, that it is not what was known.
//
// A try in vain costs a round trip more. So one that saves less than that can lose is made only in
// quiet, while this hub writes nothing else to the bucket: 16 writers who each fill messages with
// 300 pairs, ten at a time, made 2,500 to 2,860 sets a second with every try, and 3,530 to 3,610
// with none.
type Shortcut struct {
	Subject string // with the bucket's prefix
	UpTo    uint64
	Quiet   bool // tried only in quiet
}

// Filter returns the filter of an object's preconditions: all of its subjects. The server compares
// the filters in flight byte by byte, so this is the only place that makes one.
func (b *Bucket) Filter(object string) string { return b.prefix + object + ".>" }

// PublishOptions say on which precondition entries are written, and what they are marked with.
type PublishOptions struct {
	Precondition Precondition
	Request      uint64 // marks the entries as this commit's
	Origin       string // of a message: the session that sends it; of a membership: the user who changes it
	DedupID      string // of a message: the server stores one of these in DedupWindow
	// Ask says that nothing is to be stored: the server only looks for a duplicate. It compares
	// what it is told of the last message of all after that, and no message has such an ID.
	Ask bool
	// After is the DedupID of an entry that has to be the newest of the whole bucket. Without any,
	// nothing is asked of that.
	After string

	// TTL is how long the entries are kept, in whole seconds; 0 is for ever.
	TTL time.Duration
}

const (
	// Which commit wrote an entry: its writer finds it so after a timeout
	requestHeader     = "Exthub-Request"
	originHeader      = "Exthub-Origin"  // where an entry comes from, see PublishOptions
	byHeader          = "Exthub-By"      // who set a pair
	moreHeader        = "Exthub-More"    // see Write
	createdHeader     = "Exthub-Created" // see Mark
	ttlHeader         = "Nats-TTL"
	scheduleHeader    = "Nats-Schedule" // when the server writes the entry to its target
	targetHeader      = "Nats-Schedule-Target"
	targetTTLHeader   = "Nats-Schedule-TTL"
	schedulerHeader   = "Nats-Scheduler" // what the server wrote on a schedule
	batchHeader       = "Nats-Batch-Id"
	batchCommitHeader = "Nats-Batch-Commit"
	operation         = "KV-Operation" // the KV convention for a deletion
)

// StaleError says that a precondition did not hold: somebody else wrote up to Last, which is 0 if
// unknown.
type StaleError struct{ Last uint64 }

func (e *StaleError) Error() string { return fmt.Sprintf("the last revision is %d by now", e.Last) }

// DuplicateError says that a DedupID is in use, with the revision of the message that was stored
// first.
type DuplicateError struct{ Revision uint64 }

func (e *DuplicateError) Error() string { return "duplicate of " + strconv.FormatUint(e.Revision, 10) }

// The error codes of JetStream that Publish tells apart.
const (
	codeWrongLast   = 10071 // the precondition did not hold
	codeWrongLastID = 10070 // the same, of PublishOptions.Ask
	// Not compared, because an equal precondition was in flight: ask again
	codeWrongLastBusy = 10164
	codeBatchBusy     = 10210 // too many batches in flight
	codeBatchTwice    = 10201 // a DedupID of the batch is in use
	codeNoLeader      = 10008 // JetStream temporarily unavailable
	codeTooMany       = 10167 // not taken, because too many entries wait for the stream
)

// tryAgain are the codes of refusals that do not last.
var tryAgain = []jetstream.ErrorCode{codeWrongLastBusy, codeBatchBusy, codeNoLeader}

// Publish writes the entries if the precondition holds, and returns the revision of the last; the
// others are right before it.
//
// It returns a *StaleError if the precondition did not hold, a *DuplicateError if the DedupID is in
// use, ErrUnavailable if nothing was written, because the store refused or nobody got the entries,
// and ErrUnknown if no answer told the outcome before Options.WriteTimeout was over or ctx ended.
// Until then it asks again, unchanged: with a precondition, at most one of the tries can be
// committed.
func (b *Bucket) Publish(ctx context.Context, writes []Write, options PublishOptions) (uint64, error) {
	if options.TTL > 0 {
		b.expiring.Store(true) // before it can be in the bucket
	}
	revision, err := b.publish(ctx, writes, options)
	b.noteOutcome(ctx, err)
	return revision, err
}

func (b *Bucket) publish(ctx context.Context, writes []Write, options PublishOptions) (uint64, error) {
	limit := b.limit(ctx)
	unanswered := false
	var last error
	alone := b.writing.Add(1) == 1
	defer b.writing.Add(-1)
	if !b.mayHold(options.Precondition.Shortcut, writes, alone) {
		options.Precondition.Shortcut = Shortcut{}
	}
	for wait := time.Millisecond; ; wait = min(2*wait, 100*time.Millisecond) {
		ack, err := b.tryPublish(writes, options, min(b.writeTimeout/2, time.Until(limit)))
		switch {
		case err != nil:
			last = err
			// Stored or not: only another answer can tell.
			unanswered = unanswered || !errors.Is(err, errNotSent)
			b.split.suspect()
		case ack.Error == nil && ack.Duplicate:
			return 0, &DuplicateError{ack.Seq}
		case ack.Error == nil:
			b.Saw(ack.Seq)
			return ack.Seq, nil
		case ack.Error.ErrorCode == codeWrongLast && options.Precondition.Shortcut.UpTo > 0:
			// Somebody has written, perhaps to something else: only the filter can tell.
			options.Precondition.Shortcut = Shortcut{}
			continue
		case ack.Error.ErrorCode == codeWrongLast && !b.deposed(ack.Error, options.Precondition):
			return 0, staleError(ack.Error, unanswered)
		case ack.Error.ErrorCode == codeWrongLast:
			// Another leader has got the same entries, and may have stored them.
			last, unanswered = ack.Error, true
			b.split.suspect()
		case ack.Error.ErrorCode == codeWrongLastID:
			return 0, &StaleError{}
		case slices.Contains(tryAgain, ack.Error.ErrorCode):
			last = ack.Error
			unanswered = unanswered || ack.Error.ErrorCode == codeWrongLastBusy && b.split.suspected()
		case unanswered: // this try was refused, but an earlier one may have been stored
			return 0, fmt.Errorf("%w: %s", ErrUnknown, ack.Error.Description)
		default:
			return 0, fmt.Errorf("%w: %s", ErrUnavailable, ack.Error.Description)
		}
		if pause(ctx, limit, wait/2+rand.N(wait)) {
			continue
		}
		if unanswered {
			return 0, fmt.Errorf("%w: %w", ErrUnknown, last)
		}
		return 0, fmt.Errorf("%w: no commit in time: %w", ErrUnavailable, last)
	}
}

// limit returns until when a write may be tried.
func (b *Bucket) limit(ctx context.Context) time.Time {
	limit := time.Now().Add(b.writeTimeout)
	if earlier, ok := ctx.Deadline(); ok && earlier.Before(limit) {
		return earlier
	}
	return limit
}

// mayHold reports whether a shortcut is worth a try: not if this hub has seen something above it or
// is about to, nor in a batch, which costs the server far more than the walk. The leader of a
// replicated stream counts what is in flight with the sequence that it compares, so there is none.
func (b *Bucket) mayHold(s Shortcut, writes []Write, alone bool) bool {
	return s.UpTo > 0 && len(writes) == 1 && b.config.Replicas == 1 && b.Seen() <= s.UpTo && (alone || !s.Quiet)
}

// staleError returns what a precondition that does not hold means, if an earlier try was unanswered
// or not.
func staleError(refused *jetstream.APIError, unanswered bool) error {
	stale := &StaleError{}
	stale.Last, _ = lastNamed(refused) // without it the message is read anew
	if unanswered {
		return errors.Join(ErrUnknown, stale)
	}
	return stale
}

// lastNamed returns the revision that a refusal names, which the server does only in its sentence.
func lastNamed(refused *jetstream.APIError) (last uint64, ok bool) {
	_, err := fmt.Sscanf(refused.Description, "wrong last sequence: %d", &last)
	return last, err == nil
}

// pause waits before another try, and reports whether there is time for one.
func pause(ctx context.Context, limit time.Time, wait time.Duration) bool {
	if time.Until(limit) <= wait {
		return false
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(wait):
		return true
	}
}

// noteOutcome keeps what the last write that did not go through says about the store.
func (b *Bucket) noteOutcome(ctx context.Context, err error) {
	if err != nil {
		b.noteError(ctx, err)
	} else if b.trouble.Load() != nil {
		b.trouble.Store(nil)
	}
}

func (b *Bucket) noteError(ctx context.Context, err error) {
	var duplicate *DuplicateError
	switch {
	case errors.As(err, &duplicate):
		b.trouble.Store(nil)
	case errors.Is(ctx.Err(), context.Canceled): // the caller has gone, whatever the store does
	case errors.Is(err, ErrUnknown) || errors.Is(err, ErrUnavailable):
		b.trouble.Store(&err)
	}
}

// Writable returns nil if the last write went through, or why it did not.
func (b *Bucket) Writable() error {
	if err := b.trouble.Load(); err != nil {
		return *err
	}
	return nil
}

type pubAck struct {
	Seq       uint64              `json:"seq"`
	Duplicate bool                `json:"duplicate"`
	Error     *jetstream.APIError `json:"error"`
}

// tryPublish sends one entry alone, or several as an atomic batch, and waits for the answer.
func (b *Bucket) tryPublish(writes []Write, options PublishOptions, timeout time.Duration) (pubAck, error) {
	out := msgPool.Get().(*pooledMsg)
	defer msgPool.Put(out)
	batch, last := "", len(writes)-1
	if last > 0 {
		batch = nuid.Next()
	}
	all := options
	b.chains.sending.RLock()
	for i, w := range writes[:last] {
		if err := b.nc.PublishMsg(out.entry(b.prefix, w, options).inBatch(batch, i, false)); err != nil {
			b.chains.sending.RUnlock()
			return pubAck{}, fmt.Errorf("%w: %w", errNotSent, err) // a batch without its end is none
		}
		options.DedupID = "" // of the first entry alone: the server takes each ID once
	}
	msg := &out.entry(b.prefix, writes[last], options).msg
	if last > 0 {
		msg = out.inBatch(batch, last, true)
	}
	in, err := b.requests.send(msg)
	b.chains.sending.RUnlock()
	if err != nil {
		return pubAck{}, err
	}
	ack, err := b.awaitAck(in, timeout)
	if err == nil && ack.Error != nil && ack.Error.ErrorCode == codeBatchTwice {
		return b.findDuplicate(writes[0], all, timeout)
	}
	return ack, err
}

// awaitAck waits for the answer to an entry that was sent.
func (b *Bucket) awaitAck(in *inbox, timeout time.Duration) (pubAck, error) {
	reply, err := b.requests.await(in, timeout)
	if err != nil {
		return pubAck{}, err
	}
	return b.readAck(reply.Data)
}

// findDuplicate asks for the revision of the entry that has the DedupID, which the server does not
// say of one in a batch: it sends the entry alone. The server looks for the ID first, and then at a
// condition that never holds: if it has just forgotten the ID, nothing is written, and the batch is
// sent again. A Precondition would not do, because a single replica compares it before.
func (b *Bucket) findDuplicate(w Write, options PublishOptions, timeout time.Duration) (pubAck, error) {
	options.Precondition, options.Ask = Precondition{}, true
	out := msgPool.Get().(*pooledMsg)
	defer msgPool.Put(out)
	reply, err := b.requests.ask(&out.entry(b.prefix, w, options).msg, timeout)
	if err != nil {
		return pubAck{}, err
	}
	ack, err := b.readAck(reply.Data)
	if err == nil && ack.Error != nil && ack.Error.ErrorCode == codeWrongLastID {
		ack.Error.ErrorCode = codeBatchBusy
	}
	return ack, err
}

// readAck reads an acknowledgement. Every vote needs one and nearly all look alike, so the usual
// form is read without a parser.
func (b *Bucket) readAck(data []byte) (pubAck, error) {
	if rest, ok := bytes.CutPrefix(data, b.commonAck); ok && bytes.HasSuffix(rest, []byte("}")) {
		if seq, err := strconv.ParseUint(string(rest[:len(rest)-1]), 10, 64); err == nil {
			return pubAck{Seq: seq}, nil
		}
	}
	var ack pubAck
	if err := json.Unmarshal(data, &ack); err != nil {
		return ack, fmt.Errorf("unreadable acknowledgement: %w", err)
	}
	return ack, nil
}

// Purge removes the key's entry if its revision is not above revision.
func (b *Bucket) Purge(ctx context.Context, key string, revision uint64) error {
	return b.stream.Purge(ctx, jetstream.WithPurgeSubject(b.prefix+key), jetstream.WithPurgeSequence(revision+1))
}
