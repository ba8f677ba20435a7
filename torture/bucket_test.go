package torture

import (
	"context"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// stream is the stream that the hubs store in.
const stream = "KV_exthub_0"

// entry is the newest entry of one key of the bucket.
type entry struct {
	subject, value string
	seq            uint64
	deleted        bool
}

// readBucket returns the newest entry of every key, read with nothing but the NATS client.
func readBucket(ctx context.Context, nc *nats.Conn) (map[string]entry, error) {
	bucket := make(map[string]entry)
	err := readStream(ctx, nc, jetstream.DeliverLastPerSubjectPolicy, func(e entry, pending uint64) bool {
		bucket[e.subject] = e
		return pending > 0
	})
	return bucket, err
}

// readStream calls take with every entry that the stream delivers, until take returns false.
func readStream(ctx context.Context, nc *nats.Conn, policy jetstream.DeliverPolicy,
	take func(e entry, pending uint64) bool) error {
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
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
		e := entry{strings.TrimPrefix(m.Subject(), prefix), string(m.Data()), meta.Sequence.Stream,
			m.Headers().Get("KV-Operation") != ""}
		if !take(e, meta.NumPending) {
			return nil
		}
	}
}
