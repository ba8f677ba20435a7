package kv

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"exthub/kv/bucket"
)

// A user's one-to-one conversations are listed under the user, with an empty entry for each that is
// written anew with every message, in the commit of the message: so it is as new as the newest
// message, and a list of those with something new is what has changed behind a revision. The groups
// of a user are listed by memberships; how far they go is the same for all members, see heads.

// listPrefix begins the key of a user's entry for a one-to-one conversation: "l.<user>.<other>".
const listPrefix = "l."

func listKey(user, other string) string { return listPrefix + user + "." + other }

// touched returns the entries that list the conversation of a message. They are there as long as a
// message is.
func (c claim) touched(slack time.Duration) []bucket.Write {
	kept := c.part.ttl(true, slack)
	writes := []bucket.Write{{Key: listKey(c.a, c.b), Kept: &kept}}
	if c.a != c.b {
		writes = append(writes, bucket.Write{Key: listKey(c.b, c.a), Kept: &kept})
	}
	return writes
}

// Recent is a conversation of a user.
type Recent struct {
	Peer   string      // the other user, if Group is nil
	Group  *Membership // the group, and the user in it
	Newest *Record     // nil if it has expired, or can't be read
	// Last is the number of the newest message: its MsgSeq in a group; one-to-one a number that
	// rises by one with each message, or by a little more.
	Last uint64
	Read uint64 // up to which number the user has read

	sent  time.Time // of the newest message: the order
	token string    // the encoded name of the group or of the other user
}

// RecentQuery asks for conversations of a user.
type RecentQuery struct {
	User   string
	Since  Position // only those with a message behind it; nil: all that have a message
	Before Cursor   // those that come behind it in the list; zero: from the newest on
	Count  int
}

// Cursor is a place in a list of conversations, which are in the order of their newest messages.
type Cursor struct {
	Sent int64  // of the newest message of the last conversation of a page, in nanoseconds
	ID   string // of that conversation
}

func (r *Recent) cursor() Cursor {
	kind := "c."
	if r.Group != nil {
		kind = "g."
	}
	return Cursor{r.sent.UnixNano(), kind + r.token}
}

// compare is negative if c comes before other in a list, the newest first.
func (c Cursor) compare(other Cursor) int {
	return cmp.Or(cmp.Compare(other.Sent, c.Sent), cmp.Compare(c.ID, other.ID))
}

// Recent returns a page of a user's conversations, the newest first, and the cursor behind it if
// there are more. It knows everything that this Store has written, and all up to Position. It costs
// time in proportion to the user's groups, to the one-to-one conversations that Since leaves, and
// to the page. keep says which groups are listed.
func (s *Store) Recent(
	ctx context.Context, q RecentQuery, keep func(GroupInfo) bool,
) (page []Recent, next *Cursor, err error) {
	end, err := s.turns.take(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer end()
	if err := s.marks.check(ctx); err != nil {
		return nil, nil, err
	}
	memberships, err := s.Memberships(ctx, q.User)
	if err != nil {
		return nil, nil, err
	}
	var all []Recent
	for i, sh := range s.shards {
		var since uint64
		if len(q.Since) > 0 {
			since = q.Since[i]
		}
		var groups []Membership
		for _, m := range memberships {
			if s.shardFor(Ref{GroupID: m.Group.GroupID}) == sh && keep(m.Group) {
				groups = append(groups, m)
			}
		}
		found, err := sh.recent(ctx, q.User, since, groups)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, found...)
	}
	slices.SortFunc(all, func(a, b Recent) int { return a.cursor().compare(b.cursor()) })
	if q.Before != (Cursor{}) {
		all = all[max(0, indexOr(all, func(r Recent) bool { return r.cursor().compare(q.Before) > 0 })):]
	}
	if len(all) > q.Count {
		all = all[:q.Count]
		last := all[len(all)-1].cursor()
		next = &last
	}
	return all, next, s.fill(ctx, q.User, all)
}

// indexOr returns the index of the first that is so, or the length if none is.
func indexOr(all []Recent, is func(Recent) bool) int {
	if i := slices.IndexFunc(all, is); i >= 0 {
		return i
	}
	return len(all)
}

// recent returns the conversations of this shard that have a message behind a revision.
func (sh *shard) recent(ctx context.Context, userID string, since uint64, groups []Membership) ([]Recent, error) {
	if err := sh.waitApplied(ctx, sh.bucket.Seen()); err != nil {
		return nil, err
	}
	names := make([]string, len(groups))
	for i, m := range groups {
		names[i] = m.Group.GroupID
	}
	heads, err := sh.heads.get(ctx, names)
	if err != nil {
		return nil, err
	}
	var all []Recent
	for _, m := range groups {
		if h, ok := heads[m.Group.GroupID]; ok && h.revision > since {
			all = append(all, Recent{Group: &m, Last: h.number, sent: h.sent, token: encodeToken(m.Group.GroupID)})
		}
	}
	prefix := listPrefix + encodeToken(userID) + "."
	snap, err := sh.bucket.ReadFrom(ctx, since+1, prefix+"*")
	if err != nil {
		return nil, err
	}
	for _, e := range snap.Entries {
		token := strings.TrimPrefix(e.Key, prefix)
		peer, err := decodeToken(token)
		if err != nil || e.Deleted {
			continue // not ours, as the tail has logged, or expired
		}
		all = append(all, Recent{Peer: peer, sent: e.Time, token: token})
	}
	return all, nil
}

// fill reads what a page shows of its conversations: the newest message of each, and what the user
// has read.
func (s *Store) fill(ctx context.Context, userID string, page []Recent) error {
	for _, sh := range s.shards {
		var own []*Recent
		for i := range page {
			if s.shardOf(page[i].conversation(userID)) == sh {
				own = append(own, &page[i])
			}
		}
		if len(own) == 0 {
			continue
		}
		if err := sh.fill(ctx, encodeToken(userID), own); err != nil {
			return err
		}
	}
	return nil
}

func (r *Recent) conversation(userID string) Conversation {
	if r.Group != nil {
		return GroupConversation(r.Group.Group.GroupID)
	}
	return C2CConversation(userID, r.Peer)
}

// recentKeys are where a conversation's entries are.
type recentKeys struct{ index, newest, read string }

func (sh *shard) fill(ctx context.Context, user string, page []*Recent) error {
	where := make([]recentKeys, len(page))
	var keys []string
	for i, r := range page {
		where[i].read = readKey(user, r.Group != nil, r.token)
		keys = append(keys, where[i].read)
		if r.Group != nil {
			where[i].newest = string(Ref{GroupID: r.Group.Group.GroupID, MsgSeq: r.Last}.ID()) + ".m"
			continue
		}
		where[i].index = r.c2c(user).newest()
		keys = append(keys, where[i].index)
	}
	snap, err := sh.bucket.Read(ctx, 0, keys...)
	if err != nil {
		return err
	}
	entries := make(map[string]bucket.Entry, len(snap.Entries))
	for _, e := range snap.Entries {
		entries[e.Key] = e
	}
	var records []string
	for i, r := range page {
		if e, ok := entries[where[i].index]; ok {
			if p, err := decodePart(e, 0); err == nil && len(p.Names) > 0 {
				r.Last, where[i].newest = p.next()-1, r.c2c(user).record(p.Names[len(p.Names)-1])
			}
		}
		if where[i].newest != "" {
			records = append(records, where[i].newest)
		}
	}
	found, err := sh.records(ctx, records)
	if err != nil {
		return err
	}
	for i, r := range page {
		if r.Newest = found[where[i].newest]; r.Newest == nil && r.Group == nil {
			if err := sh.findNewest(ctx, user, r); err != nil {
				return err
			}
		}
		r.Read = readUpTo(entries[where[i].read], r)
	}
	return nil
}

// findNewest looks for the newest message of a one-to-one conversation whose newest name is that of
// a message that was not stored.
func (sh *shard) findNewest(ctx context.Context, user string, r *Recent) (err error) {
	if r.Newest, err = sh.newestC2C(ctx, r.c2c(user)); err != nil {
		return err
	}
	if r.Newest != nil && r.Newest.Number > 0 {
		r.Last = r.Newest.Number
	}
	return nil
}

func (r *Recent) c2c(user string) c2c { return c2c{min(user, r.token), max(user, r.token)} }

// newestC2C returns the newest message of a conversation, or nil.
func (sh *shard) newestC2C(ctx context.Context, c c2c) (*Record, error) {
	p, err := sh.c2cHistory(ctx, c, Ref{}, 1)
	if err != nil || len(p.Records) == 0 {
		return nil, err
	}
	return &p.Records[0], nil
}

// listedKey is the key of the entry that says that every one-to-one conversation of the bucket is
// listed.
const listedKey = "l"

// listAtOnce is how many conversations listOld lists in one commit.
const listAtOnce = 400

// listOld lists the one-to-one conversations of a bucket that was used before there were lists, in
// the order of their newest messages. It may be interrupted, and several hubs may do it.
func (sh *shard) listOld(ctx context.Context) error {
	snap, err := sh.bucket.Read(ctx, 0, listedKey)
	if err != nil || len(snap.Entries) > 0 {
		return err
	}
	var indexes []string
	err = sh.bucket.Keys(ctx, "h.*.*", func(e bucket.Entry) error {
		indexes = append(indexes, e.Key)
		return nil
	})
	if err != nil {
		return err
	}
	for part := range slices.Chunk(indexes, listAtOnce) {
		if err := sh.listParts(ctx, part); err != nil {
			return err
		}
	}
	_, err = sh.bucket.Publish(ctx, []bucket.Write{{Key: listedKey, Value: "1"}}, bucket.PublishOptions{})
	return err
}

// listParts lists the conversations with these indexes.
func (sh *shard) listParts(ctx context.Context, indexes []string) error {
	snap, err := sh.bucket.Read(ctx, 0, indexes...)
	if err != nil {
		return err
	}
	var writes []bucket.Write
	for _, e := range snap.Entries {
		names := strings.Split(e.Key, ".")
		p, err := decodePart(e, 0)
		if err != nil || len(names) != 3 {
			continue // the others are worth listing
		}
		writes = append(writes, claim{c2c: c2c{names[1], names[2]}, part: p}.touched(sh.options.ttlSlack)...)
	}
	if len(writes) == 0 {
		return nil
	}
	_, err = sh.bucket.Publish(ctx, writes, bucket.PublishOptions{})
	return err
}

// String returns the cursor as ParseCursor reads it.
func (c Cursor) String() string { return fmt.Sprintf("%d.%s", c.Sent, c.ID) }

// ParseCursor reads what String returns, or returns ErrPosition.
func ParseCursor(text string) (c Cursor, err error) {
	if text == "" {
		return c, nil
	}
	if n, err := fmt.Sscanf(text, "%d.%s", &c.Sent, &c.ID); err != nil || n != 2 || c.String() != text {
		return Cursor{}, ErrPosition
	}
	return c, nil
}
