package kv

import (
	"cmp"

	"exthub/kv/bucket"
)

// longWalk is how many pairs a message has if a shortcut is worth a try also while other messages
// are written: the walk of as many takes NATS 70 to 150 us, and a round trip 22.
const longWalk = 2000

// unchanged returns the condition that the object is still as it is now. applied is how far the
// tail was before the caller locked the slot, and so the slot knows all up to there, unless it has
// left the cache. The caller holds sl.mu.
func (sl *slot) unchanged(applied uint64, options Options) bucket.Precondition {
	p := bucket.Precondition{Filter: sl.filter, Last: sl.revision}
	m, ok := sl.object.(*Message)
	if !ok || m.Live() < options.ShortcutFrom {
		return p
	}
	newest := m.live.last()
	if deleted := m.gone.last(); deleted != nil && deleted.Seq > newest.Seq {
		newest = deleted
	}
	if newest.Seq != sl.revision {
		return p // it is not a pair's
	}
	p.Shortcut = bucket.Shortcut{
		Subject: sl.pair(Write{Key: newest.Key}).Subject, UpTo: sl.upTo, Quiet: m.Live() < longWalk,
	}
	if !sl.gone {
		p.Shortcut.UpTo = max(sl.upTo, applied)
	}
	return p
}

// unchangedSince returns the condition that nothing of the object has changed since a commit whose
// last entry is w, with this revision. It held when that was stored, so all that is below it is
// known.
func (sl *slot) unchangedSince(before bucket.Precondition, revision uint64, w bucket.Write) bucket.Precondition {
	p := bucket.Precondition{Filter: sl.filter, Last: revision}
	if before.Shortcut.UpTo > 0 {
		prefix := sl.filter[:len(sl.filter)-len(sl.key)-len(".>")]
		p.Shortcut = bucket.Shortcut{
			Subject: cmp.Or(w.Subject, prefix+w.Key), UpTo: revision, Quiet: before.Shortcut.Quiet,
		}
	}
	return p
}
