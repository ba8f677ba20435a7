package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"exthub/hub/refusal"
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

// params has a field of every kind that the params of methods have.
type params struct {
	Text    string   `json:"text"`
	Seq     int64    `json:"seq"`
	Count   int      `json:"count"`
	Random  *uint32  `json:"random"`
	Clear   bool     `json:"clear"`
	Names   []string `json:"names"`
	Items   []item   `json:"items"`
	Payload *payload `json:"payload"`
}

type item struct {
	Key string `json:"key"`
	Seq *int64 `json:"seq"`
}

type payload struct {
	Text string `json:"text"`
	Data string `json:"data"`
}

// Somebody names a member twice, so that a filter in front of the hub sees one of them and the hub
// the other, or a mixture of both. It is refused by its path, wherever it is.
func TestNameTwice(t *testing.T) {
	for raw, want := range map[string]string{
		`{"text":"a","text":"b"}`:                                    "text: given twice",
		`{"text":"a","text":null}`:                                   "text: given twice",
		`{"payload":{"text":"a"},"payload":{"data":"b"}}`:            "payload: given twice",
		`{"payload":{"text":"a","te\u0078t":"b"}}`:                   "payload.text: given twice",
		`{"items":[{},{"key":"a","seq":1,"key":"b"}]}`:               "items[1].key: given twice",
		`{"other":1,"other":{"a":1}}`:                                "other: given twice",
		`{"` + strings.Repeat("o", 500) + `":{"a":[{"b":1,"b":2}]}}`: strings.Repeat("o", 50),
	} {
		var into params
		err := Decode([]byte(raw), &into, 7)
		checkRefusal(t, []byte(raw), err)
		if err == nil || !strings.Contains(err.Error(), want) || len(err.Error()) > 200 {
			t.Errorf("%s: %v, want %s", raw, err, want)
		}
	}
}

// FuzzDecode looks for params that are read as others than JavaScript reads: what somebody in front
// of the hub has looked at and let through would be carried out as something else. What is refused
// is refused with the code and a sentence. A request that deletes is read alike, or refused.
func FuzzDecode(f *testing.F) {
	for _, raw := range []string{
		`{}`, `null`, `[]`, `"x"`, ``, `{`, `{"text":"a","text":"b"}`, `{"Text":"a","TEXT":"b"}`, `{"text":null}`,
		`{"text":"a","text":null}`, `{"seq":1,"seq":null}`, `{"payload":{"text":"a"},"payload":{"data":"b"}}`,
		`{"items":[{"key":"a","seq":1}],"items":[{"key":"b"}]}`, `{"items":[{"key":"a"},null]}`, `{"names":["a",null]}`,
		`{"random":4294967295,"clear":true,"count":-1,"seq":9223372036854775807}`, `{"random":4294967296}`,
		`{"seq":1.0}`, `{"seq":1e3}`, `{"seq":"1"}`, `{"clear":1}`, `{"text":"\ud800"}`, "{\"text\":\"\xff\"}",
		`{"a":{"b":[{}]},"items":[{"other":1}]}`, `{"":1}`, `{"te\u0078t":"a"}`, ` { "text" : "a" } `,
	} {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var got, known params
		err := Decode(raw, &got, 7)
		if knownErr := DecodeKnown(raw, &known, 7); knownErr == nil && (err != nil || !reflect.DeepEqual(got, known)) {
			t.Errorf("%q is %+v, %v; of a request that deletes it is %+v", raw, got, err, known)
		}
		if err != nil {
			checkRefusal(t, raw, err)
			return
		}
		if len(raw) == 0 {
			return
		}
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		var plain any
		if err := d.Decode(&plain); err != nil {
			t.Fatalf("%q is no JSON: %v", raw, err)
		}
		if want := got.readBy(plain); !reflect.DeepEqual(got, want) {
			t.Errorf("%q is %s, JavaScript reads %s", raw, Encode(got), Encode(want))
		}
	})
}

// readBy returns what a plain reader of JSON makes of the params, for which the last of two members
// counts and null is nothing. Where it has replaced what is not Unicode, p may have notText.
func (p params) readBy(plain any) params {
	m, _ := plain.(map[string]any)
	want := params{
		Text: text(p.Text, m["text"]), Seq: number(m["seq"]), Count: int(number(m["count"])), Clear: m["clear"] == true,
	}
	if m["random"] != nil {
		random := uint32(number(m["random"]))
		want.Random = &random
	}
	if list, ok := m["names"].([]any); ok {
		want.Names = make([]string, len(list))
		for i, name := range list {
			want.Names[i] = text(at(p.Names, i), name)
		}
	}
	if list, ok := m["items"].([]any); ok {
		want.Items = make([]item, len(list))
		for i, x := range list {
			members, _ := x.(map[string]any)
			want.Items[i].Key = text(at(p.Items, i).Key, members["key"])
			if members["seq"] != nil {
				seq := number(members["seq"])
				want.Items[i].Seq = &seq
			}
		}
	}
	if members, ok := m["payload"].(map[string]any); ok {
		var got payload
		if p.Payload != nil {
			got = *p.Payload
		}
		want.Payload = &payload{text(got.Text, members["text"]), text(got.Data, members["data"])}
	}
	return want
}

func at[T any](list []T, i int) (item T) {
	if i < len(list) {
		return list[i]
	}
	return item
}

func text(got string, plain any) string {
	want, _ := plain.(string)
	if got == notText && strings.ContainsRune(want, utf8.RuneError) {
		return notText
	}
	return want
}

func number(plain any) int64 {
	digits, _ := plain.(json.Number)
	n, _ := digits.Int64()
	return n
}

func checkRefusal(t *testing.T, raw []byte, err error) {
	t.Helper()
	var refused *refusal.Error
	if !errors.As(err, &refused) || refused.Code != 7 || refused.Message() == "" {
		t.Errorf("%q is refused with %v", raw, err)
	}
}
