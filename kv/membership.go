package kv

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"

	"exthub/kv/bucket"
)

// GroupChange is what a decision about a group wants written, with at most 400 members to add and
// remove. Info makes the group; Dissolve ends it and all memberships.
type GroupChange struct {
	By       string // the user who does it, for MemberChange
	Info     *GroupInfo
	Dissolve bool
	Add      []Member
	Remove   []string
}

func (g GroupChange) empty() bool {
	return g.Info == nil && !g.Dissolve && len(g.Add) == 0 && len(g.Remove) == 0
}

// UpdateGroup is the only way to write a group. As Update does, it commits all that decide wants or
// nothing, if nothing about the group has changed meanwhile, and asks again otherwise. decide's own
// error comes back unchanged; other errors are ErrUnavailable and ErrUnknown.
//
// When it returns nil or decide's error, what that rests on is true on every hub: ReadGroup there
// sees it.
func (s *Store) UpdateGroup(ctx context.Context, groupID string, decide func(*Group) (GroupChange, error)) error {
	sh := s.shardFor(Ref{GroupID: groupID})
	ctx, cancel := withTimeout(ctx, sh.options)
	defer cancel()
	if err := s.marks.check(ctx); err != nil {
		return err
	}
	g, err := sh.updateGroup(ctx, sh.starts.Load(), groupID, decide)
	if err != nil {
		return err
	}
	// Without the group's lock: the next change need not wait until everybody knows of this one
	if err := s.marks.await(ctx, sh, g.revision); err != nil {
		if g.committed {
			return errors.Join(ErrUnknown, err)
		}
		return errors.Join(ErrUnavailable, err)
	}
	return g.refused
}

// groupUpdate is what became of an UpdateGroup.
type groupUpdate struct {
	revision  uint64 // of the group that this is about
	committed bool   // the group was changed
	refused   error  // decide's own
}

// updateGroup decides and commits, one caller after the other, if the tail has not started anew
// since starts was read.
func (sh *shard) updateGroup(
	ctx context.Context, starts uint64, groupID string, decide func(*Group) (GroupChange, error),
) (groupUpdate, error) {
	release, err := sh.locks.lock(ctx, groupID)
	if err != nil {
		return groupUpdate{}, errors.Join(ErrUnavailable, err)
	}
	defer release()
	for ctx.Err() == nil {
		var sl *slot
		var change GroupChange
		var decided, before error
		var last uint64
		err := sh.cache.withGroup(ctx, groupID, func(found *slot) {
			sl, last = found, found.revision
			if before = sh.sameStart(starts); before == nil {
				change, decided = decide(found.object.(*Group))
			}
		})
		if err := cmp.Or(err, before); err != nil {
			return groupUpdate{}, err
		}
		if decided != nil || change.empty() {
			current, err := sh.verifyWithLeader(ctx, sl, last)
			if err != nil || current {
				return groupUpdate{revision: last, refused: decided}, err
			}
			continue
		}
		writes, err := change.writes(groupID)
		if err != nil {
			return groupUpdate{}, err
		}
		unchanged := bucket.Precondition{Filter: sl.filter, Last: last}
		options := bucket.PublishOptions{Precondition: unchanged, Origin: change.By}
		seen := sh.bucket.Seen()
		head, err := sh.bucket.Publish(ctx, writes, options)
		var stale *bucket.StaleError
		switch {
		case err == nil && head <= seen:
			return groupUpdate{}, errAnotherHistory
		case err == nil:
			return groupUpdate{revision: head, committed: true}, sh.groupCommitted(sl, writes, head)
		case errors.As(err, &stale) && !errors.Is(err, ErrUnknown):
			if err := sh.catchUp(ctx, sl, stale.Last); err != nil {
				return groupUpdate{}, errors.Join(ErrUnavailable, err)
			}
		default:
			return groupUpdate{}, err
		}
	}
	return groupUpdate{}, errors.Join(ErrUnavailable, ctx.Err())
}

// groupCommitted makes a commit visible to the next reader: the hints, which belong to users, and
// the entries of the group itself.
func (sh *shard) groupCommitted(sl *slot, writes []bucket.Write, head uint64) error {
	for i := range writes {
		sh.roster.apply(entryOf(writes, i, head))
	}
	err := sl.applyGroup(writes, head)
	sh.cache.invalidate(sl.key, head) // another slot may have taken the place of ours
	sh.cache.evict(sl)
	return err
}

func (sl *slot) applyGroup(writes []bucket.Write, head uint64) error {
	sl.mu.Lock()
	defer sl.mu.Unlock()
	for i, w := range writes {
		if at, err := parseKey(w.Key); err == nil && at.object == sl.key {
			if err := sl.apply(entryOf(writes, i, head)); err != nil {
				return err
			}
		}
	}
	return nil
}

// entryOf returns what a commit that ended at head has made of its ith write.
func entryOf(writes []bucket.Write, i int, head uint64) bucket.Entry {
	w := writes[i]
	e := bucket.Entry{Key: w.Key, Value: w.Value, Deleted: w.Delete}
	e.Revision = head + 1 + uint64(i) - uint64(len(writes))
	return e
}

// writes returns the entries of a change, hints first: a reader that sees a member's entry finds
// its hint too.
func (g GroupChange) writes(groupID string) ([]bucket.Write, error) {
	object := groupObject(groupID)
	var hints, entries []bucket.Write
	if g.Dissolve {
		return []bucket.Write{{Key: object + ".i", Delete: true}}, nil
	}
	if g.Info != nil {
		value, err := json.Marshal(g.Info)
		if err != nil {
			return nil, err
		}
		entries = append(entries, bucket.Write{Key: object + ".i", Value: string(value)})
	}
	for _, m := range g.Add {
		value, err := json.Marshal(m)
		if err != nil {
			return nil, err
		}
		user := encodeToken(m.UserID)
		hints = append(hints, bucket.Write{Key: "u." + user + "." + encodeToken(groupID)})
		entries = append(entries, bucket.Write{Key: object + ".u." + user, Value: string(value)})
	}
	for _, id := range g.Remove {
		user := encodeToken(id)
		hints = append(hints, bucket.Write{Key: "u." + user + "." + encodeToken(groupID), Delete: true})
		entries = append(entries, bucket.Write{Key: object + ".u." + user, Delete: true})
	}
	return append(hints, entries...), nil
}
