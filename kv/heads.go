package kv

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/singleflight"
)

// head is how far a conversation goes: the number of its newest message, and when that was sent.
type head struct {
	number   uint64
	revision uint64
	sent     time.Time // by the clock of the server, for the order of conversations of several buckets
}

// heads knows how far groups go. Whoever comes back asks for all groups that they are in, and what
// NATS does for each answer grows with the group: so it is asked once for a group, and the tail
// tells the rest.
type heads struct {
	sh     *shard
	asking singleflight.Group

	mu      sync.Mutex
	byGroup map[string]*knownHead
	resets  int // times that all was forgotten
}

// knownHead is the head of a group that the tail keeps current.
type knownHead struct {
	head
	asked bool // the answer is there; until then there is only what the tail told
}

const (
	// maxHeads bounds how many groups of a bucket are known, at about 200 bytes each.
	maxHeads = 1 << 14
	// askAtOnce is how many groups one caller asks for at a time.
	askAtOnce = 16
)

func newHeads(sh *shard) *heads { return &heads{sh: sh, byGroup: make(map[string]*knownHead)} }

// get returns the heads of those of the groups that have a message. It knows all that the tail has
// applied.
func (h *heads) get(ctx context.Context, groups []string) (map[string]head, error) {
	var mu sync.Mutex
	found := make(map[string]head, len(groups))
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(askAtOnce)
	for _, group := range groups {
		if known, ok := h.known(group); ok {
			mu.Lock()
			found[group] = known
			mu.Unlock()
			continue
		}
		all.Go(func() error {
			asked, err, _ := h.asking.Do(group, func() (any, error) {
				return h.ask(context.WithoutCancel(ctx), group)
			})
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			found[group] = asked.(head)
			return nil
		})
	}
	err := all.Wait()
	for group, one := range found {
		if one.number == 0 {
			delete(found, group)
		}
	}
	return found, err
}

func (h *heads) known(group string) (head, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	one := h.byGroup[group]
	if one == nil || !one.asked {
		return head{}, false
	}
	return one.head, true
}

// ask reads the head of a group. The tail tells of what comes from before the question on, so
// nothing falls in between; the leader answers, because a replica could be behind the tail.
func (h *heads) ask(ctx context.Context, group string) (head, error) {
	h.mu.Lock()
	resets := h.resets
	h.makeRoom()
	h.byGroup[group] = &knownHead{}
	h.mu.Unlock()
	read, err := h.sh.headOfGroup(ctx, group)
	h.mu.Lock()
	defer h.mu.Unlock()
	one := h.byGroup[group]
	if err != nil || resets != h.resets || one == nil {
		delete(h.byGroup, group)
		return read, err
	}
	if one.asked = true; one.number <= read.number {
		one.head = read
	}
	return one.head, nil
}

// makeRoom forgets a group, whichever, if there are as many as there may be.
func (h *heads) makeRoom() {
	for group := range h.byGroup {
		if len(h.byGroup) < maxHeads {
			return
		}
		delete(h.byGroup, group)
	}
}

// saw notes a message of a group that the tail brings.
func (h *heads) saw(ref Ref, revision uint64, sent time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if one := h.byGroup[ref.GroupID]; one != nil && one.number < ref.MsgSeq {
		one.head = head{ref.MsgSeq, revision, sent}
	}
}

// reset forgets everything: the tail may have missed something.
func (h *heads) reset() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.resets++
	clear(h.byGroup)
}

// headOfGroup reads how far a group goes. A record that was recalled stands elsewhere in the stream
// than its message was sent.
func (sh *shard) headOfGroup(ctx context.Context, group string) (head, error) {
	e, err := sh.bucket.LastAtLeader(ctx, sh.recordFilter(group))
	if err != nil || e == nil {
		return head{}, err
	}
	last, err := sh.countAt(ctx, group, *e)
	if err != nil || last.Last == 0 {
		return head{}, err
	}
	found := head{last.Last, e.Revision, e.Time}
	key := string(Ref{GroupID: group, MsgSeq: last.Last}.ID()) + ".m"
	if e.Key == key && sentAt(*e) == e.Revision {
		return found, nil
	}
	snap, err := sh.bucket.Read(ctx, e.Revision, key)
	if err != nil || len(snap.Entries) == 0 {
		return found, err
	}
	found.revision, found.sent = sentAt(snap.Entries[0]), sentTime(snap.Entries[0])
	return found, nil
}
