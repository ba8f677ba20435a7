package torture

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// soloHub is a hub with its own NATS and one member whose writes the test makes one by one.
type soloHub struct {
	*world
	data     string
	instance *instance
	wr       *writer
}

func startSoloHub(t *testing.T, fault, data string) *soloHub {
	t.Helper()
	u := startProcess(t, "", data)
	w := newWorld(t, fault, 0, []*instance{u}, embeddedBucketReader(t, u, data))
	l := &soloHub{data: data, instance: u, world: w}
	l.cancel = func() {}
	l.wr = newWriter(l.world, writers+1, 0, "writer0")
	l.connect()
	t.Cleanup(l.wr.disconnect)
	return l
}

func (l *soloHub) connect() {
	l.t.Helper()
	if err := waitUntil(l.t.Context(), "login", func() error { return l.wr.connect(l.t.Context()) }); err != nil {
		l.t.Fatal(err)
	}
}

// set writes one pair of the first message, and reports whether it was acknowledged.
func (l *soloHub) set(key int, value string) bool {
	m := &l.wr.messages[0]
	return l.wr.do(l.t.Context(), m, call{kind: "set", key: key, value: value, seq: m.seqs[key]})
}

// get reads the first message, which must work.
func (l *soloHub) get() {
	m := &l.wr.messages[0]
	if !l.wr.do(l.t.Context(), m, call{kind: "get", minLatest: m.latest}) {
		l.violation("a read was not answered")
	}
}

// smallDisk puts a hub's data where space can run out, and returns the functions that use the space
// up and free it. With the right to mount, it is a small file system of its own; otherwise, a limit
// on the size of the hub's files.
func smallDisk(t *testing.T, dir string) (fill, free func(*instance)) {
	t.Helper()
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=33554432")
	if err != nil {
		t.Logf("full is here a limit on the size of files: %v", err)
		limit := func(u *instance, size uint64) {
			l := unix.Rlimit{Cur: size, Max: unix.RLIM_INFINITY}
			if err := unix.Prlimit(u.process.cmd.Process.Pid, unix.RLIMIT_FSIZE, &l, nil); err != nil {
				t.Fatal(err)
			}
		}
		return func(u *instance) { limit(u, 1) }, func(u *instance) { limit(u, unix.RLIM_INFINITY) }
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	ballast := filepath.Join(dir, "ballast")
	fill = func(*instance) {
		f, err := os.Create(ballast)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for size := 1 << 20; size > 0; size /= 2 {
			for err == nil {
				_, err = f.Write(make([]byte, size))
			}
			err = nil
		}
	}
	return fill, func(*instance) { os.Remove(ballast) }
}

// TestDiskFull: the disk is full. Writes are refused, reads go on, nothing that was acknowledged is
// lost. When there is space again the hub restarts its NATS by itself and writes go on.
func TestDiskFull(t *testing.T) {
	repeat(t, func(t *testing.T, i int) {
		dir := t.TempDir()
		fill, free := smallDisk(t, dir)
		l := startSoloHub(t, "disk full", filepath.Join(dir, "data"))
		for n := range 20 {
			l.set(n%keys, fmt.Sprint("before", n))
		}
		fill(l.instance)
		acknowledged := 0
		for n := 0; n < 5000 && l.set(n%keys, strings.Repeat("x", 900)+fmt.Sprint(n)); n++ {
			acknowledged++ // the last page of a file may still have some room
		}
		if acknowledged == 5000 {
			t.Fatal("the disk does not get full")
		}
		l.get()
		if !strings.Contains(l.instance.process.output(), "rror") {
			l.violation("the hub says nothing of a full disk: %s", l.instance.process.output())
		}
		free(l.instance)
		over := l.elapsed()
		if err := waitUntil(t.Context(), "write after there is room again", func() error {
			l.get()
			if !l.set(0, "after") {
				return errors.New("refused")
			}
			return nil
		}); err != nil {
			l.violation("%v", err)
		}
		recovery := l.elapsed() - over
		l.finish()
		l.verify(recovery)
	})
}

// checkWatermark returns nil if the hub's watermark has reached a revision.
func (l *soloHub) checkWatermark(revision uint64) error {
	text, err := os.ReadFile(filepath.Join(l.data, "watermark"))
	if err != nil {
		return err
	}
	var mark struct{ Revisions map[string]uint64 }
	if err := json.Unmarshal(text, &mark); err != nil {
		return err
	}
	if at := mark.Revisions[strings.TrimPrefix(streams[0], "KV_")]; at < revision {
		return fmt.Errorf("the watermark is at %d, not %d", at, revision)
	}
	return nil
}

// TestLastBlockTruncated: the end of the last block is gone, as after a copy of a running hub's
// directory or a broken disk; no crash of a hub does that. The hub says so and refuses to start.
// With --accept-loss it comes up with what is whole, never serves half of a record, and every
// client learns by another epoch that something is gone.
func TestLastBlockTruncated(t *testing.T) {
	repeat(t, func(t *testing.T, i int) {
		l := startSoloHub(t, "last block truncated", t.TempDir())
		l.lossExpected = true
		gone := l.writeAndKill()
		truncateLastBlock(t, l.data, int64(1+7*i%150))
		if l.instance.process.start() == nil {
			l.violation("the hub serves as if nothing were gone")
		}
		l.instance.process.kill()
		if want := fmt.Sprintf("but had %d", gone); !strings.Contains(l.instance.process.output(), want) {
			l.violation("the hub does not say %q: %s", want, l.instance.process.output())
		}
		over := l.elapsed()
		if err := l.instance.process.start("--accept-loss"); err != nil {
			t.Fatal(err)
		}
		l.connect()
		l.checkLoss(gone)
		recovery := l.elapsed() - over
		l.checkGoesOn()
		operations, acknowledged := l.journal.count()
		// The fault itself loses one
		ledger.add(run{l.fault, operations, acknowledged, 1, len(l.violations), recovery})
		for _, v := range l.violations {
			t.Errorf("violation: %s", v)
		}
	})
}

// writeAndKill writes to the first message, waits until every watcher and the watermark have the
// last write, and kills the hub. It returns the revision of the last write.
func (l *soloHub) writeAndKill() uint64 {
	l.t.Helper()
	for n := range 20 {
		l.set(n%keys, fmt.Sprint("before", n))
	}
	m := &l.wr.messages[0]
	last := m.seqs[19%keys]
	for _, o := range l.watchers {
		reached := func() error { return o.checkReached(m.id, last) }
		if err := waitUntil(l.t.Context(), "last event", reached); err != nil {
			l.t.Fatal(err)
		}
	}
	if err := waitUntil(l.t.Context(), "watermark", func() error { return l.checkWatermark(last) }); err != nil {
		l.t.Fatal(err)
	}
	l.instance.process.kill()
	l.wr.disconnect()
	return last
}

// truncateLastBlock cuts some bytes from the end of the store's last block.
func truncateLastBlock(t *testing.T, data string, bytes int64) {
	t.Helper()
	blocks, err := filepath.Glob(filepath.Join(data, "nats", "jetstream", "$G", "streams", streams[0], "msgs", "*.blk"))
	if err != nil || len(blocks) == 0 {
		t.Fatalf("blocks: %v, %v", blocks, err)
	}
	last := slices.Max(blocks)
	info, err := os.Stat(last)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(last, info.Size()-bytes); err != nil {
		t.Fatal(err)
	}
}

// checkLoss checks that the first message has what was acknowledged before the revision that is
// gone, and no more.
func (l *soloHub) checkLoss(gone uint64) {
	l.t.Helper()
	m := &l.wr.messages[0]
	p, err := fetchSince(l.t.Context(), l.wr.session, m.id, 0)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, x := range p.Extensions {
		if !l.journal.isAcknowledged(m.id, x) || x.Seq >= gone {
			l.violation("after the cut there is %+v, which nobody wrote", x)
		}
	}
	if p.LatestSeq != gone-1 {
		l.violation("cut at %d, but the message ends at %d", gone, p.LatestSeq)
	}
}

// checkGoesOn checks that a watcher learns of the loss by another epoch, and that writes go on.
func (l *soloHub) checkGoesOn() {
	l.t.Helper()
	if err := waitUntil(l.t.Context(), "notice of the loss", func() error {
		if l.epochChanges.Load() == 0 {
			return errors.New("nobody has seen another epoch")
		}
		return nil
	}); err != nil {
		l.violation("%v", err)
	}
	m := &l.wr.messages[0]
	if !l.wr.do(l.t.Context(), m, call{kind: "set", key: 0, value: "after", seq: m.seqs[0]}) {
		l.violation("no write after the cut")
	}
}
