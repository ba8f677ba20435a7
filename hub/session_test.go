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
	"exthub/hub/hubtest"
	"exthub/hub/socket"
	"exthub/hub/usersig"
	"exthub/kv"
	"exthub/kv/kvtest"
)

// TestMalformedFrames: after the login malformed frames are refused, and the session goes on.
func TestMalformedFrames(t *testing.T) {
	w := hubtest.Start(t)
	c := w.Login("ada")
	for frame, code := range map[string]int{
		`{`: -32700, `[{"jsonrpc":"2.0","id":1,"method":"ping"}]`: -32600, `{"jsonrpc":"2.0","method":"ping"}`: -32600,
		`{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}`: -32602,
	} {
		c.Write(frame)
		if f := c.Answer(); f.Error == nil || f.Error.Code != code {
			t.Errorf("%s: %s, want %d", frame, f.Raw, code)
		}
	}
	c.Must("ping", object{"unknown": object{}}, nil)
}

// TestOneAfterTheOther: requests that are sent without waiting are carried out and answered in
// their order.
func TestOneAfterTheOther(t *testing.T) {
	w := hubtest.Start(t)
	c := w.Login("ada")
	id := c.Send("C2C", "bo").ID
	for i := range 50 {
		c.Write(fmt.Sprintf(`{"jsonrpc":"2.0","id":"s%d","method":"setMessageExtensions","params":{"messageID":%q,`+
			`"extensions":[{"key":"k%d","value":"v","seq":0}]}}`, i, id, i))
		c.Write(fmt.Sprintf(`{"jsonrpc":"2.0","id":"g%d","method":"getMessageExtensions","params":{"messageID":%q}}`,
			i, id))
	}
	for i := range 50 {
		var got hubtest.Page
		if f := c.Answer(); string(f.ID) != fmt.Sprintf(`"s%d"`, i) || f.Error != nil {
			t.Fatalf("answer %d: %s", i, f.Raw)
		}
		f := c.Answer()
		if err := f.Decode(&got); err != nil {
			t.Fatal(err)
		}
		if string(f.ID) != fmt.Sprintf(`"g%d"`, i) || len(got.Extensions) != i+1 {
			t.Fatalf("answer %d: %s has %d pairs", i, f.ID, len(got.Extensions))
		}
	}
}

// TestLogout: a logout is answered, and then the connection ends normally.
func TestLogout(t *testing.T) {
	w := hubtest.Start(t)
	c := w.Login("ada")
	c.Must("logout", object{}, nil)
	if code := c.Closed(); code != websocket.StatusNormalClosure {
		t.Errorf("closed with %d", code)
	}
}

// TestSilentClient: a client that says nothing for two heartbeats is given up; its own WebSocket
// pings are not enough to stay.
func TestSilentClient(t *testing.T) {
	w := hubtest.Start(t, func(o *hub.Options) { o.Heartbeat = 100 * time.Millisecond })
	begin := time.Now()
	c := w.Login("ada")
	if code := c.Closed(); code != socket.CloseSilent || time.Since(begin) < 200*time.Millisecond {
		t.Errorf("closed with %d after %v", code, time.Since(begin))
	}
}

// TestUserSigExpires: nobody stays longer than the UserSig is valid.
func TestUserSigExpires(t *testing.T) {
	w := hubtest.Start(t)
	sig, err := usersig.Sign(hubtest.AppID, hubtest.SecretKey, "ada", time.Now(), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	c := w.Dial()
	c.Must("login", object{"sdkAppID": hubtest.AppID, "userID": "ada", "userSig": sig}, nil)
	var kicked struct{ Type string }
	c.Next("KICKED_OUT", &kicked)
	if code := c.Closed(); code != socket.CloseNotLoggedIn || kicked.Type != "userSigExpired" {
		t.Errorf("kicked for %q, closed with %d", kicked.Type, code)
	}
}

// TestOldestSessionMakesRoom: beyond the limit the oldest session of a user ends, so that a client
// that comes back is not shut out by what is left of its last connection.
func TestOldestSessionMakesRoom(t *testing.T) {
	w := hubtest.Start(t, func(o *hub.Options) { o.MaxSessionsPerUser = 2 })
	first, second, other := w.Login("ada"), w.Login("ada"), w.Login("bo")
	w.Login("ada")
	var kicked struct{ Type string }
	first.Next("KICKED_OUT", &kicked)
	if code := first.Closed(); code != socket.CloseKicked || kicked.Type != "multipleDevice" {
		t.Errorf("kicked for %q, closed with %d", kicked.Type, code)
	}
	second.Must("ping", object{}, nil)
	other.Must("ping", object{}, nil)
}

// TestOldestSessionOnAnotherHub: somebody has more sessions than a user may have because each is on
// another hub. The oldest ends, wherever it is, and only that.
func TestOldestSessionOnAnotherHub(t *testing.T) {
	nc := kvtest.Server(t)
	var hubs []*hubtest.World
	for range 3 {
		hubs = append(hubs, hubtest.StartOn(t, nc, func(o *hub.Options) { o.MaxSessionsPerUser = 2 }))
	}
	bystander := hubs[0].Login("bo")
	var sessions []*hubtest.Client
	for i := range 12 {
		sessions = append(sessions, hubs[i%len(hubs)].Login("ada"))
		if i < 2 {
			continue
		}
		oldest := sessions[i-2]
		if got := oldest.Await("KICKED_OUT"); got != `{"type":"multipleDevice"}` {
			t.Fatalf("session %d: %s", i-2, got)
		}
		if code := oldest.Closed(); code != socket.CloseKicked {
			t.Fatalf("session %d: closed with %d", i-2, code)
		}
		for _, c := range sessions[i-1:] {
			c.Must("ping", object{}, nil)
		}
	}
	// One that ends makes room.
	sessions[10].Must("logout", object{}, nil)
	sessions[10].Closed()
	again := hubs[0].Login("ada")
	for _, c := range []*hubtest.Client{sessions[11], again, bystander} {
		c.Must("ping", object{}, nil)
	}
}

// TestAllSessionsOfAUser: every session of a user gets every event, but the one that sent a message
// is not told of it.
func TestAllSessionsOfAUser(t *testing.T) {
	w := hubtest.Start(t)
	phone, laptop := w.Login("ada"), w.Login("ada")
	id := phone.Send("C2C", "bo").ID
	laptop.Next("MESSAGE_RECEIVED", nil)
	phone.Set(id, "k", "v", 0)
	phone.Next("MESSAGE_EXTENSIONS_UPDATED", nil)
	laptop.Next("MESSAGE_EXTENSIONS_UPDATED", nil)
}

// TestFullHub: a connection beyond the limit is refused before the upgrade, and gets in when there
// is room.
func TestFullHub(t *testing.T) {
	w := hubtest.Start(t, func(o *hub.Options) { o.MaxSessions = 1 })
	c := w.Login("ada")
	ctx, cancel := context.WithTimeout(t.Context(), hubtest.Timeout)
	defer cancel()
	_, answer, err := websocket.Dial(ctx, w.SocketURL(), nil)
	if err == nil || answer.StatusCode != http.StatusServiceUnavailable {
		t.Fatalf("second connection: %v", err)
	}
	c.Must("logout", object{}, nil)
	c.Closed()
	waitForRoom(ctx, t, w)
}

// waitForRoom tries to connect until the hub has room.
func waitForRoom(ctx context.Context, t *testing.T, w *hubtest.World) {
	t.Helper()
	for {
		ws, _, err := websocket.Dial(ctx, w.SocketURL(), nil)
		if err == nil {
			ws.CloseNow()
			return
		}
		if ctx.Err() != nil {
			t.Fatal("no room after the first has gone: ", err)
		}
	}
}

// TestShutdown: everybody is sent away with a code that says to come back, and nobody is let in.
func TestShutdown(t *testing.T) {
	w := hubtest.Start(t)
	clients := []*hubtest.Client{w.Dial()} // a stranger
	for i := range 20 {
		clients = append(clients, w.Login(fmt.Sprint("user", i)))
	}
	var leaving sync.WaitGroup
	for _, c := range clients {
		leaving.Go(func() {
			if code := c.Closed(); code != socket.CloseRestarting {
				t.Errorf("closed with %d", code)
			}
		})
	}
	w.Stop()
	leaving.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), hubtest.Timeout)
	defer cancel()
	if _, _, err := websocket.Dial(ctx, w.SocketURL(), nil); err == nil {
		t.Error("somebody was let in")
	}
}

// TestShutdownAtTheDoor: a client that connects in the moment of a shutdown is refused before the
// upgrade, or sent away with the same code as everybody.
func TestShutdownAtTheDoor(t *testing.T) {
	w := hubtest.Start(t)
	var coming sync.WaitGroup
	in := make(chan struct{})
	for range 500 {
		coming.Go(func() {
			ws, _, err := websocket.Dial(t.Context(), w.SocketURL(), nil)
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
	coming.Go(w.Stop)
	for range 499 {
		<-in
	}
	coming.Wait()
}

// TestShutdownInAHurry: sessions that are still there when the time is over are cut off.
func TestShutdownInAHurry(t *testing.T) {
	w := hubtest.Start(t)
	clients := []*hubtest.Client{w.Login("ada"), w.Dial()}
	hurry, cancel := context.WithCancel(t.Context())
	cancel()
	w.Shutdown(hurry, context.Canceled)
	for _, c := range clients {
		if _, err := c.Read(); err == nil {
			t.Error("a session went on")
		}
	}
}

// TestLost: when changes may have been missed, every session is closed with a code that says to
// come back and read anew.
func TestLost(t *testing.T) {
	w := hubtest.Start(t)
	c := w.Login("ada")
	w.Hub.Publish(kv.Delta{Reset: true})
	if code := c.Closed(); code != socket.CloseLost {
		t.Errorf("closed with %d", code)
	}
}
