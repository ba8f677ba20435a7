package kv

import (
	"container/list"
	"context"
	"errors"
	"strings"
	"sync"

	"exthub/kv/bucket"
)

// unit is a message or a group in memory.
type unit interface {
	// apply takes one entry. Entries may come more than once; one that is not newer changes nothing.
	apply(suffix string, e bucket.Entry) error
	// fresh returns an empty unit of the same name.
	fresh() unit
	// size returns about how many bytes it takes.
	size() int
}

// view keeps units in memory while they are in use: loaded once with a snapshot, kept current by the tail and by the hub's own commits.
type view struct {
	sh    *shard
	limit int

	mu    sync.Mutex
	cells map[string]*cell
	used  *list.List // of *cell, the one used last in front
	bytes int
}

// cell is a unit's place in the view.
type cell struct {
	key    string        // of the unit
	filter string        // what its fence is about: every subject of the unit
	place  *list.Element // guarded by view.mu
	weight int           // guarded by view.mu
	loaded chan struct{} // closed when the first snapshot is in or has failed

	mu       sync.Mutex
	unit     unit
	revision uint64         // the last sequence under the unit: what a fence expects
	upTo     uint64         // everything up to here is in the unit
	early    []bucket.Entry // tailed while the snapshot was on its way
	err      error          // why loading failed
	gone     bool           // no longer in the view, so no longer current
	queue    []*waiter      // writers that wait
	led      bool           // one of them commits for all, or has done so and is has yet to promote the next

	casKeys    []string      // the keys of CAS that are under way
	casDrained chan struct{} // closed when none is; nil while nobody waits for that
}

var errUnexpectedKey = errors.New("key of an unknown kind")

func newView(sh *shard, limit int) *view {
	return &view{sh: sh, limit: limit, cells: make(map[string]*cell), used: list.New()}
}

// with calls fn with the cell of the message or group, locked, once it is loaded. fn must not block.
func (v *view) with(ctx context.Context, key string, ref Ref, fn func(*cell)) error {
	for {
		c, mine := v.find(key)
		if mine {
			v.load(ctx, c, newUnit(key, ref))
		}
		if err := c.wait(ctx); err != nil {
			return err
		}
		c.mu.Lock()
		if c.gone && c.err == nil {
			c.mu.Unlock()
			continue
		}
		if c.err != nil {
			defer c.mu.Unlock()
			return c.err
		}
		fn(c)
		c.mu.Unlock()
		return nil
	}
}

func newUnit(key string, ref Ref) unit {
	if strings.HasSuffix(key, groupSuffix) {
		return newGroup(ref.GroupID)
	}
	return newMessage(ref)
}

// wait returns nil when the first snapshot is in, or ctx's error.
func (c *cell) wait(ctx context.Context) error {
	select {
	case <-c.loaded:
		return nil // nearly always; asking for Done would make a channel
	default:
	}
	select {
	case <-c.loaded:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// find returns the cell of the unit, and reports whether the caller is the one to load it.
func (v *view) find(key string) (c *cell, mine bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if c, ok := v.cells[key]; ok {
		v.used.MoveToFront(c.place)
		return c, false
	}
	c = &cell{key: key, filter: v.sh.bucket.Filter(key), loaded: make(chan struct{})}
	c.place = v.used.PushFront(c)
	v.cells[key] = c
	return c, true
}

// load reads the unit and joins it with the tail. The cell is in the view already, so what the tail sees from now on waits in early; a snapshot
// older than what the hub has seen before would leave a gap between the two and is not accepted.
func (v *view) load(ctx context.Context, c *cell, empty unit) {
	floor := v.sh.bucket.Seen()
	// Others may wait for this snapshot: it does not end with the request that happened to come first.
	snap, err := v.sh.bucket.Read(context.WithoutCancel(ctx), floor, c.key+".>")
	c.mu.Lock()
	if err == nil {
		err = c.fill(empty, snap)
	}
	c.err = err
	c.gone = c.gone || err != nil
	c.mu.Unlock()
	if err != nil {
		v.drop(c)
	} else {
		v.weigh(c)
		v.sh.sweeper.collect(c)
	}
	close(c.loaded)
}

// fill makes the snapshot and what the tail has brought since then the cell's unit. The caller holds c.mu, or is the only one who knows c.
func (c *cell) fill(u unit, snap bucket.Snapshot) error {
	c.unit, c.upTo, c.revision = u, snap.UpTo, 0
	for _, e := range snap.Entries {
		if err := c.take(e); err != nil {
			return err
		}
	}
	for _, e := range c.early {
		if e.Revision > snap.UpTo {
			if err := c.take(e); err != nil {
				return err
			}
		}
	}
	c.early = nil
	return nil
}

// take applies one entry. The caller holds c.mu.
func (c *cell) take(e bucket.Entry) error {
	c.revision = max(c.revision, e.Revision)
	c.upTo = max(c.upTo, e.Revision)
	return c.unit.apply(e.Key[len(c.key)+1:], e)
}

// known returns the cell of the unit, or nil if it is not in use.
func (v *view) known(key string) *cell {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.cells[key]
}

// tailed takes entries of one unit from the tail, all at once, if the unit is in use.
func (v *view) tailed(unitKey string, entries []bucket.Entry) {
	c := v.known(unitKey)
	if c == nil {
		return
	}
	c.mu.Lock()
	for _, e := range entries {
		switch {
		case c.gone:
		case c.unit == nil:
			c.early = append(c.early, e)
		case e.Revision > c.upTo:
			if err := c.take(e); err != nil {
				// An entry that nobody can read must not be served as if it were not there.
				c.gone = true
			}
		}
	}
	gone := c.gone
	c.mu.Unlock()
	if gone {
		v.drop(c)
	} else {
		v.weigh(c)
	}
}

// weigh counts what the cell takes now and gives up the cells that were used longest ago while there are too many bytes.
func (v *view) weigh(c *cell) {
	c.mu.Lock()
	size := 0
	if c.unit != nil {
		size = c.unit.size() + len(c.key)
	}
	c.mu.Unlock()
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.cells[c.key] != c {
		return
	}
	v.bytes += size - c.weight
	c.weight = size
	for place := v.used.Back(); place != nil && v.bytes > v.limit; {
		old := place.Value.(*cell)
		place = place.Prev()
		// A cell that is locked or has writers is in use, whatever the list says.
		if old == c || !old.mu.TryLock() {
			continue
		}
		if old.unit != nil && !old.led && len(old.casKeys) == 0 {
			old.gone = true
			v.removeLocked(old)
		}
		old.mu.Unlock()
	}
}

// forget gives up what is in the view of a unit, if that may lack what was committed at revision.
func (v *view) forget(key string, revision uint64) {
	c := v.known(key)
	if c == nil {
		return
	}
	c.mu.Lock()
	lacks := c.upTo < revision // also of one that is being loaded: the snapshot may be older
	c.gone = c.gone || lacks
	c.mu.Unlock()
	if lacks {
		v.drop(c)
	}
}

func (v *view) drop(c *cell) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.removeLocked(c)
}

func (v *view) removeLocked(c *cell) {
	if v.cells[c.key] == c {
		delete(v.cells, c.key)
		v.used.Remove(c.place)
		v.bytes -= c.weight
	}
}

// reset forgets everything: changes may have been missed.
func (v *view) reset() {
	v.mu.Lock()
	cells := v.cells
	v.cells, v.used, v.bytes = make(map[string]*cell), list.New(), 0
	v.mu.Unlock()
	for _, c := range cells {
		c.mu.Lock()
		c.gone = true
		c.mu.Unlock()
	}
}
