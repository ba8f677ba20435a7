package events

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"exthub/kv"
)

// A large audience gets the first change at once, then one event per interval with the newest of
// each pair.
func TestThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Options{Interval: 50 * time.Millisecond, LargeAudience: 2})
		ann, _ := join(b, "ann", "team"), join(b, "bob", "team")
		b.Publish(pairs("team", 1, "a"))
		if got := ann.frames(); len(got) != 1 {
			t.Fatalf("the first change: %s", got)
		}
		for seq := uint64(2); seq < 10; seq++ {
			b.Publish(pairs("team", seq, []string{"a", "b"}[seq%2]))
		}
		if got := ann.frames(); len(got) != 0 {
			t.Fatalf("within the interval: %s", got)
		}
		<-time.After(51 * time.Millisecond)
		synctest.Wait()
		got := ann.frames()
		newest := `[{"key":"a","value":"v8","seq":8},{"key":"b","value":"v9","seq":9}],"latestSeq":9`
		if len(got) != 1 || !strings.Contains(got[0], newest) {
			t.Fatalf("after the interval: %s", got)
		}
		// Whoever joins in between has no part in what was committed before.
		b.Publish(pairs("team", 10, "a"))
		b.Publish(pairs("team", 11, "a"))
		b.Publish(kv.Delta{Ref: kv.Ref{GroupID: "team"}, Members: []kv.MemberChange{{UserID: "cat", Joined: true}}})
		if got := ann.frames(); len(got) != 1 {
			t.Fatalf("before a membership changes what waits goes out: %s", got)
		}
		<-time.After(200 * time.Millisecond)
		synctest.Wait()
		b.Publish(pairs("team", 12, "a"))
		if got := ann.frames(); len(got) != 1 {
			t.Fatalf("after a pause the first change is at once again: %s", got)
		}
		b.Publish(pairs("team", 13, "a"))
		if got := ann.frames(); len(got) != 0 {
			t.Fatalf("and the second waits again: %s", got)
		}
		<-time.After(200 * time.Millisecond)
		synctest.Wait()
		if got := ann.frames(); len(got) != 1 {
			t.Fatalf("until its time has come: %s", got)
		}
		b.Close()
	})
}

// What waits about a message is told after it was recalled, and brings its pairs back. The recall
// is told at once, and nothing comes after it.
func TestRecallOvertakesWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Options{Interval: 50 * time.Millisecond, LargeAudience: 2})
		ann, _ := join(b, "ann", "team"), join(b, "bob", "team")
		b.Publish(pairs("team", 1, "a"))
		b.Publish(pairs("team", 2, "a"))
		d := pairs("team", 3, "-a")
		d.ClearSeq = 4
		d.Recalled = &kv.Record{Ref: d.Ref, GroupID: "team", From: "ann", Recalled: &kv.Recall{By: "bob"}}
		d.Recalled.Payload = []byte("{}")
		b.Publish(d)
		got := ann.frames()
		if len(got) != 2 || !strings.Contains(got[1], "MESSAGE_REVOKED") ||
			!strings.Contains(got[1], `"revoker":"bob"`) {
			t.Fatalf("told %s", got)
		}
		<-time.After(time.Second)
		synctest.Wait()
		if got := ann.frames(); len(got) != 0 {
			t.Errorf("told after the recall: %s", got)
		}
		b.Close()
	})
}

// slowDeliverer is a Deliverer whose events are written when the test says so.
type slowDeliverer struct {
	Sequential
	mu      sync.Mutex
	written []func()
}

func (d *slowDeliverer) Deliver(
	group string, e *Event, to []Subscriber, except string, written func(),
) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if written != nil {
		d.written = append(d.written, written)
	}
	d.Sequential.Deliver(group, e, to, except, nil)
	return true
}

// finish lets the next n events be written.
func (d *slowDeliverer) finish(n int) {
	d.mu.Lock()
	over := d.written[:n]
	d.written = d.written[n:]
	d.mu.Unlock()
	for _, written := range over {
		written()
	}
}

// TestThrottleWaitsForTheWriting: however long the writing of an event to a large audience takes,
// the next one waits for its end, and then for half as long again.
func TestThrottleWaitsForTheWriting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var slow slowDeliverer
		b := New(Options{Interval: 50 * time.Millisecond, LargeAudience: 2, Deliverer: &slow})
		ann, _ := join(b, "ann", "team"), join(b, "bob", "team")
		after := func(d time.Duration) int {
			<-time.After(d)
			synctest.Wait()
			return len(ann.frames())
		}
		b.Publish(pairs("team", 1, "a"))
		b.Publish(pairs("team", 2, "a"))
		if n := after(2 * time.Minute); n != 1 {
			t.Fatalf("%d events while the first is being written", n)
		}
		slow.finish(1)
		if n := after(time.Minute - time.Millisecond); n != 0 {
			t.Fatalf("%d events before there was a pause", n)
		}
		if n := after(2 * time.Millisecond); n != 1 {
			t.Fatalf("%d events after it", n)
		}
		slow.finish(1)
		if after(time.Minute); len(b.throttles) != 0 || len(b.idle) != 1 {
			t.Errorf("%d throttles are kept for nothing", len(b.throttles))
		}
		b.Close()
	})
}

// TestFlushWhileWriting: a change of members delivers what waits although an event is still being
// written. The next event then waits for both.
func TestFlushWhileWriting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var slow slowDeliverer
		b := New(Options{Interval: 50 * time.Millisecond, LargeAudience: 2, Deliverer: &slow})
		ann, _ := join(b, "ann", "team"), join(b, "bob", "team")
		b.Publish(pairs("team", 1, "a"))
		b.Publish(pairs("team", 2, "a"))
		b.Publish(kv.Delta{
			Ref: kv.Ref{GroupID: "team"}, Revision: 3,
			Members: []kv.MemberChange{{UserID: "cat", Joined: true}},
		})
		if got := ann.frames(); len(got) != 2 {
			t.Fatalf("before the new member comes: %s", got)
		}
		b.Publish(pairs("team", 4, "a"))
		slow.finish(1)
		<-time.After(time.Minute)
		synctest.Wait()
		if got := ann.frames(); len(got) != 0 {
			t.Fatalf("while one of two events is being written: %s", got)
		}
		slow.finish(1)
		<-time.After(time.Minute)
		synctest.Wait()
		if got := ann.frames(); len(got) != 1 {
			t.Fatalf("after both: %s", got)
		}
		slow.finish(1)
		b.Close()
	})
}
