package kv

import (
	"context"

	"github.com/nats-io/nats.go/jetstream"
)

// scan reads what is too much or too little for one request with a consumer that delivers the last entry per subject. It is no snapshot of one moment, so the
// fence of a writer may refuse it and readers learn the rest from the tail: upTo is the revision at which the scan began.
func (r *reader) scan(ctx context.Context, filters []string) (snapshot, error) {
	info, err := r.sh.stream.Info(ctx)
	if err != nil {
		return snapshot{}, err
	}
	snap := snapshot{upTo: info.State.LastSeq}
	subjects := make([]string, len(filters))
	for i, filter := range filters {
		subjects[i] = r.sh.prefix + filter
	}
	consumer, err := r.sh.stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{
		FilterSubjects: subjects, DeliverPolicy: jetstream.DeliverLastPerSubjectPolicy, InactiveThreshold: requestTimeout,
	})
	if err != nil {
		return snapshot{}, err
	}
	if cached := consumer.CachedInfo(); cached != nil && cached.NumPending == 0 {
		return snap, nil
	}
	messages, err := consumer.Messages()
	if err != nil {
		return snapshot{}, err
	}
	defer messages.Stop()
	for {
		msg, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return snapshot{}, err
		}
		meta, err := msg.Metadata()
		if err != nil {
			return snapshot{}, err
		}
		snap.entries = append(snap.entries, r.sh.newEntry(msg.Subject(), msg.Headers(), msg.Data(), meta.Sequence.Stream, meta.Timestamp))
		if meta.NumPending == 0 {
			return snap, nil
		}
	}
}
