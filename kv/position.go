package kv

import (
	"errors"
	"strconv"
	"strings"
)

// Position names a moment by a revision of each bucket: what is behind it was committed later. No
// clock tells that, because those of two hubs differ. It belongs to an Epoch, as revisions do.
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

// String returns the revisions, in base 36.
func (p Position) String() string {
	var b []byte
	for i, revision := range p {
		if i > 0 {
			b = append(b, '-')
		}
		b = strconv.AppendUint(b, revision, 36)
	}
	return string(b)
}

// ParsePosition reads what String returns, for as many buckets as this Store has, or returns
// ErrPosition. The empty string is the beginning.
func (s *Store) ParsePosition(text string) (Position, error) {
	p := make(Position, len(s.shards))
	if text == "" {
		return p, nil
	}
	if strings.Count(text, "-") != len(p)-1 {
		return nil, ErrPosition
	}
	for i, part := range strings.Split(text, "-") {
		var err error
		if p[i], err = strconv.ParseUint(part, 36, 53); err != nil {
			return nil, ErrPosition
		}
	}
	return p, nil
}
