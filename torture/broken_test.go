//go:build torture

package torture

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// sabotage is a change that breaks a promise, and a test of this package that has to see it.
var sabotage = []struct {
	name, file, before, after, test string
}{
	{"the fence is removed", "outgoing.go", `if t.fence.own || t.fence.filter != "" {`, `if false {`, "TestLimitUnderAttack$"},
	{"a swap does not compare", "swap.go", `fence{own: true, last: s.last}`, `fence{}`, "TestNATSRestarted$"},
	{"a swap is acknowledged before the hub knows what came before it", "swap.go", `if !sh.tail.position.reach(done.head) {`, `if false {`, "TestTailConsumersDeleted$"},
	{"acknowledged before it is committed", "commit.go", "head, err := sh.publish(ctx, writes, terms{fence: f, request: request})",
		`head := uint64(0)
	info, err := sh.stream.Info(ctx)
	if err == nil {
		head = info.State.LastSeq + uint64(len(writes))
		go sh.publish(context.WithoutCancel(ctx), writes, terms{fence: f, request: request})
	}`, "TestNATSRestarted$"},
	{"the tail loses a pair's last revision now and then", "take.go", `case key.unit != "":`, `case key.unit != "" && meta.Sequence.Stream%10 != 7:`, "TestTailConsumersDeleted$"},
}

// A build that breaks a promise is caught.
func TestBrokenBuildsAreCaught(t *testing.T) {
	dir, err := exec.Command("go", "list", "-f", "{{.Dir}}", "exthub/kv").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sabotage {
		t.Run(s.name, func(t *testing.T) {
			file := filepath.Join(strings.TrimSpace(string(dir)), s.file)
			list := overlay(t, map[string]string{file: changed(t, file, s.before, s.after)})
			out, err := exec.Command("go", "test", "-overlay", list, "-count=40", "-failfast", "-run", s.test, "exthub/torture").CombinedOutput()
			_, first, caught := strings.Cut(string(out), "violation: ")
			if err == nil || !caught {
				t.Fatalf("was not caught: %s", out)
			}
			first, _, _ = strings.Cut(first, "\n")
			t.Logf("first violation: %s", first)
		})
	}
}
