package hub

import (
	"errors"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
)

// TestText: a string comes as it was meant, or as something that no rule accepts; never silently as another one.
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
		var got text
		if err := json.Unmarshal([]byte(s.raw), &got, asInBrowsers); err != nil || string(got) != s.want {
			t.Errorf("%s: %q (%v), want %q", s.raw, got, err, s.want)
		}
	}
	if utf8.ValidString(notText) || printable(notText) {
		t.Error("notText would be accepted somewhere")
	}
}

func TestDecodeParamsNamesTheField(t *testing.T) {
	for _, p := range []struct{ raw, says string }{
		{`{"messageID":1}`, "messageID: number is not a string"},
		{`{"messageID":{}}`, "messageID: object is not a string"},
		{`{"messageID":[]}`, "messageID: array is not a string"},
		{`{"messageID":true}`, "messageID: bool is not a string"},
		{`{"extensions":{}}`, "extensions: object is not an array"},
		{`{"extensions":[1]}`, "extensions[0]: number is not an object"},
		{`{"extensions":[{"key":1}]}`, "extensions[0].key: number is not a string"},
		{`{"extensions":[{"seq":1e99}]}`, "extensions[0].seq: number 1e99 is not an integer"},
		{`{"extensions":[{"seq":9223372036854775808}]}`, "extensions[0].seq: number 9223372036854775808 is not an integer"},
	} {
		var refused *Error
		_, err := decodeExtensions([]byte(p.raw))
		if !errors.As(err, &refused) || refused.Code != invalidParams || refused.Message != p.says {
			t.Errorf("%s: %v, want %q", p.raw, err, p.says)
		}
	}
}
