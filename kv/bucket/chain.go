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

// ErrBroken says that a chain was refused somewhere: none of its entries may be in the bucket, or
// the first of them. Those that are bear PublishOptions.Request. No other is on its way any more.
var ErrBroken = errors.New("something else was written in between")

// MayChain reports whether PublishChain of n entries is worth a try: not on a replicated stream,
// where a batch costs one round trip, nor soon after something was written in between, nor if the
// server has too many IDs to remember.
func (b *Bucket) MayChain(n int) bool {
	now := time.Now()
	return b.config.Replicas == 1 && now.Sub(time.Unix(0, b.chains.broken.Load())) > chainRest &&
		b.chains.ids.AllowN(now, n)
}

// PublishChain writes entries one behind the other: the first if the precondition holds, and each
// other one if the one before it is the newest of the whole bucket. So nothing comes in between,
// and what is written is always the first of them. It returns the revision of the last; the others
// are right before it.
//
// It is the same as a Publish for each, with one round trip and one acknowledgement for all, and
// without the server's walk of all subjects that a filter matches: it keeps the ID of the entry
// that it stored last and compares that (stream.lmsgId, 2.15.2). The price is that the server
// remembers each ID for DedupWindow, 115 bytes.
//
// It returns ErrBroken, ErrUnavailable if nothing was written, and ErrUnknown if no answer told
// the outcome in time. Until then it sends all of them again, unchanged: the server takes each ID
// once, and so the chain goes on where it ended.
func (b *Bucket) PublishChain(ctx context.Context, writes []Write, options PublishOptions) (uint64, error) {
	revision, err := b.publishChain(ctx, writes, options)
	if errors.Is(err, ErrBroken) {
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
		ack, err := b.tryChain(id, writes, options, min(b.writeTimeout/2, time.Until(limit)))
		switch {
		case err == nil && ack.Error == nil: // of this try, or a duplicate of an earlier one
			b.Saw(ack.Seq)
			return ack.Seq, nil
		case err == nil && unanswered:
			// An earlier try may still be on its way, on a connection that was given up.
			return 0, fmt.Errorf("%w: %s", ErrUnknown, ack.Error.Description)
		case err == nil:
			return 0, fmt.Errorf("%w: %s", ErrBroken, ack.Error.Description)
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

// tryChain sends a chain and waits for the answer to its last entry, which has come last. The ID of
// each begins with id.
func (b *Bucket) tryChain(id string, writes []Write, options PublishOptions, timeout time.Duration) (pubAck, error) {
	out := msgPool.Get().(*pooledMsg)
	defer msgPool.Put(out)
	last := len(writes) - 1
	b.chains.sending.Lock()
	// In vain it would break the chain. Who writes from now on waits for the lock.
	if alone := b.writing.Load() == 1; !alone || !b.mayHold(options.Precondition.Shortcut, writes[:1], alone) {
		options.Precondition.Shortcut = Shortcut{}
	}
	for i, w := range writes[:last] {
		options.DedupID = id + strconv.Itoa(i)
		if err := b.nc.PublishMsg(&out.entry(b.prefix, w, options).msg); err != nil {
			b.chains.sending.Unlock()
			if i == 0 {
				err = notSent(err)
			}
			return pubAck{}, err
		}
		options.Precondition, options.After = Precondition{}, options.DedupID
	}
	options.DedupID = id + strconv.Itoa(last)
	reply, err := b.requests.askThen(&out.entry(b.prefix, writes[last], options).msg, timeout, b.chains.sending.Unlock)
	if errors.Is(err, errNotSent) {
		err = errChainCut
	}
	if err != nil {
		return pubAck{}, err
	}
	ack, err := b.readAck(reply.Data)
	if err == nil && ack.Error != nil && ack.Error.ErrorCode == codeTooMany {
		err = errChainCut // the one refusal that overtakes the entries before it
	}
	return ack, err
}

// errChainCut says that the end of a chain was not sent, or that nobody got it. The entries before
// it may be stored, or wait for that.
var errChainCut = errors.New("the end of a chain was not taken")
