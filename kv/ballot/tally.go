package ballot

import (
	"encoding/json"
	"slices"
)

// Counts are how often each choice of a question was chosen; nil of a question that takes a text,
// which is null in JSON.
type Counts []int

// MarshalJSON returns null for a nil list, whichever library encodes it.
func (c Counts) MarshalJSON() ([]byte, error) { return json.Marshal([]int(c)) }

// Tally counts the answers of a message, change by change. The zero Tally counts pairs alone.
type Tally struct {
	rules  *Rules
	pairs  int
	counts []int // of all choices of all questions, one question after the other
	starts []int // where the choices of each question begin in counts; -1 of a text
}

// NewTally returns the tally of a message with these rules that has no pairs.
func NewTally(r *Rules) Tally {
	t := Tally{rules: r}
	n := 0
	for _, q := range r.Questions {
		if q.Text > 0 {
			t.starts = append(t.starts, -1)
			continue
		}
		t.starts = append(t.starts, n)
		n += q.Choices
	}
	t.counts = make([]int, n)
	return t
}

// Add counts a pair of this value, or takes it back: n is 1 or -1. A value that is no answer counts
// as a pair and for no choice.
func (t *Tally) Add(value string, n int) {
	t.pairs += n
	if len(t.counts) == 0 {
		return
	}
	var room [16]int
	hits := room[:0]
	// Gathered first: a value that is an answer only in part counts for nothing.
	err := t.rules.eachAnswer(value, func(question int, a answer) {
		for _, choice := range a.choices {
			hits = append(hits, t.starts[question]+choice-1)
		}
	})
	if err == nil {
		for _, hit := range hits {
			t.counts[hit] += n
		}
	}
}

// Pairs returns how many pairs were counted.
func (t *Tally) Pairs() int { return t.pairs }

// Answers returns a copy of the counts of each question's choices, nil for a question that takes a
// text. Without questions it returns nil.
func (t *Tally) Answers() []Counts {
	if len(t.starts) == 0 {
		return nil
	}
	counts := slices.Clone(t.counts)
	answers := make([]Counts, len(t.starts))
	for i, start := range t.starts {
		if start >= 0 {
			end := start + t.rules.Questions[i].Choices
			answers[i] = counts[start:end:end]
		}
	}
	return answers
}

// Size returns about how many bytes the tally takes in memory.
func (t *Tally) Size() int { return 8 * (cap(t.counts) + cap(t.starts)) }
