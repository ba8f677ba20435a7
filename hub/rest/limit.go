package rest

import "golang.org/x/time/rate"

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
