package kv

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"

	"exthub/kv/bucket"
)

// Options say where a Store keeps things and how much it remembers.
type Options struct {
	Bucket        string // name of the buckets, followed by _<shard>; "exthub" if empty
	Shards        int    // how many buckets the conversations are spread over; fixed when they are made; zero: as many as there are
	NewShards     int    // how many to make if there are none and Shards is zero; 1 if zero
	Replicas      int    // copies of each bucket in the cluster; 1 if zero
	SyncAlways    bool   // the server syncs every write to the disk: several writes are then cheaper together
	MaxPairs      int    // pairs that a message holds at most, by the decisions of all who write; CAS need to know (see cas); 0 if not known
	MaxTombstones int    // deletions that a message lists at most; 300 if zero
	CacheBytes    int    // memory for messages and groups that are in use; 256 MiB if zero
	Generation    string // part of the Epoch: another one says that the same buckets have lost something; may be empty
}

func (o Options) withDefaults() Options {
	if o.Bucket == "" {
		o.Bucket = "exthub"
	}
	if o.NewShards == 0 {
		o.NewShards = 1
	}
	if o.Replicas == 0 {
		o.Replicas = 1
	}
	if o.MaxTombstones == 0 {
		o.MaxTombstones = 300
	}
	if o.CacheBytes == 0 {
		o.CacheBytes = 256 << 20
	}
	return o
}

// Store is the hub's only writer and reader of the buckets. All methods may be called concurrently; reads and writes work only while Run does.
type Store struct {
	options  Options
	counters *bucket.Counters
	shards   []*shard
}

// Open makes the buckets, or checks those that are there: it refuses a number of shards or replicas other than the one they were made with. It
// waits for JetStream to become ready until ctx ends.
func Open(ctx context.Context, nc *nats.Conn, options Options) (*Store, error) {
	options = options.withDefaults()
	if options.Shards == 0 {
		made, err := bucket.Shards(ctx, nc, bucketName(options, 0))
		if err != nil {
			return nil, fmt.Errorf("look for bucket %s: %w", bucketName(options, 0), err)
		}
		options.Shards = cmp.Or(made, options.NewShards)
	}
	s := &Store{options: options, shards: make([]*shard, options.Shards)}
	for i := range s.shards {
		var err error
		if s.shards[i], err = openShard(ctx, nc, options, i); err != nil {
			s.Close()
			return nil, fmt.Errorf("open bucket %s: %w", bucketName(options, i), err)
		}
	}
	var err error
	if s.counters, err = bucket.OpenCounters(ctx, nc, options.Bucket+"_rate", "Exthub: writes per message and minute",
		options.Replicas, 2*time.Minute); err != nil {
		s.Close()
		return nil, fmt.Errorf("open rate counters: %w", err)
	}
	return s, nil
}

// Run tails every shard and hands each committed change to sink, until ctx ends or a bucket is gone for good. sink is called once at a time per
// shard and must not block. A Delta with Reset says that changes may have been missed, and that whoever listens must read everything anew.
func (s *Store) Run(ctx context.Context, sink func(Delta)) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, shard := range s.shards {
		group.Go(func() error { return shard.tail.run(ctx, sink) })
		group.Go(func() error { return shard.sweeper.run(ctx) })
	}
	if err := group.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// Ready returns nil if every shard is being tailed and has been heard from lately, else what is wrong.
func (s *Store) Ready() error {
	for i, shard := range s.shards {
		if err := shard.tail.healthy(); err != nil {
			return fmt.Errorf("shard %d: %w", i, err)
		}
	}
	return nil
}

// Epoch names the history that revisions belong to. It changes when a bucket was deleted and made anew, and with Options.Generation: revisions from before mean
// nothing then.
func (s *Store) Epoch() string {
	var names []string
	for _, shard := range s.shards {
		names = append(names, strconv.FormatInt(shard.tail.created().UnixNano(), 36))
	}
	if s.options.Generation != "" {
		names = append(names, s.options.Generation)
	}
	return strings.Join(names, "-")
}

// Revisions returns, by the name of each bucket, the highest revision that this Store has seen committed.
func (s *Store) Revisions() map[string]uint64 {
	revisions := make(map[string]uint64, len(s.shards))
	for _, sh := range s.shards {
		revisions[sh.bucket.Name()] = sh.bucket.Seen()
	}
	return revisions
}

// Close gives back what Open took. Nothing may be in flight.
func (s *Store) Close() {
	for _, shard := range s.shards {
		if shard != nil {
			shard.bucket.Close()
		}
	}
	if s.counters != nil {
		s.counters.Close()
	}
}

// shardFor returns the shard of a message's conversation, or of a group.
func (s *Store) shardFor(r Ref) *shard {
	if len(s.shards) == 1 {
		return s.shards[0]
	}
	var room [128]byte // every request comes here, some more than once: without a string for each
	return s.shardOfName(r.appendConversation(room[:0]))
}

func (s *Store) shardOf(c Conversation) *shard { return s.shardOfName([]byte(c)) }

func (s *Store) shardOfName(conversation []byte) *shard {
	hash := fnv.New32a()
	hash.Write(conversation)
	return s.shards[hash.Sum32()%uint32(len(s.shards))]
}

// LastRevision returns the revision of the newest entry that a bucket holds, 0 if it holds none or is not there, or ErrUnavailable. It writes nothing: Open does,
// and so hides how far the bucket reached before. It has no time limit but ctx: NATS looks at every key, and there may be many millions.
func LastRevision(ctx context.Context, nc *nats.Conn, name string) (uint64, error) {
	return bucket.LastRevision(ctx, nc, name)
}
