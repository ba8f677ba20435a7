package hub

import (
	"sync"
	"time"
)

// alarm calls a function once, at a time that may be farther away than a timer can hold: a UserSig
// may be valid for 34,000 years.
type alarm struct {
	at   time.Time
	now  func() time.Time
	ring func()

	mu      sync.Mutex
	timer   *time.Timer
	stopped bool
}

// longestTimer is for how long an alarm trusts one timer. After a day a clock that was set
// meanwhile counts, too.
const longestTimer = 24 * time.Hour

// newAlarm returns a running alarm.
func newAlarm(at time.Time, now func() time.Time, ring func()) *alarm {
	a := &alarm{at: at, now: now, ring: ring}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.timer = time.AfterFunc(a.pause(), a.due)
	return a
}

// pause returns how long to wait now. Sub returns the longest duration for anything longer.
func (a *alarm) pause() time.Duration { return min(a.at.Sub(a.now()), longestTimer) }

func (a *alarm) due() {
	a.mu.Lock()
	if a.stopped {
		a.mu.Unlock()
		return
	}
	if left := a.pause(); left > 0 {
		a.timer.Reset(left)
		a.mu.Unlock()
		return
	}
	a.stopped = true
	a.mu.Unlock()
	a.ring()
}

// stop ends an alarm that has not rung. It does not wait for one that rings.
func (a *alarm) stop() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stopped = true
	a.timer.Stop()
}
