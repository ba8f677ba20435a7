package bucket

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/singleflight"
)

// Counters count in a stream of counters in memory: exactly, over all hubs, until MaxAge is over or
// the servers restart.
type Counters struct {
	requests requests
	js       jetstream.JetStream
	prefix   string
	config   jetstream.StreamConfig
	opened   singleflight.Group
}

// CounterOptions say where counters are kept, and for how long.
type CounterOptions struct {
	Name        string
	Description string
	Replicas    int
	MaxAge      time.Duration
}

// OpenCounters makes the stream of that name, or checks the one that is there.
func OpenCounters(ctx context.Context, nc *nats.Conn, options CounterOptions) (*Counters, error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, err
	}
	c := &Counters{requests: requests{nc: nc, once: options.Replicas == 1}, js: js, prefix: options.Name + "."}
	c.config = jetstream.StreamConfig{
		Name:              options.Name,
		Description:       options.Description,
		Subjects:          []string{c.prefix + ">"},
		Storage:           jetstream.MemoryStorage,
		Replicas:          options.Replicas,
		MaxMsgsPerSubject: 1,
		MaxAge:            options.MaxAge,
		AllowMsgCounter:   true,
		AllowDirect:       true,
	}
	_, err = openStream(ctx, js, c.config)
	return c, err
}

// Close releases what OpenCounters took.
func (c *Counters) Close() { c.requests.close() }

// ask adds n to a counter. A server that was restarted has forgotten the stream, and nobody answers
// for it: it is made again.
func (c *Counters) ask(ctx context.Context, subject string, n int) (*nats.Msg, error) {
	msg := &nats.Msg{Subject: subject, Header: nats.Header{"Nats-Incr": {strconv.Itoa(n)}}}
	reply, err := c.requests.ask(msg, within(ctx, RequestTimeout))
	if !errors.Is(err, nats.ErrNoResponders) {
		return reply, err
	}
	ctx, cancel := context.WithTimeout(ctx, RequestTimeout)
	defer cancel()
	if _, err, _ := c.opened.Do("", func() (any, error) { return openStream(ctx, c.js, c.config) }); err != nil {
		return nil, err
	}
	return c.requests.ask(msg, within(ctx, RequestTimeout))
}

// Add adds n, which may be negative, to the counter of this key, and returns what it is with that,
// on all hubs. It returns ErrUnavailable if that could not be learned.
func (c *Counters) Add(ctx context.Context, key string, n int) (int64, error) {
	reply, err := c.ask(ctx, c.prefix+key, n)
	if err != nil {
		return 0, fmt.Errorf("%w: count: %w", ErrUnavailable, err)
	}
	var ack struct {
		Value string              `json:"val"`
		Error *jetstream.APIError `json:"error"`
	}
	if err := json.Unmarshal(reply.Data, &ack); err != nil {
		return 0, fmt.Errorf("%w: count: %w", ErrUnavailable, err)
	}
	if ack.Error != nil {
		return 0, fmt.Errorf("%w: count: %s", ErrUnavailable, ack.Error.Description)
	}
	return strconv.ParseInt(ack.Value, 10, 64)
}
