package kv

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// closer closes the messages of a shard whose time has come: the tail names them, and at the start
// the bucket, because no hub may have been there. Every hub closes every message: whichever comes
// first does it, and the others find it done. A read or a write of a message that is due closes it
// too, so nothing rests on how long this takes.
type closer struct {
	sh   *shard
	wake chan struct{} // receives when there is something to do

	mu   sync.Mutex
	due  []dueMessage
	look bool // for those that the tail has not named
}

// dueMessage is a message whose time has come. Since which revision says the tail; it is 0 if the
// message was found in the bucket.
type dueMessage struct {
	ref   Ref
	since uint64
}

const (
	// closeAtOnce is how many messages are closed at a time.
	closeAtOnce = 8
	// closePause is how long the closer waits after the store was in trouble.
	closePause = time.Second
)

func newCloser(sh *shard) *closer {
	return &closer{sh: sh, wake: make(chan struct{}, 1)}
}

// add names a message that is due.
func (c *closer) add(d dueMessage) {
	c.mu.Lock()
	c.due = append(c.due, d)
	c.mu.Unlock()
	c.wakeUp()
}

// lookAround lets the closer look into the bucket for messages that are due.
func (c *closer) lookAround() {
	c.mu.Lock()
	c.look = true
	c.mu.Unlock()
	c.wakeUp()
}

func (c *closer) wakeUp() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// take returns the messages that are due, and whether to look for others.
func (c *closer) take() (due []dueMessage, look bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	due, look = c.due, c.look
	c.due, c.look = nil, false
	return due, look
}

func (c *closer) run(ctx context.Context) error {
	c.lookAround()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-c.wake:
		}
		due, look := c.take()
		err := c.closeAll(ctx, due)
		if look && c.find(ctx) != nil {
			c.lookAround()
			err = ErrUnavailable
		}
		if err == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(closePause):
		}
	}
}

// find names the messages of the bucket that are due. Those that are closed by now are among them
// until the sweeper has been there.
func (c *closer) find(ctx context.Context) error {
	for _, filter := range []string{"g.*.*." + dueSuffix, "c.*.*.*." + dueSuffix} {
		keys, err := c.sh.bucket.Names(ctx, filter)
		if err != nil {
			return err
		}
		for _, key := range keys {
			if at, err := parseKey(key); err == nil {
				c.add(dueMessage{ref: at.ref})
			}
		}
	}
	return nil
}

// closeAll closes messages, and takes those back into its list that the store would not let it
// close. One that has expired, or was none of ours, is not there to be closed, now or later.
func (c *closer) closeAll(ctx context.Context, due []dueMessage) error {
	var all errgroup.Group
	all.SetLimit(closeAtOnce)
	for _, d := range due {
		all.Go(func() error {
			err := c.sh.closeNamed(ctx, d)
			switch {
			case ctx.Err() != nil: // the hub stops
			case errors.Is(err, ErrNoMessage):
				return nil
			case errors.Is(err, errUnreadable):
				slog.Error("message that can't be closed", "message", d.ref.ID(), "error", err)
				return nil
			case err != nil:
				slog.Warn("close has to be tried again", "message", d.ref.ID(), "error", err)
				c.add(d)
			}
			return err
		})
	}
	return all.Wait()
}

// closeNamed closes a message that is due.
//
// The cache may not know that it is, and never hear of it by the tail. The leader of a replicated
// stream may put a vote of this hub above the ".d" entry that it has proposed itself: then the vote
// is in the cache before the tail brings what is below it, which is taken to be there already. No
// other entry comes below a commit like that, because no other is without a precondition.
func (sh *shard) closeNamed(ctx context.Context, d dueMessage) error {
	ctx, cancel := withTimeout(ctx, sh.options)
	defer cancel()
	err := sh.cache.withMessage(ctx, d.ref, func(sl *slot) {
		if s := sl.object.(*Message).pollState(); s.closedSeq == 0 {
			s.due = max(s.due, d.since)
		}
	})
	if err != nil {
		return err
	}
	return sh.closeDue(ctx, d.ref)
}

// closeDue closes a message if its time has come.
func (sh *shard) closeDue(ctx context.Context, ref Ref) error {
	ctx, cancel := withTimeout(ctx, sh.options)
	defer cancel()
	// Whatever is decided on the message, lead closes it before.
	_, err := sh.change(ctx, ref, func(*Txn) (Change, error) { return Change{}, nil })
	return err
}
