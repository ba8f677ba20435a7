package command

import (
	"context"
	"sync"

	"exthub/hub/refusal"
	"exthub/kv"
)

// GetExtensions asks for a message's pairs in rising Seq: with StartSeq 0 the pairs that are there,
// else those that changed from that Seq on, deletions included.
type GetExtensions struct {
	MessageID kv.MessageID
	StartSeq  int64
}

// Page is at most 200 pairs of a message. All callers who ask for it while the message stays as it
// is share it, so it must not be changed.
type Page struct {
	Pairs     []kv.Pair
	LatestSeq uint64
	ClearSeq  uint64 // of the last deletion of all: no pair at or below it exists any more
	PurgedSeq uint64 // deletions at or below it are not listed
	Complete  bool   // no pair follows

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

// GetExtensions returns a page. A caller who names a StartSeq has seen everything before it, so the
// store is read only once it has applied that much, also on another hub: nobody goes back in time.
func (c *Commands) GetExtensions(ctx context.Context, caller Caller, cmd GetExtensions) (*Page, error) {
	if cmd.StartSeq < 0 {
		return nil, refusal.Field(refusal.BadParameter, "startSeq", "%d is negative", cmd.StartSeq)
	}
	ref, err := c.access(ctx, caller, cmd.MessageID)
	if err != nil {
		return nil, err
	}
	start := uint64(cmd.StartSeq)
	var page *Page
	var refused error
	err = c.store.Read(ctx, ref, max(start, 1)-1, func(m *kv.Message) {
		if refused = extensible(m, cmd.MessageID); refused != nil {
			return
		}
		cached := m.Memo(func() any { return make(pages) }).(pages)
		if page = cached[start]; page != nil {
			return
		}
		page = newPage(m, start)
		if len(cached) < maxPages {
			cached[start] = page
		}
	})
	if err != nil {
		return nil, err
	}
	return page, refused
}

func newPage(m *kv.Message, start uint64) *Page {
	p := &Page{
		Pairs:     m.Pairs(start),
		LatestSeq: m.LatestSeq(), ClearSeq: m.ClearSeq(), PurgedSeq: m.PurgedSeq(), Complete: true,
	}
	if len(p.Pairs) > maxPairsPerPage {
		p.Pairs, p.Complete = p.Pairs[:maxPairsPerPage:maxPairsPerPage], false
	}
	return p
}
