package main

import (
	"os"
	"strings"
	"testing"
)

// An operator opens a door without knowing it, with settings that are right in another place. The
// hub says so at its start, in a sentence for each.
func TestWarnings(t *testing.T) {
	t.Chdir(t.TempDir()) // its path may have spaces
	for name, mode := range map[string]os.FileMode{"open": 0o644, "private": 0o600} {
		if err := os.WriteFile(name, []byte(key), mode); err != nil {
			t.Fatal(err)
		}
	}
	public := "--addr 0.0.0.0:8080 --admin backend --trusted-proxy 10.0.0.1 --secret-key-file private"
	hook := " --webhook-url https://app.example/hook --webhook-secret 0123456789abcdef"
	for name, tt := range map[string]struct {
		args string
		want []string
	}{
		"Loopback":     {"", nil},
		"Public":       {public + hook, nil},
		"PlainHTTP":    {strings.Replace(public, "--trusted-proxy 10.0.0.1", "", 1), []string{"a proxy with TLS"}},
		"DefaultAdmin": {strings.Replace(public, "--admin backend", "", 1), []string{"set --admin"}},
		"AdminPort":    {public + " --admin-addr :9090", []string{"a firewall"}},
		"OpenKey":      {strings.Replace(public, "private", "open", 1), []string{"chmod 600"}},
		"PlainWebhook": {strings.Replace(hook, "https", "http", 1), []string{"an https address"}},
		"Unsigned":     {"--webhook-url https://app.example", []string{"set --webhook-secret"}},
		"LocalWebhook": {"--webhook-url http://127.0.0.1:3000", nil},
		"AllInOneStart": {"--addr :1 --admin-addr :2 --secret-key-file open",
			[]string{"TLS", "--admin", "firewall", "600"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := mustParse(t, strings.Fields(tt.args)...)
			got := c.warnings()
			if len(got) != len(tt.want) {
				t.Fatalf("warns %q, want %q", got, tt.want)
			}
			for i, want := range tt.want {
				if !strings.Contains(got[i], want) {
					t.Errorf("%q does not say %q", got[i], want)
				}
			}
		})
	}
	h := startHub(t, "--data", t.TempDir(), "--webhook-url", "https://192.0.2.1")
	if !strings.Contains(h.logged(), "set --webhook-secret") {
		t.Errorf("nothing is logged: %s", h.logged())
	}
	h.kill()
}
