package kv

import (
	"context"
	"errors"

	"exthub/kv/bucket"
)

// singly reports whether the writes of a waiter are committed one after the other. An atomic batch
// of ten takes a single replica as long as several tens of entries, and nothing else is stored
// meanwhile. The control entry goes with the deletions that it is about.
func (w *waiter) singly(options Options) bool {
	n := len(w.writes)
	return w.change.Singly && n > 1 && n == len(w.change.Writes) && n <= options.fasterAlone()
}

// commitSingly commits the writes of a waiter one after the other, each on the condition that the
// message is as the one before it has left it. So no two writers overwrite each other unseen, and a
// limit that was looked at for all of them holds: when anything else comes in between, the rest is
// not written. What was is always the first of them, also after a crash. It returns what commit
// does.
func (sh *shard) commitSingly(
	ctx context.Context, sl *slot, w *waiter, unchanged bucket.Precondition,
) (bucket.Precondition, bool) {
	each := make([]uint64, 0, len(w.writes))
	for len(each) < len(w.writes) {
		write := w.writes[len(each) : len(each)+1]
		write[0].More = len(each)+1 < len(w.writes)
		done, err := sh.attemptAndApply(ctx, sl, write, unchanged)
		switch {
		case err == nil:
		case len(each) > 0:
			if !errors.Is(err, ErrUnknown) {
				err = nil // it was not written
			}
			sl.settleSingly(w, each, err)
			return bucket.Precondition{}, false
		case errors.Is(err, errRetry):
			return bucket.Precondition{}, false
		default:
			sl.finish(err, w)
			return bucket.Precondition{}, false
		}
		if each = append(each, done.head); len(each) == 1 && w.leads && w.change.Stored != nil {
			w.change.Stored() // by nobody but its own Update: another could have given up
		}
		if done.late {
			sl.settleSingly(w, each, nil)
			return bucket.Precondition{}, false
		}
		unchanged = sl.unchangedSince(unchanged, done.head, write[0])
	}
	sl.settleSingly(w, each, nil)
	return unchanged, true
}

// settleSingly settles a waiter whose first writes have these revisions. err is about the next one.
func (sl *slot) settleSingly(w *waiter, each []uint64, err error) {
	sl.mu.Lock()
	defer sl.mu.Unlock()
	w.settle(Commit{Seq: each[0], Latest: each[len(each)-1], Each: each}, err)
}
