package hub

import (
	"github.com/go-json-experiment/json/jsontext"

	"exthub/hub/refusal"
	"exthub/hub/socket"
	"exthub/hub/wire"
)

// response returns the frame that answers the request of this ID. The result is not copied: the
// frame refers to it.
func response(id, result jsontext.Value) socket.Frame {
	const begin, middle, end = `{"jsonrpc":"2.0","id":`, `,"result":`, "}"
	size := len(begin) + len(id) + len(middle)
	head := socket.AppendHeader(make([]byte, 0, socket.MaxHeader+size), size+len(result)+len(end))
	head = append(append(head, begin...), id...)
	return socket.Frame{Head: append(head, middle...), Body: result, Tail: end}
}

// failure returns the frame that refuses the request of this ID.
func failure(id jsontext.Value, e *refusal.Error) socket.Frame {
	return socket.NewFrame(wire.Encode(struct {
		Version string         `json:"jsonrpc"`
		ID      jsontext.Value `json:"id"`
		Error   any            `json:"error"`
	}{"2.0", id, struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
		Data    any    `json:"data,omitempty"`
	}{e.Code, e.Message(), e.Data}}))
}

// notification returns a frame that answers no request.
func notification(method string, params any) socket.Frame {
	return socket.NewFrame(wire.Encode(struct {
		Version string `json:"jsonrpc"`
		Method  string `json:"method"`
		Params  any    `json:"params"`
	}{"2.0", method, params}))
}
