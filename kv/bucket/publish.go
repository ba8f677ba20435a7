package bucket

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
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
}

// MaxBatch is how many entries one commit holds; JetStream takes 1,000.
const MaxBatch = 990

// Precondition is the condition of a write: the last sequence under filter, or of the entry itself, is still last. The zero Precondition holds always.
type Precondition struct {
	Filter string // a subject with the bucket's prefix
	Own    bool   // the entry's own; without filter
	Last   uint64
}

// Filter returns what an object's preconditions are about: all of its subjects. The server compares filters in flight byte by byte, so there is no second place that makes
// one.
func (b *Bucket) Filter(object string) string { return b.prefix + object + ".>" }

// PublishOptions say what entries are written on and marked with.
type PublishOptions struct {
	Precondition Precondition
	Request      uint64 // marks the entries as this commit's
	Origin       string // of a message: the session that sends it
	DedupID      string // of a message: the server stores one of these in DedupWindow
}

const (
	requestHeader     = "Exthub-Request" // which commit wrote an entry: how a writer finds its own after a timeout
	originHeader      = "Exthub-Origin"  // which session sent a message: the one that gets no event for it
	batchHeader       = "Nats-Batch-Id"
	batchCommitHeader = "Nats-Batch-Commit"
	operation         = "KV-Operation" // the KV convention for a deletion
)

// StaleError says that a precondition did not hold: somebody else wrote up to last, or to an unknown revision if it is 0.
type StaleError struct{ Last uint64 }

func (e *StaleError) Error() string { return fmt.Sprintf("the last revision is %d by now", e.Last) }

// DuplicateError carries the sequence of the message that was stored first.
type DuplicateError struct{ Revision uint64 }

func (e *DuplicateError) Error() string { return "duplicate of " + strconv.FormatUint(e.Revision, 10) }

// JetStream's error codes that mean something to us.
const (
	codeWrongLast     = 10071 // the precondition did not hold
	codeWrongLastBusy = 10164 // refused before it was compared, because an equal precondition was in flight: ask again unchanged
	codeBatchBusy     = 10210 // too many batches in flight
	codeNoLeader      = 10008 // JetStream temporarily unavailable
)

// Publish writes the entries if the precondition holds, and returns the revision of the last; the others are right before it.
//
// It returns a *StaleError if the precondition did not hold, a *DuplicateError if the dedupID was there, ErrUnavailable if the store refused, and ErrUnknown if no
// answer told the outcome before ctx ended. In between it asks again unchanged: with the precondition in place at most one of the tries can be committed.
func (b *Bucket) Publish(ctx context.Context, writes []Write, options PublishOptions) (uint64, error) {
	unanswered := false
	for wait := time.Millisecond; ; wait = min(2*wait, 100*time.Millisecond) {
		ack, err := b.tryPublish(writes, options)
		switch {
		case err != nil:
			unanswered = true // sent or not, stored or not: only another answer can tell
		case ack.Error == nil && ack.Duplicate:
			return 0, &DuplicateError{ack.Seq}
		case ack.Error == nil:
			b.Saw(ack.Seq)
			return ack.Seq, nil
		case ack.Error.ErrorCode == codeWrongLast:
			stale := &StaleError{}
			// The server says which one only in its sentence; without it we read anew.
			_, _ = fmt.Sscanf(ack.Error.Description, "wrong last sequence: %d", &stale.Last)
			if unanswered {
				return 0, errors.Join(ErrUnknown, stale)
			}
			return 0, stale
		case ack.Error.ErrorCode == codeWrongLastBusy, ack.Error.ErrorCode == codeBatchBusy, ack.Error.ErrorCode == codeNoLeader:
		case unanswered: // this try was refused, but an earlier one may have been stored
			return 0, fmt.Errorf("%w: %s", ErrUnknown, ack.Error.Description)
		default:
			return 0, fmt.Errorf("%w: %s", ErrUnavailable, ack.Error.Description)
		}
		select {
		case <-ctx.Done():
			if unanswered {
				return 0, fmt.Errorf("%w: %w", ErrUnknown, ctx.Err())
			}
			return 0, fmt.Errorf("%w: no commit in time", ErrUnavailable)
		case <-time.After(wait/2 + rand.N(wait)):
		}
	}
}

type pubAck struct {
	Seq       uint64              `json:"seq"`
	Duplicate bool                `json:"duplicate"`
	Error     *jetstream.APIError `json:"error"`
}

// tryPublish sends one entry alone, or several as an atomic batch.
func (b *Bucket) tryPublish(writes []Write, options PublishOptions) (pubAck, error) {
	out := msgPool.Get().(*pooledMsg)
	defer msgPool.Put(out)
	batch, last := "", len(writes)-1
	if last > 0 {
		batch = nuid.Next()
	}
	for i, w := range writes[:last] {
		if err := b.nc.PublishMsg(out.entry(b.prefix, w, options).inBatch(batch, i, false)); err != nil {
			return pubAck{}, err
		}
	}
	msg := &out.entry(b.prefix, writes[last], options).msg
	if last > 0 {
		msg = out.inBatch(batch, last, true)
	}
	reply, err := b.requests.ask(msg, RequestTimeout/2)
	if err != nil {
		return pubAck{}, err
	}
	return b.readAck(reply.Data)
}

// readAck reads an acknowledgement. Nearly all look alike, and are not worth a parser's time: that is on the way of every vote.
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

// Purge removes the key's entry if its revision is revision or lower.
func (b *Bucket) Purge(ctx context.Context, key string, revision uint64) error {
	return b.stream.Purge(ctx, jetstream.WithPurgeSubject(b.prefix+key), jetstream.WithPurgeSequence(revision+1))
}
