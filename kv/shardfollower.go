package kv

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"exthub/kv/bucket"
)

// shardFollower is a Follower in one shard.
type shardFollower struct {
	Follower
	store    *Store
	sh       *shard
	failures int            // in a row
	heard    map[Ref]uint64 // up to which Seq, where that is beyond the present entry
}

const (
	// followPoll is how long one request for the next entry waits, and how long a stop takes at
	// most.
	followPoll = 500 * time.Millisecond

	// maxHeard bounds what is remembered. After forgetting, some news come twice.
	maxHeard = 100_000
)

// open opens the durable consumer that keeps the Follower's place. Another hub is served once this
// one has not asked for longer than one round of everything takes.
func (f *shardFollower) open(ctx context.Context) (*bucket.Durable, error) {
	return f.sh.bucket.Durable(ctx, bucket.DurableOptions{
		Name: f.Name,
		// Pairs, clears and closes
		Filters: []string{
			"c.*.*.*.x.*", "c.*.*.*.c", "c.*.*.*." + closeSuffix, "g.*.*.x.*", "g.*.*.c", "g.*.*." + closeSuffix,
		},
		AckWait: f.Timeout + 2*bucket.RequestTimeout,
		Missing: followPoll + f.Timeout + bucket.RequestTimeout + 2*f.MaxPause,
	})
}

// run follows until ctx ends, with a pause after each failure.
func (f *shardFollower) run(ctx context.Context) {
	for ctx.Err() == nil {
		clear(f.heard) // the bucket may be another one by now, with revisions that start over
		durable, err := f.open(ctx)
		for err == nil {
			err = f.next(ctx, durable)
		}
		f.release(durable) // to the server our next consumer is another client
		f.pause(ctx, err)
	}
}

// pause waits after a failure, longer after several in a row.
func (f *shardFollower) pause(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	pause := min(f.MinPause<<min(f.failures, 20), f.MaxPause)
	f.failures++
	slog.Warn("follower has to try again", "name", f.Name, "bucket", f.sh.bucket.Name(),
		"failures", f.failures, "pause", pause, "error", err)
	select {
	case <-ctx.Done():
	case <-time.After(pause/2 + rand.N(pause)):
	}
}

// next deals with one entry, if one comes. After an error the consumer is of no use any more.
func (f *shardFollower) next(ctx context.Context, durable *bucket.Durable) error {
	job, err := durable.Next(followPoll)
	if err != nil {
		return err
	}
	if job == nil {
		return ctx.Err()
	}
	if err := f.handle(ctx, job.Entry); err != nil {
		if err := job.Nak(); err != nil {
			return err
		}
		f.pause(ctx, err)
		return ctx.Err()
	}
	f.failures = 0
	return errors.Join(job.Ack(), ctx.Err())
}

// handle lets the Follower hear of an entry's message, as it is now. It has heard of everything
// below the entry.
func (f *shardFollower) handle(ctx context.Context, e bucket.Entry) error {
	at, err := parseKey(e.Key)
	if err != nil {
		return nil // not ours, as the tail has logged
	}
	revision := e.Revision
	if f.heard[at.ref] >= revision {
		return nil
	}
	news := News{Ref: at.ref, Time: e.Time}
	err = f.store.Read(ctx, at.ref, revision, func(m *Message) {
		record := m.Record()
		if record == nil {
			return // it has expired, and with it the rules that may hide what is left of it
		}
		news.PurgedSeq = m.PurgedSeq()
		from := revision
		if clear := m.ClearSeq(); clear >= revision {
			news.ClearSeq, from = clear, clear+1
		}
		news.Recalled = record.Recalled
		news.Pairs = m.Pairs(from)
		if m.ClosedSeq() >= revision {
			news.ClosedSeq = m.ClosedSeq()
		}
		if record.Rules != nil {
			news.Poll = &Poll{record, m.Summary()}
		}
	})
	if errors.Is(err, errUnreadable) {
		// Whatever came behind it would wait for ever
		slog.Warn("follower passes by a message", "name", f.Name, "bucket", f.sh.bucket.Name(), "error", err)
		return nil
	}
	if err != nil || news.ClearSeq == 0 && news.ClosedSeq == 0 && len(news.Pairs) == 0 {
		return err
	}
	hearing, cancel := context.WithTimeout(ctx, f.Timeout)
	defer cancel()
	through, err := f.Hear(hearing, news)
	if err == nil {
		f.remember(at.ref, revision, through)
	}
	return err
}

// remember notes up to where the Follower has heard of a message. Entries come in rising order, so
// only what is above the present one matters later.
func (f *shardFollower) remember(ref Ref, revision, through uint64) {
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
		f.heard[ref] = through
	} else {
		delete(f.heard, ref)
	}
}

// release lets another hub be served at once.
func (f *shardFollower) release(durable *bucket.Durable) {
	ctx, cancel := context.WithTimeout(context.Background(), bucket.RequestTimeout)
	defer cancel()
	if err := durable.Release(ctx); err != nil {
		slog.Warn("follower could not hand over: another hub waits until it is missed",
			"name", f.Name, "bucket", f.sh.bucket.Name(), "error", err)
	}
}
