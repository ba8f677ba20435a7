package kv

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

// write is one entry to be written.
type write struct {
	key     string // without the bucket's prefix
	value   string
	delete  bool
	subject string // the key with the prefix, if it is known already
}

// fence is the condition of a write: the last sequence under filter, or of the entry itself, is still last. The zero fence holds always.
type fence struct {
	filter string // a subject with the bucket's prefix
	own    bool   // the entry's own; without filter
	last   uint64
}

// filter returns what a unit's fences are about: all of its subjects. The server compares filters in flight byte by byte, so there is no second place that makes
// one.
func (sh *shard) filter(unit string) string { return sh.prefix + unit + ".>" }

// terms are what entries are written on and marked with.
type terms struct {
	fence   fence
	request uint64 // marks the entries as this commit's
	origin  string // of a message: the session that sends it
	dedupID string // of a message: the server stores one of these in dedupWindow
}

const (
	requestHeader = "Exthub-Request" // which commit wrote an entry: how a writer finds its own after a timeout
	originHeader  = "Exthub-Origin"  // which session sent a message: the one that gets no event for it
	operation     = "KV-Operation"   // the KV convention for a deletion
)

// staleError says that a fence did not hold: somebody else wrote up to last, or to an unknown revision if it is 0.
type staleError struct{ last uint64 }

func (e *staleError) Error() string { return fmt.Sprintf("the last revision is %d by now", e.last) }

// errDuplicate carries the sequence of the message that was stored first.
type duplicateError struct{ revision uint64 }

func (e *duplicateError) Error() string { return "duplicate of " + strconv.FormatUint(e.revision, 10) }

// JetStream's error codes that mean something to us.
const (
	codeWrongLast     = 10071 // the fence did not hold
	codeWrongLastBusy = 10164 // refused before it was compared, because an equal fence was in flight: ask again unchanged
	codeBatchBusy     = 10210 // too many batches in flight
	codeNoLeader      = 10008 // JetStream temporarily unavailable
)

// publish writes the entries if the fence holds, and returns the revision of the last; the others are right before it.
//
// It returns a *staleError if the fence did not hold, a *duplicateError if the dedupID was there, ErrUnavailable if the store refused, and ErrUnknown if no
// answer told the outcome before ctx ended. In between it asks again unchanged: with the fence in place at most one of the tries can be committed.
func (sh *shard) publish(ctx context.Context, writes []write, t terms) (uint64, error) {
	unanswered := false
	for wait := time.Millisecond; ; wait = min(2*wait, 100*time.Millisecond) {
		ack, err := sh.tryPublish(writes, t)
		switch {
		case err != nil:
			unanswered = true // sent or not, stored or not: only another answer can tell
		case ack.Error == nil && ack.Duplicate:
			return 0, &duplicateError{ack.Seq}
		case ack.Error == nil:
			sh.saw(ack.Seq)
			return ack.Seq, nil
		case ack.Error.ErrorCode == codeWrongLast:
			stale := &staleError{}
			// The server says which one only in its sentence; without it we read anew.
			_, _ = fmt.Sscanf(ack.Error.Description, "wrong last sequence: %d", &stale.last)
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
func (sh *shard) tryPublish(writes []write, t terms) (pubAck, error) {
	out := outgoings.Get().(*outgoing)
	defer outgoings.Put(out)
	batch, last := "", len(writes)-1
	if last > 0 {
		batch = nuid.Next()
	}
	for i, w := range writes[:last] {
		if err := sh.nc.PublishMsg(out.entry(sh.prefix, w, t).inBatch(batch, i, false)); err != nil {
			return pubAck{}, err
		}
	}
	msg := &out.entry(sh.prefix, writes[last], t).msg
	if last > 0 {
		msg = out.inBatch(batch, last, true)
	}
	reply, err := sh.requests.ask(msg, requestTimeout/2)
	if err != nil {
		return pubAck{}, err
	}
	return sh.readAck(reply.Data)
}

// readAck reads an acknowledgement. Nearly all look alike, and are not worth a parser's time: that is on the way of every vote.
func (sh *shard) readAck(data []byte) (pubAck, error) {
	if rest, ok := bytes.CutPrefix(data, sh.commonAck); ok && bytes.HasSuffix(rest, []byte("}")) {
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
