package hub

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"exthub/hub/command"
	"exthub/hub/refusal"
	"exthub/hub/socket"
)

func TestParseRequest(t *testing.T) {
	for _, f := range []struct {
		frame string
		code  int    // 0: fine
		id    string // to answer to
	}{
		{`{"jsonrpc":"2.0","id":1,"method":"ping","params":{}}`, 0, `1`},
		{`{"jsonrpc":"2.0","id":"a","method":"ping"}`, 0, `"a"`},
		{` {"jsonrpc":"2.0","id":-1.5e3,"method":"ping","more":[1]} `, 0, `-1.5e3`},
		{`{"id":1,"jsonrpc":"2.0","method":"ping","id":2}`, 0, `2`}, // the last one counts, as in JavaScript
		{`{"json\u0072pc":"2\u002e0","\u0069d":1,"method":"pin\u0067"}`, 0, `1`},
		{``, refusal.ParseError, `null`},
		{`   `, refusal.ParseError, `null`},
		{`{`, refusal.ParseError, `null`},
		{`{"jsonrpc":"2.0","id":1,"method":"ping"} {}`, refusal.ParseError, `null`},
		{`nonsense`, refusal.ParseError, `null`},
		{strings.Repeat("[", 60_000), refusal.ParseError, `null`},
		{strings.Repeat(`{"a":`, 5000) + `1` + strings.Repeat(`}`, 5000), refusal.InvalidRequest, `null`},
		{`[]`, refusal.InvalidRequest, `null`},
		{`[{"jsonrpc":"2.0","id":1,"method":"ping"}]`, refusal.InvalidRequest, `null`},
		{`"ping"`, refusal.InvalidRequest, `null`},
		{`null`, refusal.InvalidRequest, `null`},
		{`{}`, refusal.InvalidRequest, `null`},
		{`{"jsonrpc":"2.0","method":"ping"}`, refusal.InvalidRequest, `null`},
		{`{"jsonrpc":"2.0","id":null,"method":"ping"}`, refusal.InvalidRequest, `null`},
		{`{"jsonrpc":"2.0","id":true,"method":"ping"}`, refusal.InvalidRequest, `null`},
		{`{"jsonrpc":"2.0","id":{},"method":"ping"}`, refusal.InvalidRequest, `null`},
		{`{"jsonrpc":"2.0","id":[1],"method":"ping"}`, refusal.InvalidRequest, `null`},
		{`{"jsonrpc":"2.0","id":"` + strings.Repeat("i", 63) + `","method":"ping"}`, refusal.InvalidRequest, `null`},
		{`{"jsonrpc":"2.0","id":` + strings.Repeat("9", 65) + `,"method":"ping"}`, refusal.InvalidRequest, `null`},
		{"{\"jsonrpc\":\"2.0\",\"id\":\"\xff\",\"method\":\"ping\"}", refusal.InvalidRequest, `null`},
		{`{"id":1,"method":"ping"}`, refusal.InvalidRequest, `1`},
		{`{"jsonrpc":"1.0","id":1,"method":"ping"}`, refusal.InvalidRequest, `1`},
		{`{"jsonrpc":2.0,"id":1,"method":"ping"}`, refusal.InvalidRequest, `1`},
		{`{"jsonrpc":"2.0","id":1}`, refusal.InvalidRequest, `1`},
		{`{"jsonrpc":"2.0","id":1,"method":""}`, refusal.InvalidRequest, `1`},
		{`{"jsonrpc":"2.0","id":1,"method":7}`, refusal.InvalidRequest, `1`},
		{`{"jsonrpc":"2.0","id":1,"result":{}}`, refusal.InvalidRequest, `1`},
		{`{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}`, refusal.InvalidParams, `1`},
		{`{"jsonrpc":"2.0","id":1,"method":"ping","params":"x"}`, refusal.InvalidParams, `1`},
		{`{"jsonrpc":"2.0","id":1,"method":"ping","params":null}`, refusal.InvalidParams, `1`},
	} {
		r, err := parseRequest([]byte(f.frame))
		if code := codeOf(err); code != f.code || string(r.id) != f.id {
			t.Errorf("%.80s: code %d, id %s (%v), want %d, %s", f.frame, code, r.id, err, f.code, f.id)
		}
	}
}

// TestAnswerHasTheID: an ID comes back as the client has spelled it, with a result or a refusal.
// One with half of a surrogate pair, as JavaScript writes it, would be another one if it were
// repaired.
func TestAnswerHasTheID(t *testing.T) {
	refused := refusal.New(refusal.MethodNotFound, "no")
	for _, id := range []string{`1`, `-0`, `1E+400`, `"\ud800"`, `"\udc00\/\u0061"`, `"\u2028"`, `""`, `null`} {
		for what, frame := range map[string]socket.Frame{
			`"result":{}`:                            response(jsontext.Value(id), []byte("{}")),
			`"error":{"code":-32601,"message":"no"}`: failure(jsontext.Value(id), refused),
		} {
			want := `{"jsonrpc":"2.0","id":` + id + `,` + what + `}`
			if got := payload(frame.Append(nil)); string(got) != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
	}
}

// payload returns what is in a frame that the hub made.
func payload(frame []byte) []byte {
	switch frame[1] {
	case 126:
		return frame[4:]
	case 127:
		return frame[10:]
	}
	return frame[2:]
}

func codeOf(err error) int {
	var e *refusal.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}

// FuzzParseRequest looks for a frame that panics, or whose answer is not JSON.
func FuzzParseRequest(f *testing.F) {
	f.Add([]byte(`{"jsonrpc":"2.0","id":1,"method":"setMessageExtensions","params":{"messageID":"c.a.b.1_2_3",` +
		`"extensions":[{"key":"k","value":"v","seq":0}]}}`))
	f.Add([]byte(`{"jsonrpc":"2.0","id":"\ud800","method":"sendMessage","params":{"to":"\u0000",` +
		`"payload":{"data":"\udfff\ud83d\ude42"}}}`))
	f.Add([]byte(`[{}]`))
	f.Add([]byte("{\"id\":\"\xff\""))
	f.Fuzz(func(t *testing.T, frame []byte) {
		r, err := parseRequest(frame)
		var refused *refusal.Error
		if errors.As(err, &refused) {
			if answer := failure(r.id, refused).Append(nil); !json.Valid(payload(answer)) {
				t.Errorf("%q is refused with %q", frame, answer)
			}
			return
		}
		if answer := response(r.id, null).Append(nil); !json.Valid(payload(answer)) {
			t.Errorf("%q is answered with %q", frame, answer)
		}
		rules := command.Limits{Extensions: 300, PerRequest: 20, KeyBytes: 100, ValueBytes: 1000}
		if p, err := decodeExtensions(r.params); err == nil {
			_ = rules.CheckSet(p.command().Extensions)
		}
	})
}
