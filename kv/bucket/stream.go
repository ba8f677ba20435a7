package bucket

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// shardsMetadata is the metadata in which each bucket's stream says how many buckets there are.
const shardsMetadata = "exthub-shards"

// Shards returns how many buckets there are by what this one says, or 0 if it is not there.
func Shards(ctx context.Context, nc *nats.Conn, name string) (int, error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return 0, err
	}
	return whenReady(ctx, func(ctx context.Context) (int, error) {
		stream, err := js.Stream(ctx, "KV_"+name)
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			return 0, nil
		}
		if err != nil {
			return 0, err
		}
		made := stream.CachedInfo().Config.Metadata[shardsMetadata]
		if n, err := strconv.Atoi(made); err == nil && n > 0 {
			return n, nil
		}
		return 0, &mismatchError{shardsMetadata, strconv.Quote(made), "a number"}
	})
}

// openStream makes the stream or checks the one that is there.
func openStream(ctx context.Context, js jetstream.JetStream, want jetstream.StreamConfig) (jetstream.Stream, error) {
	return whenReady(ctx, func(ctx context.Context) (jetstream.Stream, error) { return tryOpenStream(ctx, js, want) })
}

// whenReady calls try until it succeeds, finds a mismatch, or ctx ends: JetStream may have no
// leader yet.
func whenReady[T any](ctx context.Context, try func(context.Context) (T, error)) (T, error) {
	for {
		trying, cancel := context.WithTimeout(ctx, RequestTimeout)
		result, err := try(trying)
		cancel()
		var mismatch *mismatchError
		if err == nil || errors.As(err, &mismatch) {
			return result, err
		}
		select {
		case <-ctx.Done():
			return result, fmt.Errorf("%w (last answer: %w)", ctx.Err(), err)
		case <-time.After(250 * time.Millisecond):
		}
	}
}

// Answered calls ask until there is an answer, or ctx ends. A node that has just become part of a
// stream, or lost its leader, does not answer at all, so who waits as long as ctx allows may wait
// in vain for a minute. To ask twice must do no harm. It is for who begins: whoever compares the
// answer with what a client has seen may get that of a leader which was cut off.
func Answered[T any](ctx context.Context, ask func(context.Context) (T, error)) (T, error) {
	for {
		asking, cancel := context.WithTimeout(ctx, RequestTimeout)
		result, err := ask(asking)
		cancel()
		if err == nil || ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
			return result, err
		}
	}
}

// mismatchError says that a bucket was made with other settings.
type mismatchError struct{ setting, has, want string }

func (e *mismatchError) Error() string {
	return fmt.Sprintf("was made with %s %s, not %s: this number is fixed when the bucket is made",
		e.setting, e.has, e.want)
}

func tryOpenStream(ctx context.Context, js jetstream.JetStream, want jetstream.StreamConfig) (jetstream.Stream, error) {
	stream, err := js.Stream(ctx, want.Name)
	if err == nil {
		has := stream.CachedInfo().Config
		for key, value := range want.Metadata {
			if has.Metadata[key] != value {
				return nil, &mismatchError{key, has.Metadata[key], value}
			}
		}
		if has.Replicas != want.Replicas {
			return nil, &mismatchError{"replicas", strconv.Itoa(has.Replicas), strconv.Itoa(want.Replicas)}
		}
	} else if !errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, err
	}
	// Not CreateOrUpdateKeyValue: it would turn atomic batches off again.
	return js.CreateOrUpdateStream(ctx, want)
}
