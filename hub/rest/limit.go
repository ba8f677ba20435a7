package rest

import (
	"fmt"
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

// maxMemberCalls is how many calls of one member go on at a time. A reply that nobody reads, and a
// body without an end, are held until net/http gives up, for half a minute or more.
const maxMemberCalls = 8

// memberLimits holds the limits of each member who called lately.
type memberLimits struct {
	perSecond int

	mu      sync.Mutex
	members map[string]*memberLimit
	sweepAt int // how many there are when the idle ones are dropped next
}

type memberLimit struct {
	*rate.Limiter
	calls int // that go on
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
		perSecond: max(perSecond/memberShare, 1), members: make(map[string]*memberLimit), sweepAt: minSweep,
	}
}

// begin counts a call of the member's. If it is one too many it returns a sentence, else "", and
// end must follow. A member who has not called for a second is forgotten at the next sweep, so what
// is kept grows with those who call and not with those who ever did.
func (m *memberLimits) begin(userID string, now time.Time) (refused string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	member := m.members[userID]
	if member == nil {
		if len(m.members) >= m.sweepAt {
			m.sweep(now)
		}
		member = &memberLimit{Limiter: rate.NewLimiter(rate.Limit(m.perSecond), m.perSecond)}
		m.members[userID] = member
	}
	switch {
	case member.calls >= maxMemberCalls:
		return fmt.Sprintf("more than %d calls of %s at a time", maxMemberCalls, userID)
	case !member.AllowN(now, 1):
		return fmt.Sprintf("more than %d calls of %s a second", m.perSecond, userID)
	}
	member.calls++
	return ""
}

// end ends a call that begin has let through.
func (m *memberLimits) end(userID string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.members[userID].calls--
}

// sweep drops the limits that new ones would not differ from. The next is due when there are twice
// as many as are left, so it costs each call little.
func (m *memberLimits) sweep(now time.Time) {
	for userID, member := range m.members {
		if member.calls == 0 && member.TokensAt(now) >= float64(m.perSecond) {
			delete(m.members, userID)
		}
	}
	m.sweepAt = max(2*len(m.members), minSweep)
}
