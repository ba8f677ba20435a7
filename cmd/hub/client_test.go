package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// client speaks the hub's protocol over a real socket, one request at a time.
type client struct {
	ws            *websocket.Conn
	id            int
	epoch         string  // named by the login
	notifications []frame // notifications that came while waiting for a result
}

// frame is an answer or a notification.
type frame struct {
	ID     int
	Result json.RawMessage
	Error  *struct {
		Code    int
		Message string
	}
	Method string
	Params json.RawMessage
}

// login connects to the hub as a user with the demo's UserSig.
func (r *hubProcess) login(user string) *client {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
	defer cancel()
	ws, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(r.url, "http")+"/ws", nil)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { ws.CloseNow() })
	c := &client{ws: ws}
	var reply struct{ Epoch string }
	c.must(r.t, &reply, "login", map[string]any{"sdkAppID": 1400000000, "userID": user, "userSig": r.userSig(user)})
	c.epoch = reply.Epoch
	return c
}

// call sends a request and decodes its result.
func (c *client) call(result any, method string, params any) error {
	ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
	defer cancel()
	c.id++
	request := map[string]any{"jsonrpc": "2.0", "id": c.id, "method": method, "params": params}
	if err := wsjson.Write(ctx, c.ws, request); err != nil {
		return err
	}
	for {
		var f frame
		if err := wsjson.Read(ctx, c.ws, &f); err != nil {
			return err
		}
		switch {
		case f.ID != c.id:
			c.notifications = append(c.notifications, f)
		case f.Error != nil:
			return fmt.Errorf("%s: %d %s", method, f.Error.Code, f.Error.Message)
		case result == nil:
			return nil
		default:
			return json.Unmarshal(f.Result, result)
		}
	}
}

// await returns the params of the next notification of a method.
func (c *client) await(t *testing.T, method string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
	defer cancel()
	for {
		for len(c.notifications) > 0 {
			f := c.notifications[0]
			if c.notifications = c.notifications[1:]; f.Method == method {
				return string(f.Params)
			}
		}
		var f frame
		if err := wsjson.Read(ctx, c.ws, &f); err != nil {
			t.Fatalf("waiting for %s: %v", method, err)
		}
		c.notifications = append(c.notifications, f)
	}
}

// readUntilClosed reads until the hub closes the connection and returns the error that says why.
func (c *client) readUntilClosed() error {
	ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
	defer cancel()
	for {
		if _, _, err := c.ws.Read(ctx); err != nil {
			return err
		}
	}
}

func (c *client) must(t *testing.T, result any, method string, params any) {
	t.Helper()
	if err := c.call(result, method, params); err != nil {
		t.Fatal(err)
	}
}

// pair is an extension on the wire.
type pair struct {
	Code       int
	Key, Value string
	Seq        uint64
}

// send sends a message that takes extensions and returns its ID.
func (c *client) send(t *testing.T, to string) string {
	t.Helper()
	var sent struct{ Message struct{ ID string } }
	c.must(t, &sent, "sendMessage", map[string]any{"to": to, "conversationType": "C2C", "type": "TIMTextElem",
		"payload": map[string]string{"text": "vote!"}, "isSupportExtension": true})
	return sent.Message.ID
}

// set creates one pair and returns its Seq.
func (c *client) set(message, key, value string) (uint64, error) {
	var reply struct{ Extensions []pair }
	err := c.call(&reply, "setMessageExtensions", map[string]any{"messageID": message,
		"extensions": []map[string]any{{"key": key, "value": value, "seq": 0}}})
	if err != nil {
		return 0, err
	}
	if e := reply.Extensions[0]; e.Code != 0 {
		return 0, fmt.Errorf("set %s: %+v", key, e)
	}
	return reply.Extensions[0].Seq, nil
}

// getAll returns all pairs of a message, by key.
func (c *client) getAll(t *testing.T, message string) map[string]pair {
	t.Helper()
	pairs := map[string]pair{}
	var start uint64
	for {
		var page struct {
			Extensions   []pair
			CompleteFlag int
		}
		c.must(t, &page, "getMessageExtensions", map[string]any{"messageID": message, "startSeq": start})
		for _, p := range page.Extensions {
			pairs[p.Key], start = p, p.Seq
		}
		if page.CompleteFlag == 1 {
			return pairs
		}
	}
}
