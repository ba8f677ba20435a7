package kv

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"exthub/kv/bucket"
)

// Page is a part of a conversation.
type Page struct {
	Records []Record // the oldest first
	// Next is what the page before this one is before; zero if there is none. A group's may be a
	// message that has expired, and the page before it may be empty.
	Next Ref
}

// History returns up to count records of a conversation right before the message before (zero: the
// newest). It reads what a page needs, however long the conversation is. The context may name the
// user for whom it is, see ReaderKey. If before is not in the conversation, or not any more, it
// returns ErrMessageID; in a group it may be any number.
func (s *Store) History(ctx context.Context, c Conversation, before Ref, count int) (Page, error) {
	return s.HistorySince(ctx, c, before, count, nil)
}

// HistorySince is History of the messages that were sent behind a position, if there is one: the
// last page has no Next.
func (s *Store) HistorySince(
	ctx context.Context, c Conversation, before Ref, count int, since Position,
) (Page, error) {
	end, err := s.turns.take(ctx)
	if err != nil {
		return Page{}, err
	}
	defer end()
	sh := s.shardOf(c)
	var p Page
	if group, ok := c.group(); ok {
		p, err = sh.groupHistory(ctx, group, before.MsgSeq, uint64(count))
	} else {
		var a, b string
		if a, b, err = c.users(); err == nil {
			p, err = sh.c2cHistory(ctx, c2c{a, b}, before, uint64(count))
		}
	}
	if len(since) > 0 {
		p.cut(since[sh.index])
	}
	return p, err
}

// cut leaves what was sent behind a revision.
func (p *Page) cut(since uint64) {
	behind := slices.IndexFunc(p.Records, func(r Record) bool { return r.sent > since })
	if behind < 0 {
		behind = len(p.Records)
	}
	if behind > 0 {
		p.Records, p.Next = p.Records[behind:], Ref{}
	}
}

const (
	// maxLook is how many numbers a page of a group looks at, where messages have expired, or one
	// that is full already was looked for.
	maxLook = 256
	// lookAtOnce is how many it looks at after it has found nothing.
	lookAtOnce = 64
)

// groupHistory looks at one number after the other, downwards. Nothing says where messages are that
// live longer than those behind them, so a page gives up after maxLook, and the next one goes on.
func (sh *shard) groupHistory(ctx context.Context, groupID string, before, count uint64) (Page, error) {
	if before == 0 {
		c, err := sh.count(ctx, groupID)
		if err != nil {
			return Page{}, err
		}
		before = c.Last + 1
	}
	var newest []Record // the newest first
	chunk, holes := count, false
	for looked := uint64(0); before > 1 && uint64(len(newest)) < count && looked < maxLook; looked += chunk {
		first := before - min(chunk, before-1)
		found, err := sh.groupRecordsOf(ctx, groupID, first, before)
		if err != nil {
			return Page{}, err
		}
		holes = holes || uint64(len(found)) < before-first
		if room := count - uint64(len(newest)); uint64(len(found)) > room {
			found = found[:room]
			first = found[room-1].Ref.MsgSeq
		}
		newest = append(newest, found...)
		before, chunk = first, count-uint64(len(newest))
		if len(found) == 0 {
			chunk = lookAtOnce
			// A number that nobody has yet is nothing to count down from
			c, err := sh.count(ctx, groupID)
			if err != nil {
				return Page{}, err
			}
			before = min(before, c.Last+1)
		}
	}
	slices.Reverse(newest)
	p := Page{Records: newest}
	if before > 1 && holes {
		// Usually all that is older has expired too
		oldest, err := sh.oldestOfGroup(ctx, groupID)
		if err != nil || oldest == nil || oldest.Ref.MsgSeq >= before {
			return p, err
		}
	}
	if before > 1 {
		p.Next = Ref{GroupID: groupID, MsgSeq: before}
	}
	return p, nil
}

// groupRecordsOf returns the messages from number first to below end, the newest first.
func (sh *shard) groupRecordsOf(ctx context.Context, groupID string, first, end uint64) ([]Record, error) {
	var keys []string
	for seq := end - 1; seq >= first; seq-- {
		keys = append(keys, string(Ref{GroupID: groupID, MsgSeq: seq}.ID())+".m")
	}
	found, err := sh.records(ctx, keys)
	if err != nil {
		return nil, err
	}
	var list []Record
	for _, key := range keys {
		if r := found[key]; r != nil {
			list = append(list, *r)
		}
	}
	return list, nil
}

// records returns the records of these keys that are there. One that can't be read is passed by:
// the others of its conversation are worth reading. So is one that has expired: a server may take
// a second to put it away, and by then the message is not there for whoever asks for it alone.
func (sh *shard) records(ctx context.Context, keys []string) (map[string]*Record, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	snap, err := sh.bucket.Read(ctx, 0, keys...)
	if err != nil {
		return nil, err
	}
	found := make(map[string]*Record, len(snap.Entries))
	for _, e := range snap.Entries {
		r, err := readRecord(e)
		if err != nil {
			slog.Warn("record that can't be read", "bucket", sh.bucket.Name(), "error", err)
			continue
		}
		if r.TTL > 0 && !sh.bucket.Now().Before(e.Time.Add(r.ttl())) {
			continue
		}
		found[e.Key] = &r
	}
	return found, nil
}

// c2cHistory walks the index from the newest part, or from where before is, to the older ones.
func (sh *shard) c2cHistory(ctx context.Context, c c2c, before Ref, count uint64) (Page, error) {
	// The record first: the index that is read after it has its place
	var last *bucket.Entry
	if before != (Ref{}) {
		var err error
		if last, err = sh.lookUp(ctx, c, before); err != nil {
			return Page{}, err
		}
	}
	newest, _, err := sh.newestPart(ctx, c, 0)
	if err != nil {
		return Page{}, err
	}
	end := newest.next() // the number behind those that are to come
	if last != nil {
		if end, err = sh.number(ctx, c, newest, before, *last); err != nil {
			return Page{}, err
		}
	}
	var p Page // the newest first
	for end > 1 && uint64(len(p.Records)) < count {
		begin := end - min(count-uint64(len(p.Records)), end-1)
		names, gap, err := sh.names(ctx, c, newest, begin, end)
		if err != nil {
			return Page{}, err
		}
		found, err := sh.named(ctx, c, names)
		if err != nil {
			return Page{}, err
		}
		p.Records = append(p.Records, found...)
		if end = begin; gap > 0 {
			if end, err = sh.passGap(ctx, c, gap); err != nil {
				return Page{}, err
			}
		}
	}
	if end > 1 {
		p.Next = p.Records[len(p.Records)-1].Ref
	}
	slices.Reverse(p.Records)
	return p, nil
}

// named returns the records of these names that are there, the newest first.
func (sh *shard) named(ctx context.Context, c c2c, names []indexName) ([]Record, error) {
	keys := make([]string, len(names))
	for i, name := range names {
		keys[i] = c.record(name.name)
	}
	found, err := sh.records(ctx, keys)
	if err != nil {
		return nil, err
	}
	var records []Record
	for i, name := range slices.Backward(names) {
		if r := found[keys[i]]; r != nil && name.isOf(r) {
			records = append(records, *r)
		}
	}
	return records, nil
}

// indexName is a name in the index.
type indexName struct {
	name   string
	number uint64
	old    bool
}

// isOf reports whether the record is that of the name. A message that was sent again may stand in
// the index twice; its record says which number is its own.
func (n indexName) isOf(r *Record) bool { return r.Number == n.number || n.old && r.Number == 0 }

// names returns what the index says from the number begin to before end. If a part has expired in
// between, gap is its last number, and only what comes behind it is returned.
func (sh *shard) names(
	ctx context.Context, c c2c, newest indexPart, begin, end uint64,
) (names []indexName, gap uint64, err error) {
	var places []uint64
	for place := partOf(begin); place <= partOf(end-1) && place < partOf(newest.First); place++ {
		places = append(places, place)
	}
	parts, err := sh.parts(ctx, c, places...)
	if err != nil {
		return nil, 0, err
	}
	parts[partOf(newest.First)] = newest
	for _, place := range places {
		if _, ok := parts[place]; !ok {
			gap = (place + 1) * maxPart
		}
	}
	names = make([]indexName, 0, end-begin)
	for number := max(begin, gap+1); number < end; number++ {
		p := parts[partOf(number)]
		names = append(names, indexName{p.Names[number-p.First], number, number <= p.Old})
	}
	return names, gap, nil
}

// passGap returns the number behind the newest message below gap whose part of the index is there,
// 1 if there is none. It asks for some hundred parts at a time, which are of ten thousand messages.
func (sh *shard) passGap(ctx context.Context, c c2c, gap uint64) (uint64, error) {
	chunk := uint64(1)
	for place := partOf(gap); place > 0; {
		var places []uint64
		for ; place > 0 && uint64(len(places)) < chunk; place-- {
			places = append(places, place-1)
		}
		parts, err := sh.parts(ctx, c, places...)
		if err != nil {
			return 0, err
		}
		for _, there := range places {
			if p, ok := parts[there]; ok {
				return p.next(), nil
			}
		}
		chunk = min(2*chunk, 512)
	}
	return 1, nil
}

// errNotHere says that a message is not in the conversation that it was named for.
func errNotHere(ref Ref) error {
	return fmt.Errorf("%w: %s is not in this conversation", ErrMessageID, ref.ID())
}

// lookUp returns the entry of a message's record, or ErrMessageID if it is not in the conversation.
func (sh *shard) lookUp(ctx context.Context, c c2c, ref Ref) (*bucket.Entry, error) {
	if c2cOf(ref) != c {
		return nil, errNotHere(ref)
	}
	snap, err := sh.bucket.Read(ctx, 0, c.record(c.name(ref)))
	if err != nil {
		return nil, err
	}
	if len(snap.Entries) == 0 {
		return nil, errNotHere(ref)
	}
	return &snap.Entries[0], nil
}

// number returns the number of a message by the entry of its record, or ErrMessageID if there is
// none.
func (sh *shard) number(ctx context.Context, c c2c, newest indexPart, ref Ref, e bucket.Entry) (uint64, error) {
	r, err := readRecord(e)
	switch {
	case err != nil:
		return 0, errors.Join(errNotHere(ref), err)
	case r.Number > 0 && r.Number < newest.next():
		return r.Number, nil
	case r.Number > 0:
		return 0, errNotHere(ref)
	}
	return sh.oldNumber(ctx, c, newest, ref, e)
}

// oldNumber searches the index for a message that was stored before there was one. Its oldest parts
// are in the order of revisions.
func (sh *shard) oldNumber(ctx context.Context, c c2c, newest indexPart, ref Ref, e bucket.Entry) (uint64, error) {
	p, low, high := newest, uint64(0), partOf(newest.First)
	for low < high {
		middle := (low + high) / 2
		parts, err := sh.parts(ctx, c, middle)
		if err != nil {
			return 0, err
		}
		if q := parts[middle]; q.Old > 0 && q.OldSeq < sentAt(e) {
			low = middle + 1
		} else {
			high, p = middle, q
		}
	}
	i := slices.Index(p.Names, c.name(ref))
	if i < 0 {
		return 0, errNotHere(ref)
	}
	return p.First + uint64(i), nil
}
