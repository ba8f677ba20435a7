package kv

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// tail follows one bucket: it hands every committed entry to the view and, grouped into Deltas, to the sink, in revision order and without
// blocking on either. One goroutine runs it; wait and healthy may be called from any.
type tail struct {
	sh      *shard
	restart int // failures in a row; this and group are owned by run and, while there is one, its consumer
	group   deltas

	mu       sync.Mutex
	epoch    time.Time // when the stream was created: another time is another history
	position uint64
	waiters  map[chan struct{}]uint64
	alive    time.Time // when the consumer was last heard from
	failure  error
}

const (
	tailHeartbeat = 500 * time.Millisecond // two missing ones end a consumer: that is how fast a lost leader is noticed
	// outage is how long a tail may hear nothing before what it missed can't be caught up with certainty: markers that it has not seen may be
	// swept (sweepDelay) by then.
	outage = sweepDelay / 2
)

func newTail(sh *shard, info *jetstream.StreamInfo) *tail {
	return &tail{
		sh: sh, epoch: info.Created, position: info.State.LastSeq, alive: time.Now(),
		waiters: make(map[chan struct{}]uint64), failure: errors.New("not started"),
	}
}

// run tails until ctx ends. A consumer that fails or goes quiet is replaced by one that starts behind the last entry that was seen.
func (t *tail) run(ctx context.Context, sink func(Delta)) error {
	for {
		err := t.follow(ctx, sink)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		t.fail(err)
		slog.Warn("tail interrupted", "bucket", t.sh.bucket, "position", t.position, "error", err)
		wait := min(50*time.Millisecond<<min(t.restart, 10), 15*time.Second)
		t.restart++
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait/2 + rand.N(wait)):
		}
	}
}

// follow tails with one consumer until it fails.
func (t *tail) follow(ctx context.Context, sink func(Delta)) error {
	opening, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	// Not the client's ordered consumer: it repairs itself without looking whether the stream is still the same one.
	consumer, err := t.sh.stream.CreateConsumer(opening, jetstream.ConsumerConfig{
		FilterSubject: t.sh.prefix + ">", DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: t.position + 1,
		AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true, Replicas: 1, InactiveThreshold: time.Minute,
	})
	if err != nil {
		return err
	}
	// Asked after the consumer was made: a stream that is replaced from now on takes the consumer with it.
	info, err := t.sh.stream.Info(opening)
	if err != nil {
		return err
	}
	if !info.Created.Equal(t.epoch) || info.State.LastSeq < t.position || time.Since(t.heard()) > outage {
		t.reset(info, sink)
		return errors.New("starting anew")
	}
	t.group = deltas{}                    // what was open comes again
	delivered, broken := uint64(0), false // owned by the consumer's goroutine
	failed := make(chan error, 1)
	fail := func(err error) {
		select {
		case failed <- err:
		default: // the first is why
		}
	}
	running, err := consumer.Consume(func(msg jetstream.Msg) {
		meta, err := msg.Metadata()
		if delivered++; err == nil && meta.Sequence.Consumer != delivered {
			err = fmt.Errorf("delivery %d came as %d", delivered, meta.Sequence.Consumer)
		}
		if broken = broken || err != nil; broken {
			fail(err)
			return
		}
		t.restart = 0
		t.take(msg, meta, sink)
	}, jetstream.PullHeartbeat(tailHeartbeat), jetstream.PullExpiry(60*tailHeartbeat), jetstream.PullMaxMessages(4096),
		jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) { fail(err) }))
	if err != nil {
		return err
	}
	t.recover()
	defer func() {
		running.Stop()
		<-running.Closed()
	}()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-failed:
		return err
	}
}

func (t *tail) take(msg jetstream.Msg, meta *jetstream.MsgMetadata, sink func(Delta)) {
	e := t.sh.newEntry(msg.Subject(), msg.Headers(), msg.Data(), meta.Sequence.Stream, meta.Timestamp)
	key, err := parseKey(e.key)
	switch {
	case err != nil:
		// Somebody else wrote into the bucket. It concerns no message; say it and go on.
		slog.Warn("key that is not ours", "bucket", t.sh.bucket, "key", e.key, "error", err)
	case key.unit != "":
		t.sh.view.tailed(key.unit, e)
		t.group.add(key, e, msg.Headers(), sink)
	}
	if meta.NumPending == 0 {
		t.group.flush(sink)
	}
	t.sh.saw(meta.Sequence.Stream)
	if t.group.open == nil {
		t.advance(meta.Sequence.Stream)
	}
}

// reset tells everybody that changes may have been missed, and goes on from the end of the stream.
func (t *tail) reset(info *jetstream.StreamInfo, sink func(Delta)) {
	position := info.State.LastSeq
	slog.Warn("tail starts anew: changes may have been missed", "bucket", t.sh.bucket, "from", t.position, "to", position)
	t.sh.seen.Store(0)
	t.sh.view.reset()
	t.mu.Lock()
	t.epoch, t.position, t.alive = info.Created, position, time.Now()
	t.mu.Unlock()
	t.sh.saw(position)
	sink(Delta{Reset: true, Revision: position})
}

// advance says that everything up to position has been handed out.
func (t *tail) advance(position uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.position, t.alive = position, time.Now()
	for ch, revision := range t.waiters {
		if revision <= position {
			close(ch)
			delete(t.waiters, ch)
		}
	}
}

// wait returns nil when everything up to revision has been tailed, or ctx's error.
func (t *tail) wait(ctx context.Context, revision uint64) error {
	t.mu.Lock()
	if t.position >= revision {
		t.mu.Unlock()
		return nil
	}
	ch := make(chan struct{})
	t.waiters[ch] = revision
	t.mu.Unlock()
	select {
	case <-ch:
		return nil
	case <-ctx.Done():
		t.mu.Lock()
		delete(t.waiters, ch)
		t.mu.Unlock()
		return ctx.Err()
	}
}

func (t *tail) created() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.epoch
}

func (t *tail) heard() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.alive
}

func (t *tail) recover() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failure, t.alive = nil, time.Now()
}

func (t *tail) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failure = err
}

func (t *tail) healthy() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failure != nil {
		return fmt.Errorf("tail stands at %d: %w", t.position, t.failure)
	}
	return nil
}
