package torture

import (
	"context"
	"slices"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// streams are those that the hubs store in: one for each bucket over which the conversations are
// spread.
var streams = [...]string{"KV_exthub_0", "KV_exthub_1"}

// groupIn has for each bucket a group that is in it.
var groupIn = [len(streams)]string{"yard", "arena"}

// bucketOf returns the index of the bucket that a message of one of these groups is in.
func bucketOf(message string) int {
	return slices.IndexFunc(groupIn[:], func(group string) bool { return strings.HasPrefix(message, "g."+group+".") })
}

// entry is the newest entry of one key of the bucket.
type entry struct {
	subject, value string
	bucket         int
	seq            uint64
	deleted        bool
}

// readBuckets returns the newest entry of every key of all buckets, read with nothing but the NATS
// client. What each bucket has of its own is there once.
func readBuckets(ctx context.Context, nc *nats.Conn) (map[string]entry, error) {
	all := make(map[string]entry)
	for i := range streams {
		if err := readStream(ctx, nc, i, jetstream.DeliverLastPerSubjectPolicy, func(e entry, pending uint64) bool {
			all[e.subject] = e
			return pending > 0
		}); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// readStream calls take with every entry that a bucket's stream delivers, until take returns false.
func readStream(ctx context.Context, nc *nats.Conn, bucket int, policy jetstream.DeliverPolicy,
	take func(e entry, pending uint64) bool) error {
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	stream := streams[bucket]
	prefix := "$KV." + strings.TrimPrefix(stream, "KV_") + "."
	opening, cancel := context.WithTimeout(ctx, testTimeout/2)
	defer cancel()
	consumer, err := js.OrderedConsumer(opening, stream,
		jetstream.OrderedConsumerConfig{FilterSubjects: []string{prefix + ">"}, DeliverPolicy: policy})
	if err != nil {
		return err
	}
	messages, err := consumer.Messages()
	if err != nil {
		return err
	}
	defer messages.Stop()
	for {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return err
		}
		meta, err := m.Metadata()
		if err != nil {
			return err
		}
		e := entry{strings.TrimPrefix(m.Subject(), prefix), string(m.Data()), bucket, meta.Sequence.Stream,
			m.Headers().Get("KV-Operation") != ""}
		if !take(e, meta.NumPending) {
			return nil
		}
	}
}
