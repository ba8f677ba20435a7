package wire

import (
	"testing"
	"unicode/utf8"
)

// TestStrings decodes strings, broken ones among them. Each comes as it was meant, or as something
// that no rule accepts; never silently as another one.
func TestStrings(t *testing.T) {
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
		var got struct{ S string }
		if err := Decode([]byte(`{"S":`+s.raw+`}`), &got, 1); err != nil || got.S != s.want {
			t.Errorf("%s: %q (%v), want %q", s.raw, got.S, err, s.want)
		}
	}
	if utf8.ValidString(notText) || notText[0] <= '~' {
		t.Error("notText would be accepted somewhere")
	}
}
