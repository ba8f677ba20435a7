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

// Counters count in a stream of counters in memory: exactly over all hubs, and forgotten when maxAge is over or the servers restart.
type Counters struct {
	requests requests
	js       jetstream.JetStream
	prefix   string
	config   jetstream.StreamConfig
	opened   singleflight.Group
}

// OpenCounters makes the stream of that name, or checks the one that is there.
func OpenCounters(ctx context.Context, nc *nats.Conn, name, description string, replicas int, maxAge time.Duration) (*Counters, error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, err
	}
	l := &Counters{requests: requests{nc: nc, once: replicas == 1}, js: js, prefix: name + "."}
	l.config = jetstream.StreamConfig{
		Name:              name,
		Description:       description,
		Subjects:          []string{l.prefix + ">"},
		Storage:           jetstream.MemoryStorage,
		Replicas:          replicas,
		MaxMsgsPerSubject: 1,
		MaxAge:            maxAge,
		AllowMsgCounter:   true,
		AllowDirect:       true,
	}
	_, err = openStream(ctx, js, l.config)
	return l, err
}

// Close gives back what OpenCounters took.
func (l *Counters) Close() { l.requests.close() }

// increment asks for one more. A server that was started anew has forgotten the stream, which nobody answers for then: it is made again.
func (l *Counters) increment(ctx context.Context, subject string) (*nats.Msg, error) {
	msg := &nats.Msg{Subject: subject, Header: nats.Header{"Nats-Incr": {"1"}}}
	reply, err := l.requests.ask(msg, RequestTimeout)
	if !errors.Is(err, nats.ErrNoResponders) {
		return reply, err
	}
	ctx, cancel := context.WithTimeout(ctx, RequestTimeout)
	defer cancel()
	if _, err, _ := l.opened.Do("", func() (any, error) { return openStream(ctx, l.js, l.config) }); err != nil {
		return nil, err
	}
	return l.requests.ask(msg, RequestTimeout)
}

// Increment counts one more under the key, and returns how many there were with it on all hubs. It returns ErrUnavailable if that could not be learned.
func (l *Counters) Increment(ctx context.Context, key string) (uint64, error) {
	reply, err := l.increment(ctx, l.prefix+key)
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
	return strconv.ParseUint(ack.Value, 10, 64)
}
