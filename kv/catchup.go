package kv

import (
	"context"
	"time"

	"exthub/kv/bucket"
)

// catchUp brings the slot to revision or beyond: by the tail, which is on its way anyway, or by a
// snapshot if the tail is late or the revision is unknown (0).
func (sh *shard) catchUp(ctx context.Context, sl *slot, revision uint64) error {
	sl.mu.Lock()
	gone := sl.gone
	sl.mu.Unlock()
	if revision > 0 && !gone {
		soon, cancel := context.WithTimeout(ctx, catchUpWait)
		err := sh.tail.applied.wait(soon, revision)
		cancel()
		if err == nil {
			return nil
		}
	}
	snap, err := sh.bucket.Read(ctx, revision, sl.key+".>")
	if err != nil {
		return err
	}
	err = sl.refill(snap)
	sh.cache.invalidate(sl.key, snap.UpTo) // another slot may have taken the place of this one
	return err
}

// refill makes the slot's object of a newer snapshot.
func (sl *slot) refill(snap bucket.Snapshot) error {
	sl.mu.Lock()
	defer sl.mu.Unlock()
	if snap.UpTo < sl.upTo {
		return nil
	}
	return sl.fill(sl.object.fresh(), snap)
}

// catchUpWait is how long a writer that lost a race waits for the tail before it reads the message
// itself.
const catchUpWait = 250 * time.Millisecond

// verifyWithLeader asks the stream's leader whether last, the revision that something was decided
// on, is still the object's last, and brings the slot up to date if not. The answer could be wrong
// only from a leader that has lost its place and does not know yet, for as long as an election
// takes.
func (sh *shard) verifyWithLeader(ctx context.Context, sl *slot, last uint64) (current bool, err error) {
	newest, err := sh.bucket.Newest(ctx, sl.filter)
	switch {
	case err != nil:
		return false, err
	case newest > last:
		return false, sh.catchUp(ctx, sl, newest)
	case newest < last:
		err = sh.sameHistory(ctx, sl)
	}
	return err == nil, err
}

// sameHistory returns nil if the bucket is still the one that the slot was made of: what the leader
// does not have has expired or was swept. Otherwise the leader does not know what may have been
// committed on top of it in the bucket that is gone.
func (sh *shard) sameHistory(ctx context.Context, sl *slot) error {
	state, err := sh.state.get(ctx, sh.bucket.State)
	switch {
	case err != nil:
		return err
	case !state.Created.Equal(sh.tail.created()):
		return errBegunBefore
	}
	return sh.sameStart(sl.starts) // the tail may have noticed meanwhile
}
