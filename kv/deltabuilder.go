package kv

import (
	"log/slog"
	"strings"

	"exthub/kv/bucket"
)

// deltaBuilder puts tailed entries together and hands them out: to the cache and then, as a Delta,
// to the sink.
//
// An atomic batch may reach the tail in pieces. It is held back until it is complete, so that
// nobody sees half of a commit, or until an entry of something else comes, which means that the end
// of the batch was overwritten.
type deltaBuilder struct {
	cache   *cache
	open    *openDelta
	object  string
	entries []bucket.Entry
	batch   string // the batch that is not complete yet
}

// openDelta is a Delta with room for one pair, which is what nearly all of them have: one object
// less a vote, of 55 (BenchmarkUpdate128).
type openDelta struct {
	Delta
	one [1]Pair
}

func (b *deltaBuilder) add(at parsedKey, d bucket.Delivery, sink func(Delta)) {
	if b.open != nil && !b.continues(at.object, d.Batch) {
		b.batch = ""
		b.flush(sink)
	}
	if b.open == nil {
		b.open, b.object = &openDelta{Delta: Delta{Ref: at.ref}}, at.object
		b.open.Pairs = b.open.one[:0]
		if !strings.HasSuffix(at.object, groupSuffix) {
			b.open.ID = MessageID(at.object)
		}
	}
	b.entries = append(b.entries, d.Entry)
	if b.open.Poll == nil && (d.Created > 0 || at.suffix == closeSuffix || at.suffix == scheduleSuffix) {
		b.open.Poll = b.cache.pollOf(at.ref)
	}
	if err := b.open.add(at, d.Entry, d.Origin); err != nil {
		slog.Warn("entry that can't be read", "key", d.Key, "revision", d.Revision, "error", err)
	}
	b.batch = d.Batch
	if d.EndBatch {
		b.batch = ""
	}
}

// pass notes an entry that belongs to no object. One of the open batch may end it; any other means
// that the end of that was overwritten.
func (b *deltaBuilder) pass(d bucket.Delivery) {
	if d.EndBatch || d.Batch != b.batch {
		b.batch = ""
	}
}

// continues reports whether an entry of this object and batch belongs to the open Delta. A clear, a
// close, a record and a dissolution end a Delta, and so does a size: a stream of changes that never
// pauses must be handed out too.
func (b *deltaBuilder) continues(object, batch string) bool {
	switch d := b.open; {
	case object != b.object:
		return false
	case b.batch != "":
		return batch == b.batch
	default:
		return d.ClearSeq == 0 && d.ClosedSeq == 0 && d.Record == nil && !d.Dissolved && len(b.entries) < 256
	}
}

// flush hands out the open Delta if it is complete.
func (b *deltaBuilder) flush(sink func(Delta)) {
	if b.open != nil && b.batch == "" {
		d := b.open.Delta
		b.open = nil
		b.cache.applyTail(b.object, b.entries)
		clear(b.entries)
		b.entries = b.entries[:0]
		sink(d)
	}
}
