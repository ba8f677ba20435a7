package kv

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Revisions returns, by the name of each bucket, the highest revision that this Store has seen committed.
func (s *Store) Revisions() map[string]uint64 {
	revisions := make(map[string]uint64, len(s.shards))
	for _, sh := range s.shards {
		revisions[sh.bucket] = sh.seen.Load()
	}
	return revisions
}

// LastRevision returns the revision of the newest entry that a bucket holds, 0 if it holds none or is not there, or ErrUnavailable. It writes nothing: Open does,
// and so hides how far the bucket reached before. It has no time limit but ctx: NATS looks at every key, and there may be many millions.
//
// An entry goes only when a newer one takes its place, and what the sweeper removes is older than the control entry that says so: as long as nothing is lost,
// this is the last revision that was committed. The stream's own last sequence is not: NATS notes it beside the blocks, and counts on from there when the
// entries themselves are gone.
func LastRevision(ctx context.Context, nc *nats.Conn, bucket string) (uint64, error) {
	body, err := json.Marshal(map[string]string{"last_by_subj": "$KV." + bucket + ".>"})
	if err != nil {
		return 0, err
	}
	// The client's own call would put the wildcard into the subject of its request, where it does not belong.
	reply, err := nc.RequestWithContext(ctx, "$JS.API.STREAM.MSG.GET.KV_"+bucket, body)
	if err != nil {
		return 0, fmt.Errorf("%w: last entry of %s: %w", ErrUnavailable, bucket, err)
	}
	var last struct {
		Message struct {
			Seq uint64 `json:"seq"`
		} `json:"message"`
		Error *jetstream.APIError `json:"error"`
	}
	if err := json.Unmarshal(reply.Data, &last); err != nil {
		return 0, fmt.Errorf("%w: last entry of %s: %w", ErrUnavailable, bucket, err)
	}
	switch e := last.Error; {
	case e == nil:
		return last.Message.Seq, nil
	case e.ErrorCode == jetstream.JSErrCodeStreamNotFound, e.ErrorCode == jetstream.JSErrCodeMessageNotFound:
		return 0, nil
	default:
		return 0, fmt.Errorf("%w: last entry of %s: %s", ErrUnavailable, bucket, e.Description)
	}
}
