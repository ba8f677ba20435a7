package ballot

import (
	"cmp"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	diffs "github.com/google/go-cmp/cmp"
)

var limits = Limits{Max: 100_000, Text: 1000}

func parseRules(t *testing.T, text string) *Rules {
	t.Helper()
	var r Rules
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	normal, err := r.Normalize(limits)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return normal
}

// Rules that can't be kept are refused, naming the one that is wrong: a poll that is not as its
// author thinks gives away what it promised to hide.
func TestRulesAreRefused(t *testing.T) {
	for text, field := range map[string]string{
		`{"write":"everybody"}`:                       "write",
		`{"show":"nothing"}`:                          "show",
		`{"reveal":"later"}`:                          "reveal",
		`{"anonymous":true}`:                          "anonymous",
		`{"anonymous":true,"write":"author"}`:         "anonymous",
		`{"show":"summary"}`:                          "show",
		`{"reveal":"closed"}`:                         "reveal",
		`{"reveal":"never","write":"anyone"}`:         "reveal",
		`{"closeAt":-1}`:                              "closeAt",
		`{"closeAt":253402300800}`:                    "closeAt",
		`{"max":-1}`:                                  "max",
		`{"max":100001}`:                              "max",
		`{"questions":[{}]}`:                          "questions[0].choices",
		`{"questions":[{"choices":1}]}`:               "questions[0].choices",
		`{"questions":[{"choices":101}]}`:             "questions[0].choices",
		`{"questions":[{"choices":3,"choose":4}]}`:    "questions[0].choose",
		`{"questions":[{"choices":3,"choose":-1}]}`:   "questions[0].choose",
		`{"questions":[{"choices":3},{"text":1001}]}`: "questions[1].text",
		`{"questions":[{"choices":3},{"text":-1}]}`:   "questions[1].text",
		`{"questions":[{"choices":3,"text":10}]}`:     "questions[0]",
		`{"questions":[` + strings.Repeat(`{"text":1},`, 50) + `{"text":1}]}`: "questions",
	} {
		var r Rules
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			t.Fatal(err)
		}
		_, err := r.Normalize(limits)
		var wrong *FieldError
		if !errors.As(err, &wrong) || wrong.Field != field {
			t.Errorf("%s: %v, want a refusal of %s", text, err, field)
		}
	}
}

// Rules have one form in which they are stored, whatever the author spelled out.
func TestRulesHaveOneForm(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`{}`, `{}`},
		{`{"write":"anyone","show":"pairs","reveal":"always"}`, `{}`},
		{`{"questions":[{"choices":3}]}`, `{"questions":[{"choices":3,"choose":1}]}`},
		{`{"write":"own","anonymous":true,"reveal":"closed"}`, `{"write":"own","reveal":"closed","anonymous":true}`},
		{`{"write":"author","show":"summary","reveal":"never"}`, ""},
		{`{"once":true,"closeAt":1700000000,"max":100000}`, ""},
		{`{"questions":[{"text":1000},{"choices":9,"choose":9}]}`, ""},
	} {
		text, want := c.text, cmp.Or(c.want, c.text)
		got, err := json.Marshal(parseRules(t, text))
		if err != nil || string(got) != want {
			t.Errorf("%s: %s %v, want %s", text, got, err, want)
		}
		if err := parseRules(t, text).Check(); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	if err := (&Rules{Show: ShowPairs}).Check(); err == nil {
		t.Error("rules that spell out a default pass for normal")
	}
}

// A value that is no answer is refused, naming the question: what the tally can't count was no
// vote.
func TestAnswers(t *testing.T) {
	one := parseRules(t, `{"questions":[{"choices":3}]}`)
	several := parseRules(t, `{"questions":[{"choices":12,"choose":3}]}`)
	text := parseRules(t, `{"questions":[{"text":5}]}`)
	survey := parseRules(t, `{"questions":[{"choices":3},{"text":5},{"choices":4,"choose":2}]}`)
	for _, c := range []struct {
		rules *Rules
		value string
		wrong string // "" for an answer
	}{
		{parseRules(t, `{}`), "anything", ""},
		{one, "1", ""},
		{one, "3", ""},
		{one, "0", "question 1"},
		{one, "4", "question 1"},
		{one, "01", "question 1"},
		{one, "+1", "question 1"},
		{one, " 1", "question 1"},
		{one, "1_2", "more than 1"},
		{one, "-1", "question 1"},
		{one, "", "question 1"},
		{one, "99999999999999999999", "question 1"},
		{one, strings.Repeat("9", 1000), "..."},
		{several, "2_10_12", ""},
		{several, "2_10_11_12", "more than 3"},
		{several, "10_2", "rising"},
		{several, "2_2", "rising"},
		{several, "2_", "question 1"},
		{several, "_2", "question 1"},
		{text, "hello", ""},
		{text, "hellos", "6 bytes"},
		{survey, `["1","ok","1_4"]`, ""},
		{survey, `["","ok",""]`, ""},
		{survey, ` [ "1" , "" , "" ] `, ""},
		{survey, `["","",""]`, "none of the 3"},
		{survey, `["1","ok"]`, "2 answers to 3"},
		{survey, `["1","ok","1","1"]`, "4 answers to 3"},
		{survey, `["1",null,"1"]`, "question 2: null"},
		{survey, `["1","ok","4_1"]`, "question 3"},
		{survey, `["9","ok","1"]`, "question 1"},
		{survey, `null`, "JSON array"},
		{survey, `{}`, "JSON array"},
		{survey, `[1,2,3]`, "JSON array"},
		{survey, `["1","ok","1"] x`, "JSON array"},
		{survey, `1`, "JSON array"},
	} {
		err := c.rules.CheckAnswer(c.value)
		var wrong *AnswerError
		switch {
		case c.wrong == "" && err != nil:
			t.Errorf("%q: %v", c.value, err)
		case c.wrong != "" && (!errors.As(err, &wrong) || !strings.Contains(wrong.Text, c.wrong)):
			t.Errorf("%q: %v, want a refusal with %q", c.value, err, c.wrong)
		}
	}
}

// What the rules hide, they hide from everybody but the author, and what they reveal at the close
// not before.
func TestWhoReadsWhat(t *testing.T) {
	for _, c := range []struct {
		rules                  string
		author, before, closed bool // who reads the pairs of others
		open                   bool
	}{
		{`{}`, true, true, true, true},
		{`{"write":"own","show":"summary"}`, false, false, false, false},
		{`{"write":"own","reveal":"closed"}`, true, false, true, false},
		{`{"write":"own","reveal":"never"}`, true, false, false, false},
		{`{"write":"own","reveal":"closed","show":"summary"}`, false, false, false, false},
	} {
		r := parseRules(t, c.rules)
		if r.Pairs(true, false) != c.author || r.Pairs(true, true) != c.author {
			t.Errorf("%s: the author is not shown what show says", c.rules)
		}
		if r.Pairs(false, false) != c.before || r.Pairs(false, true) != c.closed || r.Open() != c.open {
			t.Errorf("%s: %v before, %v after the close, open %v",
				c.rules, r.Pairs(false, false), r.Pairs(false, true), r.Open())
		}
	}
}

// A tally that is kept change by change is what counting anew gives, also of values that are no
// answers.
func TestTallyIsARecount(t *testing.T) {
	r := parseRules(t, `{"questions":[{"choices":3,"choose":2},{"text":5},{"choices":4}]}`)
	values := []string{
		`["1","ok","4"]`, `["1_3","",""]`, `["","ok",""]`, `["2","","1"]`, `["9","",""]`, "free",
		`["1","too long","1"]`,
	}
	kept, pairs := NewTally(r), make(map[int]string)
	random := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		key := random.IntN(40)
		if old, ok := pairs[key]; ok {
			kept.Add(old, -1)
			delete(pairs, key)
		}
		if random.IntN(4) > 0 {
			pairs[key] = values[random.IntN(len(values))]
			kept.Add(pairs[key], 1)
		}
		anew := NewTally(r)
		for _, value := range pairs {
			anew.Add(value, 1)
		}
		if diff := diffs.Diff(anew.Answers(), kept.Answers()); diff != "" || anew.Pairs() != kept.Pairs() {
			t.Fatalf("counted anew (-) and kept (+):\n%s", diff)
		}
	}
	if kept.Answers()[1] != nil {
		t.Error("a text was counted")
	}
}

// No value makes a tally go below zero or above the pairs, and none counts that is no answer.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{"1", "1_2", `["1","","2_3"]`, `[null]`, "_", `["\ud800","x","1"]`, ""} {
		f.Add(seed)
	}
	single := &Rules{Questions: []Question{{Choices: 5, Choose: 3}}}
	survey := &Rules{Questions: []Question{{Choices: 3, Choose: 1}, {Text: 10}, {Choices: 4, Choose: 2}}}
	f.Fuzz(func(t *testing.T, value string) {
		for _, r := range []*Rules{single, survey} {
			tally := NewTally(r)
			tally.Add(value, 1)
			sum := 0
			for i, counts := range tally.Answers() {
				of := 0
				for _, n := range counts {
					of += n
				}
				if of > r.Questions[i].Choose {
					t.Errorf("%q chose %d of question %d", value, of, i+1)
				}
				sum += of
			}
			if err := r.CheckAnswer(value); err != nil && sum > 0 {
				t.Errorf("%q counts, and is refused: %v", value, err)
			}
			tally.Add(value, -1)
			empty := NewTally(r)
			if diff := diffs.Diff(empty.Answers(), tally.Answers()); diff != "" || tally.Pairs() != 0 {
				t.Errorf("%q leaves something behind:\n%s", value, diff)
			}
		}
	})
}
