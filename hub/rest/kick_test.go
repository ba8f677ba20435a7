package rest_test

import (
	"strings"
	"testing"
	"time"

	"exthub/hub"
	"exthub/hub/hubtest"
	"exthub/hub/socket"
	"exthub/hub/usersig"
	"exthub/kv/kvtest"
)

// Somebody goes on with a stolen UserSig after the backend has kicked its user out: in a session
// that is open on another hub, in a new one, over REST, or on a hub that was started later.
func TestStolenUserSig(t *testing.T) {
	nc := kvtest.Server(t)
	one, two := hubtest.StartOn(t, nc), hubtest.StartOn(t, nc)
	b := one.Backend()
	key := b.SendC2C("ada", "bo", 1)
	read := object{"From_Account": "ada", "To_Account": "bo", "MsgKey": key}
	stolen := one.Sign("ada")
	sessions := []*hubtest.Client{one.Login("ada"), two.Login("ada"), two.Login("ada")}
	bystander := two.Login("bo")

	b.Must(kick, object{"UserID": "ada"}, nil)
	for i, c := range sessions {
		if got := c.Await("KICKED_OUT"); got != `{"type":"REST_API_Kick"}` {
			t.Errorf("session %d: %s", i, got)
		}
		if code := c.Closed(); code != socket.CloseNotLoggedIn {
			t.Errorf("session %d: closed with %d", i, code)
		}
	}
	three := hubtest.StartOn(t, nc)
	for i, w := range []*hubtest.World{one, two, three} {
		says := w.Dial().Refused(70052, "login", hubtest.LoginParams(hubtest.AppID, "ada", stolen))
		if !strings.Contains(says, "revoked") {
			t.Errorf("hub %d: %s", i, says)
		}
		member := w.Member("ada")
		member.Query.Set("usersig", stolen)
		if e, reply := member.Call(getC2C, read); e.ErrorCode != 70052 || !strings.HasPrefix(e.ErrorInfo, "usersig: ") {
			t.Errorf("hub %d over REST: %s", i, reply)
		}
	}

	// The user goes on with a new one, and nobody else has noticed.
	fresh, err := usersig.Sign(hubtest.AppID, hubtest.SecretKey, "ada", time.Now().Add(2*time.Second), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []*hubtest.World{one, two, three} {
		c := w.Dial()
		c.Login(hubtest.LoginParams(hubtest.AppID, "ada", fresh))
		c.Must("ping", object{}, nil)
	}
	bystander.Must("ping", object{}, nil)
}

// Kicking out twice, or somebody who never was there, does no harm; and a hub whose clock is behind
// does not take back what another has revoked.
func TestKickAgain(t *testing.T) {
	nc := kvtest.Server(t)
	ahead := time.Now().Add(30 * time.Minute)
	one, two := hubtest.StartOn(t, nc, func(o *hub.Options) { o.Now = func() time.Time { return ahead } }),
		hubtest.StartOn(t, nc)
	b := two.Backend()
	b.Must(kick, object{"UserID": "nobody: here"}, nil)
	sig, err := usersig.Sign(hubtest.AppID, hubtest.SecretKey, "ada", ahead.Add(-time.Minute), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	session := two.Dial()
	session.Login(hubtest.LoginParams(hubtest.AppID, "ada", sig))
	one.Backend().Must(kick, object{"UserID": "ada"}, nil)
	session.Await("KICKED_OUT")
	b.Must(kick, object{"UserID": "ada"}, nil)
	for _, w := range []*hubtest.World{one, two, hubtest.StartOn(t, nc)} {
		w.Dial().Refused(70052, "login", hubtest.LoginParams(hubtest.AppID, "ada", sig))
	}
}
