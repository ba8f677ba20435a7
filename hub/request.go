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
	// maxFrame bounds what one request can cost. Twenty pairs with all limits used fit twice.
	maxFrame = 64 << 10
	// maxLoginFrame bounds what a stranger can make the hub parse. A UserSig with its user has about 300 bytes.
	maxLoginFrame = 4 << 10
	// maxID bounds what is echoed.
	maxID = 64
)

// request is a JSON-RPC 2.0 request.
type request struct {
	id     jsontext.Value // a string or a number, as it came
	method string
	params jsontext.Value // an object, or empty
}

// null is the ID of an answer to a frame whose ID can't be read.
var null = jsontext.Value("null")

// parseRequest takes a frame apart. With an error the request still has the ID to answer to, if there was one.
func parseRequest(frame []byte) (request, error) {
	r := request{id: null}
	at := envelopes.Get().(*envelope)
	defer envelopes.Put(at)
	*at = envelope{}
	if err := json.Unmarshal(frame, at, wire.Lenient); err != nil {
		return r, whyNoRequest(frame, err)
	}
	id := at.ID.of(frame)
	if err := checkID(id); err != nil {
		return r, err
	}
	r.id = id
	if string(at.Version.of(frame)) != `"2.0"` {
		return r, refusal.New(refusal.InvalidRequest, `jsonrpc: must be "2.0"`)
	}
	spelled := at.Method.of(frame)
	if r.method = methodNames[string(spelled)]; r.method == "" {
		var method wire.Text
		if method.Parse(spelled) != nil || method == "" {
			return r, refusal.New(refusal.InvalidRequest, "method: must be a string that is not empty")
		}
		r.method = string(method)
	}
	r.params = at.Params.of(frame)
	if len(r.params) > 0 && r.params[0] != '{' {
		return r, refusal.New(refusal.InvalidParams, "params: must be an object")
	}
	return r, nil
}

// whyNoRequest says what is wrong with a frame. The decoder stops at the first thing that is.
func whyNoRequest(frame []byte, err error) error {
	var wrong *json.SemanticError
	switch {
	case !errors.As(err, &wrong), !jsontext.Value(frame).IsValid(wire.Lenient):
		return refusal.New(refusal.ParseError, "the frame is not JSON")
	case wrong.JSONKind == '[':
		return refusal.New(refusal.InvalidRequest, "send each request in a frame of its own: arrays are not taken")
	}
	return refusal.New(refusal.InvalidRequest, "the frame is not an object")
}

// envelope is where the members of a request stand.
type envelope struct {
	Version span `json:"jsonrpc"`
	ID      span `json:"id"`
	Method  span `json:"method"`
	Params  span `json:"params"`
}

var envelopes = sync.Pool{New: func() any { return new(envelope) }}

// span is where in the frame a value stands.
type span struct{ start, end int64 }

func (s span) of(frame []byte) jsontext.Value { return frame[s.start:s.end] }

// UnmarshalJSONFrom notes where the value stands.
func (s *span) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	raw, err := d.ReadValue()
	s.end = d.InputOffset()
	s.start = s.end - int64(len(raw))
	return err
}

// checkID accepts a string or a number. A request without an ID would be one that wants no answer, and the hub answers everything.
func checkID(id jsontext.Value) error {
	switch {
	case len(id) == 0 || bytes.Equal(id, null):
		return refusal.New(refusal.InvalidRequest, "id: missing; every request is answered")
	case len(id) > maxID:
		return refusal.New(refusal.InvalidRequest, "id: %d bytes, at most %d", len(id), maxID)
	case id[0] != '"' && id[0] != '-' && (id[0] < '0' || id[0] > '9'):
		return refusal.New(refusal.InvalidRequest, "id: must be a string or a number")
	case !utf8.Valid(id):
		return refusal.New(refusal.InvalidRequest, "id: not UTF-8")
	}
	return nil
}
