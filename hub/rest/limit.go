package rest

import "golang.org/x/time/rate"

// restRates returns a limiter for each command: perSecond calls, and as many at once after a pause. With 0 there are none. Every hub counts its own calls: the
// limit keeps one backend from taking a hub for itself, and nothing but a hub's own time is at stake.
func newLimiters(perSecond int) map[string]*rate.Limiter {
	if perSecond <= 0 {
		return nil
	}
	rates := make(map[string]*rate.Limiter, len(operations))
	for name := range operations {
		rates[name] = rate.NewLimiter(rate.Limit(perSecond), perSecond)
	}
	return rates
}
