package kv

import (
	"context"
	"time"
)

// refresh brings the cell to revision or beyond: by the tail, which is on its way anyway, or with a snapshot if the tail does not come (or revision
// is 0, unknown).
func (sh *shard) refresh(ctx context.Context, c *cell, revision uint64) error {
	c.mu.Lock()
	gone := c.gone
	c.mu.Unlock()
	if revision > 0 && !gone {
		soon, cancel := context.WithTimeout(ctx, tailPatience)
		err := sh.tail.position.wait(soon, revision)
		cancel()
		if err == nil {
			return nil
		}
	}
	snap, err := sh.bucket.Read(ctx, max(revision, sh.bucket.Seen()), c.key+".>")
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if snap.UpTo < c.upTo {
		return nil
	}
	return c.fill(c.unit.fresh(), snap)
}

// tailPatience is how long a writer that lost a race waits for the tail before it reads the message itself.
const tailPatience = 250 * time.Millisecond

// confirm asks the stream's leader whether last, the revision that something was decided on, is still the unit's last, and brings the cell up to date if not. Only a
// leader that has lost its place without knowing yet could answer wrongly, for as long as an election takes.
func (sh *shard) confirm(ctx context.Context, c *cell, last uint64) (current bool, err error) {
	newest, err := sh.bucket.Newest(ctx, c.filter)
	if err != nil || newest <= last {
		return err == nil, err
	}
	return false, sh.refresh(ctx, c, newest)
}
