package kv

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
)

// write is one entry to be written.
type write struct {
	key    string // without the bucket's prefix
	value  string
	delete bool
}

// fence is the condition of a write: the last sequence under filter is still last. The server compares filters in flight byte by byte, so there is
// no second place that makes one.
type fence struct {
	filter string // a subject with the bucket's prefix
	last   uint64
}

func (sh *shard) fence(unit string, last uint64) *fence {
	return &fence{filter: sh.prefix + unit + ".>", last: last}
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

// publish writes the entries, one alone or several as one atomic batch, if the fence holds (nil: always), and returns the revision of the last;
// the others are right before it. request marks the entries as this commit's (0: no mark).
//
// It returns a *staleError if the fence did not hold, ErrUnavailable if the store refused, and ErrUnknown if no answer told the outcome before ctx
// ended. In between it asks again unchanged: with the fence in place at most one of the tries can be committed.
func (sh *shard) publish(ctx context.Context, writes []write, f *fence, request uint64, extra ...string) (uint64, error) {
	unanswered := false
	for wait := time.Millisecond; ; wait = min(2*wait, 100*time.Millisecond) {
		ack, err := sh.tryPublish(ctx, writes, f, request, extra)
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

func (sh *shard) tryPublish(ctx context.Context, writes []write, f *fence, request uint64, extra []string) (*pubAck, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout/2)
	defer cancel()
	batch := ""
	if len(writes) > 1 {
		batch = nuid.Next()
	}
	for i, w := range writes {
		msg := sh.message(w, f, request)
		for j := 0; j+1 < len(extra); j += 2 {
			msg.Header.Set(extra[j], extra[j+1])
		}
		if batch != "" {
			msg.Header.Set("Nats-Batch-Id", batch)
			msg.Header.Set("Nats-Batch-Sequence", strconv.Itoa(i+1))
		}
		if i < len(writes)-1 {
			if err := sh.nc.PublishMsg(msg); err != nil {
				return nil, err
			}
			continue
		}
		if batch != "" {
			msg.Header.Set("Nats-Batch-Commit", "1")
		}
		reply, err := sh.nc.RequestMsgWithContext(ctx, msg)
		if err != nil {
			return nil, err
		}
		ack := new(pubAck)
		if err := json.Unmarshal(reply.Data, ack); err != nil {
			return nil, fmt.Errorf("unreadable acknowledgement: %w", err)
		}
		return ack, nil
	}
	return nil, errors.New("nothing to publish")
}

func (sh *shard) message(w write, f *fence, request uint64) *nats.Msg {
	msg := &nats.Msg{Subject: sh.prefix + w.key, Data: []byte(w.value), Header: make(nats.Header, 6)}
	if w.delete {
		msg.Header[operation] = []string{"DEL"}
	}
	if f != nil {
		msg.Header[jetstream.ExpectedLastSubjSeqHeader] = []string{strconv.FormatUint(f.last, 10)}
		msg.Header[jetstream.ExpectedLastSubjSeqSubjHeader] = []string{f.filter}
	}
	if request != 0 {
		msg.Header[requestHeader] = []string{strconv.FormatUint(request, 16)}
	}
	return msg
}
