// Package ballot is what the rules of a message mean: which rules there are, which values are
// answers, and how answers are counted. It is pure: no clock, no I/O.
//
// # Promises
//
//   - A Tally is what counting the pairs anew would give, after any changes in any order.
//   - Answers takes no value that two clients could read differently.
package ballot

import (
	"errors"
	"fmt"
	"slices"
)

// Rules say who may write which pairs of a message, and who reads them. They are given when the
// message is sent and fixed from then on. The zero Rules forbid nothing.
type Rules struct {
	Write     string     `json:"write,omitzero"`      // WriteAnyone if empty
	Once      bool       `json:"once,omitzero"`       // a pair is not changed after it was set
	Questions []Question `json:"questions,omitempty"` // without them values are free
	Show      string     `json:"show,omitzero"`       // ShowPairs if empty
	Reveal    string     `json:"reveal,omitzero"`     // RevealAlways if empty
	Anonymous bool       `json:"anonymous,omitzero"`  // keys don't say whose they are
	CloseAt   int64      `json:"closeAt,omitzero"`    // Unix seconds, as it was sent; 0 is never
	Max       int        `json:"max,omitzero"`        // pairs; 0 is the hub's own limit
}

// Question is one that takes choices, or a text if Text is not 0.
type Question struct {
	Choices int `json:"choices,omitzero"`
	Choose  int `json:"choose,omitzero"` // how many of them at most
	Text    int `json:"text,omitzero"`   // how many bytes the text has at most
}

// Who may write.
const (
	WriteAnyone = "anyone"
	WriteOwn    = "own"    // the key is exactly the writer's user ID
	WriteAuthor = "author" // only who sent the message
)

// What of the pairs is shown.
const (
	ShowPairs   = "pairs"
	ShowSummary = "summary"
)

// When it is shown. Before, there is only the number of pairs; to the author it is shown always.
const (
	RevealAlways = "always"
	RevealClosed = "closed"
	RevealNever  = "never"
)

// Limits are what rules may ask for at most.
type Limits struct {
	Max  int // pairs of a message
	Text int // bytes of a value
}

const (
	maxQuestions = 50
	minChoices   = 2
	maxChoices   = 100
)

// LatestCloseAt is the last second that RFC 3339 can name.
const LatestCloseAt = 253402300799

// FieldError says which rule is wrong, by its path below the rules, and why.
type FieldError struct{ Field, Text string }

func (e *FieldError) Error() string { return e.Field + ": " + e.Text }

func wrong(field, format string, args ...any) error {
	return &FieldError{field, fmt.Sprintf(format, args...)}
}

// Normalize returns the rules in the one form in which they are stored: what is the default is left
// out, except for Choose, which is always said. It returns a *FieldError for rules that are none.
func (r Rules) Normalize(l Limits) (*Rules, error) {
	for _, p := range []struct {
		field  string
		value  *string
		values []string // the first is the default
	}{
		{"write", &r.Write, []string{WriteAnyone, WriteOwn, WriteAuthor}},
		{"show", &r.Show, []string{ShowPairs, ShowSummary}},
		{"reveal", &r.Reveal, []string{RevealAlways, RevealClosed, RevealNever}},
	} {
		switch i := slices.Index(p.values, *p.value); {
		case *p.value == "", i == 0:
			*p.value = ""
		case i < 0:
			return nil, wrong(p.field, "must be one of %q", p.values)
		}
	}
	if err := r.checkTogether(); err != nil {
		return nil, err
	}
	switch {
	case r.CloseAt < 0 || r.CloseAt > LatestCloseAt:
		return nil, wrong("closeAt", "%d is no time in Unix seconds", r.CloseAt)
	case r.Max < 0 || r.Max > l.Max:
		return nil, wrong("max", "%d is not from 1 to %d", r.Max, l.Max)
	}
	return &r, r.normalizeQuestions(l)
}

// checkTogether checks the rules that need another one. What is hidden is hidden only if nobody can
// name a key that is not theirs: the answer to a set has the pair as it is, and an answer that a
// value changes nothing says what the value is.
func (r *Rules) checkTogether() error {
	switch own := r.Write == WriteOwn; {
	case r.Anonymous && !own:
		return wrong("anonymous", "needs write own")
	case r.Show == ShowSummary && r.Write == "":
		return wrong("show", "summary needs write own or author")
	case r.Reveal != "" && r.Write == "":
		return wrong("reveal", "%s needs write own or author", r.Reveal)
	}
	return nil
}

func (r *Rules) normalizeQuestions(l Limits) error {
	if len(r.Questions) > maxQuestions {
		return wrong("questions", "%d, at most %d", len(r.Questions), maxQuestions)
	}
	r.Questions = slices.Clone(r.Questions)
	for i := range r.Questions {
		if err := r.Questions[i].normalize(fmt.Sprintf("questions[%d]", i), l); err != nil {
			return err
		}
	}
	return nil
}

func (q *Question) normalize(field string, l Limits) error {
	if q.Text != 0 {
		switch {
		case q.Choices != 0 || q.Choose != 0:
			return wrong(field, "takes choices or a text, not both")
		case q.Text < 1 || q.Text > l.Text:
			return wrong(field+".text", "%d is not from 1 to %d", q.Text, l.Text)
		}
		return nil
	}
	if q.Choices < minChoices || q.Choices > maxChoices {
		return wrong(field+".choices", "%d is not from %d to %d", q.Choices, minChoices, maxChoices)
	}
	if q.Choose == 0 {
		q.Choose = 1
	}
	if q.Choose < 1 || q.Choose > q.Choices {
		return wrong(field+".choose", "%d is not from 1 to %d", q.Choose, q.Choices)
	}
	return nil
}

// Check returns an error unless the rules are in the form that Normalize gives them.
func (r *Rules) Check() error {
	const any = 1 << 40 // limits were checked when the message was sent, and may have changed
	same, err := r.Normalize(Limits{any, any})
	if err != nil {
		return err
	}
	if same.Write != r.Write || same.Show != r.Show || same.Reveal != r.Reveal ||
		!slices.Equal(same.Questions, r.Questions) {
		return errors.New("rules that are not in their normal form")
	}
	return nil
}

// Own reports whether users write their own pair and no other.
func (r *Rules) Own() bool { return r.Write == WriteOwn }

// Open reports whether every member reads every pair, before the close and after.
func (r *Rules) Open() bool { return r.Show == "" && r.Reveal == "" }

// Revealed reports whether everybody is shown what the author is.
func (r *Rules) Revealed(closed bool) bool {
	return r.Reveal == "" || r.Reveal == RevealClosed && closed
}

// Pairs reports whether a reader is shown the pairs of others: the author, if author, or else
// anybody.
func (r *Rules) Pairs(author, closed bool) bool {
	return r.Show == "" && (author || r.Revealed(closed))
}
