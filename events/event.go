package events

import (
	"cmp"
	"slices"

	"exthub/kv"
)

// Event is one or more changes of a message as sessions get them: notifications that are encoded
// once and shared by all sessions.
type Event struct {
	message kv.MessageID // whose pairs changed; "" for an event that can't be folded
	changes []change     // in rising Seq, the newest of each pair
	frames  []Frame
	size    int

	summary, closed *Frame // among frames: of two events, the newer ones count

	oneChange [1]change // what changes and frames use while they have one item, as nearly always
	oneFrame  [1]Frame
}

// Frame is one notification: Payload is its JSON, Wire the same in the envelope of Options.Wrap.
type Frame struct{ Payload, Wire []byte }

// change is the newest state of a pair, or a clear, which has no key.
type change struct {
	key, value string
	seq        uint64
	deleted    bool
	created    uint64 // of a message with rules: the Seq of the first set
}

// Message returns the message whose pairs changed, or "" for an event that can't be folded.
func (e *Event) Message() kv.MessageID { return e.message }

// Frames returns the notifications, in order. The caller must not change them.
func (e *Event) Frames() []Frame { return e.frames }

// Size returns how many bytes the event's frames have on the wire.
func (e *Event) Size() int { return e.size }

// Wrapper puts the transport's envelope in front of a notification, in place: buffer[Headroom:] is
// the payload. It returns the two together, as a part of buffer.
type Wrapper func(buffer []byte) (wire []byte)

// Headroom is how many bytes in front of a payload are left free for its envelope.
const Headroom = 16

// addFrame adds a notification, which has Headroom in front of it.
func (e *Event) addFrame(wrap Wrapper, buffer []byte) *Event {
	frame := Frame{Payload: buffer[Headroom:], Wire: buffer[Headroom:]}
	if wrap != nil {
		frame.Wire = wrap(buffer)
	}
	e.frames = append(e.frames, frame)
	e.size += len(frame.Wire)
	return e
}

// pairEvent returns the event of a change of pairs.
func pairEvent(d kv.Delta, wrap Wrapper) *Event {
	e := new(Event)
	return e.ofPairs(d.ID, appendChanges(e.oneChange[:0], d), wrap)
}

func newChange(p kv.Pair) change { return change{p.Key, p.Value, p.Seq, p.Deleted, p.Created} }

func appendChanges(changes []change, d kv.Delta) []change {
	for _, p := range d.Pairs {
		changes = append(changes, newChange(p))
	}
	if d.ClearSeq > 0 {
		changes = append(changes, change{seq: d.ClearSeq, deleted: true})
	}
	return changes
}

// Fold returns one event for several about the same message, given in their order: the newest
// change of each pair, in rising Seq, then the newest summary, or the close, which has one too.
func Fold(list []*Event, wrap Wrapper) *Event {
	var changes []change
	var summary, closed *Frame
	for _, e := range list {
		changes = append(changes, e.changes...)
		if e.summary != nil {
			summary = e.summary
		}
		if e.closed != nil {
			summary, closed = nil, e.closed
		}
	}
	folded := newPairEvent(list[0].message, changes, wrap)
	folded.summary, folded.closed = summary, closed
	for _, frame := range []*Frame{summary, closed} {
		if frame != nil {
			folded.frames = append(folded.frames, *frame)
			folded.size += len(frame.Wire)
		}
	}
	return folded
}

func newPairEvent(id kv.MessageID, changes []change, wrap Wrapper) *Event {
	return new(Event).ofPairs(id, changes, wrap)
}

func (e *Event) ofPairs(id kv.MessageID, changes []change, wrap Wrapper) *Event {
	if len(changes) > 1 {
		changes = newest(changes)
	}
	e.message, e.changes, e.frames = id, changes, e.oneFrame[:0]
	// A notification holds either pairs that are there or pairs that are gone. Its latestSeq
	// promises that nothing up to there is still to come, which only holds if the notifications
	// follow the order of Seq.
	for start := 0; start < len(changes); {
		end := start + 1
		for end < len(changes) && changes[end].deleted == changes[start].deleted {
			end++
		}
		e.addFrame(wrap, encodePairs(id, changes[start:end]))
		start = end
	}
	return e
}

// newest returns the last change of each key, sorted by Seq. It reuses the slice.
func newest(changes []change) []change {
	slices.SortStableFunc(changes, func(a, b change) int { return cmp.Compare(a.seq, b.seq) })
	seen := make(map[string]bool, len(changes))
	kept := len(changes)
	for i := len(changes) - 1; i >= 0; i-- {
		if c := changes[i]; !seen[c.key] {
			seen[c.key] = true
			kept--
			changes[kept] = c
		}
	}
	return changes[kept:]
}
