package hub

import (
	"github.com/go-json-experiment/json/jsontext"

	"exthub/hub/refusal"
	"exthub/hub/socket"
	"exthub/hub/wire"
)

// response returns the frame that answers the request of this ID.
func response(id, result jsontext.Value) socket.Frame { return reply(id, `,"result":`, result) }

// failure returns the frame that refuses the request of this ID.
func failure(id jsontext.Value, e *refusal.Error) socket.Frame {
	return reply(id, `,"error":`, wire.Encode(struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
		Data    any    `json:"data,omitempty"`
	}{e.Code, e.Message(), e.Data}))
}

// reply returns the frame of an answer with this member. The ID goes back as the client has spelled
// it: an encoder would repair half of a surrogate pair, and the client would know no such request.
// The value is not copied: the frame refers to it.
func reply(id jsontext.Value, name string, value jsontext.Value) socket.Frame {
	const begin, end = `{"jsonrpc":"2.0","id":`, "}"
	size := len(begin) + len(id) + len(name)
	head := socket.AppendHeader(make([]byte, 0, socket.MaxHeader+size), size+len(value)+len(end))
	head = append(append(head, begin...), id...)
	return socket.Frame{Head: append(head, name...), Body: value, Tail: end}
}

// notification returns a frame that answers no request.
func notification(method string, params any) socket.Frame {
	return socket.NewFrame(wire.Encode(struct {
		Version string `json:"jsonrpc"`
		Method  string `json:"method"`
		Params  any    `json:"params"`
	}{"2.0", method, params}))
}
