package hub_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"exthub/hub"
	"exthub/hub/socket"
	"exthub/hub/usersig"
)

// TestLogin: what a user is told.
func TestLogin(t *testing.T) {
	w := start(t, func(o *hub.Options) { o.MaxValueBytes, o.Heartbeat = 500, 20*time.Second })
	for user, admin := range map[string]bool{"ada": false, "admin": true} {
		c := w.dial()
		var got struct {
			UserID, SessionID string
			Admin             bool
			Limits            struct{ MaxExtensions, MaxValueBytes int }
			HeartbeatInterval int
			Time              int64
		}
		c.must("login", object{"sdkAppID": appID, "userID": user, "userSig": w.sign(user)}, &got)
		id, err := uuid.Parse(got.SessionID)
		if err != nil || id.Version() != 7 || got.UserID != user || got.Admin != admin || got.Limits.MaxExtensions != 300 || got.Limits.MaxValueBytes != 500 ||
			got.HeartbeatInterval != 20 || time.Since(time.Unix(got.Time, 0)).Abs() > time.Minute {
			t.Errorf("%s: %+v (%v)", user, got, err)
		}
	}
}

// TestRefusedLogin: the code, then the end with a close code that says not to come back.
func TestRefusedLogin(t *testing.T) {
	w := start(t)
	sign := func(app uint64, key, user string, at time.Time) string {
		sig, err := usersig.Sign(app, key, user, at, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return sig
	}
	good := w.sign("ada")
	login := func(app any, user, sig string) object { return object{"sdkAppID": app, "userID": user, "userSig": sig} }
	for _, r := range []struct {
		params object
		code   int
	}{
		{login(appID, "ada", ""), 70002},
		{login(appID, "ada", "nonsense"), 70003},
		{login(appID, "ada", good[:60]), 70003},
		{login(appID, "ada", strings.Repeat("e", 3000)), 70003},
		{login(appID, "ada", sign(appID, secretKey, "ada", time.Now().Add(-2*time.Hour))), 70001},
		{login(appID, "ada", sign(appID, "another key", "ada", time.Now())), 70009},
		{login(appID, "bo", good), 70013},
		{login(appID, "ADA", good), 70013},
		{login(appID, "ada", sign(88888888, secretKey, "ada", time.Now())), 70014},
		{login(88888888, "ada", good), 70020},
		{login(appID, "", good), 10004},
		{login(appID, strings.Repeat("u", 33), good), 10004},
		{login(appID, "用户", good), 10004},
		{login(appID, "a\nb", good), 10004},
		{login("1400000000", "ada", good), -32602},
		{login(-1, "ada", good), -32602},
		{object{}, 70020},
	} {
		c := w.dial()
		c.refused(r.code, "login", r.params)
		if code := c.closed(); code != socket.CloseNotLoggedIn {
			t.Errorf("%v: closed with %d", r.params, code)
		}
	}
}

// TestFirstFrame: a connection begins with a login, or ends.
func TestFirstFrame(t *testing.T) {
	w := start(t)
	c := w.dial()
	c.refused(-32600, "ping", object{})
	if code := c.closed(); code != socket.CloseNotLoggedIn {
		t.Errorf("after a ping: closed with %d", code)
	}
	for _, frame := range []string{`nonsense`, `[]`, `{"jsonrpc":"2.0","method":"login"}`} {
		c := w.dial()
		c.write(frame)
		if f := c.answer(); f.Error == nil || string(f.ID) != "null" {
			t.Errorf("%s: %s", frame, f.raw)
		}
		if code := c.closed(); code != socket.CloseProtocol {
			t.Errorf("%s: closed with %d", frame, code)
		}
	}
}

// TestLateLogin: who does not log in makes room.
func TestLateLogin(t *testing.T) {
	w := start(t, func(o *hub.Options) { o.LoginTimeout = 50 * time.Millisecond })
	if code := w.dial().closed(); code != socket.CloseLoginLate {
		t.Errorf("closed with %d", code)
	}
}
