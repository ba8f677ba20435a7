package kv

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"exthub/kv/bucket"
)

// History returns up to count records of a conversation right before the message before (zero: the
// newest), oldest first, and reports whether there are none before them. Those of a one-to-one
// conversation are found by listing all of it, so a page costs time in proportion to the
// conversation.
func (s *Store) History(
	ctx context.Context, c Conversation, before Ref, count int,
) (records []Record, complete bool, err error) {
	sh := s.shardOf(c)
	if group, ok := c.group(); ok {
		return sh.groupHistory(ctx, group, before.MsgSeq, count)
	}
	a, b, err := c.users()
	if err != nil {
		return nil, false, err
	}
	snap, err := sh.bucket.Read(ctx, 0, "c."+a+"."+b+".*.m", "c."+b+"."+a+".*.m")
	if err != nil {
		return nil, false, err
	}
	slices.SortFunc(snap.Entries, func(a, b bucket.Entry) int { return cmp.Compare(a.Revision, b.Revision) })
	end := len(snap.Entries)
	if before != (Ref{}) {
		key := string(before.ID()) + ".m"
		end = slices.IndexFunc(snap.Entries, func(e bucket.Entry) bool { return e.Key == key })
		if end < 0 {
			return nil, false, fmt.Errorf("%w: %s is not in this conversation", ErrMessageID, before.ID())
		}
	}
	start := max(0, end-count)
	records, err = readRecords(snap.Entries[start:end])
	return records, start == 0, err
}

func (sh *shard) groupHistory(ctx context.Context, groupID string, before uint64, count int) ([]Record, bool, error) {
	if before == 0 {
		last, _, err := sh.lastMessage(ctx, sh.bucket.Prefix()+"g."+encodeToken(groupID)+".*.m")
		if err != nil {
			return nil, false, err
		}
		before = last + 1
	}
	first := uint64(1)
	if before > uint64(count) {
		first = before - uint64(count)
	}
	var filters []string
	for seq := first; seq < before; seq++ {
		filters = append(filters, string(Ref{GroupID: groupID, MsgSeq: seq}.ID())+".m")
	}
	if len(filters) == 0 {
		return nil, true, nil
	}
	snap, err := sh.bucket.Read(ctx, 0, filters...)
	if err != nil {
		return nil, false, err
	}
	records, err := readRecords(snap.Entries)
	return records, first == 1, err
}

func readRecords(entries []bucket.Entry) ([]Record, error) {
	records := make([]Record, 0, len(entries))
	for _, e := range entries {
		r, err := readRecord(e)
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	return records, nil
}
