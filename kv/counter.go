package kv

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"exthub/kv/bucket"
)

// The messages of a group are numbered by what is stored: the newest record says the last number.
// Where messages expire the newest may be gone, and its number must not come again: it would have
// the ID of another message that somebody still knows. So before a message that will expire, an
// entry that does not expire says its number. The two match the same filter, and the newest of what
// matches always knows the last number, whatever has expired.

// counterSuffix ends the key of a group's counter, where a record's has its number.
const counterSuffix = ".n.m"

func counterKey(groupID string) string { return "g." + encodeToken(groupID) + counterSuffix }

func isCounter(key string) bool {
	return strings.HasPrefix(key, "g.") && strings.HasSuffix(key, counterSuffix)
}

// recordFilter returns the filter of all records of a group, and of its counter.
func (sh *shard) recordFilter(groupID string) string {
	return sh.bucket.Prefix() + "g." + encodeToken(groupID) + ".*.m"
}

// count is what a group's newest record or its counter says.
type count struct {
	Last  uint64 `json:"last"`            // the last number that was given to a message
	Total int64  `json:"total,omitempty"` // see Record.Total
	at    uint64 // the revision that says so, 0 if nothing does
}

// count returns the last number of a group. Records are written in order, so the entry that was
// stored last says it, unless it was written to recall a message.
func (sh *shard) count(ctx context.Context, groupID string) (count, error) {
	e, err := sh.bucket.Last(ctx, sh.recordFilter(groupID))
	if err != nil || e == nil {
		return count{}, err
	}
	c, err := sh.countAt(ctx, groupID, *e)
	if err == nil && c.Last > 1<<60 {
		err = errors.New("a number that no group comes to")
	}
	if err != nil {
		return count{}, fmt.Errorf("%w: %s at %d: %w", errUnreadable, e.Key, e.Revision, err)
	}
	c.at = e.Revision
	return c, nil
}

func (sh *shard) countAt(ctx context.Context, groupID string, e bucket.Entry) (c count, err error) {
	if isCounter(e.Key) {
		return c, json.Unmarshal([]byte(e.Value), &c)
	}
	at, err := parseKey(e.Key)
	if err != nil || at.ref.MsgSeq == 0 {
		return c, cmp.Or(err, errUnexpectedKey)
	}
	r, err := decodeRecord(at.ref, e.Value)
	switch {
	case err != nil:
		//nolint:nilerr // the others of its group are worth sending
		return count{Last: at.ref.MsgSeq}, nil
	case r.Recalled == nil:
		return count{Last: at.ref.MsgSeq, Total: r.Total}, nil
	case r.Recalled.Last > 1<<60:
		return c, errors.New("a number that no group comes to")
	}
	return sh.countFrom(ctx, groupID, count{Last: r.Recalled.Last, Total: r.Total}, e.Revision)
}

// setCount writes a group's counter if nothing that speaks of its numbers came behind revision.
func (sh *shard) setCount(ctx context.Context, groupID string, c count, revision uint64) (uint64, error) {
	value, err := json.Marshal(c)
	if err != nil {
		return 0, err
	}
	write := []bucket.Write{{Key: counterKey(groupID), Value: string(value)}}
	unchanged := bucket.Precondition{Filter: sh.recordFilter(groupID), Last: revision}
	return sh.bucket.Publish(ctx, write, bucket.PublishOptions{Precondition: unchanged})
}

// oldest returns the oldest record of a group that is there, or nil.
func (sh *shard) oldestOfGroup(ctx context.Context, groupID string) (*Record, error) {
	e, err := sh.bucket.First(ctx, sh.recordFilter(groupID), 0)
	if err == nil && e != nil && isCounter(e.Key) {
		e, err = sh.bucket.First(ctx, sh.recordFilter(groupID), e.Revision+1)
	}
	if err != nil || e == nil {
		return nil, err
	}
	r, err := readRecord(*e)
	return &r, err
}

// maxAhead is how many numbers countFrom looks at in one request.
const maxAhead = 32

// countFrom returns the last number of a group as of this revision or later. known is that of a
// message that is not newer. It is exact for a sender, whose write depends on no record having come
// since then; those that came while the message was being recalled are a few. The counter has the
// numbers of those of them that have expired, and beyond it there are no gaps.
func (sh *shard) countFrom(ctx context.Context, groupID string, known count, revision uint64) (count, error) {
	counter := counterKey(groupID)
	for {
		keys := []string{counter}
		for i := range uint64(maxAhead) {
			keys = append(keys, string(Ref{GroupID: groupID, MsgSeq: known.Last + i}.ID())+".m")
		}
		snap, err := sh.bucket.Read(ctx, revision, keys...)
		if err != nil {
			return known, err
		}
		before := known.Last
		for _, e := range snap.Entries {
			var c count
			if isCounter(e.Key) {
				err = json.Unmarshal([]byte(e.Value), &c)
			} else if r, unreadable := readRecord(e); unreadable == nil {
				c = count{Last: r.Ref.MsgSeq, Total: r.Total}
			}
			if err != nil {
				return known, err
			}
			if c.Last >= known.Last {
				known.Last, known.Total = c.Last, max(known.Total, c.Total)
			}
		}
		if known.Last == before {
			return known, nil
		}
	}
}
