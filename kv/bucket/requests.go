package bucket

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// requests is request-reply over borrowed inboxes. nats.Conn.Request dispatches every reply through
// one goroutine; avoiding that cut a commit by about a quarter with 128 callers (c0d6a77). Here the
// goroutine that reads the connection hands the answer straight to the caller.
//
// An answer that comes late, or twice, must not be taken for the next one's, so each has a subject
// of its own. The server has never seen that subject and has to look it up, which costs a tenth of
// a commit. Where the server answers nothing twice, an inbox keeps one subject instead, and is
// given up when an answer did not come in time.
type requests struct {
	nc   *nats.Conn
	once bool // at most one answer comes: a single replica has no next leader that answers again

	mu     sync.Mutex
	idle   []*inbox
	closed bool
}

// inbox takes the answer to one request at a time.
type inbox struct {
	subject string // of the answers; unless once, each has a number behind it
	reply   string // the subject of the answer to the last request
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

// errNotSent says that nobody got a message.
var errNotSent = errors.New("not sent")

// errNoResponders says that nobody listens where a message was sent to: a stream has no leader, or
// there is no such stream.
var errNoResponders = fmt.Errorf("%w: %w", errNotSent, nats.ErrNoResponders)

// ask publishes msg and returns the answer, nats.ErrTimeout if none came in time, or errNotSent if
// nobody got msg, which is errNoResponders if nobody listens there. After another error it is
// unknown what has become of msg.
func (r *requests) ask(msg *nats.Msg, timeout time.Duration) (*nats.Msg, error) {
	in, err := r.send(msg)
	if err != nil {
		return nil, err
	}
	return r.await(in, timeout)
}

// send is the first half of ask. Unless it fails, await has to follow, or abandon.
func (r *requests) send(msg *nats.Msg) (*inbox, error) {
	in, err := r.borrow()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNotSent, err)
	}
	in.reply = in.subject
	if !r.once {
		in.asked++
		in.reply = string(strconv.AppendUint([]byte(in.subject), in.asked, 36))
	}
	msg.Reply = in.reply
	if err := r.nc.PublishMsg(msg); err != nil {
		r.abandon(in)
		return nil, notSent(err)
	}
	return in, nil
}

// await is the second half of ask.
func (r *requests) await(in *inbox, timeout time.Duration) (*nats.Msg, error) {
	in.timer.Reset(timeout)
	defer in.timer.Stop()
	for {
		select {
		case answer := <-in.answers:
			if answer.Subject != in.reply {
				continue
			}
			r.giveBack(in)
			if len(answer.Data) == 0 && answer.Header.Get("Status") == "503" {
				return nil, errNoResponders
			}
			return answer, nil
		case <-in.timer.C:
			r.abandon(in)
			return nil, nats.ErrTimeout
		}
	}
}

// abandon gives up an inbox to which an answer may still come.
func (r *requests) abandon(in *inbox) {
	in.stale = true
	r.giveBack(in)
}

// notSent makes errNotSent of a client's error that says so.
func notSent(err error) error {
	// Refused as a whole. Any other error may come from a connection that broke while it was
	// written to.
	if errors.Is(err, nats.ErrReconnectBufExceeded) || errors.Is(err, nats.ErrConnectionClosed) {
		return fmt.Errorf("%w: %w", errNotSent, err)
	}
	return err
}

// askAgain asks until there is an answer, or ctx ends: for what may be asked twice. On a connection
// that was just lost an answer never comes.
func (r *requests) askAgain(ctx context.Context, msg *nats.Msg) (*nats.Msg, error) {
	for {
		answer, err := r.ask(msg, within(ctx, RequestTimeout/4))
		if !errors.Is(err, nats.ErrTimeout) || ctx.Err() != nil {
			return answer, err
		}
	}
}

// within returns d, or what is left of ctx if that is less.
func within(ctx context.Context, d time.Duration) time.Duration {
	if deadline, ok := ctx.Deadline(); ok {
		return max(0, min(d, time.Until(deadline)))
	}
	return d
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

// close closes the idle inboxes; those that are borrowed follow when their requests end.
func (r *requests) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, in := range r.idle {
		in.close()
	}
	r.idle, r.closed = nil, true
}

// close fails only if the connection is gone, and the inbox with it.
func (in *inbox) close() { _ = in.sub.Unsubscribe() }
