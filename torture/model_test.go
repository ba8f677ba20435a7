package torture

import (
	"fmt"

	"github.com/anishathalye/porcupine"
)

// keys are what a message's writers fight for. The model's state has a place for each.
const keys = 3

// call is what a client asked of one message.
type call struct {
	kind  string // set, delete, clear, get
	key   int
	value string
	seq   uint64 // the Seq that the client named
	floor uint64 // the newest revision of the message that this client has seen on this hub
}

// result is what came back. lost: nothing did, or the hub could not tell either.
type result struct {
	lost     bool
	conflict bool
	pair     cell   // of a set, a deletion and a conflict
	latest   uint64 // of a clear and a get
	cells    [keys]cell
}

// cell is a pair: an empty value is one that is gone. Of a pair that an unanswered write wrote the Seq is not known; then loose says that it is above seq.
type cell struct {
	value string
	seq   uint64
	loose bool
}

// state is a message. latest is its newest revision; loose says that it is above that.
type state struct {
	cells  [keys]cell
	latest uint64
	loose  bool
}

// matches reports whether a pair may be the one that somebody saw.
func (c cell) matches(saw cell) bool {
	return c.value == saw.value && (c.seq == saw.seq || c.loose && saw.seq > c.seq)
}

// named reports whether a writer who names this Seq means the pair as it is: its Seq, or 0 for one that is gone.
func (c cell) named(seq uint64) bool {
	return c.seq == seq && !c.loose || c.loose && seq > c.seq || c.value == "" && seq == 0
}

// step returns the states that the message may be in after the call, none if the result can't be.
func step(s state, in call, out result) []state {
	if in.kind == "get" {
		return get(s, in, out)
	}
	if out.lost {
		if after, ok := unanswered(s, in); ok {
			return []state{s, after}
		}
		return []state{s}
	}
	if in.kind == "clear" {
		return cleared(s, out)
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
	if !before.named(in.seq) {
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
	s.latest, s.loose = out.pair.seq, false
	return []state{s}
}

// get is right if it shows the message as it is at this point, and not older than what the client had seen.
func get(s state, in call, out result) []state {
	if out.latest < in.floor || out.latest < s.latest || !s.loose && out.latest > s.latest || s.loose && out.latest == s.latest {
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
	s.latest, s.loose = out.latest, false
	return []state{s}
}

// cleared: the pairs that were there got one revision each, in the order of their Seq, and the clear itself the one behind them.
func cleared(s state, out result) []state {
	live := 0
	for _, c := range s.cells {
		if c.value != "" {
			live++
		}
	}
	if live == 0 {
		if out.latest < s.latest || !s.loose && out.latest != s.latest {
			return nil
		}
		s.latest, s.loose = out.latest, false
		return []state{s}
	}
	if out.latest <= s.latest+uint64(live) {
		return nil
	}
	for i, c := range s.cells {
		if c.value != "" {
			s.cells[i] = cell{seq: out.latest - uint64(live) - 1, loose: true}
		}
	}
	s.latest, s.loose = out.latest, false
	return []state{s}
}

// unanswered returns the message after a call that nobody answered, and whether it could have done anything.
func unanswered(s state, in call) (state, bool) {
	if in.kind == "clear" {
		for i, c := range s.cells {
			if c.value != "" {
				s.cells[i] = cell{seq: s.latest, loose: true}
			}
		}
		s.loose = true
		return s, true
	}
	before := s.cells[in.key]
	if !before.named(in.seq) || in.kind == "delete" && before.value == "" {
		return s, false
	}
	s.cells[in.key] = cell{value: in.value, seq: s.latest, loose: true}
	s.loose = true
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
