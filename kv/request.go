package kv

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// requests asks NATS for one answer each. A request borrows an inbox, whose answers the goroutine that reads the connection hands straight to the one who waits. The client's own
// Request has one inbox for all and a goroutine in between; with 128 callers a commit costs half as much again that way (measured).
type requests struct {
	nc *nats.Conn

	mu     sync.Mutex
	idle   []*inbox
	closed bool
}

// inbox takes the answers to one request at a time. Each has a subject of its own under the inbox's: an answer that comes late, or twice, must not be taken for the
// next one's.
type inbox struct {
	subject string
	asked   uint64
	answers chan *nats.Msg
	sub     *nats.Subscription
	timer   *time.Timer
}

func (r *requests) newInbox() (in *inbox, err error) {
	in = &inbox{subject: r.nc.NewInbox() + ".", answers: make(chan *nats.Msg, 8), timer: time.NewTimer(requestTimeout)}
	in.sub, err = r.nc.ChanSubscribe(in.subject+"*", in.answers)
	return in, err
}

// ask publishes msg and returns the answer, or nats.ErrTimeout if none came in time, or nats.ErrNoResponders if nobody listens there. After an error nobody knows
// what has become of msg.
func (r *requests) ask(msg *nats.Msg, patience time.Duration) (*nats.Msg, error) {
	in, err := r.take()
	if err != nil {
		return nil, err
	}
	defer r.giveBack(in)
	in.asked++
	msg.Reply = string(strconv.AppendUint([]byte(in.subject), in.asked, 36))
	if err := r.nc.PublishMsg(msg); err != nil {
		return nil, err
	}
	in.timer.Reset(patience)
	defer in.timer.Stop()
	for {
		select {
		case answer := <-in.answers:
			switch {
			case answer.Subject != msg.Reply:
				continue
			case len(answer.Data) == 0 && answer.Header.Get("Status") == "503":
				return nil, nats.ErrNoResponders
			}
			return answer, nil
		case <-in.timer.C:
			return nil, nats.ErrTimeout
		}
	}
}

// askAgain asks until there is an answer, or ctx ends: for what may be asked twice. The answer on a connection that was just lost never comes.
func (r *requests) askAgain(ctx context.Context, msg *nats.Msg) (*nats.Msg, error) {
	for {
		answer, err := r.ask(msg, requestTimeout/4)
		if !errors.Is(err, nats.ErrTimeout) || ctx.Err() != nil {
			return answer, err
		}
	}
}

func (r *requests) take() (*inbox, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.idle); n > 0 {
		in := r.idle[n-1]
		r.idle = r.idle[:n-1]
		return in, nil
	}
	return r.newInbox()
}

// maxIdle bounds the inboxes that are kept after a rush.
const maxIdle = 256

func (r *requests) giveBack(in *inbox) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || len(r.idle) == maxIdle {
		in.close()
	} else {
		r.idle = append(r.idle, in)
	}
}

// close gives back the inboxes; those that are borrowed follow when their requests end.
func (r *requests) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, in := range r.idle {
		in.close()
	}
	r.idle, r.closed = nil, true
}

// close fails only when the connection is gone, and the inbox with it.
func (in *inbox) close() { _ = in.sub.Unsubscribe() }
