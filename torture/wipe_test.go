package torture

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// TestBucketsDeleted: somebody deletes all buckets under hubs at work, also those of the hubs'
// marks and of the counters. The hubs make them anew, under another epoch. Nothing is acknowledged
// that nobody stored, and when the groups are there again, with messages of the same IDs, everybody
// reads anew and nobody is shown anything from before.
func TestBucketsDeleted(t *testing.T) {
	repeat(t, func(t *testing.T, i int) {
		w, _, nc := onOneNode(t, "buckets deleted under running hubs", 25*time.Millisecond, 3, nil)
		w.start(5)
		before, err := w.epoch()
		if err != nil {
			t.Fatal(err)
		}
		w.lossExpected = true
		w.wiped.Store(true)
		deleteStreams(t, nc)
		gone := w.elapsed()
		var now string
		if err := waitUntil(t.Context(), "another epoch", func() error {
			now, err = w.epoch()
			return cmpEpochs(before, now, err)
		}); err != nil {
			t.Fatal(err)
		}
		w.beginAnew(gone)
		w.start(5)
		w.removeLeaver()
		recovery := w.awaitRecovery(gone, w.allHubs()...)
		w.finish()
		w.verify(recovery)
		for _, o := range w.watchers {
			if o.epoch != now {
				t.Errorf("%s is in the epoch %s, not %s", o.user, o.epoch, now)
			}
		}
	})
}

// deleteStreams deletes all streams, one after the other: hubs make some anew while others are
// still there.
func deleteStreams(t *testing.T, nc *nats.Conn) {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for name := range js.StreamNames(t.Context()).Name() {
		names = append(names, name)
	}
	if len(names) < len(streams) {
		t.Fatalf("streams are %v", names)
	}
	rand.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	for _, name := range names {
		if err := js.DeleteStream(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
}

// epoch returns the epoch that all hubs are in, or an error if they are not in the same one.
func (w *world) epoch() (string, error) {
	var epochs []string
	for _, u := range w.instances {
		s, err := login(w.t.Context(), u.addr(), "owner", nil)
		if err != nil {
			return "", err
		}
		s.Close()
		epochs = append(epochs, s.Epoch)
	}
	if all := slices.Compact(slices.Clone(epochs)); len(all) > 1 {
		return "", fmt.Errorf("hubs are in the epochs %v", epochs)
	}
	return epochs[0], nil
}

// cmpEpochs returns nil if no bucket has the same history in both epochs.
func cmpEpochs(before, now string, err error) error {
	if err != nil {
		return err
	}
	for _, history := range strings.Split(now, "-") {
		if slices.Contains(strings.Split(before, "-"), history) {
			return errors.New("the epoch is " + now + " after " + before)
		}
	}
	return nil
}

// beginAnew ends what was before the buckets were deleted, which cannot be compared with a bucket,
// and makes all groups and messages again. gone is when everything had been deleted.
func (w *world) beginAnew(gone time.Duration) {
	w.t.Helper()
	w.cancel()
	w.writing.Wait()
	w.checkHistories()
	changes := w.club.verify()
	operations, acknowledged := w.journal.count()
	w.past = run{operations: operations + changes, acknowledged: acknowledged}
	for _, a := range w.journal.acks {
		// A deletion or a clear may have had nothing to do, by what the hub knew until then
		if a.from >= gone && a.what == "set" {
			w.violation("acknowledged was %+v, when there was no such message", a)
		}
	}
	w.populate()
	for _, o := range w.watchers {
		o.follow(w.messages)
	}
	w.wiped.Store(false)
}
