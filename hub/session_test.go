package hub_test

import (
	"testing"

	"exthub/hub"
)

// TestOldestSessionMakesRoom: the newest session of a user wins, so that one who comes back is not shut out by what is left of before.
func TestOldestSessionMakesRoom(t *testing.T) {
	w := start(t, func(o *hub.Options) { o.MaxSessionsPerUser = 2 })
	first, second, other := w.login("ada"), w.login("ada"), w.login("bo")
	w.login("ada")
	var kicked struct{ Type string }
	first.next("KICKED_OUT", &kicked)
	if code := first.closed(); code != hub.CloseKicked || kicked.Type != "multipleDevice" {
		t.Errorf("kicked for %q, closed with %d", kicked.Type, code)
	}
	second.must("ping", object{}, nil)
	other.must("ping", object{}, nil)
}
