package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"exthub/hub/hubtest"
)

// lastBlock returns the path and the size of the store's last block.
func lastBlock(t *testing.T, data string) (path string, size int64) {
	t.Helper()
	pattern := filepath.Join(data, "nats", "jetstream", "$G", "streams", "KV_"+onlyBucket, "msgs", "*.blk")
	blocks, err := filepath.Glob(pattern)
	if err != nil || len(blocks) == 0 {
		t.Fatalf("blocks: %v, %v", blocks, err)
	}
	info, err := os.Stat(slices.Max(blocks))
	if err != nil {
		t.Fatal(err)
	}
	return slices.Max(blocks), info.Size()
}

// truncate removes the last byte of the last record.
func truncate(t *testing.T, data string) {
	t.Helper()
	path, size := lastBlock(t, data)
	if err := os.Truncate(path, size-1); err != nil {
		t.Fatal(err)
	}
}

// garble changes a byte in the last record, before its checksum.
func garble(t *testing.T, data string) {
	t.Helper()
	path, size := lastBlock(t, data)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	content[size-9] ^= 0xff
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestDamagedBlock: after an ordered stop, NATS remembers in its index a revision that the block
// does not hold any more, or trusts a block that it can't read; after a kill it does neither. The
// hub notices all of it, at every start, until the loss is accepted. What is written then stays.
func TestDamagedBlock(t *testing.T) {
	kill, stop := (*hubProcess).kill, (*hubProcess).stop
	for name, tt := range map[string]struct {
		end    func(*hubProcess)
		damage func(*testing.T, string)
		blind  bool // NATS reads nothing of the block
	}{
		"KilledTruncated":  {kill, truncate, false},
		"StoppedTruncated": {stop, truncate, false},
		"KilledGarbled":    {kill, garble, false},
		"StoppedGarbled":   {stop, garble, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newFilledDir(t, tt.end)
			tt.damage(t, w.data)
			found := w.first
			if tt.blind {
				found = 0
			}
			loss := fmt.Sprintf("bucket %s ends at revision %d, but had %d", onlyBucket, found, w.last)
			for range 2 {
				why := startRefused(t, "--data", w.data)
				for _, want := range []string{loss, w.data, "--accept-loss"} {
					if !strings.Contains(why, want) {
						t.Fatalf("the hub does not say %q:\n%s", want, why)
					}
				}
			}

			h := startHub(t, "--data", w.data, "--accept-loss")
			reader := h.login("alice")
			there := reader.GetAll(w.message)
			if a := there["a"]; len(there) != 1 || a.Value != "1" || a.Seq != w.first {
				t.Errorf("there is %+v, want the pair that is whole", there)
			}
			reader.Close()
			epoch, seq := writeAfterLoss(t, h, w)
			sendAfterLoss(t, h)
			checkNews(t, h, w)
			tt.end(h)

			quiet := startHub(t, "--data", w.data)
			checkAfterLoss(t, quiet, w, epoch, seq)
			checkNews(t, quiet, w)
			if strings.Contains(quiet.logged(), "gone") {
				t.Errorf("the loss is told once more:\n%s", quiet.logged())
			}
			quiet.stop()
		})
	}
}

// writeAfterLoss checks that a hub with an accepted loss has a new epoch, and sets the pair that
// was lost. It returns the epoch and the pair's Seq.
func writeAfterLoss(t *testing.T, h *hubProcess, w filledDir) (epoch string, seq uint64) {
	t.Helper()
	alice := h.login("alice")
	defer alice.Close()
	if alice.Epoch == w.epoch {
		t.Error("the epoch is the old one: clients will not know")
	}
	seq, err := set(alice, w.message, "b", "3")
	if err != nil {
		t.Fatal(err)
	}
	return alice.Epoch, seq
}

// sendAfterLoss sends a message to a stranger.
func sendAfterLoss(t *testing.T, h *hubProcess) {
	t.Helper()
	alice := h.login("alice")
	defer alice.Close()
	alice.Send("C2C", "carol")
}

// checkNews comes back with a position from before the loss, of a revision that is given out again:
// what was sent since has to be told, and what was there before is no news.
func checkNews(t *testing.T, h *hubProcess, w filledDir) {
	t.Helper()
	alice := h.login("alice")
	defer alice.Close()
	position := strconv.FormatUint(w.last+1000, 36) + "@" + w.epoch
	var news struct {
		ConversationList []struct{ ConversationID string }
	}
	alice.Must("getConversationList", hubtest.Object{"since": position}, &news)
	if got := news.ConversationList; len(got) != 1 || got[0].ConversationID != "C2Ccarol" {
		t.Errorf("since before the loss there is %v, want what was sent to carol", got)
	}
}

// checkAfterLoss checks that a hub started again has what writeAfterLoss wrote, in the same epoch.
func checkAfterLoss(t *testing.T, h *hubProcess, w filledDir, epoch string, seq uint64) {
	t.Helper()
	bob := h.login("bob")
	defer bob.Close()
	if b := bob.GetAll(w.message)["b"]; bob.Epoch != epoch || b.Value != "3" || b.Seq != seq {
		t.Errorf("after a restart: epoch %q, was %q, and %+v", bob.Epoch, epoch, b)
	}
}

// TestDamagedBlockWithoutSync: an operator who does not sync before the acknowledgement has chosen
// to go on after a power cut. Clients are told all the same, and what is written then stays.
func TestDamagedBlockWithoutSync(t *testing.T) {
	for name, damage := range map[string]func(*testing.T, string){"Truncated": truncate, "Garbled": garble} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newFilledDir(t, (*hubProcess).stop, "--sync", "2m")
			damage(t, w.data)
			h := startHub(t, "--data", w.data, "--sync", "2m")
			h.waitForLog(fmt.Sprintf("ends at revision %d, but had %d", w.first, w.last))
			epoch, seq := writeAfterLoss(t, h, w)
			h.stop()

			quiet := startHub(t, "--data", w.data, "--sync", "2m")
			checkAfterLoss(t, quiet, w, epoch, seq)
			quiet.stop()
		})
	}
}
