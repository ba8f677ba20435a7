package kv

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"exthub/kv/bucket"
)

// History returns up to count records of a conversation right before the message before (zero: the
// newest), oldest first, and reports whether there are none before them. It reads what a page
// needs, however long the conversation is. The context may name the user for whom it is, see
// ReaderKey.
func (s *Store) History(
	ctx context.Context, c Conversation, before Ref, count int,
) (records []Record, complete bool, err error) {
	end, err := s.turns.take(ctx)
	if err != nil {
		return nil, false, err
	}
	defer end()
	sh := s.shardOf(c)
	if group, ok := c.group(); ok {
		return sh.groupHistory(ctx, group, before.MsgSeq, uint64(count))
	}
	a, b, err := c.users()
	if err != nil {
		return nil, false, err
	}
	return sh.c2cHistory(ctx, c2c{a, b}, before, uint64(count))
}

func (sh *shard) groupHistory(ctx context.Context, groupID string, before, count uint64) ([]Record, bool, error) {
	if before == 0 {
		last, _, err := sh.lastMessage(ctx, sh.recordFilter(groupID))
		if err != nil {
			return nil, false, err
		}
		before = last + 1
	}
	first := before - min(count, max(before, 1)-1)
	var keys []string
	for seq := first; seq < before; seq++ {
		keys = append(keys, string(Ref{GroupID: groupID, MsgSeq: seq}.ID())+".m")
	}
	found, err := sh.records(ctx, keys)
	if err != nil {
		return nil, false, err
	}
	var records []Record
	for _, key := range keys {
		if r := found[key]; r != nil {
			records = append(records, *r)
		}
	}
	return records, first <= 1, nil
}

// records returns the records of these keys that are there. One that can't be read is passed by:
// the others of its conversation are worth reading.
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
		found[e.Key] = &r
	}
	return found, nil
}

// c2cHistory walks the index from the newest part, or from where before is, to the older ones.
func (sh *shard) c2cHistory(ctx context.Context, c c2c, before Ref, count uint64) ([]Record, bool, error) {
	// The record first: the index that is read after it has its place
	var last *bucket.Entry
	if before != (Ref{}) {
		var err error
		if last, err = sh.lookUp(ctx, c, before); err != nil {
			return nil, false, err
		}
	}
	newest, _, err := sh.newestPart(ctx, c, 0)
	if err != nil {
		return nil, false, err
	}
	end := newest.next() // the number behind those that are to come
	if last != nil {
		if end, err = sh.number(ctx, c, newest, before, *last); err != nil {
			return nil, false, err
		}
	}
	var records []Record // the newest first
	for end > 1 && uint64(len(records)) < count {
		begin := end - min(count-uint64(len(records)), end-1)
		names, err := sh.names(ctx, c, newest, begin, end)
		if err != nil {
			return nil, false, err
		}
		keys := make([]string, len(names))
		for i, name := range names {
			keys[i] = c.record(name.name)
		}
		found, err := sh.records(ctx, keys)
		if err != nil {
			return nil, false, err
		}
		for i, name := range slices.Backward(names) {
			if r := found[keys[i]]; r != nil && name.isOf(r) {
				records = append(records, *r)
			}
		}
		end = begin
	}
	slices.Reverse(records)
	return records, end <= 1, nil
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

// names returns what the index says from the number begin to before end.
func (sh *shard) names(ctx context.Context, c c2c, newest indexPart, begin, end uint64) ([]indexName, error) {
	var places []uint64
	for place := partOf(begin); place <= partOf(end-1) && place < partOf(newest.First); place++ {
		places = append(places, place)
	}
	parts, err := sh.parts(ctx, c, places...)
	if err != nil {
		return nil, err
	}
	parts[partOf(newest.First)] = newest
	names := make([]indexName, 0, end-begin)
	for number := begin; number < end; number++ {
		p := parts[partOf(number)]
		names = append(names, indexName{p.Names[number-p.First], number, number <= p.Old})
	}
	return names, nil
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
