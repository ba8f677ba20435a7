package hub

import "time"

// allowance is how much a session may ask for: a bucket of rate tokens that takes a second to fill.
// It remembers how often it was empty. A request that comes by doesn't make it forget: then a flood
// of any rate would be refused a little, served a little, and stay for ever.
type allowance struct {
	rate    float64
	tokens  float64
	last    time.Time // of the last spend
	refused int       // since begun
	begun   time.Time // the first refusal that is not forgotten
	latest  time.Time // the last refusal
}

// patience is for how long a client may be refused before it is sent away, and after how long
// without a refusal the last ones are forgotten.
const patience = 5 * time.Second

func newAllowance(rate int, now time.Time) allowance {
	return allowance{rate: float64(rate), tokens: float64(rate), last: now}
}

// spend takes a token and reports whether there was one.
func (a *allowance) spend(now time.Time) bool {
	// A clock that was set back must not cost an hour's tokens
	a.tokens = min(a.rate, a.tokens+max(0, now.Sub(a.last).Seconds())*a.rate)
	a.last = now
	// Half a bucket says that the client has slowed down: one that is a little too fast all the
	// time is refused seldom, and never has it.
	if a.refused > 0 && now.Sub(a.latest) > patience && a.tokens >= a.rate/2 {
		a.refused = 0
	}
	if a.tokens >= 1 {
		a.tokens--
		return true
	}
	if a.refused == 0 {
		a.begun = now
	}
	a.refused++
	a.latest = now
	return false
}

// charge takes the tokens of this many requests more, for one that turned out to cost as much as
// they do. That is known only once it has been carried out, so nobody is refused what it could pay:
// those that come next are, until the debt is gone, which takes a second at most.
func (a *allowance) charge(requests int) {
	a.tokens -= min(float64(requests), a.rate)
}

// ignored reports, after a refusal, whether the client goes on in spite of those before: each of
// them costs.
func (a *allowance) ignored() bool {
	return float64(a.refused) > 2*a.rate || a.latest.Sub(a.begun) > patience
}
