package hubtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// Client is a WebSocket client that reads when it is asked to. Its methods fail the test when
// something unexpected happens, except Call, Read and ReadToEnd, which return an error. One
// goroutine at a time may use it.
type Client struct {
	TB    testing.TB
	WS    *websocket.Conn // for what is no request: fragments, binary frames, an end without a word
	Epoch string          // named by the answer to Login

	timeout time.Duration // of every wait
	*state
}

// state is what a Client and its copies by For have in common.
type state struct {
	lastID        int
	notifications []Frame // read while waiting for an answer
	memberships   []Frame
	personal      []Frame
}

// Dial connects to the WebSocket door at this URL without logging in. The connection is cut when
// the test ends. timeout bounds every wait of the client; o may be nil.
func Dial(tb testing.TB, url string, timeout time.Duration, o *websocket.DialOptions) *Client {
	tb.Helper()
	c := &Client{TB: tb, timeout: timeout, state: new(state)}
	ctx, cancel := c.context()
	defer cancel()
	ws, err := dial(ctx, url, o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { ws.CloseNow() })
	c.WS = ws
	return c
}

// For returns the same client for another test, which it fails instead.
func (c *Client) For(tb testing.TB) *Client {
	other := *c
	other.TB = tb
	return &other
}

func (c *Client) context() (context.Context, context.CancelFunc) {
	return context.WithTimeout(c.TB.Context(), c.timeout)
}

// Login logs in and keeps the epoch.
func (c *Client) Login(params Object) {
	c.TB.Helper()
	var reply struct{ Epoch string }
	c.Must("login", params, &reply)
	c.Epoch = reply.Epoch
}

// Request returns the text of a request with the ID that is next.
func (c *Client) Request(method string, params any) string {
	c.TB.Helper()
	c.lastID++
	text, err := encode(c.lastID, method, params)
	if err != nil {
		c.TB.Fatal(err)
	}
	return text
}

// Write sends a text frame as it is.
func (c *Client) Write(text string) {
	c.TB.Helper()
	ctx, cancel := c.context()
	defer cancel()
	if err := c.WS.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
		c.TB.Fatal(err)
	}
}

// Read returns the next frame, or the error that ended the connection. It passes by the
// notifications that Answer has kept.
func (c *Client) Read() (Frame, error) {
	ctx, cancel := c.context()
	defer cancel()
	return readFrame(ctx, c.WS)
}

// Answer returns the next frame that is an answer, and keeps the notifications before it.
func (c *Client) Answer() Frame {
	c.TB.Helper()
	ctx, cancel := c.context()
	defer cancel()
	f, err := c.answer(ctx)
	if err != nil {
		c.TB.Fatal("no answer: ", err)
	}
	return f
}

func (c *Client) answer(ctx context.Context) (Frame, error) {
	for {
		f, err := readFrame(ctx, c.WS)
		if err != nil || !f.IsNotification() {
			return f, err
		}
		c.keep(f)
	}
}

// keep keeps a notification for whoever asks. What is told of memberships, and of what the user's
// own sessions did, is kept apart: it comes in many tests, and few are about it.
func (c *Client) keep(f Frame) {
	switch f.Method {
	case "GROUP_JOINED", "GROUP_LEFT":
		c.memberships = append(c.memberships, f)
	case "CONVERSATION_READ", "PROFILE_UPDATED":
		c.personal = append(c.personal, f)
	default:
		c.notifications = append(c.notifications, f)
	}
}

// Personal returns the next CONVERSATION_READ or PROFILE_UPDATED.
func (c *Client) Personal() Frame {
	c.TB.Helper()
	ctx, cancel := c.context()
	defer cancel()
	for len(c.personal) == 0 {
		c.keep(c.readNotification(ctx))
	}
	f := c.personal[0]
	c.personal = slices.Delete(c.personal, 0, 1)
	return f
}

// Membership returns the next GROUP_JOINED or GROUP_LEFT.
func (c *Client) Membership() Frame {
	c.TB.Helper()
	ctx, cancel := c.context()
	defer cancel()
	for len(c.memberships) == 0 {
		c.keep(c.readNotification(ctx))
	}
	f := c.memberships[0]
	c.memberships = slices.Delete(c.memberships, 0, 1)
	return f
}

// Kept returns how many notifications of this method have come and were not asked for.
func (c *Client) Kept(method string) int {
	n := 0
	for _, f := range slices.Concat(c.notifications, c.memberships, c.personal) {
		if f.Method == method {
			n++
		}
	}
	return n
}

// Call makes a request and decodes the result, unless result is nil. It returns a *Refusal, or
// ErrLost if it can't be known whether the hub carried the request out.
func (c *Client) Call(method string, params, result any) error {
	c.TB.Helper()
	ctx, cancel := c.context()
	defer cancel()
	if err := c.WS.Write(ctx, websocket.MessageText, []byte(c.Request(method, params))); err != nil {
		return lost(err)
	}
	f, err := c.answer(ctx)
	if err != nil {
		return lost(err)
	}
	if string(f.ID) != fmt.Sprint(c.lastID) {
		return fmt.Errorf("answer to %s, want %d: %s", f.ID, c.lastID, f.Raw)
	}
	return f.Decode(result)
}

// Must makes a request that succeeds, and decodes the result, unless result is nil.
func (c *Client) Must(method string, params, result any) {
	c.TB.Helper()
	if err := c.Call(method, params, result); err != nil {
		c.TB.Fatalf("%s %v: %v", method, params, err)
	}
}

// Refused makes a request that is refused with this code, and returns the sentence.
func (c *Client) Refused(code int, method string, params any) string {
	c.TB.Helper()
	var result json.RawMessage
	err := c.Call(method, params, &result)
	var r *Refusal
	if !errors.As(err, &r) || r.Code != code {
		c.TB.Fatalf("%s %v: got %s %v, want a refusal with %d", method, params, result, err, code)
	}
	return r.Message
}

// Notification returns the next notification that is not about a membership.
func (c *Client) Notification() Frame {
	c.TB.Helper()
	ctx, cancel := c.context()
	defer cancel()
	return c.notification(ctx)
}

func (c *Client) notification(ctx context.Context) Frame {
	c.TB.Helper()
	for len(c.notifications) == 0 {
		c.keep(c.readNotification(ctx))
	}
	f := c.notifications[0]
	c.notifications = slices.Delete(c.notifications, 0, 1)
	return f
}

func (c *Client) readNotification(ctx context.Context) Frame {
	c.TB.Helper()
	f, err := readFrame(ctx, c.WS)
	if err != nil {
		c.TB.Fatal("no notification: ", err)
	}
	if !f.IsNotification() {
		c.TB.Fatalf("answer %s without a request", f.ID)
	}
	return f
}

// Next returns when the next notification is there, which must be of this method, and decodes its
// params, unless params is nil.
func (c *Client) Next(method string, params any) {
	c.TB.Helper()
	f := c.Notification()
	if f.Method != method {
		c.TB.Fatalf("got %s %s, want %s", f.Method, f.Params, method)
	}
	if params != nil {
		if err := json.Unmarshal(f.Params, params); err != nil {
			c.TB.Fatal(err)
		}
	}
}

// Await returns the params of the next notification of this method, and drops others before it.
func (c *Client) Await(method string) string {
	c.TB.Helper()
	ctx, cancel := c.context()
	defer cancel()
	for {
		if f := c.notification(ctx); f.Method == method {
			return string(f.Params)
		}
	}
}

// Pending returns the notifications that came before an answer and that nobody has asked for yet.
func (c *Client) Pending() []Frame { return c.notifications }

// Forget drops them.
func (c *Client) Forget() { c.notifications = nil }

// Close cuts the connection. A client that does not read any more would not answer a close frame,
// so none is sent.
func (c *Client) Close() { c.WS.CloseNow() }

// ReadToEnd reads until the connection ends and returns the error that says why.
func (c *Client) ReadToEnd() error {
	ctx, cancel := c.context()
	defer cancel()
	for {
		if _, err := readFrame(ctx, c.WS); err != nil {
			return err
		}
	}
}

// Closed reads until the connection ends and returns the close code.
func (c *Client) Closed() websocket.StatusCode {
	c.TB.Helper()
	err := c.ReadToEnd()
	if websocket.CloseStatus(err) == -1 {
		c.TB.Fatal("ended without a close code: ", err)
	}
	return websocket.CloseStatus(err)
}
