package hub_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"exthub/hub"
	"exthub/hub/hubtest"
	"exthub/hub/socket"
)

// One attack per test; the first sentence says what it is.

// expectAlive checks that a session goes on, whatever somebody else did.
func expectAlive(t *testing.T, c *hubtest.Client) {
	t.Helper()
	c.Must("ping", object{}, nil)
}

// A stranger sends more than a login can need, a user more than a request.
func TestOversizeFrame(t *testing.T) {
	w := hubtest.Start(t)
	other := w.Login("bo")
	stranger, user := w.Dial(), w.Login("ada")
	stranger.Write(strings.Repeat("x", 4<<10+1))
	if code := stranger.Closed(); code != socket.CloseProtocol {
		t.Errorf("stranger: closed with %d", code)
	}
	user.Must("ping", object{"padding": strings.Repeat("x", 60<<10)}, nil)
	user.Write(strings.Repeat("x", 64<<10+1))
	if code := user.Closed(); code != socket.CloseProtocol {
		t.Errorf("user: closed with %d", code)
	}
	expectAlive(t, other)
}

// A message that is too large comes in pieces, none of which is.
func TestOversizeInPieces(t *testing.T) {
	w := hubtest.Start(t)
	c := w.Login("ada")
	ctx, cancel := context.WithTimeout(t.Context(), hubtest.Timeout)
	defer cancel()
	out, err := c.WS.Writer(ctx, websocket.MessageText)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for range 200 {
			if _, err := out.Write(make([]byte, 4096)); err != nil {
				return // the hub has had enough
			}
		}
	}()
	if code := c.Closed(); code != socket.CloseProtocol {
		t.Errorf("closed with %d", code)
	}
}

// A frame is binary.
func TestBinaryFrame(t *testing.T) {
	w := hubtest.Start(t)
	c := w.Login("ada")
	ctx, cancel := context.WithTimeout(t.Context(), hubtest.Timeout)
	defer cancel()
	if err := c.WS.Write(ctx, websocket.MessageBinary, []byte(`{"jsonrpc":"2.0","id":1,"method":"ping"}`)); err != nil {
		t.Fatal(err)
	}
	if code := c.Closed(); code != socket.CloseProtocol {
		t.Errorf("closed with %d", code)
	}
}

// Brackets without end are meant to exhaust the parser's stack.
func TestDeepJSON(t *testing.T) {
	w := hubtest.Start(t)
	c := w.Login("ada")
	for _, frame := range []string{
		strings.Repeat("[", 60_000),
		strings.Repeat(`{"a":`, 12_000),
		`{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":` + strings.Repeat("[", 20_000) +
			strings.Repeat("]", 20_000) + `}}`,
	} {
		c.Write(frame)
		if f := c.Answer(); f.Error == nil || f.Error.Code != -32700 {
			t.Errorf("%s", f.Raw)
		}
	}
	expectAlive(t, c)
}

// A page of another site opens a socket with its visitor's browser.
func TestForeignOrigin(t *testing.T) {
	w := hubtest.Start(t, func(o *hub.Options) { o.AllowedOrigins = []string{"https://app.example.com"} })
	ctx, cancel := context.WithTimeout(t.Context(), hubtest.Timeout)
	defer cancel()
	for origin, allowed := range map[string]bool{
		"https://app.example.com":              true,
		w.URL():                                true,
		"https://evil.example":                 false,
		"https://app.example.com.evil.example": false,
		"http://app.example.com":               false,
		"null":                                 false,
	} {
		ws, answer, err := websocket.Dial(ctx, w.SocketURL(),
			&websocket.DialOptions{HTTPHeader: http.Header{"Origin": {origin}}})
		switch {
		case allowed && err != nil:
			t.Errorf("%s: %v", origin, err)
		case allowed:
			ws.CloseNow()
		case err == nil || answer.StatusCode != http.StatusForbidden:
			t.Errorf("%s: let in (%v)", origin, err)
		}
	}
}

// A plain request comes where an upgrade is expected.
func TestNoUpgrade(t *testing.T) {
	w := hubtest.Start(t)
	for method, status := range map[string]int{"GET": http.StatusUpgradeRequired, "POST": http.StatusMethodNotAllowed} {
		request, err := http.NewRequestWithContext(t.Context(), method, w.URL()+"/ws", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != status {
			t.Errorf("%s: %s", method, answer.Status)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

// An ID is meant to come back larger than the hub likes, or to break the answer.
func TestHugeID(t *testing.T) {
	w := hubtest.Start(t)
	c := w.Login("ada")
	for _, id := range []string{
		`"` + strings.Repeat("i", 60_000) + `"`, strings.Repeat("9", 60_000), `{"a":1}`, `true`,
	} {
		c.Write(`{"jsonrpc":"2.0","id":` + id + `,"method":"ping"}`)
		if f := c.Answer(); f.Error == nil || f.Error.Code != -32600 || string(f.ID) != "null" || len(f.Raw) > 200 {
			t.Errorf("%.20s: %s", id, f.Raw)
		}
	}
	for _, id := range []string{`""`, `"\u0000"`, `1e400`, `-0`, `"` + strings.Repeat("i", 62) + `"`} {
		c.Write(`{"jsonrpc":"2.0","id":` + id + `,"method":"ping"}`)
		if f := c.Answer(); f.Error != nil || string(f.ID) != id {
			t.Errorf("%s: %s", id, f.Raw)
		}
	}
}

// A key that is not UTF-8 is meant to become another key on its way.
func TestInvalidUTF8(t *testing.T) {
	w := hubtest.Start(t)
	for _, bad := range []string{"\xff", "a\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe4\xb8"} {
		c := w.Login("ada")
		c.Write(`{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":"` + bad + `"}}`)
		if code := c.Closed(); code != websocket.StatusInvalidFramePayloadData {
			t.Errorf("%q: closed with %d", bad, code)
		}
	}
}

// The same, with half a surrogate in JSON's own spelling, which is a text frame like others.
func TestLoneSurrogate(t *testing.T) {
	w := hubtest.Start(t)
	c := w.Login("ada")
	id := c.Send("C2C", "bo").ID
	for _, bad := range []string{`\ud800`, `\ud800\ud800`, `\udc00x`} {
		for field, item := range map[string]string{
			"extensions[0].key":   `{"key":"` + bad + `","value":"v"}`,
			"extensions[0].value": `{"key":"k","value":"` + bad + `"}`,
		} {
			c.Write(fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"setMessageExtensions","params":{"messageID":%q,`+
				`"extensions":[%s]}}`, id, item))
			if f := c.Answer(); f.Error == nil || f.Error.Code != 10004 || f.Error.Message != field+": not UTF-8" {
				t.Errorf("%q as %s: %s", bad, field, f.Raw)
			}
		}
	}
	if got := c.Get(id, 0); len(got.Extensions) != 0 {
		t.Errorf("something was set: %+v", got)
	}
}

// A message ID with wildcards is meant to reach what belongs to others.
func TestWildcardMessageID(t *testing.T) {
	w := hubtest.Start(t)
	ada, eve := w.Login("ada"), w.Login("eve")
	id := ada.Send("C2C", "bo").ID
	ada.Set(id, "k", "v", 0)
	for _, wild := range []string{
		"*", ">", "c.>", "c.*.*.*", "c.eve.*.*", "c.eve.>", "g.>", "g.*.1", "g.*.*", "c.ada.bo", id + ".x.k",
		id + ".", "." + id, "g.._", "g.club._", "g.club.-1",
		"g.club.01", "g.club.18446744073709551616", "c...", "c.eve..1_2_3", "c.=65ve.bo.1_2_3", "c.ev=65.bo.1",
		" " + id, "_", "$KV.ext_0." + id,
	} {
		eve.Refused(10004, "getMessageExtensions", object{"messageID": wild})
		eve.Refused(10004, "setMessageExtensions", object{"messageID": wild, "extensions": pairs("k", 1)})
		eve.Refused(10004, "deleteMessageExtensions", hubtest.DeleteParams(wild))
	}
	if got := ada.Get(id, 0); len(got.Extensions) != 1 {
		t.Errorf("%+v", got)
	}
}

// A user claims to be somebody else.
func TestForgedSender(t *testing.T) {
	w := hubtest.Start(t)
	eve, bo := w.Login("eve"), w.Login("bo")
	eve.Must("sendMessage", object{
		"from": "ada", "to": "bo", "conversationType": "C2C", "type": "TIMTextElem",
		"payload": object{"text": "pay eve"}, "conversationID": "C2Cada",
	}, nil)
	var got struct{ Messages []hubtest.Message }
	bo.Next("MESSAGE_RECEIVED", &got)
	if got.Messages[0].From != "eve" || got.Messages[0].ConversationID != "C2Ceve" {
		t.Errorf("bo got %+v", got.Messages[0])
	}
}
