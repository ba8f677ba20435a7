package main

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// clearSettings takes the hub's settings out of the environment, so that the tests and the hubs
// that they start have the defaults, whatever the shell that they are called from exports.
func clearSettings() {
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "HUB_") {
			os.Unsetenv(name)
		}
	}
}

// Somebody who runs a hub by day has its settings in their shell. The tests run with none of them.
func TestSettingsOfTheCallerAreLeftOut(t *testing.T) {
	again := exec.Command(os.Args[0], "-test.count=1", "-test.run=^(TestServe|TestRefusedFile)$")
	again.Env = append(os.Environ(), "HUB_ADDR=nonsense", "HUB_CONFIG=/nowhere", "HUB_MAX_KEY_BYTES=1")
	if out, err := again.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// The tests of the web and of torture start hubs too. For them, and for all else, make clears the
// settings.
func TestMakeClearsSettings(t *testing.T) {
	t.Setenv("HUB_ADDR", "nonsense")
	t.Setenv("HUB_SOMETHING_NEW", "1")
	probe := exec.Command("make", "-C", "../..", "--silent", "--no-print-directory", "--eval=probe: ; @env", "probe")
	out, err := probe.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if i := slices.IndexFunc(strings.Split(string(out), "\n"), func(line string) bool {
		return strings.HasPrefix(line, "HUB_")
	}); i >= 0 {
		t.Errorf("make hands settings of the hub on: %s", strings.Split(string(out), "\n")[i])
	}
}
