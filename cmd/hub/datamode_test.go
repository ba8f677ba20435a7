package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Another user of the machine reads the store and the secret key, because the directory was made
// with everybody's access, by a package or by hand. The hub takes the access away.
func TestDataOpenToOthers(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	startHub(t, "--data", data).stop()
	modes := map[string]os.FileMode{"": 0o700, "secret-key": 0o600, "watermark": 0o600, "nats": 0o700}
	for name := range modes {
		if err := os.Chmod(filepath.Join(data, name), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	h := startHub(t, "--data", data)
	for name, want := range modes {
		if info, err := os.Stat(filepath.Join(data, name)); err != nil || info.Mode().Perm() != want {
			t.Errorf("%q: %v, %v; want %v", name, info.Mode(), err, want)
		}
	}
	if !strings.Contains(h.logged(), data+" could be read") {
		t.Errorf("does not say that others could read it:\n%s", h.logged())
	}
	h.stop()
}

// Somebody gives the directory of everybody, or of another program, as --data. To take others'
// access away there would break them, so the hub refuses it.
func TestDataOfOthers(t *testing.T) {
	shared, full := t.TempDir(), t.TempDir()
	if err := os.Chmod(shared, 0o777|os.ModeSticky); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(full, "letter"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(full, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, data := range []string{shared, full} {
		before, err := os.Stat(data)
		if err != nil {
			t.Fatal(err)
		}
		_, stderr, code := runCommand(t, "--addr", "127.0.0.1:0", "--admin-addr", "", "--data", data)
		if code != 1 || !strings.Contains(stderr, "set --data to a directory of its own") {
			t.Errorf("%s: exit code %d: %s", data, code, stderr)
		}
		if after, err := os.Stat(data); err != nil || after.Mode() != before.Mode() {
			t.Errorf("%s: %v became %v, %v", data, before.Mode(), after.Mode(), err)
		}
	}
}
