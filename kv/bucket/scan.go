package bucket

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// scanTimeout bounds a scan. One of 100,000 entries takes a second on a machine that has time for
// it.
const scanTimeout = 4 * RequestTimeout

// scan reads what is too much or too little for one request, with a consumer that delivers the last
// entry per subject. It is no snapshot of one moment: UpTo is the revision at which the scan began,
// and writers that rest on it may be refused, while readers learn the rest from the tail.
func (b *Bucket) scan(ctx context.Context, filters []string) (Snapshot, error) {
	config := jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverLastPerSubjectPolicy}
	for _, filter := range filters {
		config.FilterSubjects = append(config.FilterSubjects, b.prefix+filter)
	}
	for wait := time.Millisecond; ; wait = min(2*wait, 200*time.Millisecond) {
		var snap Snapshot
		var err error
		snap.UpTo, err = b.walkNow(ctx, config, func(e Entry) error {
			snap.Entries = append(snap.Entries, e)
			return nil
		})
		if !errors.Is(err, errLags) {
			return snap, err
		}
		select {
		case <-ctx.Done():
			return Snapshot{}, errors.Join(ctx.Err(), err)
		case <-time.After(wait):
		}
	}
}
