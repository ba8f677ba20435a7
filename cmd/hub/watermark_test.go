package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"exthub/hub/hubtest"
)

// onlyBucket is the bucket of a store that was made with --shards 1. Later starts keep it without
// the flag.
const onlyBucket = "exthub_0"

// readMark returns what the watermark file of a data directory holds; nothing if there is none.
func readMark(t *testing.T, data string) mark {
	t.Helper()
	var m mark
	text, err := os.ReadFile(filepath.Join(data, "watermark"))
	if os.IsNotExist(err) {
		return m
	}
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// waitForMark waits until the watermark is at a revision or beyond.
func (r *hubProcess) waitForMark(data string, revision uint64) {
	r.t.Helper()
	r.waitUntil(fmt.Sprint("watermark ", revision),
		func() bool { return readMark(r.t, data).Revisions[onlyBucket] >= revision })
}

// startRefused starts a hub that must refuse to serve, and returns what it logged.
func startRefused(t *testing.T, args ...string) string {
	t.Helper()
	h := spawnHub(t, args...)
	select {
	case <-h.exited:
	case <-h.up:
		t.Fatalf("the hub serves what is not whole:\n%s", h.logged())
	case <-time.After(testTimeout):
		t.Fatalf("the hub neither serves nor ends:\n%s", h.logged())
	}
	if code := h.cmd.ProcessState.ExitCode(); code != 1 {
		t.Fatalf("exit code %d, want 1:\n%s", code, h.logged())
	}
	return h.logged()
}

// filledDir is a data directory that holds a message with two pairs, and whose watermark knows it.
type filledDir struct {
	data, message, epoch string
	first, last          uint64 // the revisions of the pairs
}

// newFilledDir fills a data directory, and ends the hub with end.
func newFilledDir(t *testing.T, end func(*hubProcess), args ...string) filledDir {
	t.Helper()
	w := filledDir{data: t.TempDir()}
	h := startHub(t, append([]string{"--data", w.data, "--shards", "1"}, args...)...)
	alice := h.login("alice")
	w.message, w.epoch = alice.Send("C2C", "bob").ID, alice.Epoch
	var err error
	if w.first, err = set(alice, w.message, "a", "1"); err == nil {
		w.last, err = set(alice, w.message, "b", "2")
	}
	if err != nil {
		t.Fatal(err)
	}
	h.waitForMark(w.data, w.last)
	alice.Close()
	end(h)
	return w
}

// TestRestoredFromBackup: a backup of the directory as a whole is no loss. Its store under a newer
// watermark is one, and so is no store at all.
func TestRestoredFromBackup(t *testing.T) {
	t.Parallel()
	w := newFilledDir(t, (*hubProcess).stop)
	backup := filepath.Join(t.TempDir(), "backup")
	restore := func(to, from string) {
		t.Helper()
		if err := os.RemoveAll(to); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(to, os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
	}
	restore(backup, w.data)
	h := startHub(t, "--data", w.data)
	alice := h.login("alice")
	seq, err := set(alice, w.message, "c", "3")
	if err != nil {
		t.Fatal(err)
	}
	alice.Close()
	h.stop()
	if got := readMark(t, w.data).Revisions[onlyBucket]; got != seq {
		t.Errorf("stopped with the watermark at %d, want %d", got, seq)
	}

	restore(filepath.Join(w.data, "nats"), filepath.Join(backup, "nats"))
	want := fmt.Sprintf("ends at revision %d, but had %d", w.last, seq)
	if why := startRefused(t, "--data", w.data); !strings.Contains(why, want) {
		t.Errorf("the hub does not say %q:\n%s", want, why)
	}
	if err := os.RemoveAll(filepath.Join(w.data, "nats")); err != nil {
		t.Fatal(err)
	}
	want = fmt.Sprintf("ends at revision 0, but had %d", seq)
	if why := startRefused(t, "--data", w.data); !strings.Contains(why, want) {
		t.Errorf("the hub does not say %q:\n%s", want, why)
	}

	restore(w.data, backup)
	h = startHub(t, "--data", w.data)
	bob := h.login("bob")
	if there := bob.GetAll(w.message); bob.Epoch != w.epoch || len(there) != 2 {
		t.Errorf("epoch %q, was %q, and %+v", bob.Epoch, w.epoch, there)
	}
	bob.Close()
	h.stop()
}

// TestWatermarkThatIsDamagedOrAbsent: a damaged watermark counts as a loss, because what it
// recorded is unknown. A directory that never had one is that of an older hub.
func TestWatermarkThatIsDamagedOrAbsent(t *testing.T) {
	t.Parallel()
	w := newFilledDir(t, (*hubProcess).stop)
	path := filepath.Join(w.data, "watermark")
	for _, text := range []string{"", "\x00\x00", "{}", `{"revisions":`} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if why := startRefused(t, "--data", w.data); !strings.Contains(why, path+" is damaged") {
			t.Errorf("%q is read:\n%s", text, why)
		}
	}
	h := startHub(t, "--data", w.data, "--accept-loss")
	alice := h.login("alice")
	if alice.Epoch == w.epoch {
		t.Error("the epoch is the old one: clients will not know")
	}
	alice.Close()
	h.stop()

	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(w.data, ".new-1") // as a kill in the middle of a write leaves it
	if err := os.WriteFile(half, []byte(`{"rev`), 0o600); err != nil {
		t.Fatal(err)
	}
	h = startHub(t, "--data", w.data)
	h.waitForMark(w.data, w.last)
	h.stop()
	if _, err := os.Stat(half); !os.IsNotExist(err) {
		t.Errorf("half a file is still there: %v", err)
	}
}

// TestKillIsNoLoss: a kill loses nothing, so it must not look like a loss, however close it comes
// to a write of the block or of the watermark.
func TestKillIsNoLoss(t *testing.T) {
	for _, sync := range []string{"always", "2m"} {
		t.Run("Sync="+sync, func(t *testing.T) {
			t.Parallel()
			args := []string{"--data", t.TempDir(), "--shards", "1", "--sync", sync,
				"--message-rate", "0", "--max-extensions", "10000"}
			message := ""
			for round := range 10 {
				h := startHub(t, args...)
				if strings.Contains(h.logged(), "gone") {
					t.Fatalf("round %d: false alarm:\n%s", round, h.logged())
				}
				alice := h.login("alice")
				if message == "" {
					message = alice.Send("C2C", "bob").ID
				}
				killAfterWrite(t, h, alice, message, fmt.Sprint(round), func(seq uint64) {
					if round%2 == 0 { // the kill comes right after the file was written under load
						h.waitForMark(args[1], seq)
					}
				})
			}
		})
	}
}

// killAfterWrite lets a client write until the hub is gone. It kills the hub after one of the
// writes was acknowledged and before was called with its Seq.
func killAfterWrite(
	t *testing.T, h *hubProcess, c *hubtest.Client, message, prefix string, before func(seq uint64),
) {
	t.Helper()
	acknowledged, ended := make(chan hubtest.Pair), make(chan bool)
	go func() {
		defer close(ended)
		writeUntilGone(c, message, prefix, acknowledged)
	}()
	select {
	case p := <-acknowledged:
		go func() {
			for range acknowledged { // the first one is enough
			}
		}()
		before(p.Seq)
	case <-ended:
		t.Fatalf("the writer ended before the kill:\n%s", h.logged())
	case <-time.After(testTimeout):
		t.Fatalf("no write:\n%s", h.logged())
	}
	h.kill()
	<-ended
	close(acknowledged)
}

// FuzzMark looks for a watermark that is cut short and still says something: a loss that it tells
// of would go unnoticed. A whole one says what was written, and any file that is accepted says when
// written again what it said.
func FuzzMark(f *testing.F) {
	f.Add([]byte(`{"generation":"x","revisions":{"exthub_0":7}}`), "exthub_0", uint64(7), 3)
	f.Add([]byte(`{"revisions":{"a":1,"a":2}}`), "a\"}", uint64(1<<63), 0)
	f.Add([]byte(`{"revisions":{}}{}`), "\xff", uint64(0), 100)
	f.Fuzz(func(t *testing.T, text []byte, bucket string, revision uint64, cut int) {
		if m, ok := parseMark(text); ok {
			again, ok := parseMark(encodeMark(t, m))
			if !ok || !reflect.DeepEqual(again, m) {
				t.Errorf("%q is %+v, and written again %+v", text, m, again)
			}
		}
		bucket = strings.ToValidUTF8(bucket, "?")
		want := mark{Generation: bucket, Revisions: map[string]uint64{bucket: revision}}
		whole := encodeMark(t, want)
		if m, ok := parseMark(whole); !ok || !reflect.DeepEqual(m, want) {
			t.Errorf("%s is %+v", whole, m)
		}
		if part := whole[:min(max(cut, 0), len(whole)-1)]; cut >= 0 {
			if m, ok := parseMark(part); ok {
				t.Errorf("%q is cut short, and says %+v", part, m)
			}
		}
	})
}

func encodeMark(t *testing.T, m mark) []byte {
	t.Helper()
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
