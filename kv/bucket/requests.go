package bucket

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
//
// An answer that comes late, or twice, must not be taken for the next one's. So each has a subject of its own. For the server that is a subject that it has never seen, which
// it looks up at the cost of a tenth of the commit; where it answers nothing twice, an inbox has one subject instead, and is given up when an answer did not come in time.
type requests struct {
	nc   *nats.Conn
	once bool // what is asked is answered once at most: by a single replica, which has no leader that takes over and answers again

	mu     sync.Mutex
	idle   []*inbox
	closed bool
}

// inbox takes the answer to one request at a time.
type inbox struct {
	subject string // of the answers, or with a number behind it for each
	asked   uint64
	stale   bool // an answer may still come
	answers chan *nats.Msg
	sub     *nats.Subscription
	timer   *time.Timer
}

func (r *requests) newInbox() (in *inbox, err error) {
	in = &inbox{subject: r.nc.NewInbox(), answers: make(chan *nats.Msg, 8), timer: time.NewTimer(RequestTimeout)}
	listened := in.subject
	if !r.once {
		in.subject += "."
		listened = in.subject + "*"
	}
	in.sub, err = r.nc.ChanSubscribe(listened, in.answers)
	return in, err
}

// ask publishes msg and returns the answer, or nats.ErrTimeout if none came in time, or nats.ErrNoResponders if nobody listens there. After an error nobody knows
// what has become of msg.
func (r *requests) ask(msg *nats.Msg, timeout time.Duration) (*nats.Msg, error) {
	in, err := r.borrow()
	if err != nil {
		return nil, err
	}
	defer r.giveBack(in)
	msg.Reply = in.subject
	if !r.once {
		in.asked++
		msg.Reply = string(strconv.AppendUint([]byte(in.subject), in.asked, 36))
	}
	if err := r.nc.PublishMsg(msg); err != nil {
		in.stale = true
		return nil, err
	}
	in.timer.Reset(timeout)
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
			in.stale = true
			return nil, nats.ErrTimeout
		}
	}
}

// askAgain asks until there is an answer, or ctx ends: for what may be asked twice. The answer on a connection that was just lost never comes.
func (r *requests) askAgain(ctx context.Context, msg *nats.Msg) (*nats.Msg, error) {
	for {
		answer, err := r.ask(msg, RequestTimeout/4)
		if !errors.Is(err, nats.ErrTimeout) || ctx.Err() != nil {
			return answer, err
		}
	}
}

func (r *requests) borrow() (*inbox, error) {
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
	if r.closed || in.stale || len(r.idle) == maxIdle {
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
