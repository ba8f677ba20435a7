package hub_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// object is the params of a request.
type object = map[string]any

// client is a WebSocket client. Its methods fail the test when the connection does something unexpected.
type client struct {
	t      *testing.T
	ws     *websocket.Conn
	lastID int
	notes  []notice // read while waiting for an answer
}

// frame is anything that the hub sends.
type frame struct {
	raw     []byte
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Result  json.RawMessage `json:"result"`
	Error   *hubError       `json:"error"`
	Method  string          `json:"method"`
	Params  json.RawMessage `json:"params"`
}

// decode reads the result.
func (f frame) decode(into any) {
	if err := json.Unmarshal(f.Result, into); err != nil {
		panic(err)
	}
}

type hubError struct {
	Code    int             `json:"code"`
	Message string          `json:"message"`
	Data    json.RawMessage `json:"data"`
}

func (r *hubError) Error() string { return fmt.Sprintf("%d %s", r.Code, r.Message) }

// notice is a notification.
type notice struct {
	raw    []byte
	Method string
	Params json.RawMessage
}

// dial connects without logging in.
func (w *world) dial() *client {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	ws, _, err := websocket.Dial(ctx, w.url(), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	ws.SetReadLimit(1 << 20)
	w.t.Cleanup(func() { ws.CloseNow() })
	return &client{t: w.t, ws: ws}
}

// login connects and logs in.
func (w *world) login(userID string) *client {
	w.t.Helper()
	c := w.dial()
	c.must("login", object{"sdkAppID": appID, "userID": userID, "userSig": w.sign(userID)}, nil)
	return c
}

// write sends a frame as it is.
func (c *client) write(text string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	if err := c.ws.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

// read returns the next frame, or the error that ended the connection.
func (c *client) read() (frame, error) {
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	kind, raw, err := c.ws.Read(ctx)
	if err != nil {
		return frame{}, err
	}
	f := frame{raw: raw}
	if err := json.Unmarshal(raw, &f); err != nil || kind != websocket.MessageText || f.Version != "2.0" {
		return frame{}, fmt.Errorf("frame of kind %v: %s (%w)", kind, raw, err)
	}
	return f, nil
}

// answer returns the next frame that is an answer, and keeps the notifications before it.
func (c *client) answer() frame {
	c.t.Helper()
	for {
		f, err := c.read()
		if err != nil {
			c.t.Fatal("no answer: ", err)
		}
		if f.Method == "" {
			return f
		}
		c.notes = append(c.notes, notice{f.raw, f.Method, f.Params})
	}
}

// call asks and returns the result, or the *hubError.
func (c *client) call(method string, params any) (json.RawMessage, error) {
	c.t.Helper()
	c.lastID++
	c.write(c.encode(method, params))
	f := c.answer()
	if string(f.ID) != fmt.Sprint(c.lastID) {
		c.t.Fatalf("answer to %s, want %d", f.ID, c.lastID)
	}
	if f.Error != nil {
		return nil, f.Error
	}
	return f.Result, nil
}

// encode returns a request with the ID that is next.
func (c *client) encode(method string, params any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(struct {
		Version string `json:"jsonrpc"`
		ID      int    `json:"id"`
		Method  string `json:"method"`
		Params  any    `json:"params"`
	}{"2.0", c.lastID, method, params})
	if err != nil {
		c.t.Fatal(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// must asks for something that succeeds, and decodes the result into into, if it is not nil.
func (c *client) must(method string, params, into any) {
	c.t.Helper()
	raw, err := c.call(method, params)
	if err != nil {
		c.t.Fatalf("%s %v: %v", method, params, err)
	}
	if into != nil {
		if err := json.Unmarshal(raw, into); err != nil {
			c.t.Fatalf("%s: %v in %s", method, err, raw)
		}
	}
}

// refused asks for something that is refused with this code, and returns the sentence.
func (c *client) refused(code int, method string, params any) string {
	c.t.Helper()
	raw, err := c.call(method, params)
	var r *hubError
	if !errors.As(err, &r) || r.Code != code {
		c.t.Fatalf("%s %v: got %s %v, want a refusal with %d", method, params, raw, err, code)
	}
	return r.Message
}

// next returns the next notification, which must be of this method, and decodes its params into into, if it is not nil.
func (c *client) next(method string, into any) {
	c.t.Helper()
	n := c.note()
	if n.Method != method {
		c.t.Fatalf("got %s %s, want %s", n.Method, n.Params, method)
	}
	if into != nil {
		if err := json.Unmarshal(n.Params, into); err != nil {
			c.t.Fatal(err)
		}
	}
}

func (c *client) note() notice {
	c.t.Helper()
	if len(c.notes) > 0 {
		n := c.notes[0]
		c.notes = slices.Delete(c.notes, 0, 1)
		return n
	}
	f, err := c.read()
	if err != nil {
		c.t.Fatal("no notification: ", err)
	}
	if f.Method == "" {
		c.t.Fatalf("answer %s without a request", f.ID)
	}
	return notice{f.raw, f.Method, f.Params}
}

// closed reads to the end and returns the close code.
func (c *client) closed() websocket.StatusCode {
	c.t.Helper()
	for {
		if _, err := c.read(); err != nil {
			if websocket.CloseStatus(err) == -1 {
				c.t.Fatal("ended without a close code: ", err)
			}
			return websocket.CloseStatus(err)
		}
	}
}
