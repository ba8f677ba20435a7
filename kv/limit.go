package kv

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

// limiter counts attempts per message and minute in a stream of counters in memory: the count is exact over all hubs, and forgotten when a minute is over or the
// servers restart.
type limiter struct {
	requests requests
	js       jetstream.JetStream
	prefix   string
	config   jetstream.StreamConfig
	opened   singleflight.Group
}

func openLimiter(ctx context.Context, nc *nats.Conn, js jetstream.JetStream, options Options) (*limiter, error) {
	name := options.Bucket + "_rate"
	l := &limiter{requests: requests{nc: nc, once: options.Replicas == 1}, js: js, prefix: name + "."}
	l.config = jetstream.StreamConfig{
		Name:              name,
		Description:       "Exthub: writes per message and minute",
		Subjects:          []string{l.prefix + ">"},
		Storage:           jetstream.MemoryStorage,
		Replicas:          options.Replicas,
		MaxMsgsPerSubject: 1,
		MaxAge:            2 * time.Minute,
		AllowMsgCounter:   true,
		AllowDirect:       true,
	}
	_, err := openStream(ctx, js, l.config)
	return l, err
}

// increment asks for one more. A server that was started anew has forgotten the stream, which nobody answers for then: it is made again.
func (l *limiter) increment(ctx context.Context, subject string) (*nats.Msg, error) {
	msg := &nats.Msg{Subject: subject, Header: nats.Header{"Nats-Incr": {"1"}}}
	reply, err := l.requests.ask(msg, requestTimeout)
	if !errors.Is(err, nats.ErrNoResponders) {
		return reply, err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	if _, err, _ := l.opened.Do("", func() (any, error) { return openStream(ctx, l.js, l.config) }); err != nil {
		return nil, err
	}
	return l.requests.ask(msg, requestTimeout)
}

// Count counts one more attempt on the message in the minute of now, and returns how many there were with it on all hubs. It returns ErrUnavailable if that
// could not be learned.
func (s *Store) Count(ctx context.Context, id MessageID, now time.Time) (uint64, error) {
	minute := strconv.FormatInt(now.Unix()/60, 10)
	reply, err := s.limiter.increment(ctx, s.limiter.prefix+string(id)+"."+minute)
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
