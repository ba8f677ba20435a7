package bucket

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// chains is what a bucket knows of its chains.
type chains struct {
	sending sync.RWMutex // held while one is sent, so that this hub sends nothing in between
	broken  atomic.Int64 // when the last one broke, in Unix nanoseconds
	ids     *rate.Limiter
}

// maxChainIDs is how many entries of chains the server is made to remember at a time, by each hub
// and in each bucket: 46 MB.
const maxChainIDs = 400_000

// newIDs limits that. All that may go at once and all that is added in one window, which the server
// remembers together, are maxChainIDs.
func newIDs() *rate.Limiter {
	const added = maxChainIDs / 4
	return rate.NewLimiter(rate.Every(DedupWindow/added), maxChainIDs-added)
}

// chainRest is how long there is no chain after one was broken. Whoever wrote in between is likely
// to do so again, and it costs a read to find out how far a broken chain came.
const chainRest = time.Second

var (
	// ErrBroken says that the first of a chain was written, and perhaps more, but not the last.
	// Those that were bear PublishOptions.Request. No other is on its way any more.
	ErrBroken = errors.New("something else was written in between")
	// ErrNotBegun says that nothing of a chain was written, because its first entry was refused.
	ErrNotBegun = errors.New("the chain was not begun")
)

// MayChain reports whether PublishChain of n entries is worth a try: not on a replicated stream,
// where a batch costs one round trip, nor soon after something was written in between, nor if ctx
// leaves less than the time of one try, since nothing is known of a chain without an answer, nor if
// the server has too many IDs to remember.
func (b *Bucket) MayChain(ctx context.Context, n int) bool {
	now := time.Now()
	end, ends := ctx.Deadline()
	return b.config.Replicas == 1 && now.Sub(time.Unix(0, b.chains.broken.Load())) > chainRest &&
		(!ends || end.Sub(now) >= b.writeTimeout/2) && b.chains.ids.AllowN(now, n)
}

// PublishChain writes entries one behind the other: the first if the precondition holds, and each
// other one if the one before it is the newest of the whole bucket. So nothing comes in between,
// and what is written is always the first of them. It returns the revision of the first, also with
// ErrBroken; the others are right behind it.
//
// It is the same as a Publish for each, with one round trip and two acknowledgements for all, and
// without the server's walk of all subjects that a filter matches: it keeps the ID of the entry
// that it stored last and compares that (stream.lmsgId, 2.15.2). The price is that the server
// remembers each ID for DedupWindow, 115 bytes.
//
// It returns ErrNotBegun, ErrBroken, ErrUnavailable if nothing was written, and ErrUnknown if no
// answer told the outcome in time. Until then it sends all of them again, unchanged: the server
// takes each ID once, and so the chain goes on where it ended.
func (b *Bucket) PublishChain(ctx context.Context, writes []Write, options PublishOptions) (uint64, error) {
	revision, err := b.publishChain(ctx, writes, options)
	if errors.Is(err, ErrBroken) || errors.Is(err, ErrNotBegun) {
		b.chains.broken.Store(time.Now().UnixNano())
	} else {
		b.noteOutcome(ctx, err)
	}
	return revision, err
}

func (b *Bucket) publishChain(ctx context.Context, writes []Write, options PublishOptions) (uint64, error) {
	limit := b.limit(ctx)
	b.writing.Add(1)
	defer b.writing.Add(-1)
	id := "chain." + strconv.FormatUint(rand.Uint64(), 36) + "."
	unanswered := false
	for wait := time.Millisecond; ; wait = min(2*wait, 100*time.Millisecond) {
		first, last, err := b.tryChain(id, writes, options, min(b.writeTimeout/2, time.Until(limit)))
		switch {
		case err != nil:
		case last.Error == nil: // of this try, or a duplicate of an earlier one
			b.Saw(last.Seq)
			return last.Seq + 1 - uint64(len(writes)), nil
		case unanswered:
			// An earlier try may still be on its way, on a connection that was given up.
			return 0, fmt.Errorf("%w: %s", ErrUnknown, last.Error.Description)
		case first.Error != nil:
			return 0, fmt.Errorf("%w: %s", ErrNotBegun, first.Error.Description)
		default:
			return first.Seq, fmt.Errorf("%w: %s", ErrBroken, last.Error.Description)
		}
		unanswered = unanswered || !errors.Is(err, errNotSent)
		switch {
		case pause(ctx, limit, wait/2+rand.N(wait)):
		case unanswered:
			return 0, fmt.Errorf("%w: %w", ErrUnknown, err)
		default:
			return 0, fmt.Errorf("%w: no commit in time: %w", ErrUnavailable, err)
		}
	}
}

// tryChain sends a chain and waits for the answers to its first entry and its last, which has come
// last. The ID of each begins with id.
func (b *Bucket) tryChain(
	id string, writes []Write, options PublishOptions, timeout time.Duration,
) (first, last pubAck, err error) {
	begin, end, err := b.sendChain(id, writes, options)
	if err != nil {
		return first, last, err
	}
	if last, err = b.awaitAck(end, timeout); errors.Is(err, errNotSent) {
		err = errChainCut
	} else if err == nil && last.Error != nil && last.Error.ErrorCode == codeTooMany {
		err = errChainCut // the one refusal that overtakes the entries before it
	}
	if err != nil {
		b.requests.abandon(begin)
		return first, last, err
	}
	first, err = b.awaitAck(begin, timeout) // it has come before
	return first, last, err
}

// sendChain sends a chain, and nothing of this hub in between. The inboxes get the answers to its
// first entry and to its last.
func (b *Bucket) sendChain(id string, writes []Write, options PublishOptions) (begin, end *inbox, err error) {
	out := msgPool.Get().(*pooledMsg)
	defer msgPool.Put(out)
	b.chains.sending.Lock()
	defer b.chains.sending.Unlock()
	// In vain it would break the chain. Who writes from now on waits for the lock.
	if alone := b.writing.Load() == 1; !alone || !b.mayHold(options.Precondition.Shortcut, writes[:1], alone) {
		options.Precondition.Shortcut = Shortcut{}
	}
	for i, w := range writes {
		options.DedupID = id + strconv.Itoa(i)
		msg := &out.entry(b.prefix, w, options).msg
		switch i {
		case 0:
			if begin, err = b.requests.send(msg); err != nil {
				return nil, nil, err
			}
		case len(writes) - 1:
			end, err = b.requests.send(msg)
		default:
			err = b.nc.PublishMsg(msg)
		}
		if err != nil {
			b.requests.abandon(begin)
			return nil, nil, fmt.Errorf("%w: %s", errChainCut, err.Error()) // the first was sent
		}
		options.Precondition, options.After = Precondition{}, options.DedupID
	}
	return begin, end, nil
}

// errChainCut says that the end of a chain was not sent, or that nobody got it. The entries before
// it may be stored, or wait for that.
var errChainCut = errors.New("the end of a chain was not taken")
