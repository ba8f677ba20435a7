package kv

import (
	"context"
	"strconv"
	"time"
)

// Count adds n to the message's count of the minute of now, and returns what it is with that, on
// all hubs. A negative n takes back what was counted in vain. It returns ErrUnavailable if the
// count could not be learned.
func (s *Store) Count(ctx context.Context, ref Ref, now time.Time, n int) (int64, error) {
	return s.counters.Add(ctx, minuteOf(ref, now), n)
}

// CountUser adds one to what the user has tried with the message in the minute of now. Otherwise it
// is like Count.
func (s *Store) CountUser(ctx context.Context, ref Ref, userID string, now time.Time) (int64, error) {
	return s.counters.Add(ctx, minuteOf(ref, now)+"."+encodeToken(userID), 1)
}

func minuteOf(ref Ref, now time.Time) string {
	return string(ref.ID()) + "." + strconv.FormatInt(now.Unix()/60, 10)
}
