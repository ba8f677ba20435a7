package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// TestWorkflowCallsMake: continuous integration does what a developer does by hand, and nothing
// else.
func TestWorkflowCallsMake(t *testing.T) {
	var workflow struct {
		Permissions map[string]string
		Jobs        map[string]struct {
			Permissions map[string]string
			Steps       []struct{ Run string }
		}
	}
	if err := yaml.Unmarshal([]byte(readRepoFile(t, ".github/workflows/ci.yml")), &workflow); err != nil {
		t.Fatal(err)
	}
	if len(workflow.Permissions) != 1 || workflow.Permissions["contents"] != "read" {
		t.Errorf("permissions %v, want to read the contents and no more", workflow.Permissions)
	}
	makefile, run := readRepoFile(t, "Makefile"), readRepoFile(t, ".ci/run")
	if !strings.Contains(run, "set -euo pipefail") || !regexp.MustCompile(`(?m)^make test\b`).MatchString(run) {
		t.Error(".ci/run does not run make test, or hides a failure")
	}
	var commands []string
	for name, job := range workflow.Jobs {
		if job.Permissions != nil {
			t.Errorf("%s takes permissions of its own", name)
		}
		for _, step := range job.Steps {
			if step.Run != "" {
				commands = append(commands, step.Run)
			}
		}
	}
	for _, c := range commands {
		target, ok := strings.CutPrefix(c, "make ")
		if c != ".ci/run" && (!ok || !strings.Contains(makefile, "\n"+target+":")) {
			t.Errorf("runs %q, which is neither .ci/run nor a target of the Makefile", c)
		}
	}
	if len(commands) != 2 {
		t.Errorf("runs %q; want the tests and the linters", commands)
	}
}

// Somebody who may not install anything gets to know all that is missing, in one sentence and
// before the first test.
func TestToolsSayWhatIsMissing(t *testing.T) {
	bare := t.TempDir() // what every machine with Go has, and nothing else
	for _, name := range []string{"bash", "cat", "dirname", "env", "go", "id", "mktemp", "rm", "sed", "sort"} {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(bare, name)); err != nil {
			t.Fatal(err)
		}
	}
	for name, tt := range map[string]struct {
		env  string
		want []string
	}{
		"nothing is there": {"PATH=" + bare, []string{"a C compiler", "curl", "npm", "Chromium"}},
		"no such browser":  {"CHROME_BIN=/nowhere/chrome", []string{"CHROME_BIN", "/nowhere/chrome"}},
	} {
		t.Run(name, func(t *testing.T) {
			tools := exec.Command("../../.ci/tools")
			tools.Env = append(os.Environ(), "LC_ALL=C", "CHROME_BIN=", tt.env)
			out, err := tools.CombinedOutput()
			if err == nil || strings.Count(string(out), "\n") != 1 {
				t.Errorf("%v, want a failure and one line: %s", err, out)
			}
			for _, want := range tt.want {
				if !strings.Contains(string(out), want) {
					t.Errorf("does not name %s: %s", want, out)
				}
			}
		})
	}
}
