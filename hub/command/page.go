package command

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"sync"
	"unicode/utf8"

	"exthub/hub/refusal"
	"exthub/kv"
	"exthub/kv/ballot"
)

// GetExtensions asks for a message's pairs in rising Seq: with StartSeq 0 the pairs that are there,
// else those that changed from that Seq on, deletions included. With Latest the answer has
// everything that was committed before, on any hub, which takes a question to the store.
type GetExtensions struct {
	MessageID kv.MessageID
	StartSeq  int64
	Latest    bool
}

// Page is at most 200 pairs of a message, and of at most maxPageBytes unless it is one. All callers
// who ask for it while the message stays as it is share it, so it must not be changed.
type Page struct {
	Pairs     []kv.Pair
	LatestSeq uint64
	ClearSeq  uint64 // of the last deletion of all: no pair at or below it exists any more
	PurgedSeq uint64 // changes up to it may be missing: only a read from 0 has all
	ClosedSeq uint64 // not 0: the message is closed, and no pair is above it
	Complete  bool   // no pair follows
	Rules     *ballot.Rules

	ref     kv.Ref
	bytes   int // about how many the page takes once it is encoded
	once    sync.Once
	encoded []byte
}

// Encoded returns encode's encoding of the page. The first caller's is kept and given to all, so
// that ten thousand users who open the same poll cost one encoding. So only one door may call it;
// the other encodes the page itself.
func (p *Page) Encoded(encode func(*Page) []byte) []byte {
	p.once.Do(func() { p.encoded = encode(p) })
	return p.encoded
}

// pages are the pages of one message that were asked for since it last changed, by StartSeq. They
// live in the message's memo and are guarded by its lock.
type pages map[uint64]*Page

// maxPages bounds what is kept: a client can ask for any StartSeq.
const maxPages = 16

// GetExtensions returns a page. Where rules hide the pairs of others from the caller, it has no
// pair but the caller's own. A caller who names a StartSeq has seen it, or everything before it, so
// the store is read only once it has applied that much, also on another hub: nobody goes back in
// time.
func (c *Commands) GetExtensions(ctx context.Context, caller Caller, cmd GetExtensions) (*Page, error) {
	if cmd.StartSeq < 0 {
		return nil, refusal.Field(refusal.BadParameter, "startSeq", "%d is negative", cmd.StartSeq)
	}
	ref, err := c.access(ctx, caller, cmd.MessageID)
	if err != nil {
		return nil, err
	}
	if cmd.Latest {
		if err := c.store.Confirm(ctx, ref); err != nil {
			return nil, err
		}
	}
	start := uint64(cmd.StartSeq)
	var page *Page
	var refused error
	err = c.store.Read(ctx, ref, start, func(m *kv.Message) {
		if refused = extensible(m, cmd.MessageID); refused != nil {
			return
		}
		poll := c.pollOf(m.Record(), caller)
		if poll != nil && !poll.record.Rules.Pairs(poll.author(), m.ClosedSeq() > 0) {
			page, refused = poll.ownPage(m, start)
			return
		}
		cached := m.Memo(func() any { return make(pages) }).(pages)
		if page = cached[start]; page != nil {
			return
		}
		page = newPage(m, start)
		if len(cached) < maxPages {
			cached[start] = page
			m.Weigh(page.bytes)
		}
	})
	if err != nil || refused != nil {
		return nil, cmp.Or(err, refused)
	}
	caller.pay(page.bytes, bytesPerRequest)
	return page, nil
}

// emptyPage returns a page of the message as it is, without its pairs.
func emptyPage(m *kv.Message) *Page {
	return &Page{
		LatestSeq: m.LatestSeq(), ClearSeq: m.ClearSeq(), PurgedSeq: purgedSeq(m), ClosedSeq: m.ClosedSeq(),
		Complete: true, Rules: m.Record().Rules, ref: m.Record().Ref,
	}
}

// purgedSeq returns up to where changes may be missing: deletions that are not listed any more, or
// what was hidden until the message was closed. Whoever has read before asks for what came since.
func purgedSeq(m *kv.Message) uint64 {
	if rules := m.Record().Rules; rules != nil && !rules.Pairs(false, false) && rules.Pairs(false, true) {
		return max(m.PurgedSeq(), m.ClosedSeq())
	}
	return m.PurgedSeq()
}

func newPage(m *kv.Message, start uint64) *Page {
	p := emptyPage(m)
	p.fill(m.Each(start), min(m.Live(), maxPairsPerPage))
	return p
}

// fill takes the pairs that fit: one at least, or a reader would never get past it. There is room
// for so many of them at first.
func (p *Page) fill(pairs iter.Seq[kv.Pair], room int) {
	p.Pairs = make([]kv.Pair, 0, room)
	size := 0
	for pair := range pairs {
		size += jsonSize(pair.Key) + jsonSize(pair.Value) + 64 // names, Seq and punctuation
		if n := len(p.Pairs); n == maxPairsPerPage || n > 0 && size > maxPageBytes {
			p.Complete = false
			break
		}
		p.Pairs = append(p.Pairs, pair)
	}
	if cap(p.Pairs) > len(p.Pairs) {
		p.Pairs = slices.Clone(p.Pairs) // a page that is kept has no room to spare
	}
	p.bytes = p.size()
}

// maxPageBytes bounds the JSON of a page, so that nobody waits long behind one. 200 pairs of 1,100
// bytes fit, but not if each byte is a control character, which JSON writes as six.
const maxPageBytes = 512 << 10

const (
	pageOverhead = 256
	pairOverhead = 112 // a Pair, and the names of its members in the encoding
)

// size returns about how many bytes the page takes once it is encoded. It is weighed before that:
// the encoding is made without the message's lock. The texts of the pairs are the message's.
func (p *Page) size() int {
	size := pageOverhead
	for _, pair := range p.Pairs {
		size += pairOverhead + jsonSize(pair.Key) + jsonSize(pair.Value)
	}
	return size + size/8 // the allocator rounds up
}

// jsonSize returns how many bytes the text has in JSON, at most. What is not UTF-8, which only
// another client of NATS can have written, is replaced there, and has more bytes than before.
func jsonSize(text string) (size int) {
	for _, r := range text {
		switch {
		case r < ' ':
			size += len(`\u0000`)
		case r == '"', r == '\\':
			size += len(`\"`)
		default:
			size += utf8.RuneLen(r)
		}
	}
	return size
}
