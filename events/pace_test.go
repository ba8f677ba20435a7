package events

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestPaceOfRounds: while many vote, a round takes two and a half times the writing, so that a hall
// hears sooner on a machine that writes faster; and while few do, no longer than the bounds.
func TestPaceOfRounds(t *testing.T) {
	const ms = time.Millisecond
	for name, c := range map[string]struct{ writing, untilNews, want time.Duration }{
		"many votes, a fast machine": {60 * ms, 10 * ms, 150 * ms},
		"many votes, a slow machine": {120 * ms, 10 * ms, 225 * ms},
		"a very slow machine":        {200 * ms, 10 * ms, 300 * ms},
		"some votes":                 {60 * ms, 200 * ms, 200 * ms},
		"few votes":                  {100 * ms, 10 * time.Second, 400 * ms},
		"few votes, a fast machine":  {60 * ms, 10 * time.Second, 300 * ms},
		"a small audience":           {ms, 10 * ms, 50 * ms},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := round{parts: 1, hall: c.untilNews, due: time.Now()}
				if got := r.pause(c.writing, 50*ms); got != c.want {
					t.Errorf("%v, want %v", got, c.want)
				}
			})
		})
	}
}
