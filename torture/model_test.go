package torture

import (
	"fmt"

	"github.com/anishathalye/porcupine"
)

// keys are what a message's writers fight for. The model's state has a place for each.
const keys = 3

// call is what a client asked of one message.
type call struct {
	kind      string // set, delete, clear, get
	key       int
	value     string
	seq       uint64 // the Seq that the client named
	minLatest uint64 // the newest revision of the message that this client has seen on this hub
}

// result is what came back. lost: nothing did, or the hub could not tell either.
type result struct {
	lost     bool
	conflict bool
	pair     register // of a set, a deletion and a conflict
	latest   uint64   // of a clear and a get
	cells    [keys]register
}

// register is a pair: an empty value is one that is gone. Of a pair that an unanswered write wrote the Seq is not known; then loose says that it is above seq.
type register struct {
	value      string
	seq        uint64
	lowerBound bool
}

// state is a message. latest is its newest revision; loose says that it is above that.
type state struct {
	cells      [keys]register
	latest     uint64
	lowerBound bool
}

// matches reports whether a pair may be the one that somebody saw.
func (c register) matches(saw register) bool {
	return c.value == saw.value && (c.seq == saw.seq || c.lowerBound && saw.seq > c.seq)
}

// acceptsSeq reports whether a writer who names this Seq means the pair as it is: its Seq, or 0 for one that is gone.
func (c register) acceptsSeq(seq uint64) bool {
	return c.seq == seq && !c.lowerBound || c.lowerBound && seq > c.seq || c.value == "" && seq == 0
}

// step returns the states that the message may be in after the call, none if the result can't be.
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
		// A pair whose Seq was not known until now may still be the one that the writer did not mean.
		if !before.matches(out.pair) || out.pair.seq == in.seq || out.pair.value == "" && in.seq == 0 {
			return nil
		}
		s.cells[in.key] = out.pair
		return []state{s}
	}
	if !before.acceptsSeq(in.seq) {
		return nil
	}
	if in.kind == "delete" && before.value == "" {
		// Gone already: nothing is written.
		if !before.matches(out.pair) {
			return nil
		}
		s.cells[in.key] = out.pair
		return []state{s}
	}
	if out.pair.seq <= s.latest || out.pair.value != in.value {
		return nil
	}
	s.cells[in.key] = out.pair
	s.latest, s.lowerBound = out.pair.seq, false
	return []state{s}
}

// stepGet is right if it shows the message as it is at this point, and not older than what the client had seen.
func stepGet(s state, in call, out result) []state {
	if out.latest < in.minLatest || out.latest < s.latest || !s.lowerBound && out.latest > s.latest || s.lowerBound && out.latest == s.latest {
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

// stepClear: the pairs that were there got one revision each, in the order of their Seq, and the clear itself the one behind them.
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

// stepUnanswered returns the message after a call that nobody answered, and whether it could have done anything.
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
	if !before.acceptsSeq(in.seq) || in.kind == "delete" && before.value == "" {
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
