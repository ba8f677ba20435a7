package kv

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"

	"exthub/kv/bucket"
	"exthub/kv/lazycontext"
)

// Options say where a Store keeps things and how much it remembers.
type Options struct {
	// Bucket is the name of the buckets, followed by _<shard>; "exthub" if empty.
	Bucket string
	// Shards is how many buckets the conversations are spread over, which is fixed when they are
	// made. If it is zero, it is as many as there are, or NewShards if there are none.
	Shards int
	// NewShards is how many buckets are made if there are none and Shards is zero; 1 if zero.
	NewShards int
	// Replicas is how many copies of each bucket there are in the cluster; 1 if zero.
	Replicas int
	// SyncAlways says that the server syncs every write to the disk, so that several writes are
	// cheaper together.
	SyncAlways bool
	// MaxPairs is how many pairs a message holds at most, by the decisions of all writers. It must
	// be known for compare-and-swap; 0 if it is not.
	MaxPairs int
	// MaxTombstones is how many deletions a message lists at most; 300 if zero.
	MaxTombstones int
	// ShortcutFrom is how many pairs a message has at least before a commit tries the condition
	// that nothing at all has changed in the bucket, see bucket.Shortcut; 64 if zero. NATS walks
	// 300 subjects in the time that a try in vain takes, but most tries that would be in vain are
	// not made, see mayHold there.
	ShortcutFrom int
	// CacheBytes is the memory for messages and groups that are in use; 256 MiB if zero. The list
	// of who is in which group takes up to an eighth of that besides.
	CacheBytes int
	// Alone says that no other hub uses these buckets, so that nothing has to be agreed on.
	Alone bool
	// HubTTL is how long a hub that is lost holds up what has to be true on every hub, in whole
	// seconds; 3 s if zero.
	HubTTL time.Duration
	// WriteTimeout bounds every write; 8 s if zero. What is not committed by then gets
	// ErrUnavailable or ErrUnknown.
	WriteTimeout time.Duration
	// IdleProbe is after how long without news a bucket is written to, to see whether that works:
	// without quorum, buckets can be read and tailed. If it is zero, only after a write has failed.
	IdleProbe time.Duration
	// Generation is a part of the Epoch. Another one says that these buckets have lost something.
	Generation string
	// Kept is, by bucket name, up to which revision everything is as it was in former Generations.
	Kept map[string]uint64

	// ttlSlack is how much longer than a message that lives what means nothing without it; a minute
	// if zero.
	ttlSlack time.Duration
}

func (o Options) withDefaults() Options {
	o.Bucket = cmp.Or(o.Bucket, "exthub")
	o.NewShards = cmp.Or(o.NewShards, 1)
	o.Replicas = cmp.Or(o.Replicas, 1)
	o.MaxTombstones = cmp.Or(o.MaxTombstones, 300)
	o.ShortcutFrom = cmp.Or(o.ShortcutFrom, 64)
	o.ttlSlack = cmp.Or(o.ttlSlack, time.Minute)
	o.CacheBytes = cmp.Or(o.CacheBytes, 256<<20)
	o.HubTTL = cmp.Or(o.HubTTL, defaultHubTTL)
	o.WriteTimeout = cmp.Or(o.WriteTimeout, 2*bucket.RequestTimeout)
	return o
}

// Store is a hub's only writer and reader of the buckets. All methods may be called concurrently;
// reads and writes work only while Run does.
type Store struct {
	options  Options
	counters *bucket.Counters
	shards   []*shard
	turns    *turns
	marks    *marks // nil if this hub is alone
}

// maxReads is how many objects and pages are read from the buckets at a time. The largest, a group
// of many members, has a few MB.
const maxReads = 32

// Open makes the buckets, or checks those that are there: it refuses another number of shards or
// replicas than they were made with. It waits until ctx ends for JetStream to become ready. Buckets
// from before there was an index of one-to-one conversations get one, which takes a second for
// about 80,000 messages; no hub of the former version may run any more.
func Open(ctx context.Context, nc *nats.Conn, options Options) (*Store, error) {
	options = options.withDefaults()
	if options.Shards == 0 {
		made, err := bucket.Shards(ctx, nc, bucketName(options, 0))
		if err != nil {
			return nil, fmt.Errorf("look for bucket %s: %w", bucketName(options, 0), err)
		}
		options.Shards = cmp.Or(made, options.NewShards)
	}
	s := &Store{options: options, shards: make([]*shard, options.Shards), turns: newTurns(maxReads)}
	for i := range s.shards {
		var err error
		if s.shards[i], err = openShard(ctx, nc, options, i, s.turns); err != nil {
			s.Close()
			return nil, fmt.Errorf("open bucket %s: %w", bucketName(options, i), err)
		}
	}
	var err error
	if s.counters, err = bucket.OpenCounters(ctx, nc, bucket.CounterOptions{
		Name:        options.Bucket + "_rate",
		Description: "Exthub: sets per message, user and minute",
		Replicas:    options.Replicas,
		MaxAge:      2 * time.Minute,
	}); err != nil {
		s.Close()
		return nil, fmt.Errorf("open rate counters: %w", err)
	}
	if options.Alone {
		return s, nil
	}
	if s.marks, err = openMarks(ctx, nc, options, s.shards); err != nil {
		s.Close()
		return nil, fmt.Errorf("open the marks of the hubs: %w", err)
	}
	for _, sh := range s.shards {
		sh.marks = s.marks
	}
	return s, nil
}

// Run tails every shard and hands each committed change to sink, until ctx ends or a bucket is gone
// for good. A Delta with Reset says that changes may have been missed, and that everything has to
// be read anew.
//
// sink is called for one change at a time per shard, and for several shards at once. The cache has
// the change by then. Until sink returns, the shard's tail stands still: it hands out nothing more,
// and what waits for its revision waits for sink. That is every Update that is a compare-and-swap
// or has a Stored, every Read of a revision that is not applied yet, every Groups and KnownGroups,
// and a Follower's next news. So sink may take as long as an acknowledgement may, and must call
// none of these. The lock of the shard's tail is held meanwhile, and no other.
func (s *Store) Run(ctx context.Context, sink func(Delta)) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, shard := range s.shards {
		group.Go(func() error { return shard.tail.run(ctx, sink) })
		group.Go(func() error { return shard.sweeper.run(ctx) })
		group.Go(func() error { return shard.closer.run(ctx) })
		group.Go(func() error { return shard.roster.run(ctx) })
		group.Go(func() error { return newProbe(shard).run(ctx) })
	}
	if s.marks != nil {
		group.Go(func() error { return s.marks.run(ctx) })
		group.Go(func() error { return s.marks.tell(ctx) })
	}
	if err := group.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// Check returns nil while this hub knows everything that was acknowledged about groups and users on
// any hub, otherwise ErrUnavailable or ctx's error: it may decide nothing then. ReadGroup,
// UpdateGroup and RevokedUpTo check that themselves. A hub that was just started is waited for.
func (s *Store) Check(ctx context.Context) error { return s.marks.check(ctx) }

// Ready returns nil if every shard is tailed and was within reach lately, and Check succeeds,
// otherwise what is wrong.
func (s *Store) Ready() error {
	for i, shard := range s.shards {
		if err := shard.tail.healthy(); err != nil {
			return fmt.Errorf("shard %d: %w", i, err)
		}
	}
	return s.marks.ready()
}

// Writable returns nil if every shard can be written to, as far as that is known: whenever the last
// write to one did not go through, Run writes to it every second until one does.
func (s *Store) Writable() error {
	for i, shard := range s.shards {
		if err := shard.bucket.Writable(); err != nil {
			return fmt.Errorf("shard %d: %w", i, err)
		}
	}
	return nil
}

// Writing returns a context that ends after Options.WriteTimeout, or earlier with ctx. It is for
// callers that read and count before they write: all of it takes no longer then. Its Stop has to be
// called.
func (s *Store) Writing(ctx context.Context) *lazycontext.Context {
	writing := lazycontext.New(ctx, s.options.WriteTimeout)
	return &writing
}

// Epoch names the history that revisions belong to. It changes when a bucket was deleted and made
// anew, and with Options.Generation; revisions from before mean nothing then.
func (s *Store) Epoch() string {
	b := make([]byte, 0, 64)
	for i, shard := range s.shards {
		if i > 0 {
			b = append(b, '-')
		}
		b = strconv.AppendInt(b, shard.tail.created().UnixNano(), 36)
	}
	if s.options.Generation != "" {
		b = append(append(b, '-'), s.options.Generation...)
	}
	return string(b)
}

// Revisions returns the highest revision that this Store has seen committed, by bucket name.
func (s *Store) Revisions() map[string]uint64 {
	revisions := make(map[string]uint64, len(s.shards))
	for _, sh := range s.shards {
		revisions[sh.bucket.Name()] = sh.bucket.Seen()
	}
	return revisions
}

// Anchor returns for each bucket a revision that its newest entry never falls behind, whatever
// expires: LastRevision tells from now on whether the end of the bucket is missing. Where entries
// expire it costs a write. After an error nothing is known.
func (s *Store) Anchor(ctx context.Context) (map[string]uint64, error) {
	revisions := make(map[string]uint64, len(s.shards))
	for _, sh := range s.shards {
		revision, err := sh.bucket.Anchor(ctx)
		if err != nil {
			return nil, err
		}
		revisions[sh.bucket.Name()] = revision
	}
	return revisions, nil
}

// Close releases what Open took. Nothing may be in flight.
func (s *Store) Close() {
	for _, shard := range s.shards {
		if shard != nil {
			shard.bucket.Close()
		}
	}
	if s.counters != nil {
		s.counters.Close()
	}
	if s.marks != nil {
		s.marks.close()
	}
}

// shardFor returns the shard of a message's conversation, or of a group.
func (s *Store) shardFor(r Ref) *shard {
	if len(s.shards) == 1 {
		return s.shards[0]
	}
	var room keyRoom
	return s.shardOfName(r.appendConversation(room[:0]))
}

func (s *Store) shardOf(c Conversation) *shard { return s.shardOfName([]byte(c)) }

func (s *Store) shardOfName(conversation []byte) *shard {
	hash := fnv.New32a()
	hash.Write(conversation)
	return s.shards[hash.Sum32()%uint32(len(s.shards))]
}

// LastRevision returns the revision of the newest entry that a bucket holds, 0 if it holds none or
// is not there, or ErrUnavailable. It writes nothing, while Open does and so hides how far the
// bucket reached before. It has no time limit but ctx: NATS looks at every key, and there may be
// many millions.
func LastRevision(ctx context.Context, nc *nats.Conn, name string) (uint64, error) {
	return bucket.LastRevision(ctx, nc, name)
}
