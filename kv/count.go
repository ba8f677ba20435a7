package kv

import (
	"context"
	"strconv"
	"time"
)

// Count counts one more attempt on the message in the minute of now, and returns how many there
// were with it, on all hubs. It returns ErrUnavailable if that could not be learned.
func (s *Store) Count(ctx context.Context, ref Ref, now time.Time) (uint64, error) {
	return s.counters.Increment(ctx, string(ref.ID())+"."+strconv.FormatInt(now.Unix()/60, 10))
}
