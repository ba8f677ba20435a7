package hubtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/coder/websocket"
)

// Object is the params of a request.
type Object = map[string]any

// LoginParams returns the params of a login.
func LoginParams(sdkAppID uint64, userID, userSig string) Object {
	return Object{"sdkAppID": sdkAppID, "userID": userID, "userSig": userSig}
}

// Frame is anything that the hub sends: an answer, with an ID and a Result or an Error, or a
// notification, with a Method and Params.
type Frame struct {
	Raw     []byte          `json:"-"`
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Result  json.RawMessage `json:"result"`
	Error   *Refusal        `json:"error"`
	Method  string          `json:"method"`
	Params  json.RawMessage `json:"params"`
}

// IsNotification reports whether the frame answers no request.
func (f Frame) IsNotification() bool { return f.Method != "" }

// Decode decodes the result of an answer, unless result is nil. It returns the *Refusal of an
// answer that is one.
func (f Frame) Decode(result any) error {
	switch {
	case f.Error != nil:
		return f.Error
	case result == nil:
		return nil
	}
	if err := json.Unmarshal(f.Result, result); err != nil {
		return fmt.Errorf("%w in %s", err, f.Raw)
	}
	return nil
}

// Refusal is an answer that is an error.
type Refusal struct {
	Code    int
	Message string
	Data    json.RawMessage
}

func (r *Refusal) Error() string { return fmt.Sprintf("%d %s", r.Code, r.Message) }

// Code returns the code of the *Refusal in err, or 0 if there is none.
func Code(err error) int {
	var r *Refusal
	if errors.As(err, &r) {
		return r.Code
	}
	return 0
}

// ErrLost says that the connection ended, or time ran out, before the answer. The hub may have
// carried the request out or not. A request that was answered never ends with this error.
var ErrLost = errors.New("no answer")

func lost(cause error) error { return fmt.Errorf("%w: %w", ErrLost, cause) }

// maxFrame is more than the hub sends in one frame.
const maxFrame = 1 << 20

// dial connects to a hub's WebSocket door. o may be nil.
func dial(ctx context.Context, url string, o *websocket.DialOptions) (*websocket.Conn, error) {
	ws, _, err := websocket.Dial(ctx, url, o)
	if err != nil {
		return nil, err
	}
	ws.SetReadLimit(maxFrame)
	return ws, nil
}

// readFrame reads the next frame. What is not JSON-RPC 2.0 in a text frame is an error.
func readFrame(ctx context.Context, ws *websocket.Conn) (Frame, error) {
	kind, raw, err := ws.Read(ctx)
	if err != nil {
		return Frame{}, err
	}
	f := Frame{Raw: raw}
	if err := json.Unmarshal(raw, &f); err != nil {
		return Frame{}, fmt.Errorf("frame %s: %w", raw, err)
	}
	if kind != websocket.MessageText || f.Version != "2.0" {
		return Frame{}, fmt.Errorf("frame of kind %v: %s", kind, raw)
	}
	return f, nil
}

// encode returns the text of a request. It leaves <, > and & as they are, so that golden frames can
// be read.
func encode(id int, method string, params any) (string, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(struct {
		Version string `json:"jsonrpc"`
		ID      int    `json:"id"`
		Method  string `json:"method"`
		Params  any    `json:"params"`
	}{"2.0", id, method, params})
	return strings.TrimSuffix(b.String(), "\n"), err
}
