package kv

import (
	"encoding/json"
	"log/slog"
	"strings"

	"exthub/kv/bucket"
)

// Delta is a committed change: a message that was sent, pairs of one message, or members of one group. Entries that were committed one right after the other
// come as one Delta.
type Delta struct {
	Revision uint64    // of the last entry in it
	ID       MessageID // the message, "" for a membership change
	Ref      Ref       // the same taken apart; of a membership change only GroupID is set

	Record *Record // the message was sent
	Origin string  // the session that sent it

	Pairs    []Pair // pairs that changed, deletions among them, in rising Seq
	ClearSeq uint64 // not 0: the message was cleared at this revision

	Members   []MemberChange // in the order in which they happened
	Dissolved bool           // the group and all memberships in it are gone

	Reset bool // changes may have been missed: everything has to be read anew
}

// MemberChange says that a user joined a group, or left it or was removed.
type MemberChange struct {
	UserID string
	Joined bool
}

// place says what an entry's key is about.
type place struct {
	object, suffix string
	ref            Ref
	user           string // of a group member's entry
}

// parseKey takes a bucket key apart. Keys that belong to no object (the bucket's own entry, the way back from users to groups) have an empty object.
func parseKey(key string) (place, error) {
	dots := 3 // the object ends at the third dot of a group's key, at the fourth of a one-to-one message's
	switch {
	case key == bucket.OwnKey || strings.HasPrefix(key, "u."):
		return place{}, nil
	case strings.HasPrefix(key, "c."):
		dots = 4
	}
	end := 0
	for ; dots > 0; dots-- {
		i := strings.IndexByte(key[end:], '.')
		if i < 0 {
			return place{}, errUnexpectedKey
		}
		end += i + 1
	}
	at := place{object: key[:end-1], suffix: key[end:]}
	var err error
	if name, ok := strings.CutSuffix(at.object, groupSuffix); ok && strings.HasPrefix(name, "g.") {
		if at.ref.GroupID, err = decodeToken(name[2:]); err != nil {
			return place{}, err
		}
		if token, ok := strings.CutPrefix(at.suffix, "u."); ok {
			at.user, err = decodeToken(token)
		}
		return at, err
	}
	at.ref, err = ParseMessageID(MessageID(at.object))
	return at, err
}

// deltas puts tailed entries together and hands them out: to the cache and then, as a Delta, to the sink. An atomic batch may reach the tail in pieces. It is kept
// until its end is there, so that nobody sees half of a commit; or until something else comes, which means that its end was overwritten.
type deltas struct {
	cache   *cache
	open    *openDelta
	object  string
	entries []bucket.Entry
	batch   string // the batch that is not complete yet
}

// openDelta is a Delta with room for what is nearly always one pair.
type openDelta struct {
	Delta
	one [1]Pair
}

func (g *deltas) add(at place, d bucket.Delivery, sink func(Delta)) {
	if g.open != nil && !g.takes(at.object, d.Batch) {
		g.batch = ""
		g.flush(sink)
	}
	if g.open == nil {
		g.open, g.object = &openDelta{Delta: Delta{Ref: at.ref}}, at.object
		g.open.Pairs = g.open.one[:0]
		if !strings.HasSuffix(at.object, groupSuffix) {
			g.open.ID = MessageID(at.object)
		}
	}
	g.entries = append(g.entries, d.Entry)
	if err := g.open.add(at, d.Entry, d.Origin); err != nil {
		slog.Warn("entry that can't be read", "key", d.Key, "revision", d.Revision, "error", err)
	}
	g.batch = d.Batch
	if d.EndBatch {
		g.batch = ""
	}
}

// takes reports whether an entry of this object and batch belongs to what is open. After a clear, a record or a dissolution what follows is another story, and a
// stream of changes that never pauses must come out some time.
func (g *deltas) takes(object, batch string) bool {
	switch d := g.open; {
	case object != g.object:
		return false
	case g.batch != "":
		return batch == g.batch
	default:
		return d.ClearSeq == 0 && d.Record == nil && !d.Dissolved && len(g.entries) < 256
	}
}

// flush hands out what is complete.
func (g *deltas) flush(sink func(Delta)) {
	if g.open != nil && g.batch == "" {
		d := g.open.Delta
		g.open = nil
		g.cache.applyTail(g.object, g.entries)
		clear(g.entries)
		g.entries = g.entries[:0]
		sink(d)
	}
}

func (d *Delta) add(at place, e bucket.Entry, origin string) error {
	d.Revision = e.Revision
	switch {
	case at.user != "":
		d.Members = append(d.Members, MemberChange{UserID: at.user, Joined: !e.Deleted})
	case at.suffix == "i":
		d.Dissolved = e.Deleted
	case at.suffix == "m":
		d.Record = &Record{Ref: at.ref}
		d.Origin = origin
		return json.Unmarshal([]byte(e.Value), d.Record)
	case at.suffix == "c":
		c, err := parseControl(e)
		if c.Clear {
			d.ClearSeq = e.Revision
		}
		return err
	default:
		key, err := pairKey(at.suffix)
		if err != nil {
			return err
		}
		d.Pairs = append(d.Pairs, Pair{Key: key, Value: e.Value, Seq: e.Revision, Deleted: e.Deleted})
	}
	return nil
}
