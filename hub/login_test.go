package hub_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"exthub/hub"
	"exthub/hub/hubtest"
	"exthub/hub/socket"
	"exthub/hub/usersig"
)

// TestLogin: the answer says who is logged in, in which session, and which limits hold.
func TestLogin(t *testing.T) {
	w := hubtest.Start(t, func(o *hub.Options) { o.MaxValueBytes, o.Heartbeat = 500, 20*time.Second })
	for user, admin := range map[string]bool{"ada": false, "admin": true} {
		c := w.Dial()
		var got struct {
			UserID, SessionID string
			Admin             bool
			Limits            struct{ MaxExtensions, MaxValueBytes int }
			HeartbeatInterval int
			Time              int64
		}
		c.Must("login", object{"sdkAppID": hubtest.AppID, "userID": user, "userSig": w.Sign(user)}, &got)
		id, err := uuid.Parse(got.SessionID)
		if err != nil || id.Version() != 7 || got.UserID != user || got.Admin != admin ||
			got.Limits.MaxExtensions != 300 || got.Limits.MaxValueBytes != 500 ||
			got.HeartbeatInterval != 20 || time.Since(time.Unix(got.Time, 0)).Abs() > time.Minute {
			t.Errorf("%s: %+v (%v)", user, got, err)
		}
	}
}

// TestRefusedLogin: a refused login gets its code, and then a close code that says not to come
// back.
func TestRefusedLogin(t *testing.T) {
	w := hubtest.Start(t)
	sign := func(app uint64, key, user string, at time.Time) string {
		sig, err := usersig.Sign(app, key, user, at, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return sig
	}
	good := w.Sign("ada")
	login := func(app any, user, sig string) object { return object{"sdkAppID": app, "userID": user, "userSig": sig} }
	for _, r := range []struct {
		params object
		code   int
	}{
		{login(hubtest.AppID, "ada", ""), 70002},
		{login(hubtest.AppID, "ada", "nonsense"), 70003},
		{login(hubtest.AppID, "ada", good[:60]), 70003},
		{login(hubtest.AppID, "ada", strings.Repeat("e", 3000)), 70003},
		{login(hubtest.AppID, "ada", sign(hubtest.AppID, hubtest.SecretKey, "ada", time.Now().Add(-2*time.Hour))),
			70001},
		{login(hubtest.AppID, "ada", sign(hubtest.AppID, "another key", "ada", time.Now())), 70009},
		{login(hubtest.AppID, "bo", good), 70013},
		{login(hubtest.AppID, "ADA", good), 70013},
		{login(hubtest.AppID, "ada", sign(88888888, hubtest.SecretKey, "ada", time.Now())), 70014},
		{login(88888888, "ada", good), 70020},
		{login(hubtest.AppID, "", good), 10004},
		{login(hubtest.AppID, strings.Repeat("u", 33), good), 10004},
		{login(hubtest.AppID, "用户", good), 10004},
		{login(hubtest.AppID, "a\nb", good), 10004},
		{login("1400000000", "ada", good), -32602},
		{login(-1, "ada", good), -32602},
		{object{}, 70020},
	} {
		c := w.Dial()
		c.Refused(r.code, "login", r.params)
		if code := c.Closed(); code != socket.CloseNotLoggedIn {
			t.Errorf("%v: closed with %d", r.params, code)
		}
	}
}

// TestFirstFrame: a connection whose first frame is no login is refused and closed.
func TestFirstFrame(t *testing.T) {
	w := hubtest.Start(t)
	c := w.Dial()
	c.Refused(-32600, "ping", object{})
	if code := c.Closed(); code != socket.CloseNotLoggedIn {
		t.Errorf("after a ping: closed with %d", code)
	}
	for _, frame := range []string{`nonsense`, `[]`, `{"jsonrpc":"2.0","method":"login"}`} {
		c := w.Dial()
		c.Write(frame)
		if f := c.Answer(); f.Error == nil || string(f.ID) != "null" {
			t.Errorf("%s: %s", frame, f.Raw)
		}
		if code := c.Closed(); code != socket.CloseProtocol {
			t.Errorf("%s: closed with %d", frame, code)
		}
	}
}

// TestLateLogin: a connection that does not log in is closed, which makes room for others.
func TestLateLogin(t *testing.T) {
	w := hubtest.Start(t, func(o *hub.Options) { o.LoginTimeout = 50 * time.Millisecond })
	if code := w.Dial().Closed(); code != socket.CloseLoginLate {
		t.Errorf("closed with %d", code)
	}
}
