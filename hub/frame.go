package hub

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"
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
	id     json.RawMessage // a string or a number, as it came
	method string
	params json.RawMessage // an object, or empty
}

// null is the ID of an answer to a frame whose ID can't be read.
var null = json.RawMessage("null")

// parseRequest takes a frame apart. With an error the request still has the ID to answer to, if there was one.
func parseRequest(frame []byte) (request, error) {
	r := request{id: null}
	var envelope struct {
		Version part `json:"jsonrpc"`
		ID      part `json:"id"`
		Method  part `json:"method"`
		Params  part `json:"params"`
	}
	err := json.Unmarshal(frame, &envelope)
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong) && wrong.Value == "array":
		return r, refuse(invalidRequest, "send each request in a frame of its own: arrays are not taken")
	case errors.As(err, &wrong):
		return r, refuse(invalidRequest, "the frame is not an object")
	case err != nil:
		return r, refuse(parseError, "the frame is not JSON")
	}
	if err := checkID(json.RawMessage(envelope.ID)); err != nil {
		return r, err
	}
	r.id = json.RawMessage(envelope.ID)
	if string(envelope.Version) != `"2.0"` {
		return r, refuse(invalidRequest, `jsonrpc: must be "2.0"`)
	}
	var method text
	if len(envelope.Method) == 0 || method.UnmarshalJSON(envelope.Method) != nil || method == "" {
		return r, refuse(invalidRequest, "method: must be a string that is not empty")
	}
	r.method = string(method)
	if len(envelope.Params) > 0 && envelope.Params[0] != '{' {
		return r, refuse(invalidParams, "params: must be an object")
	}
	r.params = json.RawMessage(envelope.Params)
	return r, nil
}

// part is a piece of a frame as it came. Unlike json.RawMessage it shares the frame's bytes, which are the session's own and stay as they are.
type part []byte

// UnmarshalJSON keeps raw.
func (p *part) UnmarshalJSON(raw []byte) error {
	*p = raw
	return nil
}

// checkID accepts a string or a number. A request without an ID would be one that wants no answer, and the hub answers everything.
func checkID(id json.RawMessage) error {
	switch {
	case len(id) == 0 || bytes.Equal(id, null):
		return refuse(invalidRequest, "id: missing; every request is answered")
	case len(id) > maxID:
		return refuse(invalidRequest, "id: %d bytes, at most %d", len(id), maxID)
	case id[0] != '"' && id[0] != '-' && (id[0] < '0' || id[0] > '9'):
		return refuse(invalidRequest, "id: must be a string or a number")
	case !utf8.Valid(id):
		return refuse(invalidRequest, "id: not UTF-8")
	}
	return nil
}

// response returns the frame that answers the request of this ID.
func response(id, result json.RawMessage) []byte {
	frame := make([]byte, 0, len(id)+len(result)+40)
	frame = append(frame, `{"jsonrpc":"2.0","id":`...)
	frame = append(frame, id...)
	frame = append(frame, `,"result":`...)
	frame = append(frame, result...)
	return append(frame, '}')
}

// failure returns the frame that refuses the request of this ID.
func failure(id json.RawMessage, e *Error) []byte {
	return encode(struct {
		Version string          `json:"jsonrpc"`
		ID      json.RawMessage `json:"id"`
		Error   any             `json:"error"`
	}{"2.0", id, struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
		Data    any    `json:"data,omitempty"`
	}{e.Code, e.Message, e.Data}})
}

// notification returns the frame of a notification.
func notification(method string, params any) []byte {
	return encode(struct {
		Version string `json:"jsonrpc"`
		Method  string `json:"method"`
		Params  any    `json:"params"`
	}{"2.0", method, params})
}

// encode returns the JSON of one of our own types, none of which can fail. Nothing that we send is put into HTML as it is, so < and & stay short.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
