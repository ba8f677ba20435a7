package wire

import (
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
)

// TestText decodes strings, broken ones among them. Each comes as it was meant, or as something
// that no rule accepts; never silently as another one.
func TestText(t *testing.T) {
	for _, s := range []struct{ raw, want string }{
		{`"plain"`, "plain"},
		{`""`, ""},
		{`null`, ""},
		{`"\u0041\n\""`, "A\n\""},
		{`"\ud83d\ude42"`, "🙂"},
		{`"🙂\ud83d\ude42"`, "🙂🙂"},
		{`"\ufffd"`, "\ufffd"},
		{`"` + "\ufffd" + `"`, "\ufffd"},
		{`"\\ud800"`, `\ud800`},
		{`"\ud800"`, notText},
		{`"\udc00"`, notText},
		{`"\ud800x"`, notText},
		{`"\ud800\u0041"`, notText},
		{`"\ud800\ud800\udc00"`, notText},
		{`"\ude42\ud83d"`, notText},
		{`"\uD83D\uDE42"`, "🙂"},
		{"\"\xff\"", notText},
		{"\"\xed\xa0\x80\"", notText}, // a surrogate in UTF-8
	} {
		var got Text
		if err := json.Unmarshal([]byte(s.raw), &got, Lenient); err != nil || string(got) != s.want {
			t.Errorf("%s: %q (%v), want %q", s.raw, got, err, s.want)
		}
	}
	if utf8.ValidString(notText) || notText[0] <= '~' {
		t.Error("notText would be accepted somewhere")
	}
}
