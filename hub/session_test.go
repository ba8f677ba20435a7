package hub_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"exthub/hub"
	"exthub/hub/socket"
	"exthub/hub/usersig"
	"exthub/kv"
)

// TestMalformedFrames: after the login they are refused, and the session lives.
func TestMalformedFrames(t *testing.T) {
	w := start(t)
	c := w.login("ada")
	for frame, code := range map[string]int{
		`{`: -32700, `[{"jsonrpc":"2.0","id":1,"method":"ping"}]`: -32600, `{"jsonrpc":"2.0","method":"ping"}`: -32600,
		`{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}`: -32602,
	} {
		c.write(frame)
		if f := c.answer(); f.Error == nil || f.Error.Code != code {
			t.Errorf("%s: %s, want %d", frame, f.raw, code)
		}
	}
	c.must("ping", object{"unknown": object{}}, nil)
}

// TestOneAfterTheOther: requests that are sent without waiting are carried out and answered in their order.
func TestOneAfterTheOther(t *testing.T) {
	w := start(t)
	c := w.login("ada")
	id := c.send("C2C", "bo").ID
	for i := range 50 {
		c.write(fmt.Sprintf(`{"jsonrpc":"2.0","id":"s%d","method":"setMessageExtensions","params":{"messageID":%q,"extensions":[{"key":"k%d","value":"v","seq":0}]}}`, i, id, i))
		c.write(fmt.Sprintf(`{"jsonrpc":"2.0","id":"g%d","method":"getMessageExtensions","params":{"messageID":%q}}`, i, id))
	}
	for i := range 50 {
		var got page
		if f := c.answer(); string(f.ID) != fmt.Sprintf(`"s%d"`, i) || f.Error != nil {
			t.Fatalf("answer %d: %s", i, f.raw)
		}
		f := c.answer()
		f.decode(&got)
		if string(f.ID) != fmt.Sprintf(`"g%d"`, i) || len(got.Extensions) != i+1 {
			t.Fatalf("answer %d: %s has %d pairs", i, f.ID, len(got.Extensions))
		}
	}
}

func TestLogout(t *testing.T) {
	w := start(t)
	c := w.login("ada")
	c.must("logout", object{}, nil)
	if code := c.closed(); code != websocket.StatusNormalClosure {
		t.Errorf("closed with %d", code)
	}
}

// TestSilentClient: a client that says nothing for two heartbeats is given up; its own WebSocket pings are not enough to stay.
func TestSilentClient(t *testing.T) {
	w := start(t, func(o *hub.Options) { o.Heartbeat = 100 * time.Millisecond })
	begin := time.Now()
	c := w.login("ada")
	if code := c.closed(); code != socket.CloseSilent || time.Since(begin) < 200*time.Millisecond {
		t.Errorf("closed with %d after %v", code, time.Since(begin))
	}
}

// TestUserSigExpires: nobody stays longer than the UserSig is valid.
func TestUserSigExpires(t *testing.T) {
	w := start(t)
	sig, err := usersig.Sign(appID, secretKey, "ada", time.Now(), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	c := w.dial()
	c.must("login", object{"sdkAppID": appID, "userID": "ada", "userSig": sig}, nil)
	var kicked struct{ Type string }
	c.next("KICKED_OUT", &kicked)
	if code := c.closed(); code != socket.CloseNotLoggedIn || kicked.Type != "userSigExpired" {
		t.Errorf("kicked for %q, closed with %d", kicked.Type, code)
	}
}

// TestOldestSessionMakesRoom: the newest session of a user wins, so that one who comes back is not shut out by what is left of before.
func TestOldestSessionMakesRoom(t *testing.T) {
	w := start(t, func(o *hub.Options) { o.MaxSessionsPerUser = 2 })
	first, second, other := w.login("ada"), w.login("ada"), w.login("bo")
	w.login("ada")
	var kicked struct{ Type string }
	first.next("KICKED_OUT", &kicked)
	if code := first.closed(); code != socket.CloseKicked || kicked.Type != "multipleDevice" {
		t.Errorf("kicked for %q, closed with %d", kicked.Type, code)
	}
	second.must("ping", object{}, nil)
	other.must("ping", object{}, nil)
}

// TestAllSessionsOfAUser hear of everything, but the one that sent a message not of the message.
func TestAllSessionsOfAUser(t *testing.T) {
	w := start(t)
	phone, laptop := w.login("ada"), w.login("ada")
	id := phone.send("C2C", "bo").ID
	laptop.next("MESSAGE_RECEIVED", nil)
	phone.set(id, "k", "v", 0)
	phone.next("MESSAGE_EXTENSIONS_UPDATED", nil)
	laptop.next("MESSAGE_EXTENSIONS_UPDATED", nil)
}

// TestFullHub: who does not fit in is told before the upgrade, and may come back.
func TestFullHub(t *testing.T) {
	w := start(t, func(o *hub.Options) { o.MaxSessions = 1 })
	c := w.login("ada")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, answer, err := websocket.Dial(ctx, w.url(), nil)
	if err == nil || answer.StatusCode != http.StatusServiceUnavailable {
		t.Fatalf("second connection: %v", err)
	}
	c.must("logout", object{}, nil)
	c.closed()
	for {
		ws, _, err := websocket.Dial(ctx, w.url(), nil)
		if err == nil {
			ws.CloseNow()
			return
		}
		if ctx.Err() != nil {
			t.Fatal("no room after the first has gone: ", err)
		}
	}
}

// TestShutdown sends everybody away with a code that says to come back, and lets nobody in.
func TestShutdown(t *testing.T) {
	w := start(t)
	clients := []*client{w.dial()} // a stranger
	for i := range 20 {
		clients = append(clients, w.login(fmt.Sprint("user", i)))
	}
	var leaving sync.WaitGroup
	for _, c := range clients {
		leaving.Go(func() {
			if code := c.closed(); code != socket.CloseRestarting {
				t.Errorf("closed with %d", code)
			}
		})
	}
	w.stop()
	leaving.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, _, err := websocket.Dial(ctx, w.url(), nil); err == nil {
		t.Error("somebody was let in")
	}
}

// TestShutdownAtTheDoor: who comes in the moment of a shutdown is refused before the upgrade, or sent away with the same code as everybody.
func TestShutdownAtTheDoor(t *testing.T) {
	w := start(t)
	var coming sync.WaitGroup
	in := make(chan struct{})
	for range 500 {
		coming.Go(func() {
			ws, _, err := websocket.Dial(t.Context(), w.url(), nil)
			in <- struct{}{}
			if err != nil {
				return
			}
			defer ws.CloseNow()
			if _, _, err = ws.Read(t.Context()); websocket.CloseStatus(err) != socket.CloseRestarting {
				t.Error("ended without a word: ", err)
			}
		})
	}
	<-in
	coming.Go(w.stop)
	for range 499 {
		<-in
	}
	coming.Wait()
}

// TestShutdownInAHurry cuts off whoever does not go in time.
func TestShutdownInAHurry(t *testing.T) {
	w := start(t)
	clients := []*client{w.login("ada"), w.dial()}
	hurry, cancel := context.WithCancel(t.Context())
	cancel()
	w.shutdown(hurry, context.Canceled)
	for _, c := range clients {
		if _, err := c.read(); err == nil {
			t.Error("a session went on")
		}
	}
}

// TestLost: when changes may have been missed, every session is closed with a code that says to come back and read anew.
func TestLost(t *testing.T) {
	w := start(t)
	c := w.login("ada")
	w.hub.Publish(kv.Delta{Reset: true})
	if code := c.closed(); code != socket.CloseLost {
		t.Errorf("closed with %d", code)
	}
}
