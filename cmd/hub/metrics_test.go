package main

import (
	"regexp"
	"testing"

	"exthub/hub/hubtest"
)

// TestMetrics: the metrics show what passes the hub's doors, and how far the tail is.
func TestMetrics(t *testing.T) {
	h := startHub(t, "--data", t.TempDir())
	alice := h.login("alice")
	h.login("bob")
	message := alice.Send("C2C", "bob").ID
	if _, err := set(alice, message, "k", "v"); err != nil {
		t.Fatal(err)
	}
	alice.Refused(-32601, "castVote", hubtest.Object{})
	h.waitUntil("the metrics tell all that", func() bool {
		_, _, metrics := get(t, h.admin+"/metrics")
		for _, line := range []string{
			`exthub_sessions 2`,
			`exthub_requests_total\{code="0",command="login",door="websocket"\} 2`,
			`exthub_requests_total\{code="0",command="setMessageExtensions",door="websocket"\} 1`,
			`exthub_requests_total\{code="-32601",command="unknown",door="websocket"\} 1`,
			`exthub_events_delivered_total 2`,
			`exthub_tail_applied [1-9][0-9]*`,
			`exthub_tail_restarts_total 0`,
			`exthub_knows_all_hubs 1`,
			`exthub_other_hubs 0`,
			`exthub_cache_objects [1-9][0-9]*`,
			`exthub_cache_bytes [1-9][0-9.e+]*`,
		} {
			if !regexp.MustCompile(`(?m)^` + line + `$`).MatchString(metrics) {
				t.Logf("not yet: %s", line)
				return false
			}
		}
		return true
	})
	h.stop()
}
