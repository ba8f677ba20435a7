package kv

import (
	"context"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// shard is one bucket with what the hub runs on it.
type shard struct {
	options Options
	nc      *nats.Conn
	stream  jetstream.Stream
	bucket  string
	prefix  string // of every subject: "$KV.<bucket>."

	requests  requests
	commonAck []byte // how an acknowledgement begins that has nothing to say but the revision

	reader  *reader
	lookups *lookups
	view    *view
	tail    *tail
	sweeper *sweeper
	turns   turns

	// seen is the highest revision that this hub has committed, tailed or read. A snapshot older than that comes from a replica that lags, and would
	// take a reader back in time.
	seen atomic.Uint64
}

// bucketKey is the entry that says what the bucket is. Every snapshot asks for it too: an answer that would otherwise be empty then still says up
// to which revision it is true.
const bucketKey = "_"

// dedupWindow is how long Send recognises a message that was sent before (groups: 5 minutes, one-to-one: 2).
const dedupWindow = 5 * time.Minute

func bucketName(o Options, index int) string { return o.Bucket + "_" + strconv.Itoa(index) }

func openShard(ctx context.Context, nc *nats.Conn, js jetstream.JetStream, options Options, index int) (*shard, error) {
	sh := &shard{options: options, nc: nc, requests: requests{nc: nc, once: options.Replicas == 1}, bucket: bucketName(options, index)}
	sh.prefix = "$KV." + sh.bucket + "."
	sh.commonAck = []byte(`{"stream":"KV_` + sh.bucket + `","seq":`)
	stream, err := openStream(ctx, js, jetstream.StreamConfig{
		Name:               "KV_" + sh.bucket,
		Description:        "Exthub: messages, their pairs and groups",
		Subjects:           []string{sh.prefix + ">"},
		Storage:            jetstream.FileStorage,
		Replicas:           options.Replicas,
		MaxMsgsPerSubject:  1,
		Discard:            jetstream.DiscardNew,
		Duplicates:         dedupWindow,
		AllowDirect:        true,
		AllowAtomicPublish: true,
		AllowMsgTTL:        true,
		AllowRollup:        true,
		DenyDelete:         true,
		Metadata:           map[string]string{shardsMetadata: strconv.Itoa(options.Shards)},
	})
	if err != nil {
		return nil, err
	}
	sh.stream = stream
	if sh.reader, err = newReader(nc, sh); err != nil {
		return nil, err
	}
	sh.lookups = newLookups(sh.reader)
	sh.view = newView(sh, options.ViewBytes/options.Shards)
	sh.sweeper = newSweeper(sh)
	if _, err := sh.publish(ctx, []write{{key: bucketKey, value: strconv.Itoa(options.Shards)}}, terms{}); err != nil {
		return nil, err
	}
	info, err := stream.Info(ctx)
	if err != nil {
		return nil, err
	}
	sh.tail = newTail(sh, info)
	return sh, nil
}

// saw raises seen to revision.
func (sh *shard) saw(revision uint64) {
	for {
		old := sh.seen.Load()
		if revision <= old || sh.seen.CompareAndSwap(old, revision) {
			return
		}
	}
}
