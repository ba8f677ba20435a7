package hub

import "github.com/go-json-experiment/json/jsontext"

// response answers the request of this ID.
func response(id, result jsontext.Value) frame {
	const begin, middle, end = `{"jsonrpc":"2.0","id":`, `,"result":`, "}"
	size := len(begin) + len(id) + len(middle)
	head := appendHeader(make([]byte, 0, maxHeader+size), size+len(result)+len(end))
	head = append(append(head, begin...), id...)
	return frame{head: append(head, middle...), body: result, tail: end}
}

// failure refuses the request of this ID.
func failure(id jsontext.Value, e *Error) frame {
	return wholeFrame(encode(struct {
		Version string         `json:"jsonrpc"`
		ID      jsontext.Value `json:"id"`
		Error   any            `json:"error"`
	}{"2.0", id, struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
		Data    any    `json:"data,omitempty"`
	}{e.Code, e.Message, e.Data}}))
}

// notification tells a client something that it has not asked for.
func notification(method string, params any) frame {
	return wholeFrame(encode(struct {
		Version string `json:"jsonrpc"`
		Method  string `json:"method"`
		Params  any    `json:"params"`
	}{"2.0", method, params}))
}
