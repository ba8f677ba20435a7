package kv

import (
	"errors"
	"slices"
	"testing"

	"exthub/kv/kvtest"
)

// positionOf returns the position of a store, as text and as it is meant.
func positionOf(t *testing.T, s *Store) (string, Position) {
	t.Helper()
	for {
		at := s.Position()
		text := s.PositionText()
		if slices.Equal(at, s.Position()) {
			return text, at
		}
	}
}

// A client comes back with a position to a store that was made anew, or that lost its end. The
// revisions of its position are given out again there, to what it has never heard of: it must not
// be told that there is nothing new.
func TestPositionOfAnotherEpoch(t *testing.T) {
	nc := kvtest.Server(t)
	s, _ := open(t, nc, Options{Shards: 2})
	for _, group := range []string{"one", "two", "three", "four"} {
		makeGroup(t, s, group, "ann", "bob")
	}
	here, at := positionOf(t, s)
	name := s.shards[0].bucket.Name()
	anew, _ := open(t, kvtest.Server(t), Options{Shards: 2})
	kept := map[string]uint64{name: 1}
	lossy, _ := open(t, nc, Options{Generation: "later", Kept: kept})
	lossyHere, lossyAt := positionOf(t, lossy)
	lossier, _ := open(t, nc, Options{Generation: "later still", Kept: kept})

	for what, tt := range map[string]struct {
		store *Store
		text  string
		want  Position
	}{
		"the same store":           {s, here, at},
		"no epoch, as of old":      {s, "5-10", Position{5, 36}},
		"the beginning":            {s, "", Position{0, 0}},
		"a store made anew":        {anew, here, Position{0, 0}},
		"more buckets":             {anew, "1-1-1@" + anew.Epoch() + "-x", Position{1, 1}},
		"one that lost its end":    {lossy, here, Position{1, 0}},
		"after that":               {lossy, lossyHere, lossyAt},
		"one that lost it again":   {lossier, lossyHere, Position{1, 0}},
		"one restored to what was": {s, lossyHere, Position{0, 0}},
	} {
		got, err := tt.store.ParsePosition(tt.text)
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q is %v, %v, want %v", what, tt.text, got, err, tt.want)
		}
	}
	for _, text := range []string{"1", "1-1-1", "1-1-1@a-b", "a b-1@x-y", "@", "-@-", "1-1@x"} {
		if got, err := s.ParsePosition(text); !errors.Is(err, ErrPosition) {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
}
