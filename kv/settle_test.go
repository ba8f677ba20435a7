package kv

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"exthub/kv/bucket"
)

// outcomeOf says what a waiter is told.
func outcomeOf(w *waiter) string {
	if !w.settled {
		return "anew"
	}
	var said []string
	for _, revision := range w.commit.Each {
		said = append(said, fmt.Sprint(revision))
	}
	if w.commit.Each == nil && w.commit.Seq > 0 {
		said = []string{fmt.Sprint(w.commit.Seq)}
	}
	switch {
	case errors.Is(w.err, ErrUnknown):
		said = append(said, "unknown")
	case errors.Is(w.err, ErrUnavailable):
		said = append(said, "unavailable")
	}
	return strings.Join(said, " ")
}

// Writers of one message are committed one after the other, and something ends that in the middle.
// Each is told what became of its own writes, and who can be decided anew is.
func TestSettleSingly(t *testing.T) {
	for name, c := range map[string]struct {
		each, tried int
		err         error
		want        string // of a writer of one pair, one of three, and one of one
	}{
		"all":                             {5, 5, nil, "1, 2 3 4, 5"},
		"somebody else was faster":        {3, 5, errRetry, "1, 2 3, anew"},
		"none was written":                {0, 1, errRetry, "anew, anew, anew"},
		"the first is refused":            {0, 1, ErrUnavailable, "unavailable, anew, anew"},
		"the second is refused":           {1, 2, ErrUnavailable, "1, unavailable, anew"},
		"one within is refused":           {2, 3, ErrUnavailable, "1, 2, anew"},
		"the first is lost":               {0, 1, ErrUnknown, "unknown, anew, anew"},
		"all behind the first are lost":   {1, 5, ErrUnknown, "1, unknown, unknown"},
		"one within is lost, alone":       {2, 3, ErrUnknown, "1, 2 unknown, anew"},
		"one within is lost, in a chain":  {2, 5, ErrUnknown, "1, 2 unknown, unknown"},
		"found late, others may be there": {1, 1, nil, "1, anew, anew"},
	} {
		t.Run(name, func(t *testing.T) {
			var waiters []*waiter
			for _, n := range []int{1, 3, 1} {
				change := Change{Writes: make([]Write, n)}
				waiters = append(waiters, &waiter{change: change, writes: make([]bucket.Write, n)})
			}
			(&slot{}).settleSingly(waiters, []uint64{1, 2, 3, 4, 5}[:c.each], c.tried, c.err)
			var got []string
			for _, w := range waiters {
				got = append(got, outcomeOf(w))
			}
			if got := strings.Join(got, ", "); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}
