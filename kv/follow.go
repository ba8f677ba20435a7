package kv

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"
)

// Follower hears of every message whose pairs change, at least once, also across restarts: where it stands is kept in the store, under its name, from the
// first Follow on. Of all hubs that follow under one name, one does at a time; when it stops or is lost, another goes on.
//
// A follower that is behind reads, like everybody, what is in the bucket by then: values that were overwritten meanwhile fold into the newest.
type Follower struct {
	Name string // letters, digits and -

	// Hear is called for one message at a time per shard. It returns the Seq up to which it has dealt with the news; what is left comes again. If it returns
	// an error, all of it comes again after a pause.
	Hear func(ctx context.Context, news News) (through uint64, err error)

	Timeout            time.Duration // of one call of Hear; 5 s if zero
	MinPause, MaxPause time.Duration // after the first failure in a row, and after many; 100 ms and 15 s if zero
}

// News is what of a message has changed since the follower last heard of it. What it heard before may come again after a restart.
type News struct {
	Ref       Ref
	Pairs     []Pair    // in rising Seq, deletions among them; those that a clear has deleted are not
	ClearSeq  uint64    // not 0: the message was cleared at this revision, before anything in Pairs
	PurgedSeq uint64    // deletions at or below it are not listed
	Time      time.Time // when the first of it was committed
	Behind    uint64    // changes that wait behind it in this shard
}

func (f Follower) withDefaults() Follower {
	for field, value := range map[*time.Duration]time.Duration{&f.Timeout: 5 * time.Second, &f.MinPause: 100 * time.Millisecond, &f.MaxPause: 15 * time.Second} {
		if *field == 0 {
			*field = value
		}
	}
	return f
}

// Follow lets f hear of changes until ctx ends. The store's Run must be running. While the store is out of reach it tries again and again.
func (s *Store) Follow(ctx context.Context, f Follower) error {
	f = f.withDefaults()
	group, ctx := errgroup.WithContext(ctx)
	for _, sh := range s.shards {
		group.Go(func() error { return (&following{Follower: f, store: s, sh: sh}).run(ctx) })
	}
	if err := group.Wait(); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// following is a Follower in one shard.
type following struct {
	Follower
	store    *Store
	sh       *shard
	failures int // in a row
	pinned   bool
	heard    map[MessageID]uint64 // up to where, for messages that were heard of beyond the entry at hand
}

const (
	// followPoll is how long one request for the next entry waits. It keeps the server from giving our place to another hub.
	followPoll  = 5 * time.Second
	followGroup = "hub"

	// maxHeard bounds what is remembered. Who forgets hears some things twice.
	maxHeard = 100_000
)

// consumer opens the durable consumer that knows where the follower stands.
//
// One entry is delivered at a time: what is behind it waits until it was acknowledged, so order survives every retry. That alone would not keep two hubs from
// overtaking each other, because an entry that is overwritten counts as acknowledged at once, while a hub may still be busy with it; so the server serves one
// hub only, until that has not asked for longer than one round of everything takes.
func (f *following) consumer(ctx context.Context) (jetstream.Consumer, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	p := f.sh.prefix
	return f.sh.stream.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable:        f.Name,
		FilterSubjects: []string{p + "c.*.*.*.x.*", p + "c.*.*.*.c", p + "g.*.*.x.*", p + "g.*.*.c"}, // pairs and clears, no messages nor members
		DeliverPolicy:  jetstream.DeliverNewPolicy,
		AckPolicy:      jetstream.AckExplicitPolicy,
		AckWait:        f.Timeout + 2*requestTimeout,
		MaxDeliver:     -1,
		MaxAckPending:  1,
		PriorityPolicy: jetstream.PriorityPolicyPinned,
		PriorityGroups: []string{followGroup},
		PinnedTTL:      followPoll + f.Timeout + requestTimeout + 2*f.MaxPause,
	})
}

// run follows until ctx ends, with a pause after each failure.
func (f *following) run(ctx context.Context) error {
	f.heard = make(map[MessageID]uint64)
	for {
		consumer, err := f.consumer(ctx)
		for err == nil {
			err = f.next(ctx, consumer)
		}
		if ctx.Err() != nil {
			f.unpin()
			return ctx.Err()
		}
		pause := min(f.MinPause<<min(f.failures, 20), f.MaxPause)
		f.failures++
		slog.Warn("follower has to try again", "name", f.Name, "bucket", f.sh.bucket, "failures", f.failures, "pause", pause, "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(pause/2 + rand.N(pause)):
		}
	}
}

// next deals with one entry, if one comes.
func (f *following) next(ctx context.Context, consumer jetstream.Consumer) error {
	waiting, cancel := context.WithTimeout(ctx, followPoll)
	defer cancel()
	msg, err := consumer.Next(jetstream.FetchContext(waiting), jetstream.FetchPriorityGroup(followGroup))
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, jetstream.ErrPinIDMismatch):
		f.pinned = false // we were away for too long, and another hub took over
		return nil
	case errors.Is(err, nats.ErrTimeout), errors.Is(err, context.DeadlineExceeded):
		return nil
	case err != nil:
		return err
	}
	f.pinned = true
	if err := f.take(ctx, msg); err != nil {
		_ = msg.Nak() // if that gets lost, it comes again by itself
		return err
	}
	f.failures = 0
	return msg.Ack()
}

// take lets the follower hear of the message that an entry belongs to, as it is now. Everything in it below the entry was heard of already.
func (f *following) take(ctx context.Context, msg jetstream.Msg) error {
	meta, err := msg.Metadata()
	if err != nil {
		return err
	}
	key, revision := msg.Subject()[len(f.sh.prefix):], meta.Sequence.Stream
	at, err := parseKey(key)
	if err != nil {
		return nil // somebody else's; the tail has said so
	}
	id := at.ref.ID()
	if f.heard[id] >= revision {
		return nil
	}
	news := News{Ref: at.ref, Time: meta.Timestamp, Behind: meta.NumPending}
	err = f.store.Read(ctx, id, revision, func(m *Message) {
		news.PurgedSeq = m.PurgedSeq()
		from := revision
		if clear := m.ClearSeq(); clear >= revision {
			news.ClearSeq, from = clear, clear+1
		}
		news.Pairs = m.Pairs(from)
	})
	if err != nil || news.ClearSeq == 0 && len(news.Pairs) == 0 {
		return err
	}
	hearing, cancel := context.WithTimeout(ctx, f.Timeout)
	defer cancel()
	through, err := f.Hear(hearing, news)
	if err == nil {
		f.remember(id, revision, through)
	}
	return err
}

// remember notes how far the message was heard of. Only what is above the entry at hand can matter later: entries come in rising order.
func (f *following) remember(id MessageID, revision, through uint64) {
	if len(f.heard) >= maxHeard {
		for other, seq := range f.heard {
			if seq <= revision {
				delete(f.heard, other)
			}
		}
		if len(f.heard) >= maxHeard {
			clear(f.heard)
		}
	}
	if through > revision {
		f.heard[id] = through
	} else {
		delete(f.heard, id)
	}
}

// unpin gives our place to another hub at once.
func (f *following) unpin() {
	if !f.pinned {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	if err := f.sh.stream.UnpinConsumer(ctx, f.Name, followGroup); err != nil {
		slog.Warn("follower could not hand over: another hub waits until it is missed", "name", f.Name, "bucket", f.sh.bucket, "error", err)
	}
}
