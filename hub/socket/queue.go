package socket

import (
	"sync"

	"exthub/events"
)

// item is a frame, or the events of one message that came one after the other.
type item struct {
	frame Frame
	event *events.Event   // nil for a frame
	later []*events.Event // behind event; only while the session is behind
}

// queue is room for the items of an outbox. Nearly always nearly all outboxes have one item or none, so queues go from one to the next: an idle session keeps
// none, and an event to ten thousand allocates none.
type queue struct{ items []item }

var queues = sync.Pool{New: func() any { return &queue{make([]item, 0, 16)} }}

// size returns how many bytes the item was counted with.
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

// fold makes one event of the item's, and returns by how much its size changed.
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
