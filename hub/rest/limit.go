package rest

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// newLimiters returns a limiter for each command, of perSecond calls and as many at once after a
// pause, or nil if perSecond is 0. Each hub counts its own calls, because the limit protects only a
// hub's own time: it keeps one backend from taking a hub for itself.
func newLimiters(perSecond int) map[string]*rate.Limiter {
	if perSecond <= 0 {
		return nil
	}
	limiters := make(map[string]*rate.Limiter, len(operations))
	for name := range operations {
		limiters[name] = rate.NewLimiter(rate.Limit(perSecond), perSecond)
	}
	return limiters
}

// memberShare is the part of the backend's rate that one member has, for all commands together: a
// tenth. Whoever needs more connects to the WebSocket door.
const memberShare = 10

// memberLimits holds a limiter for each member who called lately.
type memberLimits struct {
	perSecond int

	mu       sync.Mutex
	limiters map[string]*rate.Limiter
	sweepAt  int // how many there are when the idle ones are dropped next
}

// minSweep is from how many members on idle ones are looked for.
const minSweep = 1024

// newMemberLimits returns the members' part of the backend's perSecond, at least 1, or nil if that
// is 0.
func newMemberLimits(perSecond int) *memberLimits {
	if perSecond <= 0 {
		return nil
	}
	return &memberLimits{
		perSecond: max(perSecond/memberShare, 1), limiters: make(map[string]*rate.Limiter), sweepAt: minSweep,
	}
}

// allow counts a call of the member's and reports whether it is within the rate. A member who has
// not called for a second is forgotten at the next sweep, so what is kept grows with those who call
// and not with those who ever did.
func (m *memberLimits) allow(userID string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	limiter := m.limiters[userID]
	if limiter == nil {
		if len(m.limiters) >= m.sweepAt {
			m.sweep(now)
		}
		limiter = rate.NewLimiter(rate.Limit(m.perSecond), m.perSecond)
		m.limiters[userID] = limiter
	}
	return limiter.AllowN(now, 1)
}

// sweep drops the limiters that a new one would not differ from. The next is due when there are
// twice as many as are left, so it costs each call little.
func (m *memberLimits) sweep(now time.Time) {
	for userID, limiter := range m.limiters {
		if limiter.TokensAt(now) >= float64(m.perSecond) {
			delete(m.limiters, userID)
		}
	}
	m.sweepAt = max(2*len(m.limiters), minSweep)
}
