package kv

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nuid"

	"exthub/kv/bucket"
)

// belief is whether a hub takes the bucket of marks for whole.
//
// The bucket is in memory. When the servers restart, or somebody deletes it, it begins anew and
// empty, while there are hubs whose marks were in the one before and which go on deciding for as
// long as those count. So each bucket has a name, made at random by the hub that finds none, and
// the store notes, on disk, which one was believed last. Another one is believed when it is a TTL
// old by this hub's own clock: by then every hub has its mark in it, or decides nothing. A store
// that has noted none has never had more hubs than those that are about to write their marks;
// unless this hub has seen another bucket of marks before: then the store itself was deleted, note
// and all.
type belief struct {
	believed string // the bucket's name
	found    string // the name of the bucket that was seen last
	since    time.Time
	replaced bool // another one was seen before
}

const (
	// incarnationKey is the key of the name of the bucket of marks, in that bucket.
	incarnationKey = "i"
	// believedKey is the key of the name of the one that was believed last, in the first shard.
	believedKey = bucket.OwnKey + ".hubs"
)

// believes reports whether the bucket that was just read is believed.
func (m *marks) believes(ctx context.Context, snap bucket.Snapshot) (bool, error) {
	name := ""
	for _, e := range snap.Entries {
		if e.Key == incarnationKey {
			name = e.Value
		}
	}
	b := &m.belief
	switch {
	case name == "":
		m.renewSoon()
		return false, m.create(ctx, m.bucket, incarnationKey, nuid.Next(), 0)
	case name == b.believed:
		return true, nil
	case name != b.found:
		b.found, b.since, b.replaced = name, time.Now(), b.found != ""
	}
	first := m.shards[0].bucket
	noted, err := first.Read(ctx, 0, believedKey)
	if err != nil {
		return false, err
	}
	before, at := "", uint64(0)
	if len(noted.Entries) == 1 {
		before, at = noted.Entries[0].Value, noted.Entries[0].Revision
	}
	switch {
	case before == name:
		b.believed = name
		return true, nil
	case before == "" && !b.replaced, time.Since(b.since) >= m.ttl:
		m.renewSoon()
		return false, m.create(ctx, first, believedKey, name, at)
	}
	return false, nil
}

// create writes an entry unless somebody else was faster. The next look finds it.
func (m *marks) create(ctx context.Context, b *bucket.Bucket, key, value string, last uint64) error {
	_, err := b.Publish(ctx, []bucket.Write{{Key: key, Value: value}},
		bucket.PublishOptions{Precondition: bucket.Precondition{Own: true, Last: last}})
	var stale *bucket.StaleError
	if errors.As(err, &stale) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", key, err)
	}
	return nil
}
