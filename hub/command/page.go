package command

import (
	"context"
	"sync"

	"exthub/hub/refusal"
	"exthub/kv"
)

// GetExtensions reads a message's pairs in rising Seq: with StartSeq 0 those that are there, else what changed from that Seq on, deletions included.
type GetExtensions struct {
	MessageID kv.MessageID
	StartSeq  int64
}

// Page is at most 200 pairs of a message. It is shared by everybody who asks for it while the message stays as it is: nobody may change it.
type Page struct {
	Pairs     []kv.Pair
	LatestSeq uint64
	ClearSeq  uint64 // no pair at or below it is there any more
	PurgedSeq uint64 // deletions at or below it are not listed
	Complete  bool   // nothing follows

	once    sync.Once
	encoded []byte
}

// Encoded returns what encode makes of the page. The first caller's encoding serves all: opening the same poll ten thousand times costs one. So a door that
// wants another encoding has to make it itself.
func (p *Page) Encoded(encode func(*Page) []byte) []byte {
	p.once.Do(func() { p.encoded = encode(p) })
	return p.encoded
}

// pages are the pages of one message that were asked for since it changed, by StartSeq. They live in the message's memo, whose lock guards them.
type pages map[uint64]*Page

// maxPages bounds what is kept: a client can ask for any StartSeq.
const maxPages = 16

// GetExtensions returns a page. Whoever names a StartSeq has seen everything before it, and sees nothing older here, even on another hub (P7).
func (c *Commands) GetExtensions(ctx context.Context, caller Caller, cmd GetExtensions) (*Page, error) {
	if cmd.StartSeq < 0 {
		return nil, refusal.New(refusal.BadParameter, "startSeq: %d is negative", cmd.StartSeq)
	}
	if _, err := c.access(ctx, caller, cmd.MessageID); err != nil {
		return nil, err
	}
	start := uint64(cmd.StartSeq)
	var page *Page
	var refused error
	err := c.store.Read(ctx, cmd.MessageID, max(start, 1)-1, func(m *kv.Message) {
		if refused = extensible(m, cmd.MessageID); refused != nil {
			return
		}
		made := m.Memo(func() any { return make(pages) }).(pages)
		if page = made[start]; page != nil {
			return
		}
		page = newPage(m, start)
		if len(made) < maxPages {
			made[start] = page
		}
	})
	if err != nil {
		return nil, err
	}
	return page, refused
}

func newPage(m *kv.Message, start uint64) *Page {
	p := &Page{Pairs: m.Pairs(start), LatestSeq: m.LatestSeq(), ClearSeq: m.ClearSeq(), PurgedSeq: m.PurgedSeq(), Complete: true}
	if len(p.Pairs) > maxPairsPerPage {
		p.Pairs, p.Complete = p.Pairs[:maxPairsPerPage:maxPairsPerPage], false
	}
	return p
}
