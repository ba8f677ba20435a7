package bucket

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// DurableOptions say what a Durable delivers, and how long it waits for a hub.
type DurableOptions struct {
	Name    string
	Filters []string      // of keys
	AckWait time.Duration // how long a delivery may take
	Missing time.Duration // how long nobody asks before another hub is served
}

// Durable is a consumer that the server keeps under a name, with the entries that were dealt with.
//
// One entry is delivered at a time: those behind it wait until it is acknowledged, so order
// survives every retry. That alone would not keep two hubs from overtaking each other, because an
// overwritten entry counts as acknowledged at once, while a hub may still be busy with it. So the
// server serves one hub only, until it has not asked for longer than DurableOptions.Missing.
type Durable struct {
	b        *Bucket
	name     string
	consumer jetstream.Consumer
	pinned   bool // the server serves us
}

// pinGroup is the priority group in which the server serves one client.
const pinGroup = "hub"

// Durable opens the consumer of that name, or makes one that delivers what is written from then on.
func (b *Bucket) Durable(ctx context.Context, options DurableOptions) (*Durable, error) {
	ctx, cancel := context.WithTimeout(ctx, RequestTimeout)
	defer cancel()
	subjects := make([]string, len(options.Filters))
	for i, filter := range options.Filters {
		subjects[i] = b.prefix + filter
	}
	consumer, err := b.stream.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable:        options.Name,
		FilterSubjects: subjects,
		DeliverPolicy:  jetstream.DeliverNewPolicy,
		AckPolicy:      jetstream.AckExplicitPolicy,
		AckWait:        options.AckWait,
		MaxDeliver:     -1,
		MaxAckPending:  1,
		PriorityPolicy: jetstream.PriorityPolicyPinned,
		PriorityGroups: []string{pinGroup},
		PinnedTTL:      options.Missing,
	})
	return &Durable{b: b, name: options.Name, consumer: consumer}, err
}

// Job is a delivery that has to be acknowledged with Ack, or asked for again with Nak.
type Job struct {
	Delivery
	msg jetstream.Msg
}

// Ack says that the entry was dealt with.
func (j *Job) Ack() error { return j.msg.Ack() }

// Nak asks for the entry once more.
func (j *Job) Nak() error { return j.msg.Nak() }

// Next returns the next entry, or nil if none came in time or another hub is served. After an error
// the Durable is of no use any more.
func (d *Durable) Next(wait time.Duration) (*Job, error) {
	// No context cuts this short: the server gives our place even to a request that was given up,
	// and then takes us to be there.
	msg, err := d.consumer.Next(jetstream.FetchMaxWait(wait), jetstream.FetchPriorityGroup(pinGroup))
	switch {
	case errors.Is(err, jetstream.ErrPinIDMismatch):
		d.pinned = false // we were away for too long, and another hub took over
		return nil, nil
	case errors.Is(err, nats.ErrTimeout):
		return nil, nil
	case err != nil:
		return nil, err
	}
	d.pinned = true
	delivery, _, err := d.b.delivery(msg)
	if err != nil {
		return nil, err
	}
	return &Job{delivery, msg}, nil
}

// Release lets another hub be served at once, if this one is.
func (d *Durable) Release(ctx context.Context) error {
	if !d.pinned {
		return nil
	}
	d.pinned = false
	return d.b.stream.UnpinConsumer(ctx, d.name, pinGroup)
}

// Backlog returns how many entries a Durable has yet to deliver or to see acknowledged, or
// ErrUnavailable.
func (b *Bucket) Backlog(ctx context.Context, name string) (uint64, error) {
	consumer, err := b.stream.Consumer(ctx, name)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	info := consumer.CachedInfo()
	return info.NumPending + uint64(info.NumAckPending), nil
}
