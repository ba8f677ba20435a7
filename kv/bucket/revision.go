package bucket

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// LastRevision returns the revision of the newest entry that a bucket holds, 0 if it holds none or
// is not there, or ErrUnavailable. It writes nothing, while Open does and so hides how far the
// bucket reached before. It has no time limit but ctx: NATS looks at every key, and there may be
// many millions.
//
// An entry goes only when a newer one takes its place, or when a newer one says that it may be
// purged. So as long as nothing is lost, this is the last revision that was committed. The stream's
// own last sequence is not: NATS notes it beside the blocks, and counts on from there when the
// entries themselves are gone.
func LastRevision(ctx context.Context, nc *nats.Conn, bucket string) (uint64, error) {
	newest, err := newestRevision(bucket, "$KV."+bucket+".>", func(msg *nats.Msg) (*nats.Msg, error) {
		return nc.RequestMsgWithContext(ctx, msg)
	})
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return 0, nil
	}
	return newest, err
}

// Newest returns the revision of the newest entry whose subject matches the filter as the stream's
// leader has it, or 0 if there is none. The answer could be wrong only from a leader that has lost
// its place and does not know yet, for as long as an election takes.
func (b *Bucket) Newest(ctx context.Context, filter string) (uint64, error) {
	return newestRevision(b.name, filter, func(msg *nats.Msg) (*nats.Msg, error) {
		return b.requests.askAgain(ctx, msg)
	})
}

// newestRevision returns the revision of the newest entry whose subject matches the filter, as the
// stream's leader has it: 0 if there is none, jetstream.ErrStreamNotFound if there is no such
// bucket, or ErrUnavailable.
func newestRevision(bucket, filter string, ask func(*nats.Msg) (*nats.Msg, error)) (uint64, error) {
	body, err := json.Marshal(map[string]any{"last_by_subj": filter, "no_hdr": true})
	if err != nil {
		return 0, err
	}
	// Not the client's own call, see Last.
	reply, err := ask(&nats.Msg{Subject: "$JS.API.STREAM.MSG.GET.KV_" + bucket, Data: body})
	if err != nil {
		return 0, fmt.Errorf("%w: newest entry of %s: %w", ErrUnavailable, bucket, err)
	}
	var answer struct {
		Message struct {
			Seq uint64 `json:"seq"`
		} `json:"message"`
		Error *jetstream.APIError `json:"error"`
	}
	if err := json.Unmarshal(reply.Data, &answer); err != nil {
		return 0, fmt.Errorf("%w: newest entry of %s: %w", ErrUnavailable, bucket, err)
	}
	switch e := answer.Error; {
	case e == nil:
		return answer.Message.Seq, nil
	case e.ErrorCode == jetstream.JSErrCodeMessageNotFound:
		return 0, nil
	case e.ErrorCode == jetstream.JSErrCodeStreamNotFound:
		return 0, fmt.Errorf("%w: %w", ErrUnavailable, jetstream.ErrStreamNotFound)
	default:
		return 0, fmt.Errorf("%w: newest entry of %s: %s", ErrUnavailable, bucket, e.Description)
	}
}
