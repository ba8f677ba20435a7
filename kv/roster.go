package kv

import (
	"context"
	"fmt"
	"hash/maphash"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
	"unique"

	"exthub/kv/bucket"
)

// roster says of every user which groups of one shard it may be in. A login asks that: from NATS it
// would be a question to each shard and one more for the groups, which is most of what a login
// costs when nobody comes at the same time and shares them.
//
// It holds the hints of the bucket: loaded once, then kept current by the tail and by this hub's
// own commits, so none is missing that NATS has and this hub knows of. One that is wrong does no
// harm, because the group has the last word. For what it can't say for certain NATS is asked.
type roster struct {
	sh    *shard
	limit int // of hints; with more than that, there is no roster
	seed  maphash.Seed
	stale chan struct{} // asks run to load

	mu       sync.Mutex
	hints    map[uint64][]hint // by the hash of a user
	n        int
	resets   int  // a load that began before the last one is not complete
	complete bool // every hint that there was when it was loaded is in it
	full     bool
}

// hint says that a user may be in a group.
type hint struct {
	group    unique.Handle[string] // encoded
	revision uint64
}

const (
	// hintBytes is about what a hint costs: itself, and its part of the map. Two users of one hash
	// share a list, which makes hints that are wrong and nothing worse.
	hintBytes = 64
	// rosterShare is the part of the cache's bytes that hints may take besides.
	rosterShare = 8
)

func newRoster(sh *shard, cacheBytes int) *roster {
	return &roster{
		sh: sh, limit: cacheBytes / rosterShare / hintBytes, seed: maphash.MakeSeed(),
		stale: make(chan struct{}, 1), hints: make(map[uint64][]hint),
	}
}

// run loads the roster, and again after each reset, until ctx ends.
func (r *roster) run(ctx context.Context) error {
	r.askToLoad()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-r.stale:
		}
		err := r.load(ctx)
		if err == nil {
			continue
		}
		slog.Warn("members could not be listed: logins ask NATS", "bucket", r.sh.bucket.Name(), "error", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pulse):
			r.askToLoad()
		}
	}
}

func (r *roster) askToLoad() {
	select {
	case r.stale <- struct{}{}:
	default: // it is about to
	}
}

// load adds the hints of the bucket. What the tail brings meanwhile is added by the tail.
func (r *roster) load(ctx context.Context) error {
	r.mu.Lock()
	resets := r.resets
	r.mu.Unlock()
	err := r.sh.bucket.KeysNow(ctx, "u.>", func(e bucket.Entry) error {
		r.apply(e)
		return nil
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil && r.resets == resets && !r.full {
		r.complete = true
	}
	return err
}

// reset forgets everything: changes may have been missed.
func (r *roster) reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hints, r.n, r.complete, r.full = make(map[uint64][]hint), 0, false, false
	r.resets++
	r.askToLoad()
}

// apply notes what an entry says, if it is a hint. One that is older than what is known changes
// nothing.
func (r *roster) apply(e bucket.Entry) {
	name, ok := strings.CutPrefix(e.Key, "u.")
	if !ok {
		return
	}
	user, token, ok := strings.Cut(name, ".")
	if !ok {
		return
	}
	group, place := unique.Make(token), r.place(user)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.full {
		return
	}
	list := r.hints[place]
	i := slices.IndexFunc(list, func(h hint) bool { return h.group == group })
	switch {
	case i >= 0 && list[i].revision >= e.Revision:
	case e.Deleted && i >= 0:
		r.removeLocked(place, i)
	case e.Deleted:
	case i >= 0:
		list[i].revision = e.Revision
	case r.n >= r.limit:
		slog.Warn("too many members for a list of them: logins ask NATS",
			"bucket", r.sh.bucket.Name(), "limit", r.limit)
		r.hints, r.n, r.complete, r.full = nil, 0, false, true
	default:
		r.hints[place] = append(list, hint{group, e.Revision})
		r.n++
	}
}

func (r *roster) place(user string) uint64 { return maphash.String(r.seed, user) }

func (r *roster) removeLocked(place uint64, i int) {
	if list := slices.Delete(r.hints[place], i, i+1); len(list) > 0 {
		r.hints[place] = list
	} else {
		delete(r.hints, place)
	}
	r.n--
}

// appendTo appends the hints of a user, encoded, to list. It reports false if it may not know all.
func (r *roster) appendTo(list []hint, user string) ([]hint, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append(list, r.hints[r.place(user)]...), r.complete
}

// drop forgets a hint that is wrong, unless there is a newer one.
func (r *roster) drop(user string, wrong hint) {
	r.mu.Lock()
	defer r.mu.Unlock()
	place := r.place(user)
	if i := slices.Index(r.hints[place], wrong); i >= 0 {
		r.removeLocked(place, i)
	}
}

// KnownGroups returns the IDs of the groups that the user is a member of, as this hub knows them.
// Every membership that was acknowledged before the call, on any hub, is among them, and Run's sink
// has been called for each of them when it returns. It will be for any that is missing: a caller
// that listens to the sink first misses nothing.
func (s *Store) KnownGroups(ctx context.Context, userID string) ([]string, error) {
	if err := s.marks.check(ctx); err != nil {
		return nil, err
	}
	user := encodeToken(userID)
	var groups []string
	var unknown []*shard
	for _, sh := range s.shards {
		known, ok, err := sh.knownGroups(ctx, user, userID)
		switch {
		case err != nil:
			return nil, err
		case !ok:
			unknown = append(unknown, sh)
		default:
			groups = append(groups, known...)
		}
	}
	if len(unknown) == 0 {
		return groups, nil
	}
	found, err := membershipsIn(ctx, user, unknown)
	for _, m := range found {
		groups = append(groups, m.Group.GroupID)
	}
	return groups, err
}

// knownGroups returns the user's groups of this shard. It reports false if a hint is wrong, in
// which case asking NATS sweeps it, or is of a group that is not at hand, and while the shard is
// not tailed: a hub that can't reach the store lets nobody in.
func (sh *shard) knownGroups(ctx context.Context, user, userID string) (groups []string, ok bool, err error) {
	var room [4]hint // on the stack
	hints, complete := sh.roster.appendTo(room[:0], user)
	isTailed := sh.tail.healthy() == nil
	if !complete || !isTailed {
		return nil, false, nil
	}
	upTo := uint64(0)
	for _, h := range hints {
		groupID, revision := sh.memberAtHand(h, user, userID)
		if revision == 0 {
			return nil, false, nil
		}
		groups, upTo = append(groups, groupID), max(upTo, revision)
	}
	// A member of a moment ago must not be told of what was committed before that
	if err := sh.tail.applied.wait(ctx, upTo); err != nil {
		return nil, false, fmt.Errorf("%w: the tail has not come to revision %d: %w", ErrUnavailable, upTo, err)
	}
	return groups, true, nil
}

// memberAtHand returns the ID of a group in the cache and since which revision the user is its
// member. It returns 0 if the group is not cached as the hint has seen it, or the hint is wrong.
func (sh *shard) memberAtHand(h hint, user, userID string) (groupID string, revision uint64) {
	var key keyRoom
	sl := sh.cache.lookup(append(append(append(key[:0], "g."...), h.group.Value()...), groupSuffix...))
	if sl == nil {
		return "", 0
	}
	sl.mu.Lock()
	defer sl.mu.Unlock()
	g, ok := sl.object.(*Group)
	if !ok || sl.gone || sl.err != nil || sl.upTo < h.revision {
		return "", 0
	}
	m, ok := g.members[userID]
	if g.info == nil || !ok {
		sh.roster.drop(user, h)
		return "", 0
	}
	return g.id, m.revision
}
