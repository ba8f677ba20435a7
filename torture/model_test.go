package torture

import (
	"fmt"

	"github.com/anishathalye/porcupine"
)

// keys is the number of pairs that the writers of a message compete for. The model's state has a
// register for each.
const keys = 3

// call is a request of a client about one message.
type call struct {
	kind      string // set, delete, clear, get
	key       int
	value     string
	seq       uint64 // the Seq that the client named
	minLatest uint64 // the newest revision of the message that this client has seen on this hub
}

// result is what a call returned. It is lost if no answer came, or one that says that the hub does
// not know the outcome.
type result struct {
	lost     bool
	conflict bool
	pair     register // of a set, a deletion and a conflict
	latest   uint64   // of a clear and a get
	cells    [keys]register
}

// register is a pair; with an empty value, one that is gone. The Seq of a pair that an unanswered
// write wrote is not known: lowerBound says that it is above seq.
type register struct {
	value      string
	seq        uint64
	lowerBound bool
}

// state is a message. latest is its newest revision; lowerBound says that the revision is above
// that.
type state struct {
	cells      [keys]register
	latest     uint64
	lowerBound bool
}

// matches reports whether the pair may be the one that a client saw.
func (c register) matches(saw register) bool {
	return c.value == saw.value && (c.seq == saw.seq || c.lowerBound && saw.seq > c.seq)
}

// acceptsSeq reports whether a writer that names this Seq means the pair as it is: its Seq, or 0
// for a pair that is gone.
func (c register) acceptsSeq(seq uint64) bool {
	return c.seq == seq && !c.lowerBound || c.lowerBound && seq > c.seq || c.value == "" && seq == 0
}

// step returns the states that the message may be in after the call; none if the result is
// impossible.
func step(s state, in call, out result) []state {
	if in.kind == "get" {
		return stepGet(s, in, out)
	}
	if out.lost {
		if after, ok := stepUnanswered(s, in); ok {
			return []state{s, after}
		}
		return []state{s}
	}
	if in.kind == "clear" {
		return stepClear(s, out)
	}
	before := s.cells[in.key]
	if out.conflict {
		// A pair whose Seq was not known until now may still be one that the writer did not name.
		// What is there already, as asked for, is no conflict.
		if !before.matches(out.pair) || out.pair.seq == in.seq || out.pair.value == "" && in.seq == 0 ||
			out.pair.value == in.value {
			return nil
		}
		s.cells[in.key] = out.pair
		return []state{s}
	}
	if before.value == in.value {
		// The pair is so already, or gone already: nothing is written.
		if !before.matches(out.pair) {
			return nil
		}
		s.cells[in.key] = out.pair
		return []state{s}
	}
	if !before.acceptsSeq(in.seq) {
		return nil
	}
	if out.pair.seq <= s.latest || out.pair.value != in.value {
		return nil
	}
	s.cells[in.key] = out.pair
	s.latest, s.lowerBound = out.pair.seq, false
	return []state{s}
}

// stepGet accepts a get that shows the message as it is at this point, and not older than what the
// client had seen.
func stepGet(s state, in call, out result) []state {
	if out.latest < in.minLatest || out.latest < s.latest ||
		!s.lowerBound && out.latest > s.latest || s.lowerBound && out.latest == s.latest {
		return nil
	}
	for i, c := range s.cells {
		switch saw := out.cells[i]; {
		case saw.value == "" && c.value == "": // a get does not list what is gone
		case !c.matches(saw):
			return nil
		default:
			s.cells[i] = saw
		}
	}
	s.latest, s.lowerBound = out.latest, false
	return []state{s}
}

// stepClear accepts a clear that gave one revision to each pair that was there, in the order of
// their Seq, and itself got the revision behind them.
func stepClear(s state, out result) []state {
	live := 0
	for _, c := range s.cells {
		if c.value != "" {
			live++
		}
	}
	if live == 0 {
		if out.latest < s.latest || !s.lowerBound && out.latest != s.latest {
			return nil
		}
		s.latest, s.lowerBound = out.latest, false
		return []state{s}
	}
	if out.latest <= s.latest+uint64(live) {
		return nil
	}
	for i, c := range s.cells {
		if c.value != "" {
			s.cells[i] = register{seq: out.latest - uint64(live) - 1, lowerBound: true}
		}
	}
	s.latest, s.lowerBound = out.latest, false
	return []state{s}
}

// stepUnanswered returns the message after a call that was carried out but not answered, and
// whether it could have changed anything.
func stepUnanswered(s state, in call) (state, bool) {
	if in.kind == "clear" {
		for i, c := range s.cells {
			if c.value != "" {
				s.cells[i] = register{seq: s.latest, lowerBound: true}
			}
		}
		s.lowerBound = true
		return s, true
	}
	before := s.cells[in.key]
	if !before.acceptsSeq(in.seq) || before.value == in.value {
		return s, false
	}
	s.cells[in.key] = register{value: in.value, seq: s.latest, lowerBound: true}
	s.lowerBound = true
	return s, true
}

var model = porcupine.NondeterministicModel{
	Init:  func() []any { return []any{state{}} },
	Equal: func(a, b any) bool { return a == b },
	Step: func(s, in, out any) []any {
		var list []any
		for _, after := range step(s.(state), in.(call), out.(result)) {
			list = append(list, after)
		}
		return list
	},
	DescribeOperation: func(in, out any) string { return fmt.Sprintf("%+v -> %+v", in, out) },
}
