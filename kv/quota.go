package kv

import (
	"context"
	"errors"
	"fmt"

	"exthub/kv/bucket"
)

// FullError says that a conversation has no room for a message.
type FullError struct {
	Has, Max int64 // bytes of the messages that are there, and of those that may be
}

func (e *FullError) Error() string {
	return fmt.Sprintf("the messages of the conversation have %d bytes, at most %d", e.Has, e.Max)
}

// countBytes adds a message to what its conversation has had so far, or returns a *FullError. What
// expired is subtracted only when it matters: what the conversation had before its oldest message
// is gone.
func (sh *shard) countBytes(ctx context.Context, r *Record, before int64) error {
	most := r.MaxTotal
	if most <= 0 {
		return nil
	}
	r.Total = before + r.size()
	if r.Total <= most {
		return nil
	}
	gone, err := sh.expiredBytes(ctx, r.Ref, before)
	if err != nil {
		return err
	}
	if r.Total-gone > most {
		return &FullError{Has: before - gone, Max: most}
	}
	return nil
}

// expiredBytes returns how many of the bytes that a conversation has had are gone.
func (sh *shard) expiredBytes(ctx context.Context, ref Ref, before int64) (int64, error) {
	oldest, err := sh.oldestMessage(ctx, ref)
	switch {
	case err != nil:
		return 0, err
	case oldest == nil:
		return before, nil
	case oldest.Total == 0: // it was sent before bytes were counted
		return 0, nil
	}
	return oldest.Total - oldest.size(), nil
}

// oldestMessage returns the oldest message of a conversation that is there, or nil.
func (sh *shard) oldestMessage(ctx context.Context, ref Ref) (*Record, error) {
	if ref.GroupID != "" {
		return sh.oldestOfGroup(ctx, ref.GroupID)
	}
	c := c2cOf(ref)
	var oldest *Record
	for _, way := range [...]string{c.a + "." + c.b, c.b + "." + c.a} {
		e, err := sh.bucket.First(ctx, sh.bucket.Prefix()+"c."+way+".*.m", 0)
		if err != nil {
			return nil, err
		}
		if e == nil {
			continue
		}
		r, err := readRecord(*e)
		if err != nil {
			return nil, err
		}
		if oldest == nil || r.Number < oldest.Number {
			oldest = &r
		}
	}
	return oldest, nil
}

// unlessDuplicate returns full, unless the message was stored already: whoever lost the answer to
// the last message that found room has to learn that it did.
func (sh *shard) unlessDuplicate(ctx context.Context, r Record, id string, full error) error {
	if id == "" {
		return full
	}
	question := []bucket.Write{{Key: string(r.Ref.ID()) + ".m"}}
	_, err := sh.bucket.Publish(ctx, question, bucket.PublishOptions{DedupID: id, Ask: true})
	var duplicate *bucket.DuplicateError
	if errors.As(err, &duplicate) {
		return err
	}
	return full
}
