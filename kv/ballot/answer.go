package ballot

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// answer is what a value says to one question: choices in rising order, or a text. Neither if the
// question was skipped.
type answer struct {
	choices []int
	text    string
}

// AnswerError says what is wrong with a value, naming the question if it is about one.
type AnswerError struct{ Text string }

func (e *AnswerError) Error() string { return e.Text }

func noAnswer(format string, args ...any) error { return &AnswerError{fmt.Sprintf(format, args...)} }

// CheckAnswer returns an *AnswerError unless the value answers the questions. Without questions
// every value is an answer.
func (r *Rules) CheckAnswer(value string) error {
	if len(r.Questions) == 0 {
		return nil
	}
	return r.eachAnswer(value, func(int, answer) {})
}

// eachAnswer calls fn with what the value says to each question that was not skipped.
func (r *Rules) eachAnswer(value string, fn func(question int, a answer)) error {
	parts := []string{value}
	if len(r.Questions) > 1 {
		var err error
		if parts, err = splitAnswers(value, len(r.Questions)); err != nil {
			return err
		}
	}
	skipped := 0
	for i, part := range parts {
		if part == "" && len(parts) > 1 {
			skipped++
			continue
		}
		a, err := r.Questions[i].parse(part)
		if err != nil {
			return noAnswer("question %d: %v", i+1, err)
		}
		fn(i, a)
	}
	if skipped == len(parts) {
		return noAnswer("answers none of the %d questions", len(parts))
	}
	return nil
}

// splitAnswers takes the answers to several questions apart: a JSON array of strings.
func splitAnswers(value string, n int) ([]string, error) {
	var list []*string
	if err := json.Unmarshal([]byte(value), &list); err != nil || list == nil {
		return nil, noAnswer("%d questions are answered by a JSON array of as many strings", n)
	}
	if len(list) != n {
		return nil, noAnswer("%d answers to %d questions", len(list), n)
	}
	parts := make([]string, n)
	for i, part := range list {
		if part == nil {
			return nil, noAnswer("question %d: null is no answer; \"\" skips it", i+1)
		}
		parts[i] = *part
	}
	return parts, nil
}

// parse reads the answer to one question.
func (q Question) parse(s string) (answer, error) {
	if q.Text > 0 {
		if len(s) > q.Text {
			return answer{}, fmt.Errorf("%d bytes, at most %d", len(s), q.Text)
		}
		return answer{text: s}, nil
	}
	var choices []int
	for token := range strings.SplitSeq(s, "_") {
		n, err := strconv.Atoi(token)
		switch {
		case err != nil || strconv.Itoa(n) != token || n < 1 || n > q.Choices:
			return answer{}, fmt.Errorf("%q is not a choice from 1 to %d", clip(token), q.Choices)
		case len(choices) > 0 && n <= choices[len(choices)-1]:
			return answer{}, fmt.Errorf("the choices of %q are not in rising order", clip(s))
		case len(choices) == q.Choose:
			return answer{}, fmt.Errorf("more than %d choices", q.Choose)
		}
		choices = append(choices, n)
	}
	return answer{choices: choices}, nil
}

// clip shortens what a client sent so that a sentence can quote it.
func clip(s string) string {
	const limit = 40
	if len(s) > limit {
		return s[:limit] + "..."
	}
	return s
}
