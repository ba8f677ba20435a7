package kv

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"exthub/kv/bucket"
)

const readPrefix = "r."

// readKey is the key of what a user has read of a conversation: "r.<user>.c.<other>" or
// "r.<user>.g.<group>", in the bucket of the conversation.
func readKey(user string, group bool, token string) string {
	if group {
		return readPrefix + user + ".g." + token
	}
	return readPrefix + user + ".c." + token
}

// ReadMark says up to which message a user has read a conversation.
type ReadMark struct {
	UserID  string
	GroupID string // "" for a one-to-one conversation
	Peer    string // the other side of that
	Number  uint64 // of the message, as Recent.Last has it
}

// parseReadMark reads the entry of a mark.
func parseReadMark(e bucket.Entry) (*ReadMark, error) {
	parts := strings.Split(e.Key, ".")
	if len(parts) != 4 {
		return nil, errUnexpectedKey
	}
	user, err := decodeToken(parts[1])
	other, otherErr := decodeToken(parts[3])
	var m readMark
	if err = errors.Join(err, otherErr, json.Unmarshal([]byte(e.Value), &m)); err != nil {
		return nil, err
	}
	if parts[2] == "g" {
		return &ReadMark{UserID: user, GroupID: other, Number: m.Number}, nil
	}
	return &ReadMark{UserID: user, Peer: other, Number: m.Number}, nil
}

// readMark is its value: a message, which the user has read with all before it. Where everything
// expires the numbers begin anew, and then a mark is of a message that was sent before.
type readMark struct {
	Number uint64 `json:"number"`
	Seq    uint64 `json:"seq"` // the revision at which the message was sent
}

// readUpTo returns the number up to which a conversation was read, by the entry of its mark.
func readUpTo(e bucket.Entry, r *Recent) uint64 {
	var m readMark
	if e.Value == "" || json.Unmarshal([]byte(e.Value), &m) != nil {
		return 0
	}
	if m.Number > r.Last || m.Number == r.Last && r.Newest != nil && r.Newest.sent > m.Seq {
		return 0
	}
	return m.Number
}

// MarkRead notes that a user has read a message and all before it in its conversation, unless the
// user has read further. It returns ErrMessageID if there is no such message.
func (s *Store) MarkRead(ctx context.Context, userID string, ref Ref) error {
	ctx, cancel := withTimeout(ctx, s.options)
	defer cancel()
	sh := s.shardFor(ref)
	user := encodeToken(userID)
	key := readKey(user, true, encodeToken(ref.GroupID))
	if ref.GroupID == "" {
		other := ref.From
		if userID == ref.From {
			other = ref.To
		}
		key = readKey(user, false, encodeToken(other))
	}
	record := string(ref.ID()) + ".m"
	for atLeast := uint64(0); ; {
		snap, err := sh.bucket.Read(ctx, atLeast, key, record)
		if err != nil {
			return err
		}
		var before readMark
		var last uint64
		var mark *readMark
		for _, e := range snap.Entries {
			if e.Key == key {
				last = e.Revision
				_ = json.Unmarshal([]byte(e.Value), &before) // what can't be read is as good as none
			} else if mark, err = sh.markOf(ctx, ref, e); err != nil {
				return err
			}
		}
		if mark == nil {
			return fmt.Errorf("%w: there is no message %s", ErrMessageID, ref.ID())
		}
		if before.Seq >= mark.Seq {
			return nil
		}
		value, err := json.Marshal(mark)
		if err != nil {
			return err
		}
		unchanged := bucket.PublishOptions{Precondition: bucket.Precondition{Own: true, Last: last}}
		_, err = sh.bucket.Publish(ctx, []bucket.Write{{Key: key, Value: string(value)}}, unchanged)
		var stale *bucket.StaleError
		if !errors.As(err, &stale) || ctx.Err() != nil {
			return err
		}
		atLeast = stale.Last
	}
}

// markOf returns the mark at a message, by the entry of its record.
func (sh *shard) markOf(ctx context.Context, ref Ref, e bucket.Entry) (*readMark, error) {
	mark := &readMark{Number: ref.MsgSeq, Seq: sentAt(e)}
	if ref.GroupID != "" {
		return mark, nil
	}
	c := c2cOf(ref)
	newest, _, err := sh.newestPart(ctx, c, 0)
	if err == nil {
		mark.Number, err = sh.number(ctx, c, newest, ref, e)
	}
	return mark, err
}
