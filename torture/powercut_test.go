//go:build torture

package torture

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// writeOverlay writes a file for go build -overlay, which replaces source files, and returns its
// path.
func writeOverlay(t testing.TB, replace map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	files := make(map[string]string)
	n := 0
	for path, text := range replace {
		n++
		files[path] = filepath.Join(dir, fmt.Sprint(n, ".go"))
		if err := os.WriteFile(files[path], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	list, err := json.Marshal(map[string]any{"Replace": files})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(path, list, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// replaceOnce returns a source file with one passage replaced, which must occur exactly once.
func replaceOnce(t testing.TB, path, before, after string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(text), before) != 1 {
		t.Fatalf("%s has not got once: %s", path, before)
	}
	return strings.Replace(string(text), before, after, 1)
}

// shadowSource is added to package os of a hub or a node: File.Sync then also copies what a NATS
// block holds at that moment, which is all that a power cut would leave of it. So does Rename: NATS
// syncs what it puts in a block's place.
const shadowSource = `package os

func keepShadow(file string) {
	dir := Getenv("TORTURE_SHADOW")
	if dir == "" || len(file) < 4 || file[len(file)-4:] != ".blk" {
		return
	}
	content, err := ReadFile(file)
	if err != nil {
		return
	}
	name := []byte(file)
	for i, c := range name {
		if c == '/' {
			name[i] = '%'
		}
	}
	at := dir + "/" + string(name)
	if WriteFile(at+".new", content, 0600) == nil {
		_ = Rename(at+".new", at)
	}
}
`

// shadowed builds a program with shadowSource and returns its path. build is the go command's way
// to it: build, or test -c for nodes, which are this test binary.
func shadowed(t testing.TB, name, program string, build ...string) string {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(strings.TrimSpace(string(root)), "src", "os")
	syncs, renames := filepath.Join(dir, "file_posix.go"), filepath.Join(dir, "file.go")
	list := writeOverlay(t, map[string]string{
		syncs: replaceOnce(t, syncs, "if e := f.pfd.Fsync(); e != nil {\n\t\treturn f.wrapErr(\"sync\", e)\n\t}\n",
			"if e := f.pfd.Fsync(); e != nil {\n\t\treturn f.wrapErr(\"sync\", e)\n\t}\n\tkeepShadow(f.name)\n"),
		renames: replaceOnce(t, renames, "\treturn rename(oldpath, newpath)\n",
			"\terr := rename(oldpath, newpath)\n\tif err == nil {\n\t\tkeepShadow(newpath)\n\t}\n\treturn err\n"),
		filepath.Join(dir, "shadow.go"): shadowSource,
	})
	path := filepath.Join(scratch, name)
	args := slices.Concat(build, []string{"-overlay", list, "-o", path, program})
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

func shadowedHub(t testing.TB) string { return shadowed(t, "shadowed-hub", "exthub/cmd/hub", "build") }

func shadowedNode(t testing.TB) string {
	return shadowed(t, "shadowed-node", "exthub/torture", "test", "-tags", "torture", "-c")
}

// powerCut removes from the blocks of a store what was not synced: from those of the streams, and
// from those of the logs that the nodes of a cluster agree by.
func powerCut(t testing.TB, store, shadow string) {
	t.Helper()
	blocks, err := filepath.Glob(filepath.Join(store, "jetstream", "*", "*", "*", "msgs", "*.blk"))
	if err != nil || len(blocks) == 0 {
		t.Fatalf("blocks: %v, %v", blocks, err)
	}
	for _, b := range blocks {
		content, err := os.ReadFile(filepath.Join(shadow, strings.ReplaceAll(b, "/", "%")))
		if os.IsNotExist(err) {
			content, err = nil, nil // never synced
		}
		if err == nil {
			err = os.WriteFile(b, content, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestPowerCut: the power fails under load. The hub is killed, and what it wrote to its blocks but
// did not sync is gone. With sync always nothing that was acknowledged is lost.
func TestPowerCut(t *testing.T) {
	binary := shadowedHub(t)
	repeat(t, func(t *testing.T, i int) {
		data, shadow := t.TempDir(), t.TempDir()
		u := startProcess(t, "", data,
			func(p *process) { p.binary, p.env = binary, []string{"TORTURE_SHADOW=" + shadow} })
		w := newWorld(t, "power cut, sync always", 10*time.Millisecond, []*instance{u},
			embeddedBucketReader(t, u, data))
		w.start(20)
		u.process.kill()
		powerCut(t, filepath.Join(data, "nats"), shadow)
		over := w.elapsed()
		if err := u.process.start(); err != nil {
			t.Fatal(err)
		}
		recovery := w.awaitRecovery(over, 0)
		w.removeLeaver()
		w.finish()
		w.verify(recovery)
	})
}

// TestPowerCutReplicated: the power of all three nodes fails at once, which three replicas alone
// don't survive. With sync always on every node nothing that was acknowledged is lost.
func TestPowerCutReplicated(t *testing.T) {
	binary := shadowedNode(t)
	repeat(t, func(t *testing.T, i int) {
		shadow := t.TempDir()
		c := startCluster(t, func(n *node) {
			n.binary, n.env, n.config.SyncAlways = binary, []string{"TORTURE_SHADOW=" + shadow}, true
		})
		w, nc := onCluster(t, c, "power cut on all nodes, sync always (R3)", 2)
		w.start(20)
		for _, n := range c.nodes {
			n.kill()
		}
		for _, n := range c.nodes {
			powerCut(t, n.config.Dir, shadow)
		}
		over := w.elapsed()
		for _, n := range c.nodes {
			if err := n.start(); err != nil {
				t.Fatal(err)
			}
		}
		recovery := w.awaitRecovery(over, w.allHubs()...)
		w.removeLeaver()
		if err := c.awaitCurrent(t.Context(), nc); err != nil {
			t.Fatal(err)
		}
		w.finish()
		w.verify(recovery)
	})
}

// TestPowerCutWithoutSync: the same with a sync every two minutes loses acknowledged writes. So the
// cut really cuts.
func TestPowerCutWithoutSync(t *testing.T) {
	data, shadow := t.TempDir(), t.TempDir()
	binary := shadowedHub(t)
	u := startProcess(t, "", data, func(p *process) {
		p.binary, p.env = binary, []string{"TORTURE_SHADOW=" + shadow}
		p.args = append(p.args, "--sync", "2m")
	})
	w := newWorld(t, "control", 0, []*instance{u}, embeddedBucketReader(t, u, data))
	wr := newWriter(w, 0, 0, "writer0")
	if err := wr.connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !wr.do(t.Context(), &wr.messages[0], call{kind: "set", value: "v"}) {
		t.Fatal("the write was refused")
	}
	wr.disconnect()
	w.stopWatchers()
	w.watching.Wait()
	u.process.kill()
	powerCut(t, filepath.Join(data, "nats"), shadow)
	if err := u.process.start(); err != nil {
		t.Fatal(err)
	}
	bucket, err := w.bucket(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if w.checkAcks(bucket) == 0 {
		t.Fatal("a write that was never synced has survived the power cut: the cut proves nothing")
	}
	t.Logf("without sync: %s", w.violations[0])
}
