package torture

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// brokenBuilds are changes that each break a promise, with the test of this package that has to
// catch it.
var brokenBuilds = []struct {
	name, file, before, after, test string
}{
	{"the precondition is removed", "bucket/pooledmsg.go",
		`if p := options.Precondition; p.Own || p.Filter != "" {`, `if p := options.Precondition; false {`,
		"TestLimitUnderAttack$"},
	{"a compare-and-swap does not compare", "cas.go", `bucket.Precondition{Own: true, Last: s.last}`,
		`bucket.Precondition{}`, "TestNATSRestarted$"},
	{"a compare-and-swap is acknowledged before the hub knows what came before it", "cas.go",
		`if !sh.tail.applied.waitWhileRunning(done.head) {`, `if false {`, "TestTailConsumersDeleted$"},
	{"acknowledged before it is committed", "commit.go",
		"head, err := sh.bucket.Publish(ctx, writes, options)",
		`head := uint64(0)
	state, err := sh.bucket.State(ctx)
	if err == nil {
		head = state.Last + uint64(len(writes))
		ctx := context.WithoutCancel(ctx)
		go func() {
			if _, err := sh.bucket.Publish(ctx, writes, options); err != nil {
				sh.tail.applied.advance(head) // else who waits for it waits for ever, and nothing is checked
			}
		}()
	}`, "TestNATSRestarted$"},
	{"a change of a group is acknowledged before the other hubs know", "membership.go",
		"if err := s.marks.await(ctx, sh, g.revision); err != nil {", "if err := error(nil); err != nil {",
		"TestTailConsumersDeleted$"},
	{"a hub goes on although its mark is lost", "marks.go",
		"func (m *marks) valid() bool { return int64(time.Since(m.started)) < m.validUntil.Load() }",
		"func (m *marks) valid() bool { return m.validUntil.Load() > 0 }", "TestHubCutOffFromNATSFor6s$"},
	{"members are not told that the history is another", "tail.go", "sink(Delta{Reset: true, Revision: last})", "",
		"TestBucketsDeleted$"},
	{"the tail loses a pair's last revision now and then", "receive.go", `case key.object != "":`,
		`case key.object != "" && d.Revision%10 != 7:`, "TestTailConsumersDeleted$"},
	{"a set that is to be whole is written in parts", "singly.go", `n == 1 || w.change.Singly &&`, `n == 1 ||`,
		"TestHubKilledBetweenPairs$"},
	{"the second of several pairs is written over what others did", "singly.go",
		`unchanged = sl.unchangedSince(unchanged, done.head, rest[done.n-1])`, `unchanged = bucket.Precondition{}`,
		"TestLimitUnderAttack$"},
	{"a chain goes on behind what others wrote", "bucket/chain.go",
		`options.Precondition, options.After = Precondition{}, options.DedupID`,
		`options.Precondition = Precondition{}`,
		"TestLimitUnderAttack$"},
	{"a tally keeps answers that were changed", "message.go", "m.poll.tally.Add(p.Value, n)",
		"m.poll.tally.Add(p.Value, max(n, 0))", "TestNATSRestarted$"},
}

// kvDir returns the directory of the package that the builds break.
func kvDir(t *testing.T) string {
	t.Helper()
	dir, err := exec.Command("go", "list", "-f", "{{.Dir}}", "exthub/kv").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(dir))
}

// TestBrokenBuildsFit: the code still has what each broken build replaces. Whether it is caught
// only `make torture` asks, which takes many minutes.
func TestBrokenBuildsFit(t *testing.T) {
	dir := kvDir(t)
	for _, b := range brokenBuilds {
		code, err := os.ReadFile(filepath.Join(dir, b.file))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(code), b.before); n != 1 {
			t.Errorf("%s: %s has it %d times: %s", b.name, b.file, n, b.before)
		}
	}
}
