package bucket

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Delivery is an entry as a consumer hands it out.
type Delivery struct {
	Entry
	Origin   string // see PublishOptions
	Batch    string // the atomic batch that it was committed in; empty if it was committed alone
	EndBatch bool   // it is the last of its batch
	More     bool   // see Write
	Pending  uint64 // how many entries the server says come behind it
}

func (b *Bucket) delivery(msg jetstream.Msg) (Delivery, *jetstream.MsgMetadata, error) {
	meta, err := msg.Metadata()
	if err != nil {
		return Delivery{}, nil, err
	}
	header := msg.Headers()
	d := Delivery{
		Entry:   b.newEntry(msg.Subject(), header, msg.Data(), meta.Sequence.Stream, meta.Timestamp),
		Pending: meta.NumPending,
	}
	b.clock.saw(meta.Timestamp)
	if len(header) > 0 {
		if header.Get(ttlHeader) != "" {
			b.expiring.Store(true)
		}
		d.Origin, d.More = header.Get(originHeader), header.Get(moreHeader) != ""
		// What the server wrote on a schedule has the headers of that, also those of its batch.
		if header.Get(schedulerHeader) == "" {
			d.Batch, d.EndBatch = header.Get(batchHeader), header.Get(batchCommitHeader) != ""
		}
	}
	return d, meta, nil
}

// Consumer delivers every entry from a revision on, in order, until it fails. It does not repair
// itself: the caller has to look first whether the stream is still the same one.
type Consumer struct {
	b        *Bucket
	consumer jetstream.Consumer
	running  jetstream.ConsumeContext
	failed   chan error
}

// heartbeat is how often the server says that it is there. Two missing ones end a consumer, so a
// lost leader is noticed that fast.
const heartbeat = 500 * time.Millisecond

// Consume makes a consumer of the entries from a revision on, or returns ErrGone. Start has to
// follow, or the server forgets it after a minute.
func (b *Bucket) Consume(ctx context.Context, from uint64) (*Consumer, error) {
	// Not the client's ordered consumer: it repairs itself without looking whether the stream is
	// still the same one.
	consumer, err := b.stream.CreateConsumer(ctx, jetstream.ConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: from,
		AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true, Replicas: 1, InactiveThreshold: time.Minute,
	})
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, errors.Join(ErrGone, err)
	}
	if err != nil {
		return nil, err
	}
	return &Consumer{b: b, consumer: consumer, failed: make(chan error, 1)}, nil
}

// Start calls take for one entry at a time. Stop has to follow.
func (c *Consumer) Start(take func(Delivery)) (err error) {
	delivered, broken := uint64(0), false // owned by the consumer's goroutine
	c.running, err = c.consumer.Consume(func(msg jetstream.Msg) {
		if broken {
			return
		}
		d, meta, err := c.b.delivery(msg)
		if delivered++; err == nil && meta.Sequence.Consumer != delivered {
			err = fmt.Errorf("delivery %d came as %d", delivered, meta.Sequence.Consumer)
		}
		if err != nil {
			broken = true
			c.fail(err)
			return
		}
		take(d)
	}, jetstream.PullHeartbeat(heartbeat), jetstream.PullExpiry(60*heartbeat), jetstream.PullMaxMessages(4096),
		jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) { c.fail(err) }))
	return err
}

func (c *Consumer) fail(err error) {
	select {
	case c.failed <- err:
	default: // the first is why
	}
}

// Failed receives the error that ended the consumer.
func (c *Consumer) Failed() <-chan error { return c.failed }

// Stop ends the consumer. When it returns, take is not called any more.
func (c *Consumer) Stop() {
	c.running.Stop()
	<-c.running.Closed()
}
