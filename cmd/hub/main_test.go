package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"exthub/hub/usersig"
)

func TestServe(t *testing.T) {
	data := t.TempDir()
	h := startHub(t, "--data", data)
	for _, want := range []string{"ws://", h.url + "/v4/", data, "sync always", "admin admin", h.url + "/ "} {
		if !strings.Contains(h.banner, want) {
			t.Errorf("the banner lacks %q:\n%s", want, h.banner)
		}
	}
	for _, tt := range []struct {
		url, kind, contains string
		status              int
	}{
		{h.url + "/", "text/html; charset=utf-8", "<script", 200},
		{h.url + "/sdk/index.js", "text/javascript; charset=utf-8", "export", 200},
		{h.url + "/sdk/nothing.js", "", "", 404},
		{h.url + "/widgets.js", "text/javascript; charset=utf-8", "ext-poll", 200},
		{h.url + "/ws", "", "", 426},                                 // no upgrade asked for
		{h.url + "/v4/openim/sendmsg", "", `"ErrorCode":60009`, 200}, // a command is a POST
		{h.url + "/metrics", "", "", 404},
		{h.url + "/debug/pprof/", "", "", 404},
		{h.admin + "/healthz", "", "ok", 200},
		{h.admin + "/readyz", "", "ok", 200},
		{h.admin + "/metrics", "", "go_goroutines", 200},
		{h.admin + "/debug/pprof/goroutine?debug=1", "", "goroutine profile", 200},
	} {
		status, header, body := get(t, tt.url)
		if status != tt.status || tt.kind != "" && header.Get("Content-Type") != tt.kind ||
			!strings.Contains(body, tt.contains) {
			t.Errorf("GET %s: %d %s, want %d %s with %q",
				tt.url, status, header.Get("Content-Type"), tt.status, tt.kind, tt.contains)
		}
	}

	info, err := os.Stat(filepath.Join(data, "secret-key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the secret key: %v, %v; want a file for the owner alone", info, err)
	}
	h.stop()
}

func TestSecondStartOnSameData(t *testing.T) {
	data := t.TempDir()
	first := startHub(t, "--data", data)
	_, stderr, code := runCommand(t, "--addr", "127.0.0.1:0", "--admin-addr", "", "--data", data)
	if code != 1 || !strings.Contains(stderr, "in use by another hub") || !strings.Contains(stderr, data) {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if status, _, _ := get(t, first.admin+"/readyz"); status != 200 {
		t.Errorf("the first one is not ready any more: %d", status)
	}
	// The lock is released with its process, however that ends.
	first.kill()
	startHub(t, "--data", data).stop()
}

func TestPortInUse(t *testing.T) {
	first := startHub(t, "--data", t.TempDir())
	data := filepath.Join(t.TempDir(), "data")
	_, stderr, code := runCommand(t, "--addr", strings.TrimPrefix(first.url, "http://"), "--data", data)
	if code != 1 || !strings.Contains(stderr, "--addr") || !strings.Contains(stderr, "address already in use") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if _, err := os.Stat(data); !os.IsNotExist(err) {
		t.Error("touched the data directory before it had its port")
	}
}

func TestDataThatCannotBeWritten(t *testing.T) {
	file := writeTempFile(t, "file", "")
	_, stderr, code := runCommand(t, "--addr", "127.0.0.1:0", "--admin-addr", "", "--data", file)
	if code != 1 || !strings.Contains(stderr, file) {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

// TestEmbeddedNATSThatCannotStart: the person who starts the hub must read why the embedded NATS
// can't start, although the reason is known to another program only.
func TestEmbeddedNATSThatCannotStart(t *testing.T) {
	data := t.TempDir()
	if err := os.WriteFile(filepath.Join(data, "nats"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, stderr, code := runCommand(t, "--addr", "127.0.0.1:0", "--admin-addr", "", "--data", data)
	if code != 1 || !strings.Contains(stderr, "hub: embedded NATS: ") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestKeyIsMadeOnce(t *testing.T) {
	data := t.TempDir()
	h := startHub(t, "--data", data, "--sync", "2m")
	sig := h.userSig("alice")
	h.stop()
	keys, err := readKeys(secretKeyPath(data))
	if err != nil || len(keys) != 1 || len(keys[0]) != 64 {
		t.Fatalf("keys %q, %v; want one of 32 bytes in hexadecimal", keys, err)
	}
	if err := usersig.Verify(sig, 1400000000, keys[0], "alice", time.Now()); err != nil {
		t.Error(err)
	}
	startHub(t, "--data", data).stop()
	if again, _ := readKeys(secretKeyPath(data)); !slices.Equal(again, keys) {
		t.Error("a restart made a new key: everybody's UserSig is void")
	}
}

func TestUsersigCommand(t *testing.T) {
	data := t.TempDir()
	_, stderr, code := runCommand(t, "usersig", "--data", data, "--user", "alice")
	if code != 1 || !strings.Contains(stderr, "set --secret-key") {
		t.Errorf("without a key: exit code %d, %s", code, stderr)
	}
	startHub(t, "--data", data).stop()

	sig, _, code := runCommand(t, "usersig", "--data", data, "--user", "alice", "--expire", "1h")
	if code != 0 || strings.Count(sig, "\n") != 1 {
		t.Fatalf("exit code %d, printed %q; want the UserSig alone", code, sig)
	}
	sig = strings.TrimSpace(sig)
	out, _, code := runCommand(t, "usersig", "--data", data, "--verify", sig)
	if code != 0 || !strings.Contains(out, "alice") || !strings.Contains(out, "1400000000") ||
		!strings.Contains(out, "valid") {
		t.Errorf("exit code %d: %s", code, out)
	}
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"OtherKey":   {[]string{"--secret-key", key, "--verify", sig}, "70009"},
		"OtherApp":   {[]string{"--sdkappid", "7", "--verify", sig}, "70014"},
		"Expired":    {[]string{"--verify", expiredSig(t, data)}, "70001"},
		"CutOff":     {[]string{"--verify", sig[:len(sig)/2]}, "70003"},
		"Nothing":    {nil, "--user"},
		"Both":       {[]string{"--user", "a", "--verify", sig}, "--verify"},
		"NoValidity": {[]string{"--user", "a", "--expire", "0s"}, "one second"},
	} {
		t.Run(name, func(t *testing.T) {
			_, stderr, code := runCommand(t, append([]string{"usersig", "--data", data}, tt.args...)...)
			if code == 0 || !strings.Contains(stderr, tt.want) {
				t.Errorf("exit code %d: %s; want %s", code, stderr, tt.want)
			}
		})
	}
}

func expiredSig(t *testing.T, data string) string {
	t.Helper()
	keys, err := readKeys(secretKeyPath(data))
	if err != nil {
		t.Fatal(err)
	}
	sig, err := usersig.Sign(1400000000, keys[0], "alice", time.Now().Add(-time.Hour), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return sig
}
