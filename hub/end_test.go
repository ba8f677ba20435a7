package hub_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"exthub/hub"
	"exthub/hub/hubtest"
	"exthub/hub/hubtest/raw"
)

// loginText returns the text of a login.
func loginText(t *testing.T, userID, userSig string) string {
	t.Helper()
	text, err := json.Marshal(object{
		"jsonrpc": "2.0", "id": 1, "method": "login", "params": hubtest.LoginParams(hubtest.AppID, userID, userSig),
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// dialRaw connects without a library and, unless user is "", logs in.
func dialRaw(t *testing.T, w *hubtest.World, user string) (net.Conn, raw.Reader) {
	t.Helper()
	c, r := raw.Dial(t, w.SocketURL(), nil)
	if user != "" {
		say(t, c, raw.Frame(raw.Final|raw.Text, loginText(t, user, w.Sign(user))))
		if opcode, answer, err := r.Next(); opcode != raw.Text || !strings.Contains(string(answer), `"result"`) {
			t.Fatalf("login: %s, %v", answer, err)
		}
	}
	return c, r
}

func say(t *testing.T, c net.Conn, frames ...[]byte) {
	t.Helper()
	for _, f := range frames {
		if _, err := c.Write(f); err != nil {
			t.Fatal(err)
		}
	}
}

// endless are attacks on the end of a connection: what a client sends that the hub has to say
// goodbye to, while the client never says goodbye itself.
var endless = map[string]func(t *testing.T, w *hubtest.World) raw.Reader{
	"a frame promises 2^62 bytes": func(t *testing.T, w *hubtest.World) raw.Reader {
		c, r := dialRaw(t, w, "eve")
		say(t, c, raw.Header(raw.Final|raw.Text, 1<<62))
		return r
	},
	"a binary frame has no more than a header": func(t *testing.T, w *hubtest.World) raw.Reader {
		c, r := dialRaw(t, w, "eve")
		say(t, c, raw.Header(raw.Final|raw.Binary, 1000))
		return r
	},
	"a refused login is followed by a frame of 2^62 bytes": func(t *testing.T, w *hubtest.World) raw.Reader {
		c, r := dialRaw(t, w, "")
		say(t, c, append(raw.Frame(raw.Final|raw.Text, loginText(t, "eve", "forged")),
			raw.Header(raw.Final|raw.Text, 1<<62)...))
		return r
	},
	"a logout is followed by half a frame": func(t *testing.T, w *hubtest.World) raw.Reader {
		c, r := dialRaw(t, w, "eve")
		say(t, c, append(raw.Frame(raw.Final|raw.Text, `{"jsonrpc":"2.0","id":2,"method":"logout"}`),
			raw.Header(raw.Final|raw.Text, 100)...))
		return r
	},
	"a close frame is never answered": func(t *testing.T, w *hubtest.World) raw.Reader {
		c, r := dialRaw(t, w, "eve")
		say(t, c, raw.Frame(raw.Final|raw.Text, `{"jsonrpc":"2.0","id":2,"method":"logout"}`))
		return r
	},
	"no login comes, and no answer to the goodbye": func(t *testing.T, w *hubtest.World) raw.Reader {
		_, r := dialRaw(t, w, "")
		return r
	},
	"a goodbye is answered with frames without end": func(t *testing.T, w *hubtest.World) raw.Reader {
		c, r := dialRaw(t, w, "eve")
		say(t, c, raw.Frame(raw.Final|raw.Text, `{"jsonrpc":"2.0","id":2,"method":"logout"}`))
		go func() {
			for {
				if _, err := c.Write(raw.Frame(raw.Final|raw.Text, strings.Repeat("x", 10_000))); err != nil {
					return
				}
			}
		}()
		return r
	},
}

// A client gives the hub a reason to say goodbye, and then does not answer. The socket is closed in
// the time of one goodbye, whatever it does.
func TestGoodbyeIsNeverAnswered(t *testing.T) {
	for attack, begin := range endless {
		t.Run(attack, func(t *testing.T) {
			w := hubtest.Start(t, func(o *hub.Options) {
				o.WriteTimeout, o.LoginTimeout = 100*time.Millisecond, 2*time.Second
			})
			r := begin(t, w)
			if code, why := r.Closed(); code == 1006 {
				t.Errorf("no close frame: %s", why)
			}
			if _, _, err := r.Next(); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("the socket stays open: %v", err)
			}
			expectAlive(t, w.Login("ada"))
		})
	}
}

// A client that says no goodbye is there when the hub stops. The stop ends when its time is over,
// also for a connection that had been told to go before.
func TestStopAgainstSilence(t *testing.T) {
	for attack, begin := range endless {
		t.Run(attack, func(t *testing.T) {
			w := hubtest.Start(t, func(o *hub.Options) { o.WriteTimeout, o.LoginTimeout = time.Hour, 2*time.Second })
			if code, why := begin(t, w).Closed(); code == 1006 {
				t.Errorf("no close frame: %s", why)
			}
			if n := w.Hub.Connections(); n != 1 && !strings.Contains(attack, "without end") {
				t.Errorf("%d connections count while one is open", n)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			defer cancel()
			w.Shutdown(ctx, context.DeadlineExceeded)
			if n := w.Hub.Connections(); n != 0 {
				t.Errorf("%d connections after the stop", n)
			}
		})
	}
}

// Clients that were told to go stay, to get more sockets out of the hub than it has places. A
// session counts until its socket is closed.
func TestLeaversKeepTheirPlaces(t *testing.T) {
	w := hubtest.Start(t, func(o *hub.Options) { o.MaxSessions, o.WriteTimeout = 1, time.Hour })
	c, r := dialRaw(t, w, "eve")
	say(t, c, raw.Header(raw.Final|raw.Text, 1<<62))
	if code, why := r.Closed(); code != 4400 {
		t.Errorf("closed with %d: %s", code, why)
	}
	ctx, cancel := context.WithTimeout(t.Context(), hubtest.Timeout)
	defer cancel()
	_, answer, err := websocket.Dial(ctx, w.SocketURL(), nil)
	if err == nil || answer == nil || answer.StatusCode != http.StatusServiceUnavailable {
		t.Fatalf("got a second socket beside one that is not closed: %v", err)
	}
	c.Close()
	waitForRoom(ctx, t, w)
}

// A client stops reading in the middle of an answer, and the hub is stopped. Nothing more leaves
// for it, so its goodbye can't either, and still the stop ends in its time.
func TestStopWhileAClientReadsNothing(t *testing.T) {
	w := hubtest.Start(t, func(o *hub.Options) { o.WriteTimeout, o.SessionRate = time.Hour, 1_000_000 })
	ada := w.Login("ada")
	createGroup(ada, "Public", "club")
	for i := range 15 {
		ada.Must("sendMessage", object{
			"to": "club", "conversationType": "GROUP", "type": "TIMTextElem",
			"payload": object{"text": strings.Repeat("x", 11<<10)}, "random": i,
		}, nil)
	}
	c, _ := dialRaw(t, w, "ada")
	list := raw.Frame(raw.Final|raw.Text,
		`{"jsonrpc":"2.0","id":2,"method":"getMessageList","params":{"conversationID":"GROUPclub"}}`)
	if err := c.SetWriteDeadline(time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	for err := error(nil); err == nil; { // until the hub waits for the client
		_, err = c.Write(list)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	w.Shutdown(ctx, context.DeadlineExceeded)
}
