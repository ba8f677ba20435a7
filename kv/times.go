package kv

import (
	"context"
	"slices"
	"time"

	"exthub/kv/bucket"
)

// Times returns when each of the pairs was written, by the clocks of the servers, in the order of
// the pairs, and the zero time for a deletion. It reports false if a pair has changed since it was
// read. The bucket is asked for that: nothing else needs the time of a pair, and the view would
// keep it for every pair that is in memory.
func (s *Store) Times(ctx context.Context, ref Ref, pairs []Pair) ([]time.Time, bool, error) {
	sh, object := s.shardFor(ref), string(ref.ID())
	at := make(map[string]bucket.Entry, len(pairs))
	for part := range slices.Chunk(pairs, bucket.MaxQuery) {
		keys := make([]string, len(part))
		for i, p := range part {
			keys[i] = object + ".x." + encodeToken(p.Key)
		}
		snap, err := sh.bucket.Read(ctx, part[len(part)-1].Seq, keys...)
		if err != nil {
			return nil, false, err
		}
		for _, e := range snap.Entries {
			at[e.Key] = e
		}
	}
	times := make([]time.Time, len(pairs))
	for i, p := range pairs {
		e := at[object+".x."+encodeToken(p.Key)]
		switch {
		case p.Deleted:
		case e.Revision != p.Seq:
			return nil, false, nil
		default:
			times[i] = e.Time
		}
	}
	return times, true, nil
}
