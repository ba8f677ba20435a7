package torture

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

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

// linearizable reports whether there is one order of all operations that explains every answer. What it can't find out in time is no proof.
func linearizable(history []porcupine.Operation) error {
	last := int64(0)
	for _, op := range history {
		last = max(last, op.Return)
	}
	for i := range history {
		if history[i].Output.(result).lost {
			history[i].Return = last + 1 // it may still happen
		}
		if history[i].Input.(call).kind == "get" {
			history[i].Call = math.MinInt64 // a view may be behind: what it must not be older than is in the call
		}
	}
	verdict, info := porcupine.CheckOperationsVerbose(model.ToModel(), history, patience)
	if verdict == porcupine.Ok {
		return nil
	}
	return fmt.Errorf("a history of %d operations: %v; %s", len(history), verdict, misfit(history, info.PartialLinearizationsOperations()))
}

// misfit describes where the longest attempt to put the operations in order got stuck: the last ones that fit, and of the others those that were answered first.
func misfit(history []porcupine.Operation, attempts [][][]porcupine.Operation) string {
	var longest []porcupine.Operation
	for _, partition := range attempts {
		for _, ops := range partition {
			if len(ops) > len(longest) {
				longest = ops
			}
		}
	}
	placed := make(map[string]bool)
	name := func(op porcupine.Operation) string {
		return fmt.Sprintf("%d: %v to %v %+v -> %+v", op.ClientId, time.Duration(max(op.Call, 0)), time.Duration(op.Return), op.Input, op.Output)
	}
	for _, op := range longest {
		placed[name(op)] = true
	}
	rest := slices.DeleteFunc(slices.Clone(history), func(op porcupine.Operation) bool { return placed[name(op)] })
	slices.SortFunc(rest, func(a, b porcupine.Operation) int { return cmp.Compare(a.Return, b.Return) })
	text := "in order so far:"
	for _, op := range longest[max(0, len(longest)-12):] {
		text += "\n  " + name(op)
	}
	text += "\nnext should be one of:"
	for _, op := range rest[:min(12, len(rest))] {
		text += "\n  " + name(op)
	}
	return text
}

// The model itself: what it must accept, and what it must not.
func TestModel(t *testing.T) {
	op := func(from, to int, in call, out result) porcupine.Operation {
		return porcupine.Operation{Call: int64(from), Return: int64(to), Input: in, Output: out}
	}
	set := func(value string, seq uint64) call { return call{kind: "set", value: value, seq: seq} }
	wrote := func(value string, seq uint64) result { return result{pair: cell{value: value, seq: seq}} }
	saw := func(value string, seq, latest uint64) result {
		return result{latest: latest, cells: [keys]cell{{value: value, seq: seq}}}
	}
	lost := result{lost: true}
	get := call{kind: "get"}
	for _, c := range []struct {
		name    string
		right   bool
		history []porcupine.Operation
	}{
		{"one after the other", true, []porcupine.Operation{op(0, 1, set("a", 0), wrote("a", 5)), op(2, 3, set("b", 5), wrote("b", 6)), op(4, 5, get, saw("b", 6, 6))}},
		{"two winners", false, []porcupine.Operation{op(0, 9, set("a", 0), wrote("a", 5)), op(0, 9, set("b", 0), wrote("b", 6))}},
		{"a winner and a conflict", true, []porcupine.Operation{op(0, 9, set("a", 0), wrote("a", 5)),
			op(0, 9, set("b", 0), result{conflict: true, pair: cell{value: "a", seq: 5}})}},
		{"a conflict with what is named", false, []porcupine.Operation{op(0, 1, set("a", 0), wrote("a", 5)),
			op(2, 3, set("b", 5), result{conflict: true, pair: cell{value: "a", seq: 5}})}},
		{"a conflict with the past", false, []porcupine.Operation{op(0, 1, set("a", 0), wrote("a", 5)), op(2, 3, set("b", 5), wrote("b", 6)),
			op(4, 5, set("c", 6), result{conflict: true, pair: cell{value: "a", seq: 5}})}},
		{"a get from a view that is behind", true, []porcupine.Operation{op(0, 1, set("a", 0), wrote("a", 5)), op(2, 3, get, result{})}},
		{"a get that goes back in time", false, []porcupine.Operation{op(0, 1, set("a", 0), wrote("a", 5)), op(2, 3, call{kind: "get", floor: 5}, result{})}},
		{"a get from the future", false, []porcupine.Operation{op(0, 1, get, saw("a", 5, 5)), op(2, 3, set("a", 0), wrote("a", 5))}},
		{"a get of a mixture", false, []porcupine.Operation{op(0, 1, set("a", 0), wrote("a", 5)), op(2, 3, set("b", 5), wrote("b", 6)), op(4, 5, get, saw("a", 5, 6))}},
		{"unanswered, and it happened", true, []porcupine.Operation{op(0, 1, set("a", 0), lost), op(2, 3, set("b", 7), wrote("b", 8))}},
		{"unanswered, and it did not happen", true, []porcupine.Operation{op(0, 1, set("a", 0), lost), op(2, 3, set("b", 0), wrote("b", 8))}},
		{"unanswered, and it happened late", true, []porcupine.Operation{op(0, 1, set("a", 0), lost), op(2, 3, get, result{}), op(4, 5, get, saw("a", 7, 7))}},
		{"unanswered, and it was undone", false, []porcupine.Operation{op(0, 1, set("a", 0), lost), op(2, 3, call{kind: "set", key: 1, value: "c"}, wrote("c", 9)),
			op(4, 5, get, result{latest: 9, cells: [keys]cell{{value: "a", seq: 7}, {value: "c", seq: 9}}}),
			op(6, 7, set("b", 0), wrote("b", 10))}},
		{"a Seq that was given before", false, []porcupine.Operation{op(0, 1, set("a", 0), wrote("a", 5)), op(2, 3, set("b", 5), wrote("b", 5))}},
		{"cleared", true, []porcupine.Operation{op(0, 1, set("a", 0), wrote("a", 5)), op(2, 3, call{kind: "clear"}, result{latest: 7}), op(4, 5, get, result{latest: 7}),
			op(6, 7, set("b", 6), wrote("b", 8))}},
		{"cleared, and still there", false, []porcupine.Operation{op(0, 1, set("a", 0), wrote("a", 5)), op(2, 3, call{kind: "clear"}, result{latest: 7}),
			op(4, 5, get, saw("a", 5, 7))}},
	} {
		start := time.Now()
		if err := linearizable(c.history); (err == nil) != c.right {
			t.Errorf("%s: %v", c.name, err)
		}
		if took := time.Since(start); took > patience/2 {
			t.Errorf("%s took %v", c.name, took)
		}
	}
}
