package kv

import (
	"errors"
	"strconv"
	"strings"
)

// Position names a moment by a revision of each bucket: what is behind it was committed later. No
// clock tells that, because those of two hubs differ. As text it also names the Epoch of its
// revisions, because somebody who comes back with it may find another one.
type Position []uint64

// ErrPosition is returned for what is no Position of these buckets.
var ErrPosition = errors.New("not a position")

// Position returns up to where Run's sink has been called.
func (s *Store) Position() Position {
	p := make(Position, len(s.shards))
	for i, sh := range s.shards {
		p[i] = sh.tail.applied.get()
	}
	return p
}

// PositionText returns Position as ParsePosition reads it: the revisions in base 36, "@", and the
// Epoch. The Epoch is read first: if it changes right then, the text names the old one, and all of
// the new one is behind it.
func (s *Store) PositionText() string {
	epoch := s.Epoch()
	b := make([]byte, 0, 64)
	for i, revision := range s.Position() {
		if i > 0 {
			b = append(b, '-')
		}
		b = strconv.AppendUint(b, revision, 36)
	}
	return string(append(append(b, '@'), epoch...))
}

// ParsePosition reads what PositionText returns, or returns ErrPosition. The empty string is the
// beginning.
//
// In a bucket that was made anew since, everything is behind the position. In one that lost its
// end, revisions from there on were given out again: it counts up to where the bucket was kept.
// Text without an epoch is of an earlier version, and of this epoch.
func (s *Store) ParsePosition(text string) (Position, error) {
	p := make(Position, len(s.shards))
	if text == "" {
		return p, nil
	}
	revisions, epoch, _ := strings.Cut(text, "@")
	parts := strings.Split(revisions, "-")
	then, now := strings.Split(epoch, "-"), strings.Split(s.Epoch(), "-")
	if epoch == "" {
		then = now
	}
	if len(then) < len(parts) || epoch == "" && len(parts) != len(p) {
		return nil, ErrPosition
	}
	lost := strings.Join(then[len(parts):], "-") != s.options.Generation
	for i, part := range parts {
		revision, err := strconv.ParseUint(part, 36, 53)
		if err != nil {
			return nil, ErrPosition
		}
		if i >= len(p) || then[i] != now[i] {
			continue
		}
		if lost {
			revision = min(revision, s.options.Kept[s.shards[i].bucket.Name()])
		}
		p[i] = revision
	}
	return p, nil
}
