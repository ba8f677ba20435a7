package bucket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Options say which bucket to open.
type Options struct {
	Name        string
	Description string
	Replicas    int  // copies in the cluster
	Shards      int  // how many buckets there are of this kind, noted in each
	Memory      bool // kept in memory: what it holds is gone when the servers restart

	WriteTimeout time.Duration // of one Publish; 2*RequestTimeout if zero
}

// Bucket is one KV bucket: a stream whose subjects are keys.
type Bucket struct {
	nc     *nats.Conn
	js     jetstream.JetStream
	config jetstream.StreamConfig
	stream jetstream.Stream
	name   string
	prefix string // of every subject: "$KV.<name>."

	requests  requests
	commonAck []byte // how an acknowledgement begins that says only the revision

	writeTimeout time.Duration
	writing      atomic.Int32          // how many writes are on their way
	trouble      atomic.Pointer[error] // of the last write, if it did not go through
	split        split
	chains       chains
	reader       *reader

	clock    clock
	expiring atomic.Bool // entries with a TTL were written or tailed here

	// seen is the highest revision that this hub has committed, tailed or read. A snapshot older
	// than that comes from a replica that lags, and would take a reader back in time.
	seen atomic.Uint64
}

// RequestTimeout bounds one request to NATS. It is longer than a leader election takes.
const RequestTimeout = 4 * time.Second

// OwnKey is the key of the entry that says what the bucket is. Every snapshot asks for it too: an
// answer that would otherwise be empty then still says up to which revision it is true.
const OwnKey = "_"

// DedupWindow is how long the server remembers a DedupID.
const DedupWindow = 5 * time.Minute

// Open makes the bucket, or checks the one that is there.
func Open(ctx context.Context, nc *nats.Conn, options Options) (*Bucket, error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, err
	}
	b := &Bucket{
		nc: nc, js: js, requests: requests{nc: nc, once: options.Replicas == 1}, name: options.Name,
		writeTimeout: cmp.Or(options.WriteTimeout, 2*RequestTimeout),
	}
	b.chains.ids = newIDs()
	b.prefix = "$KV." + b.name + "."
	b.commonAck = []byte(`{"stream":"KV_` + b.name + `","seq":`)
	storage := jetstream.FileStorage
	if options.Memory {
		storage = jetstream.MemoryStorage
	}
	b.config = jetstream.StreamConfig{
		Name:              "KV_" + b.name,
		Description:       options.Description,
		Subjects:          []string{b.prefix + ">"},
		Storage:           storage,
		Replicas:          options.Replicas,
		MaxMsgsPerSubject: 1,
		// The same as DiscardNew where nothing limits the stream, and schedules are refused with
		// that.
		Discard:            jetstream.DiscardOld,
		Duplicates:         DedupWindow,
		AllowDirect:        true,
		AllowAtomicPublish: true,
		AllowMsgTTL:        true,
		AllowMsgSchedules:  true,
		AllowRollup:        true,
		DenyDelete:         true,
		Metadata:           map[string]string{shardsMetadata: strconv.Itoa(options.Shards)},
	}
	if b.stream, err = openStream(ctx, js, b.config); err != nil {
		return nil, err
	}
	if b.reader, err = newReader(nc, b); err != nil {
		return nil, err
	}
	if err := b.begin(ctx); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// begin makes a first commit. While a new stream has no leader there is nobody to send it to, or to
// answer: that may take longer than a write has time, and is no reason to give up before ctx ends.
func (b *Bucket) begin(ctx context.Context) error {
	for {
		_, err := b.Barrier(ctx)
		if !errors.Is(err, errNotSent) && !errors.Is(err, ErrUnknown) || ctx.Err() != nil {
			return err
		}
	}
}

// Remake makes the bucket anew if it is gone: deleted, or lost with the memory of the servers that
// it was in. Its revisions begin at 1 then.
func (b *Bucket) Remake(ctx context.Context) error {
	if _, err := openStream(ctx, b.js, b.config); err != nil {
		return err
	}
	_, err := b.Barrier(ctx)
	return err
}

// Barrier writes the bucket's own entry and returns its revision, which is above that of everything
// that was committed before the call. It is a commit itself: a leader that has lost its place and
// does not know yet can't answer it, as it can a question.
func (b *Bucket) Barrier(ctx context.Context) (uint64, error) {
	own := Write{Key: OwnKey, Value: b.config.Metadata[shardsMetadata]}
	return b.Publish(ctx, []Write{own}, PublishOptions{})
}

// Anchor returns a revision that the bucket reaches from now on, whatever expires: the newest entry
// that it holds is not older. If entries with a TTL were written it writes its own entry anew.
func (b *Bucket) Anchor(ctx context.Context) (uint64, error) {
	if !b.expiring.Load() {
		return b.Seen(), nil
	}
	return b.Barrier(ctx)
}

// Close releases what Open took. Nothing may be in flight.
func (b *Bucket) Close() {
	b.requests.close()
	b.reader.close()
}

// Name returns the bucket's name.
func (b *Bucket) Name() string { return b.name }

// Prefix returns what stands before the key in every subject.
func (b *Bucket) Prefix() string { return b.prefix }

// State is how far a bucket has come.
type State struct {
	Created time.Time // another time is another history
	Last    uint64    // the last revision that was committed
}

// State returns how far the bucket has come, or ErrUnavailable. It asks once: a leader that was cut
// off answers, the moment that it is back, what is then asked of it again and again.
func (b *Bucket) State(ctx context.Context) (State, error) {
	info, err := b.stream.Info(ctx)
	if err != nil {
		return State{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	b.clock.saw(info.TimeStamp)
	return State{info.Created, info.State.LastSeq}, nil
}

// Connects returns a channel that receives when the connection to NATS was made anew, and what ends
// that.
func (b *Bucket) Connects() (<-chan nats.Status, func()) {
	connected := b.nc.StatusChanged(nats.CONNECTED)
	return connected, func() { b.nc.RemoveStatusListener(connected) }
}

// Reconnect leaves the node that the connection goes to for another one, and reports whether there
// is one that could be tried.
func (b *Bucket) Reconnect() bool {
	return b.nc.IsConnected() && len(b.nc.Servers()) > 1 && b.nc.ForceReconnect() == nil
}

// Connected reports whether there is a connection to NATS.
func (b *Bucket) Connected() bool { return b.nc.IsConnected() }

// Seen returns the highest revision that was committed, tailed or read here.
func (b *Bucket) Seen() uint64 { return b.seen.Load() }

// Saw raises Seen to revision.
func (b *Bucket) Saw(revision uint64) {
	for {
		old := b.seen.Load()
		if revision <= old || b.seen.CompareAndSwap(old, revision) {
			return
		}
	}
}

// Forget makes Seen 0: what was seen was another history.
func (b *Bucket) Forget() { b.seen.Store(0) }
