package bucket

import (
	"context"

	"github.com/nats-io/nats.go/jetstream"
)

// scan reads what is too much or too little for one request, with a consumer that delivers the last
// entry per subject. It is no snapshot of one moment: UpTo is the revision at which the scan began,
// and writers that rest on it may be refused, while readers learn the rest from the tail.
func (b *Bucket) scan(ctx context.Context, filters []string) (Snapshot, error) {
	info, err := b.stream.Info(ctx)
	if err != nil {
		return Snapshot{}, err
	}
	snap := Snapshot{UpTo: info.State.LastSeq}
	subjects := make([]string, len(filters))
	for i, filter := range filters {
		subjects[i] = b.prefix + filter
	}
	consumer, err := b.stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{
		FilterSubjects:    subjects,
		DeliverPolicy:     jetstream.DeliverLastPerSubjectPolicy,
		InactiveThreshold: RequestTimeout,
	})
	if err != nil {
		return Snapshot{}, err
	}
	if cached := consumer.CachedInfo(); cached != nil && cached.NumPending == 0 {
		return snap, nil
	}
	messages, err := consumer.Messages()
	if err != nil {
		return Snapshot{}, err
	}
	defer messages.Stop()
	for {
		msg, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return Snapshot{}, err
		}
		meta, err := msg.Metadata()
		if err != nil {
			return Snapshot{}, err
		}
		e := b.newEntry(msg.Subject(), msg.Headers(), msg.Data(), meta.Sequence.Stream, meta.Timestamp)
		snap.Entries = append(snap.Entries, e)
		if meta.NumPending == 0 {
			return snap, nil
		}
	}
}
