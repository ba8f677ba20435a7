package kv

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"exthub/kv/bucket"
)

// object is a message or a group in memory.
type object interface {
	// apply applies one entry. An entry may come more than once: one that is not newer changes
	// nothing.
	apply(suffix string, e bucket.Entry) error
	// fresh returns an empty object of the same name.
	fresh() object
	// size returns about how many bytes the object takes, and not less: it is what the cache's
	// limit is about.
	size() int
}

// cache keeps objects in memory while they are in use: loaded once by a snapshot, then kept current
// by the tail and by this hub's own commits.
type cache struct {
	sh    *shard
	limit int

	mu    sync.Mutex
	slots map[string]*slot
	used  *list.List // of *slot, the one used last in front
	bytes int
}

// slot is the place of one object in the cache.
type slot struct {
	key    string        // of the object
	filter string        // what its precondition is about: every subject of the object
	elem   *list.Element // guarded by cache.mu
	weight int           // guarded by both locks; of the cache's bytes
	starts uint64        // those of the shard when the slot was made, see sameStart
	loaded chan struct{} // closed when the first snapshot is in or has failed

	mu       sync.Mutex
	object   object
	revision uint64         // the last sequence under the object: what a precondition expects
	upTo     uint64         // everything up to here is in the object
	buffered []bucket.Entry // tailed while the snapshot was on its way
	err      error          // why loading failed
	gone     bool           // no longer in the cache, nor kept current
	txn      Txn            // of the decision being made: here it needs no allocation
	group    groupCommit
	cas      casSet
}

var errUnexpectedKey = errors.New("key of an unknown kind")

func newCache(sh *shard, limit int) *cache {
	return &cache{sh: sh, limit: limit, slots: make(map[string]*slot), used: list.New()}
}

// with calls fn with the slot of a message or group, loaded and locked. fn must not block.
func (c *cache) with(ctx context.Context, key []byte, ref Ref, fn func(*slot)) error {
	for {
		sl := c.lookup(key)
		if sl == nil {
			var err error
			if sl, err = c.open(ctx, key, ref); err != nil {
				return err
			}
		}
		if err := sl.wait(ctx); err != nil {
			return err
		}
		sl.mu.Lock()
		if sl.gone && sl.err == nil {
			sl.mu.Unlock()
			continue
		}
		if sl.err != nil {
			defer sl.mu.Unlock()
			return sl.err
		}
		if m, ok := sl.object.(*Message); ok && !m.expires.IsZero() {
			m.expire(c.sh.bucket.Now())
		}
		fn(sl)
		if sl.size() != sl.weight {
			c.evictLocked(sl)
		}
		sl.mu.Unlock()
		return nil
	}
}

// withMessage is with for a message.
func (c *cache) withMessage(ctx context.Context, ref Ref, fn func(*slot)) error {
	var room keyRoom
	return c.with(ctx, ref.appendID(room[:0]), ref, fn)
}

// withGroup is with for a group.
func (c *cache) withGroup(ctx context.Context, groupID string, fn func(*slot)) error {
	return c.with(ctx, []byte(groupObject(groupID)), Ref{GroupID: groupID}, fn)
}

func newObject(key string, ref Ref) object {
	if strings.HasSuffix(key, groupSuffix) {
		return newGroup(ref.GroupID)
	}
	return newMessage(ref)
}

// wait returns nil once the first snapshot is in, or ctx's error.
func (sl *slot) wait(ctx context.Context) error {
	select {
	case <-sl.loaded:
		return nil // the common case: ctx.Done would make a channel
	default:
	}
	select {
	case <-sl.loaded:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// lookup returns the slot of an object, or nil if there is none.
func (c *cache) lookup(key []byte) *slot {
	c.mu.Lock()
	defer c.mu.Unlock()
	sl := c.slots[string(key)] // without making the string
	if sl != nil {
		c.used.MoveToFront(sl.elem)
	}
	return sl
}

// open makes the slot of an object and loads it when it is the reader's turn, or returns the slot
// that another has made meanwhile. Until then there is no slot: others who want the object wait for
// their own turns, and not behind all that this reader has asked for.
func (c *cache) open(ctx context.Context, key []byte, ref Ref) (*slot, error) {
	end, err := c.sh.turns.take(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	sl, mine := c.find(key)
	if mine {
		c.load(ctx, sl, newObject(sl.key, ref))
	}
	return sl, nil
}

// find returns the slot of an object, and reports whether the caller has to load it.
func (c *cache) find(key []byte) (sl *slot, mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if sl, ok := c.slots[string(key)]; ok {
		c.used.MoveToFront(sl.elem)
		return sl, false
	}
	sl = &slot{key: string(key), starts: c.sh.starts.Load(), loaded: make(chan struct{})}
	sl.filter = c.sh.bucket.Filter(sl.key)
	sl.elem = c.used.PushFront(sl)
	c.slots[sl.key] = sl
	return sl, true
}

// load reads the object and joins the snapshot with the tail.
//
// The slot is in the cache before the snapshot is asked for, so what the tail delivers meanwhile is
// buffered. A snapshot older than what this hub has seen would leave a gap between the two and is
// not accepted.
func (c *cache) load(ctx context.Context, sl *slot, empty object) {
	defer close(sl.loaded)
	// Others may wait for this snapshot, so it outlives the request that happened to come first.
	// That waits for it too, and may be a write.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.sh.options.WriteTimeout)
	defer cancel()
	snap, err := c.sh.bucket.Read(ctx, 0, sl.key+".>")
	sl.mu.Lock()
	if err == nil {
		err = sl.fill(empty, snap)
	}
	sl.err = err
	sl.gone = sl.gone || err != nil
	sl.mu.Unlock()
	if err != nil {
		c.remove(sl)
	} else {
		c.sh.sweeper.collect(sl)
		c.evict(sl)
	}
}

// fill makes the slot's object of a snapshot and of what the tail has buffered since. The caller
// holds sl.mu, or is the only one that knows the slot.
func (sl *slot) fill(u object, snap bucket.Snapshot) error {
	sl.object, sl.upTo, sl.revision = u, snap.UpTo, 0
	for _, e := range snap.Entries {
		if err := sl.apply(e); err != nil {
			return err
		}
	}
	for _, e := range sl.buffered {
		if e.Revision > snap.UpTo {
			if err := sl.apply(e); err != nil {
				return err
			}
		}
	}
	sl.buffered = nil
	return nil
}

// apply applies one entry. The caller holds sl.mu.
func (sl *slot) apply(e bucket.Entry) error {
	sl.revision = max(sl.revision, e.Revision)
	sl.upTo = max(sl.upTo, e.Revision)
	if err := sl.object.apply(e.Key[len(sl.key)+1:], e); err != nil {
		return fmt.Errorf("%w: %s at %d: %w", errUnreadable, e.Key, e.Revision, err)
	}
	return nil
}

// peek returns the slot of an object, or nil if it is not cached.
func (c *cache) peek(key string) *slot {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.slots[key]
}

// applyTail applies the entries of one object from the tail, all at once, if it is cached.
func (c *cache) applyTail(objectKey string, entries []bucket.Entry) {
	sl := c.peek(objectKey)
	if sl == nil {
		return
	}
	sl.mu.Lock()
	for _, e := range entries {
		switch {
		case sl.gone:
		case sl.object == nil:
			sl.buffered = append(sl.buffered, e)
		case e.Revision > sl.upTo:
			if err := sl.apply(e); err != nil {
				// An entry that can't be read must not be served as if it were not there.
				sl.gone = true
			}
		}
	}
	gone := sl.gone
	sl.mu.Unlock()
	if gone {
		c.remove(sl)
		return
	}
	c.sh.sweeper.collect(sl)
	c.evict(sl)
}

// slotBytes is what a slot costs besides its object and its names.
const slotBytes = 768

// size returns about how many bytes live with the slot. The caller holds sl.mu.
func (sl *slot) size() int {
	if sl.object == nil {
		return 0
	}
	return slotBytes + 2*len(sl.filter) + sl.object.size()
}

// evict notes the slot's size and gives up the slots that were used longest ago while the cache is
// over its limit.
func (c *cache) evict(sl *slot) {
	sl.mu.Lock()
	defer sl.mu.Unlock()
	c.evictLocked(sl)
}

// evictLocked is evict for a caller that holds sl.mu. The locks are taken in this order everywhere.
func (c *cache) evictLocked(sl *slot) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.slots[sl.key] != sl {
		return
	}
	size := sl.size()
	c.bytes += size - sl.weight
	sl.weight = size
	for elem := c.used.Back(); elem != nil && c.bytes > c.limit; {
		old := elem.Value.(*slot)
		elem = elem.Prev()
		// A slot that is locked or has writers is in use, whatever its place in the list.
		if old == sl || !old.mu.TryLock() {
			continue
		}
		if old.object != nil && !old.group.led && len(old.cas.keys) == 0 {
			old.gone = true
			c.removeLocked(old)
		}
		old.mu.Unlock()
	}
}

// invalidate gives up the slot of an object if it may lack what was committed at revision.
func (c *cache) invalidate(key string, revision uint64) {
	sl := c.peek(key)
	if sl == nil {
		return
	}
	sl.mu.Lock()
	lacks := sl.upTo < revision // also of one that is being loaded: the snapshot may be older
	sl.gone = sl.gone || lacks
	sl.mu.Unlock()
	if lacks {
		c.remove(sl)
	}
}

func (c *cache) remove(sl *slot) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.removeLocked(sl)
}

func (c *cache) removeLocked(sl *slot) {
	if c.slots[sl.key] == sl {
		delete(c.slots, sl.key)
		c.used.Remove(sl.elem)
		c.bytes -= sl.weight
	}
}

// reset forgets everything: changes may have been missed.
func (c *cache) reset() {
	c.mu.Lock()
	slots := c.slots
	c.slots, c.used, c.bytes = make(map[string]*slot), list.New(), 0
	c.mu.Unlock()
	for _, sl := range slots {
		sl.mu.Lock()
		sl.gone = true
		sl.mu.Unlock()
	}
}
