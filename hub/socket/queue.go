package socket

import (
	"sync"

	"exthub/events"
)

// item is a frame, or an event and the events of the same message that came after it.
type item struct {
	frame Frame
	event *events.Event   // nil for a frame
	later []*events.Event // in order; only while the session is behind
}

// queue is memory for the items of an outbox. Nearly all outboxes have one item or none at any
// time, so queues are pooled: an idle session keeps none, and an event to ten thousand allocates
// none.
type queue struct{ items []item }

var queues = sync.Pool{New: func() any { return &queue{make([]item, 0, 16)} }}

// size returns how many bytes the item counts in its outbox.
func (it *item) size() int {
	if it.event == nil {
		return it.frame.size()
	}
	size := it.event.Size()
	for _, e := range it.later {
		size += e.Size()
	}
	return size
}

// fold merges the item's events into one, and returns by how much its size changed.
func (it *item) fold() int {
	if len(it.later) == 0 {
		return 0
	}
	before := it.size()
	it.event, it.later = events.Fold(append([]*events.Event{it.event}, it.later...), Wrap), nil
	return it.size() - before
}

func (it *item) single() []byte {
	if it.event == nil {
		return it.frame.single()
	}
	if len(it.later) == 0 && len(it.event.Frames()) == 1 {
		return it.event.Frames()[0].Wire
	}
	return nil
}

func (it *item) append(b []byte) []byte {
	if it.event == nil {
		return it.frame.Append(b)
	}
	for _, f := range it.event.Frames() {
		b = append(b, f.Wire...)
	}
	return b
}
