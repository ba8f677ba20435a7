package hub_test

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"exthub/hub"
	"exthub/hub/hubtest"
	"exthub/hub/hubtest/raw"
	"exthub/hub/socket"
)

// A client asks as fast as it can, and does not listen when it is told to slow down.
func TestFlood(t *testing.T) {
	w := hubtest.Start(t, func(o *hub.Options) { o.SessionRate = 20 })
	flooder, other := w.Login("eve"), w.Login("ada")
	for range 100 {
		flooder.Write(`{"jsonrpc":"2.0","id":1,"method":"ping"}`)
	}
	refused := 0
	for {
		f, err := flooder.Read()
		if err != nil {
			if code := websocket.CloseStatus(err); code != socket.CloseTooMany {
				t.Errorf("closed with %d (%v)", code, err)
			}
			break
		}
		if f.Error != nil && f.Error.Code != 10006 {
			t.Fatalf("%s", f.Raw)
		}
		if f.Error != nil {
			refused++
		}
	}
	if refused == 0 {
		t.Error("nothing was refused")
	}
	expectAlive(t, other)
}

// A client sends without end what is answered little or not at all: requests, of which one is
// served now and then, or what is no request. It is gone as soon as it has ignored its warnings.
func TestFloodWithoutEnd(t *testing.T) {
	for flood, frame := range map[string][]byte{
		"requests":     raw.Frame(raw.Final|raw.Text, `{"jsonrpc":"2.0","id":1,"method":"ping"}`),
		"no requests":  raw.Frame(raw.Final|raw.Text, ``),
		"pings":        raw.Frame(raw.Final|raw.Ping, "x"),
		"pongs":        raw.Frame(raw.Final|raw.Pong, ""),
		"empty pieces": append(raw.Frame(raw.Text, ""), bytes.Repeat(raw.Frame(raw.Continuation, ""), 100_000)...),
	} {
		t.Run(flood, func(t *testing.T) {
			w := hubtest.Start(t, func(o *hub.Options) { o.SessionRate = 200 })
			other := w.Login("ada")
			c, r := dialRaw(t, w, "eve")
			go func() {
				for err := error(nil); err == nil; {
					_, err = c.Write(frame)
				}
			}()
			answers := 0
			for {
				opcode, payload, err := r.Next()
				if err != nil {
					t.Fatalf("ended after %d answers without a close code: %v", answers, err)
				}
				if opcode == raw.Close {
					if code := int(payload[0])<<8 | int(payload[1]); code != int(socket.CloseTooMany) {
						t.Errorf("closed with %d", code)
					}
					break
				}
				answers++
			}
			// It is refused for at most 5 s, in which it is served 200 times a second.
			if most := (1 + 5 + 2) * 200; answers > most {
				t.Errorf("%d answers before the end, more than %d", answers, most)
			}
			expectAlive(t, other)
		})
	}
}

// Half a request comes, and then nothing.
func TestHalfAFrame(t *testing.T) {
	const soon = 100 * time.Millisecond
	half := func(c *hubtest.Client) websocket.StatusCode {
		t.Helper()
		out, err := c.WS.Writer(t.Context(), websocket.MessageText)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := out.Write([]byte(`{"jsonrpc":"2.0",`)); err != nil {
			t.Fatal(err)
		}
		return c.Closed()
	}
	// Two hubs: a client that logs in on a slow machine would be too late for the first.
	strict := hubtest.Start(t, func(o *hub.Options) { o.LoginTimeout = soon })
	if code := half(strict.Dial()); code != socket.CloseLoginLate {
		t.Errorf("before the login: closed with %d", code)
	}
	patient := hubtest.Start(t, func(o *hub.Options) { o.Heartbeat = soon })
	if code := half(patient.Login("ada")); code != socket.CloseSilent {
		t.Errorf("after it: closed with %d", code)
	}
}

// A member reads nothing while a lot is said: it is disconnected, and the others notice nothing.
func TestSlowReader(t *testing.T) {
	w := hubtest.Start(t, func(o *hub.Options) { o.WriteTimeout, o.SessionRate = 500*time.Millisecond, 1_000_000 })
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, address)
		if err == nil {
			err = c.(*net.TCPConn).SetReadBuffer(4096)
		}
		return c, err
	}
	small := &http.Client{Transport: &http.Transport{DialContext: dial}}
	defer small.CloseIdleConnections()
	slow := hubtest.Dial(t, w.SocketURL(), hubtest.Timeout, &websocket.DialOptions{HTTPClient: small})
	slow.Login(w.LoginParams("slow"))

	ada, bo := w.Login("ada"), w.Login("bo")
	createGroup(ada, "Public", "club", "slow", "bo")
	const messages = 500
	long := strings.Repeat("x", 12<<10-100)
	for i := range messages {
		ada.Must("sendMessage", object{
			"to": "club", "conversationType": "GROUP", "type": "TIMTextElem", "payload": object{"text": long},
			"random": i,
		}, nil)
		bo.Next("MESSAGE_RECEIVED", nil)
	}
	for deadline := time.Now().Add(hubtest.Timeout); w.Hub.SessionsOf("slow") > 0; expectAlive(t, ada) {
		if time.Now().After(deadline) {
			t.Fatal("the slow reader is still served")
		}
	}
	if ended := endings(t, w); ended["4002"] != 1 {
		t.Errorf("counted: %v", ended)
	}
}
