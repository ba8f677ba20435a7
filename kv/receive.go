package kv

import (
	"log/slog"
	"time"

	"exthub/kv/bucket"
)

// maxHold is how long an entry is held back for one that the server has announced. The server now
// and then announces an entry that never comes: its count of what is pending drifts where entries
// are overwritten while they are delivered.
const maxHold = 2 * time.Millisecond

// maxPause is how long a pair is held back for the next one of the same change, where they are
// committed one after the other. Members get them as one change then, unless something else is
// written to the bucket in between. The next one follows after a round trip to NATS, and none after
// a crash.
const maxPause = 20 * time.Millisecond

// startReceiving prepares for a new consumer. What the last one left unfinished is delivered again.
func (t *tail) startReceiving(sink func(Delta)) {
	t.receiving.Lock()
	defer t.receiving.Unlock()
	t.builder, t.received = deltaBuilder{cache: t.sh.cache}, t.applied.get()
	t.flushTimer = time.AfterFunc(time.Hour, func() {
		t.receiving.Lock()
		defer t.receiving.Unlock()
		t.flush(sink)
	})
	t.flushTimer.Stop()
}

// stopReceiving drops what is held back: the next consumer delivers it again.
func (t *tail) stopReceiving() {
	t.receiving.Lock()
	defer t.receiving.Unlock()
	t.flushTimer.Stop()
	t.builder, t.received = deltaBuilder{}, t.applied.get()
}

func (t *tail) receive(d bucket.Delivery, sink func(Delta)) {
	t.receiving.Lock()
	defer t.receiving.Unlock()
	key, err := parseKey(d.Key)
	switch {
	case err != nil:
		// Somebody else wrote into the bucket. It concerns no message.
		slog.Warn("key that is not ours", "bucket", t.sh.bucket.Name(), "key", d.Key, "error", err)
	case key.object != "":
		t.builder.add(key, d, sink)
		if key.ofGroup() {
			t.awaited = d.Revision
		}
		if key.suffix == dueSuffix {
			t.sh.closer.add(dueMessage{key.ref, d.Revision})
		}
	case key.account != "":
		t.revoke(key.account, d.Entry, sink)
		t.awaited = d.Revision
	default:
		t.sh.roster.apply(d.Entry)
		t.tellUser(d, sink)
	}
	switch {
	case err != nil || key.object == "":
		t.builder.pass(d)
	case key.suffix == "m" && key.ref.GroupID != "":
		t.sh.heads.saw(key.ref, d.Revision, d.Time)
	}
	t.received = d.Revision
	t.sh.bucket.Saw(t.received)
	switch {
	case d.More && t.builder.open != nil:
		t.advance(t.builder.entries[0].Revision - 1) // all before it is handed out
		t.flushTimer.Reset(maxPause)
	case d.Pending == 0:
		t.flush(sink)
	case t.builder.open != nil:
		t.flushTimer.Reset(maxHold)
	default:
		t.advance(t.received)
	}
}

// flush hands out what is complete. The caller holds t.receiving.
func (t *tail) flush(sink func(Delta)) {
	t.builder.flush(sink)
	if t.builder.open == nil {
		t.advance(t.received)
	}
}

// advance notes how far everything is handed out, and tells the other hubs if one of them waits for
// that.
func (t *tail) advance(to uint64) {
	t.applied.advance(to)
	if t.awaited > 0 && t.awaited <= to {
		t.awaited = 0
		t.sh.marks.renewSoon()
	}
}

// revoke hands out what an account's entry says. It belongs to no object, so it need not wait for
// what is held back.
func (t *tail) revoke(userID string, e bucket.Entry, sink func(Delta)) {
	revocation, err := t.sh.revocations.apply(userID, e)
	if err != nil {
		slog.Warn("entry that can't be read", "bucket", t.sh.bucket.Name(), "key", e.Key, "revision", e.Revision,
			"error", err)
		return
	}
	sink(Delta{Revision: e.Revision, Revoked: &revocation})
}

// tellUser hands out an entry that concerns one user alone. It goes behind the messages before it:
// nobody hears that a message was read before the message.
func (t *tail) tellUser(d bucket.Delivery, sink func(Delta)) {
	delta, err := personalDelta(d.Entry)
	if err != nil {
		slog.Warn("entry that can't be read", "bucket", t.sh.bucket.Name(), "key", d.Key, "revision", d.Revision,
			"error", err)
	} else if delta != nil {
		t.builder.pass(d)
		t.builder.flush(sink)
		sink(*delta)
	}
}
