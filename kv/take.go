package kv

import (
	"log/slog"
	"time"

	"exthub/kv/bucket"
)

// together is how long an entry waits for one that the server has announced, to be handed out with it. The server announces too many now and then: its count of what is pending
// drifts where entries are overwritten while they are delivered.
const together = 2 * time.Millisecond

// begin makes ready for a consumer. What was open when the last one ended comes again.
func (t *tail) begin(sink func(Delta)) {
	t.handing.Lock()
	defer t.handing.Unlock()
	t.group, t.taken = deltas{cache: t.sh.cache}, t.applied.get()
	t.overdue = time.AfterFunc(time.Hour, func() {
		t.handing.Lock()
		defer t.handing.Unlock()
		t.flush(sink)
	})
	t.overdue.Stop()
}

// end hands out nothing more.
func (t *tail) end() {
	t.handing.Lock()
	defer t.handing.Unlock()
	t.overdue.Stop()
	t.group, t.taken = deltas{}, t.applied.get()
}

func (t *tail) take(d bucket.Delivery, sink func(Delta)) {
	t.handing.Lock()
	defer t.handing.Unlock()
	key, err := parseKey(d.Key)
	switch {
	case err != nil:
		// Somebody else wrote into the bucket. It concerns no message; say it and go on.
		slog.Warn("key that is not ours", "bucket", t.sh.bucket.Name(), "key", d.Key, "error", err)
	case key.object != "":
		t.group.add(key, d, sink)
	}
	t.taken = d.Revision
	t.sh.bucket.Saw(t.taken)
	switch {
	case d.Pending == 0:
		t.flush(sink)
	case t.group.open != nil:
		t.overdue.Reset(together)
	default:
		t.applied.advance(t.taken)
	}
}

// flush hands out what is open and complete. The caller holds t.handing.
func (t *tail) flush(sink func(Delta)) {
	t.group.flush(sink)
	if t.group.open == nil {
		t.applied.advance(t.taken)
	}
}
