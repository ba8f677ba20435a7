package main

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// FuzzFile looks for a configuration file that is understood otherwise than it reads: a setting
// that gets lost, or another value than the flag of the same text. Each file is refused with a
// sentence, or does what its settings do as flags, and as environment variables.
func FuzzFile(f *testing.F) {
	for _, text := range []string{
		"", "# nothing", "addr: 127.0.0.1:1\nmax-extensions: 11\n", "demo: false\nsync: 2m\nadmin: [root, \"a,b\"]\n",
		"allowed-origin:\n  - https://a.example\n  - https://b.example\n", "secret-key: 0123456789abcdef0\n",
		"data: |\n  two\n  lines\n", "data: \"a\\tb\"\n", "data: 'it''s'\n", "data: >-\n  a\n  b\n", "data: ~\n",
		"a: &x 1\ndata: *x\n", "data: !!str 1\n", "data: x # y\n", "--- \ndata: x\n---\nsdkappid: 7\n", "data: {a: b}",
		"? data\n: x\n", "\"data\": x\n", "data: x\ndata: y\n", "event-interval: 1h\ndrain: 1s\n",
		"help: x", "config: x",
		"demo: yes\n", "no-demo: true\n", "admin: []\n", "admin: [\"\"]\n", "max-key-bytes: 0x10\n",
		"sdkappid: 1_000\n",
		"<<: {data: x}\n", "admin-addr: \"\"\n", "trusted-proxy: [10.0.0.0/8, ::1]\n", "\xff: \xfe",
	} {
		f.Add(text)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		resolver, err := loadFile(strings.NewReader(text))
		if err != nil {
			if err.Error() == "" {
				t.Errorf("%q is refused without a sentence", text)
			}
			return
		}
		settings := resolver.(file)
		path := dir + "/hub.yaml"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		fromFile, err := parseConfig("--config", path)
		if err != nil {
			return
		}
		fromFile.File = ""
		var args []string
		for _, name := range slices.Sorted(maps.Keys(settings)) {
			args = append(args, "--"+name+"="+settings[name])
		}
		fromArgs, err := parseConfig(args...)
		if err != nil || !cmp.Equal(fromFile, fromArgs, cmpopts.EquateEmpty()) {
			t.Errorf("%q as a file and as flags %q, %v:\n%s", text, args, err, cmp.Diff(fromFile, fromArgs))
		}
		for name, value := range settings {
			if strings.Contains(value, "\x00") {
				return // no variable can have it
			}
			t.Setenv("HUB_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_")), value)
		}
		fromEnv, err := parseConfig()
		if err != nil || !cmp.Equal(fromFile, fromEnv, cmpopts.EquateEmpty()) {
			t.Errorf("%q as a file and as variables, %v:\n%s", text, err, cmp.Diff(fromFile, fromEnv))
		}
	})
}

func parseConfig(args ...string) (Config, error) {
	var c cli
	_, err := parse(&c, args)
	return c.Config, err
}
