package kv

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"exthub/kv/bucket"
)

// Read calls fn with the message as it is. fn must not block, nor keep the Message.
//
// The message is at least as new as everything that this Store has read or written before. It is
// also at least as new as the revision atLeast or, if there is no such one yet, as all that there
// are, so that a client that comes from another hub never goes back in time. Read returns
// ErrUnavailable or ctx's error.
func (s *Store) Read(ctx context.Context, ref Ref, atLeast uint64, fn func(*Message)) error {
	sh := s.shardFor(ref)
	if err := sh.waitApplied(ctx, atLeast); err != nil {
		return err
	}
	var sl *slot
	var last uint64
	missing, due := false, false
	err := sh.cache.withMessage(ctx, ref, func(found *slot) {
		m := found.object.(*Message)
		sl, last = found, found.revision
		missing, due = m.record == nil, m.due()
		if !missing && !due {
			fn(m)
		}
	})
	switch {
	case err != nil, !missing && !due:
		return err
	case due:
		// Nobody knows yet which Seq is its last
		if err := sh.closeDue(ctx, ref); err != nil {
			return err
		}
		return sh.cache.withMessage(ctx, ref, func(sl *slot) { fn(sl.object.(*Message)) })
	}
	// It may have been sent through another hub a moment ago. Only the leader can say that there is
	// none.
	if _, err := sh.verifyWithLeader(ctx, sl, last); err != nil {
		return err
	}
	return sh.cache.withMessage(ctx, ref, func(sl *slot) { fn(sl.object.(*Message)) })
}

// Confirm makes sure that the next Read of the message sees everything that was committed before
// the call, on any hub, by asking the stream's leader for the message's last revision.
func (s *Store) Confirm(ctx context.Context, ref Ref) error {
	sh := s.shardFor(ref)
	var sl *slot
	var last uint64
	err := sh.cache.withMessage(ctx, ref, func(found *slot) { sl, last = found, found.revision })
	if err == nil {
		_, err = sh.verifyWithLeader(ctx, sl, last)
	}
	return err
}

// waitApplied waits until the tail has applied revision. A later commit of this hub would not do:
// it says nothing about what others wrote before it. A revision that the stream does not have yet
// is made up, or the one behind the last that a client has seen: then it is the last that is waited
// for.
func (sh *shard) waitApplied(ctx context.Context, revision uint64) error {
	if revision > sh.bucket.Seen() {
		state, err := sh.state.get(ctx, sh.bucket.State)
		if err != nil {
			return err
		}
		revision = min(revision, max(state.Last, sh.bucket.Seen()))
	}
	if err := sh.tail.applied.wait(ctx, revision); err != nil {
		return fmt.Errorf("%w: the tail has not come to revision %d: %w", ErrUnavailable, revision, err)
	}
	return nil
}

// ReadGroup calls fn with the group as this hub knows it; otherwise it is like Read. Every change
// that was acknowledged before the call, on any hub, is in it.
func (s *Store) ReadGroup(ctx context.Context, groupID string, fn func(*Group)) error {
	if err := s.marks.check(ctx); err != nil {
		return err
	}
	sh := s.shardFor(Ref{GroupID: groupID})
	return sh.cache.withGroup(ctx, groupID, func(sl *slot) { fn(sl.object.(*Group)) })
}

// Groups returns the IDs of the groups that the user is a member of, see Memberships.
func (s *Store) Groups(ctx context.Context, userID string) ([]string, error) {
	memberships, err := s.Memberships(ctx, userID)
	groups := make([]string, len(memberships))
	for i, m := range memberships {
		groups[i] = m.Group.GroupID
	}
	return groups, err
}

// Membership is a group and the user as its member.
type Membership struct {
	Group  GroupInfo
	Member Member
}

// Memberships returns the groups that the user is a member of. Every membership that was committed
// before the call is among them, and Run's sink has been called for each of them when it returns: a
// caller that listens to the sink first misses nothing. It costs time in proportion to the groups,
// so those who add members have to bound their number, see InGroups.
func (s *Store) Memberships(ctx context.Context, userID string) ([]Membership, error) {
	return membershipsIn(ctx, encodeToken(userID), s.shards)
}

func membershipsIn(ctx context.Context, user string, shards []*shard) ([]Membership, error) {
	hints := make([]*bucket.Query, len(shards))
	for i, sh := range shards {
		hints[i] = sh.batcher.Enqueue("u." + user + ".*")
	}
	var groups []Membership
	for i, sh := range shards {
		found, err := sh.memberships(ctx, user, hints[i])
		if err != nil {
			return nil, err
		}
		groups = append(groups, found...)
	}
	return groups, nil
}

// memberships returns those groups of this shard that the hints are right about. Hints that are
// wrong, of groups that the user has left or that are no more, are swept: a login should cost what
// the user is in, and not what it ever was in.
func (sh *shard) memberships(ctx context.Context, user string, asked *bucket.Query) ([]Membership, error) {
	found, err := sh.batcher.Await(ctx, asked)
	if err != nil {
		return nil, err
	}
	hints := make(map[string]leftover, len(found.Entries)) // that may be wrong, by group
	var filters []string
	for _, e := range found.Entries {
		token := strings.TrimPrefix(e.Key, "u."+user+".")
		group, err := decodeToken(token)
		if err != nil {
			continue // not ours, as the tail has logged
		}
		hints[group] = leftover{key: e.Key, revision: e.Revision}
		if !e.Deleted {
			filters = append(filters, "g."+token+"._.i", "g."+token+"._.u."+user)
		}
	}
	if len(filters) == 0 {
		sh.sweeper.add(slices.Collect(maps.Values(hints)))
		return nil, nil
	}
	groups, upTo, err := sh.membership(ctx, filters, found.UpTo)
	if err != nil {
		return nil, err
	}
	if err := sh.tail.applied.wait(ctx, upTo); err != nil {
		return nil, fmt.Errorf("%w: the tail has not come to revision %d: %w", ErrUnavailable, upTo, err)
	}
	var list []Membership
	for id, g := range groups {
		if g.Info() != nil && g.Len() > 0 {
			list = append(list, Membership{*g.Info(), g.Members()[0]})
		}
		if dissolved := g.Info() == nil && g.created > 0; !dissolved && len(g.gone) == 0 {
			delete(hints, id) // it is right, or what it speaks of can't be read
		}
	}
	sh.sweeper.add(slices.Collect(maps.Values(hints)))
	slices.SortFunc(list, func(a, b Membership) int { return cmp.Compare(a.Group.GroupID, b.Group.GroupID) })
	return list, nil
}

// membership returns groups as far as these keys speak of them, and the revision up to which that
// is true, at least upTo. A group with an entry that can't be read is passed by: it is not worth
// a login.
func (sh *shard) membership(ctx context.Context, filters []string, upTo uint64) (map[string]*Group, uint64, error) {
	groups := make(map[string]*Group)
	for part := range slices.Chunk(filters, bucket.MaxQuery) {
		snap, err := sh.batcher.Await(ctx, sh.batcher.Enqueue(part...))
		if err != nil {
			return nil, 0, err
		}
		upTo = max(upTo, snap.UpTo)
		for _, e := range snap.Entries {
			at, err := parseKey(e.Key)
			if err != nil {
				continue
			}
			g := groups[at.ref.GroupID]
			if g == nil {
				g = newGroup(at.ref.GroupID)
				groups[at.ref.GroupID] = g
			}
			if err := g.apply(at.suffix, e); err != nil {
				slog.Warn("entry that can't be read", "key", e.Key, "revision", e.Revision, "error", err)
			}
		}
	}
	return groups, upTo, nil
}

// InGroups returns those of the users who are members of at least limit groups. The first look
// costs the same whatever they are in; it may take groups for theirs that they have left, and only
// then the groups themselves are read.
func (s *Store) InGroups(ctx context.Context, limit int, users ...string) (map[string]bool, error) {
	var mu sync.Mutex
	members := make(map[string]bool)
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(16)
	for _, user := range users {
		all.Go(func() error {
			in, err := s.inGroups(ctx, limit, user)
			if in {
				mu.Lock()
				defer mu.Unlock()
				members[user] = true
			}
			return err
		})
	}
	return members, all.Wait()
}

func (s *Store) inGroups(ctx context.Context, limit int, user string) (bool, error) {
	hints := 0
	for _, sh := range s.shards {
		n, err := sh.bucket.Count(ctx, "u."+encodeToken(user)+".*")
		if err != nil {
			return false, err
		}
		hints += n
	}
	if hints < limit {
		return false, nil
	}
	groups, err := s.Groups(ctx, user)
	return len(groups) >= limit, err
}
