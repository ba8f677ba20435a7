package hub

import (
	"bytes"
	"errors"
	"sync"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"exthub/hub/refusal"
	"exthub/hub/wire"
)

const (
	// maxFrame bounds what one request can cost, in bytes. Twenty pairs at all their limits fit
	// twice.
	maxFrame = 64 << 10
	// maxLoginFrame bounds what a client can make the hub parse before it is known. A UserSig with
	// its user has about 300 bytes.
	maxLoginFrame = 4 << 10
	// maxID bounds the ID, which every answer repeats.
	maxID = 64
)

// request is a JSON-RPC 2.0 request.
type request struct {
	id     jsontext.Value // a string or a number, spelled as the client did
	method string
	params jsontext.Value // an object, or empty
}

// null is the ID of the answer to a frame whose own ID can't be read.
var null = jsontext.Value("null")

// parseRequest parses a frame. With an error, the request still has the ID to answer to, or null.
// It refers to the frame, and is valid as long as that is.
func parseRequest(frame []byte) (request, error) {
	r := request{id: null}
	e := envelopes.Get().(*envelope)
	defer envelopes.Put(e)
	*e = envelope{}
	if err := json.Unmarshal(frame, e, wire.Lenient); err != nil {
		return r, notRequest(frame, err)
	}
	id := e.ID.of(frame)
	if err := checkID(id); err != nil {
		return r, err
	}
	r.id = id
	if string(e.Version.of(frame)) != `"2.0"` {
		return r, refusal.Field(refusal.InvalidRequest, "jsonrpc", `must be "2.0"`)
	}
	name := e.Method.of(frame)
	if r.method = methodNames[string(name)]; r.method == "" {
		if wire.ParseString(name, &r.method) != nil || r.method == "" {
			return r, refusal.Field(refusal.InvalidRequest, "method", "must be a string that is not empty")
		}
	}
	r.params = e.Params.of(frame)
	if len(r.params) > 0 && r.params[0] != '{' {
		return r, refusal.Field(refusal.InvalidParams, "params", "must be an object")
	}
	return r, nil
}

// notRequest returns the refusal of a frame that is not a JSON object. err is the decoder's,
// which stops at the first mistake.
func notRequest(frame []byte, err error) error {
	var semantic *json.SemanticError
	switch {
	case !errors.As(err, &semantic), !jsontext.Value(frame).IsValid(wire.Lenient):
		return refusal.New(refusal.ParseError, "the frame is not JSON")
	case semantic.JSONKind == '[':
		return refusal.New(refusal.InvalidRequest, "send each request in a frame of its own: arrays are not taken")
	}
	return refusal.New(refusal.InvalidRequest, "the frame is not an object")
}

// envelope is where in the frame the members of a request are.
type envelope struct {
	Version span `json:"jsonrpc"`
	ID      span `json:"id"`
	Method  span `json:"method"`
	Params  span `json:"params"`
}

var envelopes = sync.Pool{New: func() any { return new(envelope) }}

// span is where in the frame a value is: from byte start to before byte end.
type span struct{ start, end int64 }

func (s span) of(frame []byte) jsontext.Value { return frame[s.start:s.end] }

// UnmarshalJSONFrom notes the position of the value and skips it.
func (s *span) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	raw, err := d.ReadValue()
	s.end = d.InputOffset()
	s.start = s.end - int64(len(raw))
	return err
}

// checkID accepts a string or a number. In JSON-RPC a request without an ID wants no answer, but
// the hub answers every request.
func checkID(id jsontext.Value) error {
	switch {
	case len(id) == 0 || bytes.Equal(id, null):
		return refusal.Field(refusal.InvalidRequest, "id", "missing; every request is answered")
	case len(id) > maxID:
		return refusal.Field(refusal.InvalidRequest, "id", "%d bytes, at most %d", len(id), maxID)
	case id[0] != '"' && id[0] != '-' && (id[0] < '0' || id[0] > '9'):
		return refusal.Field(refusal.InvalidRequest, "id", "must be a string or a number")
	case !utf8.Valid(id):
		return refusal.Field(refusal.InvalidRequest, "id", "not UTF-8")
	}
	return nil
}
