package bucket

import (
	"context"

	"github.com/nats-io/nats.go/jetstream"
)

// scanTimeout bounds a scan. One of 100,000 entries takes a second on a machine that has time for
// it.
const scanTimeout = 4 * RequestTimeout

// scan reads what is too much or too little for one request, with a consumer that delivers the last
// entry per subject. It is no snapshot of one moment: UpTo is the revision at which the scan began,
// and writers that rest on it may be refused, while readers learn the rest from the tail.
func (b *Bucket) scan(ctx context.Context, filters []string) (Snapshot, error) {
	info, err := answered(ctx, b.info)
	if err != nil {
		return Snapshot{}, err
	}
	snap := Snapshot{UpTo: info.State.LastSeq}
	subjects := make([]string, len(filters))
	for i, filter := range filters {
		subjects[i] = b.prefix + filter
	}
	err = b.walk(ctx, jetstream.OrderedConsumerConfig{
		FilterSubjects: subjects,
		DeliverPolicy:  jetstream.DeliverLastPerSubjectPolicy,
	}, func(e Entry) error {
		snap.Entries = append(snap.Entries, e)
		return nil
	})
	return snap, err
}
