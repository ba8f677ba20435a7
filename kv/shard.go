package kv

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"

	"github.com/nats-io/nats.go"

	"exthub/kv/bucket"
)

// shard is one bucket and what this hub runs on it.
type shard struct {
	options Options
	index   int
	bucket  *bucket.Bucket
	batcher *bucket.Batcher
	cache   *cache
	heads   *heads
	turns   *turns
	tail    *tail
	marks   *marks // nil if this hub is alone
	sweeper *sweeper
	closer  *closer
	locks   keyedMutex
	state   *shared[bucket.State]

	roster      *roster
	revocations revocations
	starts      atomic.Uint64 // how often the tail started anew, see sameStart
}

// sameStart returns errBegunBefore if the tail has started anew since starts was read. A write that
// began before that is decided no more. Its Seq may be of a bucket that is gone, its writer no
// member in the one that there is, and its client was told to read anew: in a new history, with
// messages of the same IDs, it would overwrite what nobody has seen.
func (sh *shard) sameStart(starts uint64) error {
	if sh.starts.Load() != starts {
		return errBegunBefore
	}
	return nil
}

func bucketName(o Options, index int) string { return o.Bucket + "_" + strconv.Itoa(index) }

func openShard(ctx context.Context, nc *nats.Conn, options Options, index int, t *turns) (*shard, error) {
	sh := &shard{options: options, index: index, turns: t, state: newShared[bucket.State]()}
	var err error
	if sh.bucket, err = bucket.Open(ctx, nc, bucket.Options{
		Name:        bucketName(options, index),
		Description: "Exthub: messages, their pairs and groups",
		Replicas:    options.Replicas,
		Shards:      options.Shards,

		WriteTimeout: options.WriteTimeout,
	}); err != nil {
		return nil, err
	}
	sh.batcher = bucket.NewBatcher(sh.bucket)
	sh.cache = newCache(sh, options.CacheBytes/options.Shards)
	sh.roster = newRoster(sh, options.CacheBytes/options.Shards)
	sh.heads = newHeads(sh)
	sh.sweeper = newSweeper(sh)
	sh.closer = newCloser(sh)
	if err := sh.indexOld(ctx); err != nil {
		sh.bucket.Close()
		return nil, fmt.Errorf("make an index: %w", err)
	}
	if err := sh.listOld(ctx); err != nil {
		sh.bucket.Close()
		return nil, fmt.Errorf("list one-to-one conversations: %w", err)
	}
	state, err := bucket.Answered(ctx, sh.bucket.State)
	if err != nil {
		sh.bucket.Close()
		return nil, err
	}
	if err := sh.revocations.load(ctx, sh.bucket, state.Last); err != nil {
		sh.bucket.Close()
		return nil, err
	}
	sh.tail = newTail(sh, state)
	return sh, nil
}
