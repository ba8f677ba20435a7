package kv

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"exthub/kv/bucket"
)

// tail follows one bucket. It hands every committed entry to the cache and, grouped into Deltas, to
// the sink, in revision order. One goroutine runs it; its other methods may be called from any.
type tail struct {
	sh      *shard
	restart int // failures in a row; owned by run and, while there is one, its consumer

	receiving  sync.Mutex   // held while something is handed out
	builder    deltaBuilder // what was received and is not handed out yet
	received   uint64       // the last revision that was received
	awaited    uint64       // the last that was received whose writer waits for every hub, see marks
	flushTimer *time.Timer  // hands out what is open for too long; nil between consumers

	applied  applied
	restarts atomic.Uint64 // of all time

	mu      sync.Mutex
	epoch   time.Time // when the stream was created: another time is another history
	alive   time.Time // when the stream was last known to be within reach
	failure error
}

const (
	// outage is how long a tail may be away before what it missed can no longer be caught up with
	// certainty: after sweepDelay, deletions that it has not seen may be swept.
	outage = sweepDelay / 2
	pulse  = 5 * time.Second // how often the tail notes that the stream is within reach

	// longestRest is how long a tail rests at most before it tries again. It costs NATS two
	// requests each time, and members hear nothing until it succeeds.
	longestRest = time.Second
)

func newTail(sh *shard, state bucket.State) *tail {
	t := &tail{sh: sh, epoch: state.Created, alive: time.Now(), failure: errors.New("not started")}
	t.applied.advance(state.Last)
	return t
}

// run tails until ctx ends. A consumer that fails or goes quiet is replaced by one that starts
// behind the last revision that was applied. Rests between failures grow, and begin anew with each
// connection to NATS.
func (t *tail) run(ctx context.Context, sink func(Delta)) error {
	defer t.applied.setRunning(false)
	connects, stop := t.sh.bucket.Connects()
	defer stop()
	for {
		err := t.consume(ctx, sink)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		t.fail(err)
		slog.Warn("tail interrupted", "bucket", t.sh.bucket.Name(), "applied", t.applied.get(), "error", err)
		wait := min(50*time.Millisecond<<min(t.restart, 10), longestRest)
		t.restart++
		t.restarts.Add(1)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-connects:
			t.restart = 0
		case <-time.After(wait/2 + rand.N(wait)):
		}
	}
}

// consume tails with one consumer until it fails.
func (t *tail) consume(ctx context.Context, sink func(Delta)) error {
	// A request that is lost is not answered: at first it is given up early. A cluster that is
	// busy gets more time.
	patience := min(bucket.RequestTimeout/4<<min(t.restart, 2), bucket.RequestTimeout)
	opening, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	consumer, err := t.sh.bucket.Consume(opening, t.applied.get()+1)
	if errors.Is(err, bucket.ErrGone) {
		// Somebody has deleted it. What it held is lost, but not what comes.
		return errors.Join(err, t.sh.bucket.Remake(opening))
	}
	if err != nil {
		return err
	}
	// Asked after the consumer was made: if the stream is replaced from now on, the consumer is
	// gone too.
	state, err := t.sh.bucket.State(opening)
	if err != nil {
		return err
	}
	if !state.Created.Equal(t.created()) || state.Last < t.applied.get() || time.Since(t.heard()) > outage {
		if err := t.reset(opening, state, sink); err != nil {
			return err
		}
		return errors.New("starting anew")
	}
	t.startReceiving(sink)
	defer t.stopReceiving()
	// Before the first entry comes: who sees that something is applied may rely on the tail, and a
	// CAS of theirs waits for it.
	t.recover()
	if err := consumer.Start(func(d bucket.Delivery) {
		t.restart = 0
		t.receive(d, sink)
	}); err != nil {
		return err
	}
	defer consumer.Stop()
	tick := time.NewTicker(pulse)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-consumer.Failed():
			return err
		case <-tick.C:
			if !t.touch() {
				return errors.New("was away for too long")
			}
		}
	}
}

// reset goes on from the end of the stream, and says that changes may have been missed. After an
// error it has to be called again: revocations that were missed would be missed for good.
func (t *tail) reset(ctx context.Context, state bucket.State, sink func(Delta)) error {
	last := state.Last
	t.sh.bucket.Forget()
	if err := t.sh.revocations.load(ctx, t.sh.bucket, last); err != nil {
		return err
	}
	slog.Warn("tail starts anew: changes may have been missed",
		"bucket", t.sh.bucket.Name(), "from", t.applied.get(), "to", last)
	t.sh.starts.Add(1) // before the cache is empty: what is loaded from now on is for new requests
	t.sh.cache.reset()
	t.sh.roster.reset()
	t.sh.heads.reset()
	// The history changes last: a mark in between would have the new one with how far the tail was
	// in the old one, and other hubs would believe that this hub has come to what it has not seen.
	t.applied.advance(last)
	t.mu.Lock()
	t.epoch, t.alive = state.Created, time.Now()
	t.mu.Unlock()
	t.sh.bucket.Saw(last)
	t.sh.closer.lookAround()
	sink(Delta{Reset: true, Revision: last})
	return nil
}

func (t *tail) created() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.epoch
}

// touch notes that the stream is within reach, and reports false if it was not for longer than
// outage: because the process was stopped, or the connection gone. What its buffers still hold does
// not count then.
func (t *tail) touch() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if time.Since(t.alive) > outage {
		return false
	}
	if t.sh.bucket.Connected() {
		t.alive = time.Now()
	}
	return true
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
	t.applied.setRunning(true)
}

func (t *tail) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failure = err
	t.applied.setRunning(false)
}

func (t *tail) healthy() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.sh.bucket.Connected() {
		return errors.New("not connected to NATS")
	}
	if t.failure != nil {
		return fmt.Errorf("tail stands at %d: %w", t.applied.get(), t.failure)
	}
	return nil
}
