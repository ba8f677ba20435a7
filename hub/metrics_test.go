package hub_test

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"exthub/hub/hubtest"
	"exthub/hub/hubtest/raw"
)

// endings returns how many sessions the hub says that it has ended, by close code.
func endings(t *testing.T, w *hubtest.World) map[string]float64 {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(w.Hub)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counted := make(map[string]float64)
	for _, f := range families {
		if f.GetName() != "exthub_sessions_ended_total" {
			continue
		}
		for _, m := range f.GetMetric() {
			counted[m.GetLabel()[0].GetValue()] = m.GetCounter().GetValue()
		}
	}
	return counted
}

// Clients break the protocol again and again, and an operator looks in vain for who is sent away.
// Each end that is the hub's is counted once under its code, also where the connection and not the
// session makes it; who says goodbye by itself is not.
func TestEndsAreCounted(t *testing.T) {
	w := hubtest.Start(t)
	for _, tt := range []struct {
		attack string
		frame  []byte
		code   int
		label  string // "" if it is not counted
	}{
		{"a frame promises 2^62 bytes", raw.Header(raw.Final|raw.Text, 1<<62), 4400, "4400"},
		{"a binary frame", raw.Frame(raw.Final|raw.Binary, "x"), 4400, "4400"},
		{"a frame without a mask", []byte{raw.Final | raw.Text, 1, 'x'}, 1002, "1002"},
		{"text that is not UTF-8", raw.Frame(raw.Final|raw.Text, "\xff"), 1007, "1007"},
		{"a goodbye that is none", raw.Frame(raw.Final|raw.Close, "x"), 1002, "1002"},
		{"a goodbye", raw.Goodbye(1001, "later"), 1001, ""},
		{"a goodbye with a code of the hub", raw.Goodbye(4002, ""), 4002, ""},
		{"a logout", raw.Frame(raw.Final|raw.Text, `{"jsonrpc":"2.0","id":2,"method":"logout"}`), 1000, ""},
	} {
		before := endings(t, w)
		c, r := dialRaw(t, w, "eve")
		say(t, c, tt.frame)
		if code, why := r.Closed(); code != tt.code {
			t.Errorf("%s: closed with %d %s", tt.attack, code, why)
		}
		if tt.label != "" {
			before[tt.label]++
		}
		for code, n := range endings(t, w) {
			if n != before[code] {
				t.Errorf("%s: %v sessions ended with %s, want %v", tt.attack, n, code, before[code])
			}
			delete(before, code)
		}
		if len(before) > 0 {
			t.Errorf("%s: not counted: %v", tt.attack, before)
		}
	}
}
