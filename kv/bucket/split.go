package bucket

import (
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// split is when this bucket may have had two leaders. A leader that was cut off from the other
// nodes goes on in the belief that it leads until it hears of the next one. When it is back within
// reach both get what is published, and both answer: one refuses what the other stores, and its
// answer may be the first to come. So a refusal does not always say that nothing was stored.
//
// A stored entry is acknowledged by the true leader alone, since that takes a majority.
type split struct{ noticed atomic.Int64 }

// splitMemory is for how long after a sign of it two leaders are thought possible. A deposed leader
// learns of the other one within seconds once it is back.
const splitMemory = time.Minute

var started = time.Now()

// suspect notes a sign: an answer that did not come, as in every election, or a deposed leader's.
func (s *split) suspect() { s.noticed.Store(int64(time.Since(started))) }

// suspected reports whether there was a sign lately. Only then is it worth a doubt that an equal
// precondition was in flight, which under load is a daily answer of a leader.
func (s *split) suspected() bool {
	at := s.noticed.Load()
	return at > 0 && time.Since(started)-time.Duration(at) < splitMemory
}

// deposed reports whether a refusal comes from a leader that is behind what the precondition was
// decided on. A single replica has no other leader: if that is behind, it has lost something.
func (b *Bucket) deposed(refused *jetstream.APIError, p Precondition) bool {
	last, ok := lastNamed(refused)
	return ok && last < p.Last && b.config.Replicas > 1
}
