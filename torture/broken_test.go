//go:build torture

package torture

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestBrokenBuildsAreCaught: a build that breaks a promise is caught.
func TestBrokenBuildsAreCaught(t *testing.T) {
	dir := kvDir(t)
	for _, s := range brokenBuilds {
		t.Run(s.name, func(t *testing.T) {
			file := filepath.Join(dir, s.file)
			list := writeOverlay(t, map[string]string{file: replaceOnce(t, file, s.before, s.after)})
			test := exec.Command("go", "test", "-count=40", "-failfast", "-run", s.test, "exthub/torture")
			test.Env = append(os.Environ(), "GOFLAGS=-overlay="+list) // also for hubs that the test builds
			out, err := test.CombinedOutput()
			_, first, caught := strings.Cut(string(out), "violation: ")
			if err == nil || !caught {
				t.Fatalf("was not caught: %s", out)
			}
			first, _, _ = strings.Cut(first, "\n")
			t.Logf("first violation: %s", first)
		})
	}
}
