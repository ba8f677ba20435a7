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

// linearizable returns nil if one order of all operations explains every answer. If porcupine can't
// find out in time, that is an error too: it proves nothing.
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
			// a cache may be behind, but not behind the call's minLatest
			history[i].Call = math.MinInt64
		}
	}
	verdict, info := porcupine.CheckOperationsVerbose(model.ToModel(), history, testTimeout)
	if verdict == porcupine.Ok {
		return nil
	}
	return fmt.Errorf("a history of %d operations: %v; %s", len(history), verdict,
		describeMisfit(history, info.PartialLinearizationsOperations()))
}

// describeMisfit describes where the longest attempt to order the operations got stuck: the last
// operations that fit, and those of the others that were answered first.
func describeMisfit(history []porcupine.Operation, attempts [][][]porcupine.Operation) string {
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
		return fmt.Sprintf("%d: %v to %v %+v -> %+v", op.ClientId, time.Duration(max(op.Call, 0)),
			time.Duration(op.Return), op.Input, op.Output)
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

// TestModel: the model accepts what it must, and rejects what it must.
func TestModel(t *testing.T) {
	op := func(from, to int, in call, out result) porcupine.Operation {
		return porcupine.Operation{Call: int64(from), Return: int64(to), Input: in, Output: out}
	}
	set := func(value string, seq uint64) call { return call{kind: "set", value: value, seq: seq} }
	wrote := func(value string, seq uint64) result { return result{pair: register{value: value, seq: seq}} }
	saw := func(value string, seq, latest uint64) result {
		return result{latest: latest, cells: [keys]register{{value: value, seq: seq}}}
	}
	lost := result{lost: true}
	get := call{kind: "get"}
	for _, c := range []struct {
		name    string
		right   bool
		history []porcupine.Operation
	}{
		{"one after the other", true, []porcupine.Operation{op(0, 1, set("a", 0), wrote("a", 5)),
			op(2, 3, set("b", 5), wrote("b", 6)), op(4, 5, get, saw("b", 6, 6))}},
		{"two winners", false, []porcupine.Operation{op(0, 9, set("a", 0), wrote("a", 5)),
			op(0, 9, set("b", 0), wrote("b", 6))}},
		{"a winner and a conflict", true, []porcupine.Operation{op(0, 9, set("a", 0), wrote("a", 5)),
			op(0, 9, set("b", 0), result{conflict: true, pair: register{value: "a", seq: 5}})}},
		{"a conflict with what is named", false, []porcupine.Operation{op(0, 1, set("a", 0), wrote("a", 5)),
			op(2, 3, set("b", 5), result{conflict: true, pair: register{value: "a", seq: 5}})}},
		{"a conflict with the past", false, []porcupine.Operation{op(0, 1, set("a", 0), wrote("a", 5)),
			op(2, 3, set("b", 5), wrote("b", 6)),
			op(4, 5, set("c", 6), result{conflict: true, pair: register{value: "a", seq: 5}})}},
		{"a get from a cache that is behind", true, []porcupine.Operation{op(0, 1, set("a", 0), wrote("a", 5)),
			op(2, 3, get, result{})}},
		{"a get that goes back in time", false, []porcupine.Operation{op(0, 1, set("a", 0), wrote("a", 5)),
			op(2, 3, call{kind: "get", minLatest: 5}, result{})}},
		{"a get from the future", false, []porcupine.Operation{op(0, 1, get, saw("a", 5, 5)),
			op(2, 3, set("a", 0), wrote("a", 5))}},
		{"a get of a mixture", false, []porcupine.Operation{op(0, 1, set("a", 0), wrote("a", 5)),
			op(2, 3, set("b", 5), wrote("b", 6)), op(4, 5, get, saw("a", 5, 6))}},
		{"unanswered, and it happened", true, []porcupine.Operation{op(0, 1, set("a", 0), lost),
			op(2, 3, set("b", 7), wrote("b", 8))}},
		{"unanswered, and it did not happen", true, []porcupine.Operation{op(0, 1, set("a", 0), lost),
			op(2, 3, set("b", 0), wrote("b", 8))}},
		{"unanswered, and it happened late", true, []porcupine.Operation{op(0, 1, set("a", 0), lost),
			op(2, 3, get, result{}), op(4, 5, get, saw("a", 7, 7))}},
		{"unanswered, and it was undone", false, []porcupine.Operation{op(0, 1, set("a", 0), lost),
			op(2, 3, call{kind: "set", key: 1, value: "c"}, wrote("c", 9)),
			op(4, 5, get, result{latest: 9, cells: [keys]register{{value: "a", seq: 7}, {value: "c", seq: 9}}}),
			op(6, 7, set("b", 0), wrote("b", 10))}},
		{"a Seq that was given before", false, []porcupine.Operation{op(0, 1, set("a", 0), wrote("a", 5)),
			op(2, 3, set("b", 5), wrote("b", 5))}},
		{"cleared", true, []porcupine.Operation{op(0, 1, set("a", 0), wrote("a", 5)),
			op(2, 3, call{kind: "clear"}, result{latest: 7}), op(4, 5, get, result{latest: 7}),
			op(6, 7, set("b", 6), wrote("b", 8))}},
		{"cleared, and still there", false, []porcupine.Operation{op(0, 1, set("a", 0), wrote("a", 5)),
			op(2, 3, call{kind: "clear"}, result{latest: 7}),
			op(4, 5, get, saw("a", 5, 7))}},
	} {
		start := time.Now()
		if err := linearizable(c.history); (err == nil) != c.right {
			t.Errorf("%s: %v", c.name, err)
		}
		if took := time.Since(start); took > testTimeout/2 {
			t.Errorf("%s took %v", c.name, took)
		}
	}
}
