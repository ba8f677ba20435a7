package kv

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"exthub/kv/bucket"
)

// The messages of a one-to-one conversation are numbered from 1, like those of a group. Their keys
// do not say the number, so an index does: entries with the names of maxPart messages each, the
// newest of which grows. A page reads those that it needs, and never all that there is: NATS can
// list the keys of a conversation, but only all of them, and in no order.
//
// A message is named in the index before it is stored, by a compare-and-swap of the newest part. So
// what is stored is always found. A name without a message, because the message was a duplicate or
// its hub was lost in between, means nothing.

// maxPart is how many messages a part of the index names.
const maxPart = 16

// indexPart is the value of an entry of the index. The number of its first message says which part
// it is. A part that is full never changes any more.
type indexPart struct {
	First uint64   `json:"first"`
	Names []string `json:"names"`
	// Old is the number of the last message in it that was stored before there was an index, and
	// OldSeq its revision: the records of these do not say their numbers.
	Old    uint64 `json:"old,omitempty"`
	OldSeq uint64 `json:"oldSeq,omitempty"`

	// TTL is how many seconds the messages in it live at most, 0 if one of them for ever. Longest
	// is the highest TTL of any message up to the last in it, and Forever says that one of them has
	// none, if there was any with one.
	TTL     uint32 `json:"ttl,omitempty"`
	Longest uint32 `json:"longest,omitempty"`
	Forever bool   `json:"forever,omitempty"`

	Total int64 `json:"total,omitempty"` // see Record.Total
}

// add names a message that lives for so many seconds.
func (p *indexPart) add(name string, ttl uint32) {
	switch {
	case len(p.Names) == 0:
		p.TTL = ttl
	case p.TTL > 0 && ttl > 0:
		p.TTL = max(p.TTL, ttl)
	default:
		p.TTL = 0
	}
	p.Forever = p.Forever || ttl == 0 || p.Longest == 0 && p.next() > 1
	p.Longest = max(p.Longest, ttl)
	p.Names = append(p.Names, name)
}

// follow returns the part that comes behind this one, with nothing in it.
func (p indexPart) follow() indexPart {
	return indexPart{First: p.next(), Longest: p.Longest, Forever: p.Forever, Total: p.Total}
}

// ttl returns how long the part has to be there: as long as a message in it, and while it is the
// newest, as long as any before it. So the numbers begin anew only when no message and no part is
// left.
func (p indexPart) ttl(newest bool, slack time.Duration) time.Duration {
	seconds := p.TTL
	if newest && !p.Forever {
		seconds = p.Longest
	} else if newest {
		seconds = 0
	}
	if seconds == 0 {
		return 0
	}
	return time.Duration(seconds)*time.Second + slack
}

func (p indexPart) next() uint64 { return p.First + uint64(len(p.Names)) }

func (p indexPart) full() bool { return len(p.Names) == maxPart }

// partOf returns the part that names the message of this number, counted from 0.
func partOf(number uint64) uint64 { return (number - 1) / maxPart }

// c2c is a one-to-one conversation: the encoded names of its users, in the order of the names.
type c2c struct{ a, b string }

func c2cOf(r Ref) c2c {
	return c2c{encodeToken(min(r.From, r.To)), encodeToken(max(r.From, r.To))}
}

// newest is the key of the part that grows.
func (c c2c) newest() string { return "h." + c.a + "." + c.b }

func (c c2c) part(p uint64) string { return c.newest() + "." + strconv.FormatUint(p, 10) }

// The direction of a message comes first in its name, then its MsgKey, encoded.
const forth, back = "+", "-"

// name returns what the index calls a message.
func (c c2c) name(r Ref) string {
	if encodeToken(r.From) == c.a {
		return forth + encodeToken(r.MsgKey)
	}
	return back + encodeToken(r.MsgKey)
}

// record returns the key of the record of a message by its name.
func (c c2c) record(name string) string {
	if key, ok := strings.CutPrefix(name, forth); ok {
		return "c." + c.a + "." + c.b + "." + key + ".m"
	}
	return "c." + c.b + "." + c.a + "." + strings.TrimPrefix(name, back) + ".m"
}

// isNoName reports whether the index can't call a message so. A name becomes a part of a subject.
func isNoName(name string) bool {
	key, ok := strings.CutPrefix(name, forth)
	if !ok {
		key, ok = strings.CutPrefix(name, back)
	}
	_, err := decodeToken(key)
	return !ok || err != nil
}

// decodePart reads an entry of the index. first is the number that it must begin with, 0 for the
// newest part, which may begin with any.
func decodePart(e bucket.Entry, first uint64) (indexPart, error) {
	var p indexPart
	err := json.Unmarshal([]byte(e.Value), &p)
	switch {
	case err != nil:
	case first != 0 && (p.First != first || !p.full()),
		p.First%maxPart != 1, p.First > 1<<60, len(p.Names) > maxPart, slices.ContainsFunc(p.Names, isNoName):
		err = errors.New("not a part of an index")
	}
	if err != nil {
		return p, fmt.Errorf("%w: %s at %d: %w", errUnreadable, e.Key, e.Revision, err)
	}
	return p, nil
}

// newestPart returns the part that grows and its revision, or one with nothing in it and 0 if there
// is none yet. It is at least as new as the revision atLeast.
func (sh *shard) newestPart(ctx context.Context, c c2c, atLeast uint64) (indexPart, uint64, error) {
	snap, err := sh.bucket.Read(ctx, atLeast, c.newest())
	if err != nil || len(snap.Entries) == 0 {
		return indexPart{First: 1}, 0, err
	}
	p, err := decodePart(snap.Entries[0], 0)
	return p, snap.Entries[0].Revision, err
}

// parts returns those full parts of the index that are there, by their place. All of them are, if
// their messages don't expire.
func (sh *shard) parts(ctx context.Context, c c2c, places ...uint64) (map[uint64]indexPart, error) {
	found := make(map[uint64]indexPart, len(places))
	if len(places) == 0 {
		return found, nil
	}
	keys := make(map[string]uint64, len(places))
	for _, place := range places {
		keys[c.part(place)] = place
	}
	filters := make([]string, 0, len(keys))
	for key := range keys {
		filters = append(filters, key)
	}
	snap, err := sh.bucket.Read(ctx, 0, filters...)
	if err != nil {
		return nil, err
	}
	for _, e := range snap.Entries {
		place := keys[e.Key]
		if found[place], err = decodePart(e, place*maxPart+1); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// claim is a message's place in the index.
type claim struct {
	c2c
	part     indexPart // with the message as its last
	before   indexPart // without it
	revision uint64    // of part
}

// claim gives a message the next number of its conversation and counts its bytes there. No two
// claims are of the same number, not even for the same message: which one was stored, the record
// says. It returns a *FullError if there is no room.
func (sh *shard) claim(ctx context.Context, r *Record) (claim, error) {
	c := c2cOf(r.Ref)
	atLeast := uint64(0)
	for {
		p, last, err := sh.newestPart(ctx, c, atLeast)
		if err != nil {
			return claim{}, err
		}
		if p.full() {
			// Whoever else does this writes the same
			if _, err := sh.publishPart(ctx, c, c.part(partOf(p.First)), p, bucket.Precondition{}); err != nil {
				return claim{}, err
			}
			p = p.follow()
		}
		if err := sh.countBytes(ctx, r, p.Total); err != nil {
			return claim{}, err
		}
		before := p
		p.Names = slices.Clip(p.Names)
		p.add(c.name(r.Ref), r.TTL)
		p.Total = max(p.Total, r.Total)
		revision, err := sh.publishPart(ctx, c, c.newest(), p, bucket.Precondition{Own: true, Last: last})
		var stale *bucket.StaleError
		switch {
		case err == nil:
			r.Number = p.next() - 1
			return claim{c, p, before, revision}, nil
		case !errors.As(err, &stale):
			return claim{}, err
		case ctx.Err() != nil:
			return claim{}, errors.Join(ErrUnavailable, ctx.Err())
		}
		atLeast = stale.Last
	}
}

// giveBack takes a message that was not stored out of the index, if nothing came behind it. A full
// part stays as it is: somebody may be writing it to its place. So those who send duplicates make a
// page look at one name in maxPart for nothing, and not at any number of them.
func (sh *shard) giveBack(ctx context.Context, c claim) error {
	if c.part.full() {
		return nil
	}
	_, err := sh.publishPart(ctx, c.c2c, c.newest(), c.before, bucket.Precondition{Own: true, Last: c.revision})
	return err
}

func (sh *shard) publishPart(
	ctx context.Context, c c2c, key string, p indexPart, on bucket.Precondition,
) (uint64, error) {
	value, err := json.Marshal(p)
	if err != nil {
		return 0, err
	}
	write := []bucket.Write{{Key: key, Value: string(value)}}
	options := bucket.PublishOptions{Precondition: on, TTL: p.ttl(key == c.newest(), sh.options.ttlSlack)}
	return sh.bucket.Publish(ctx, write, options)
}
