package kv

import (
	"context"
	"strconv"
	"time"
)

// Count counts one more attempt on the message in the minute of now, and returns how many there
// were with it, on all hubs. It returns ErrUnavailable if that could not be learned.
func (s *Store) Count(ctx context.Context, id MessageID, now time.Time) (uint64, error) {
	return s.counters.Increment(ctx, string(id)+"."+strconv.FormatInt(now.Unix()/60, 10))
}
