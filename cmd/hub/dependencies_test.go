package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestDependenciesHaveReasons: every direct dependency in go.mod has its reason in CONTRIBUTING.md.
// One that nobody can explain is one too many.
func TestDependenciesHaveReasons(t *testing.T) {
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	guide, err := os.ReadFile("../../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	_, reasons, _ := strings.Cut(string(guide), "## Dependencies")
	line := regexp.MustCompile(`(?m)^\t(?:github\.com/)?(\S+?)(/v[0-9]+)? v\S+$`)
	direct := line.FindAllStringSubmatch(string(mod), -1)
	if len(direct) < 10 {
		t.Fatalf("found %d modules in go.mod", len(direct))
	}
	for _, module := range direct {
		if !strings.Contains(reasons, module[1]) {
			t.Errorf("CONTRIBUTING.md does not say what %s is for", module[1])
		}
	}
}
