package bucket

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// Keys calls fn with every entry that matches the filter, in rising revision, up to the newest as
// it begins. The entries have no values, so that any number of them can be walked.
func (b *Bucket) Keys(ctx context.Context, filter string, fn func(Entry) error) error {
	return b.walk(ctx, b.keysOf(filter), undeleted(fn))
}

// KeysNow is Keys of everything that was committed before the call, on whichever replica. If that
// can't be had now, the error says so.
func (b *Bucket) KeysNow(ctx context.Context, filter string, fn func(Entry) error) error {
	_, err := b.walkNow(ctx, b.keysOf(filter), undeleted(fn))
	return err
}

func (b *Bucket) keysOf(filter string) jetstream.OrderedConsumerConfig {
	return jetstream.OrderedConsumerConfig{
		FilterSubjects: []string{b.prefix + filter},
		DeliverPolicy:  jetstream.DeliverAllPolicy,
		HeadersOnly:    true,
	}
}

// undeleted returns fn for entries that are there.
func undeleted(fn func(Entry) error) func(Entry) error {
	return func(e Entry) error {
		if e.Deleted {
			return nil
		}
		return fn(e)
	}
}

// Names returns the keys that match the filter and are not deleted, in rising revision.
func (b *Bucket) Names(ctx context.Context, filter string) (keys []string, err error) {
	err = b.Keys(ctx, filter, func(e Entry) error {
		keys = append(keys, e.Key)
		return nil
	})
	return keys, err
}

// errLags says that the replica which was walked did not have all that was committed.
var errLags = errors.New("a replica lags")

// walkNow is walk of everything that was committed before the call, and returns a revision up to
// which fn has had it all. A consumer may be on a replica that lags, and takes what that has for
// all there is: so, where there are replicas, a commit is made first, which has to be seen. If it
// is not, the error is errLags, and fn may have missed something.
func (b *Bucket) walkNow(
	ctx context.Context, config jetstream.OrderedConsumerConfig, fn func(Entry) error,
) (uint64, error) {
	if b.config.Replicas == 1 {
		info, err := b.stream.Info(ctx)
		if err != nil {
			return 0, err
		}
		return info.State.LastSeq, b.walk(ctx, config, fn)
	}
	commit, err := b.Barrier(ctx)
	if err != nil {
		return 0, err
	}
	seen := uint64(0)
	config.FilterSubjects = append([]string{b.prefix + OwnKey}, config.FilterSubjects...)
	err = b.walk(ctx, config, func(e Entry) error {
		if e.Key == OwnKey {
			seen = e.Revision
			return nil
		}
		return fn(e)
	})
	if err == nil && seen < commit {
		err = fmt.Errorf("%w: it is at %d, needed is %d", errLags, seen, commit)
	}
	return commit, err
}

// walk calls fn with everything that a consumer delivers, until nothing is pending.
func (b *Bucket) walk(ctx context.Context, config jetstream.OrderedConsumerConfig, fn func(Entry) error) error {
	config.InactiveThreshold = RequestTimeout
	consumer, err := Answered(ctx, func(ctx context.Context) (jetstream.Consumer, error) {
		return b.stream.OrderedConsumer(ctx, config)
	})
	if err != nil {
		return err
	}
	if cached := consumer.CachedInfo(); cached != nil && cached.NumPending == 0 {
		return nil
	}
	messages, err := consumer.Messages()
	if err != nil {
		return err
	}
	defer messages.Stop()
	for {
		msg, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return err
		}
		meta, err := msg.Metadata()
		if err != nil {
			return err
		}
		e := b.newEntry(msg.Subject(), msg.Headers(), msg.Data(), meta.Sequence.Stream, meta.Timestamp)
		if err := fn(e); err != nil {
			return err
		}
		if meta.NumPending == 0 {
			return nil
		}
	}
}
