package hub

import (
	"testing"
	"time"
)

// TestAllowanceEnds: a client that goes on too fast is found out within seconds, however much too
// fast it is, and whether it asks evenly or in bursts.
func TestAllowanceEnds(t *testing.T) {
	const rate = 1000
	for name, client := range map[string]struct {
		every time.Duration
		burst int
	}{
		"1.01 times": {time.Second / 1010, 1}, "1.5 times": {time.Second / 1500, 1}, "3 times": {time.Second / 3000, 1},
		"100 times": {time.Second / 100_000, 1}, "2 times, in bursts": {time.Second, 2 * rate},
		"1.1 times, in bursts": {time.Second, 1.1 * rate}, "half a second's, each half": {time.Second / 2, 0.6 * rate},
	} {
		t.Run(name, func(t *testing.T) {
			begin := time.Now()
			a := newAllowance(rate, begin)
			asked := 0
			for now := begin; ; now = now.Add(client.every) {
				if a.refused > 0 && now.Sub(a.begun) > 3*patience || now.Sub(begin) > time.Hour {
					t.Fatal("goes on for ever")
				}
				for range client.burst {
					asked++
					if a.spend(now) || !a.ignored() {
						continue
					}
					if a.refused > 2*rate+1 {
						t.Errorf("%d refusals were sent", a.refused)
					}
					t.Logf("gone after %v and %d requests, %v after the first refusal",
						now.Sub(begin), asked, now.Sub(a.begun))
					return
				}
			}
		})
	}
}

// TestAllowanceForgets: a client that overshoots for a moment and then keeps to the rate stays,
// also when it does so again later.
func TestAllowanceForgets(t *testing.T) {
	const rate = 1000
	now := time.Now()
	a := newAllowance(rate, now)
	for range 10 {
		refused := 0
		for range 2 * rate {
			if !a.spend(now) {
				refused++
				if a.ignored() {
					t.Fatal("sent away for one moment")
				}
			}
		}
		if refused < rate-1 {
			t.Fatalf("%d of %d were refused", refused, 2*rate)
		}
		now = now.Add(time.Second / 2)
		for range 20 * rate {
			if now = now.Add(time.Second / (0.9 * rate)); !a.spend(now) {
				t.Fatal("refused at nine tenths of the rate")
			}
		}
	}
}

// TestAllowanceOfASetClock: a clock that is set back an hour takes nobody's tokens for that hour.
func TestAllowanceOfASetClock(t *testing.T) {
	now := time.Now()
	a := newAllowance(10, now)
	for range 2 {
		if !a.spend(now.Add(-time.Hour)) {
			t.Error("refused because the clock was set back")
		}
	}
}
