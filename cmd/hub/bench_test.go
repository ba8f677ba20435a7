package main

import (
	"encoding/json"
	"strings"
	"testing"

	"exthub/bench"
)

// TestBench: every scenario runs to its end against a real hub, finds what it promises to check,
// and leaves nothing behind that hinders the next one.
func TestBench(t *testing.T) {
	data := t.TempDir()
	h := startHub(t, "--data", data, "--sync", "2m", "--message-rate", "0")
	bench := func(t *testing.T, args ...string) (string, string, int) {
		url := "ws" + strings.TrimPrefix(h.url, "http") + "/ws"
		return runCommand(t, append([]string{"bench", "--data", data, "--url", url, "--metrics-url",
			h.admin + "/metrics", "--duration", "1s", "--json", "-"}, args...)...)
	}
	for scenario, want := range map[string]struct{ args, figure, latency string }{
		"connect":   {"--clients=50", "logins a second", "connect and log in"},
		"idle":      {"--clients=50", "server RSS per session", ""},
		"fanout":    {"--clients=4 --audience=50 --messages=4", "server CPU per delivery", "set to receipt"},
		"write":     {"--clients=8", "sets a second", "set to acknowledgement"},
		"ruled":     {"--clients=8", "sets a second", "set to acknowledgement"},
		"batch":     {"--clients=4", "batches a second", "batch to acknowledgement"},
		"hot":       {"--clients=8", "sets a second", "set to acknowledgement"},
		"read":      {"--clients=4 --pairs=250", "reads a second", "all pages"},
		"storm":     {"--clients=4 --audience=50 --rate=40", "all back after", "cut off to exact again"},
		"hall":      {"--clients=40 --audience=30 --rate=100", "bytes per viewer", "acknowledgement to receipt"},
		"summaries": {"--clients=8 --audience=50", "all have it after", "connect to summary"},
		"mixed":     {"--clients=20 --audience=50 --rate=100 --stalled=2", "reads", "acknowledgement to receipt"},
	} {
		t.Run(scenario, func(t *testing.T) {
			stdout, stderr, code := bench(t, append(strings.Fields(want.args), scenario)...)
			if code != 0 {
				t.Fatalf("exit code %d: %s", code, stderr)
			}
			r := decodeResult(t, stdout)
			if v, ok := r.Figure(want.figure); !ok || want.figure != "server RSS per session" && v <= 0 {
				t.Errorf("%q is %v, %v in %s", want.figure, v, ok, stdout)
			}
			l, ok := r.Latency(want.latency)
			if want.latency != "" && (!ok || l.Count == 0 || l.P50 > l.P99 || l.P99 > l.Max) {
				t.Errorf("%q is %+v in %s", want.latency, l, stdout)
			}
		})
	}
	t.Chdir(t.TempDir()) // without a key, and named without the spaces that its path may have
	for name, tt := range map[string]struct{ args, want string }{
		"NoSuchScenario":  {"sleep", "choose one of"},
		"TooMany":         {"idle --clients=1000000", "clients 1e+06 is out of range"},
		"WrongKey":        {"connect --secret-key=not-the-key-of-this-hub", "70009"},
		"NotThere":        {"connect --url=ws://127.0.0.1:1/ws", "connection refused"},
		"NoMetrics":       {"idle --metrics-url=" + h.url + "/metrics", "without process_cpu_seconds_total"},
		"MissingKey":      {"idle --data=.", "set --secret-key"},
		"NoWebSocketHere": {"connect --url=ws" + strings.TrimPrefix(h.url, "http") + "/sdk/", "upgrade refused"},
	} {
		t.Run(name, func(t *testing.T) {
			_, stderr, code := bench(t, strings.Fields(tt.args)...)
			if code == 0 || !strings.Contains(stderr, tt.want) {
				t.Errorf("exit code %d, want a failure with %q: %s", code, tt.want, stderr)
			}
		})
	}
}

func decodeResult(t *testing.T, text string) *bench.Result {
	t.Helper()
	r := new(bench.Result)
	if err := json.Unmarshal([]byte(text), r); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return r
}
