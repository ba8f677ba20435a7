package hub_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"exthub/hub"
	"exthub/hub/hubtest"
)

// lines is a log that a test reads.
type lines struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.String()
}

// Somebody who has tried to get in, or has ended something, relies on there being no record of it;
// or reads in the record what lets them in.
func TestAuditLog(t *testing.T) {
	var log lines
	w := hubtest.Start(t, func(o *hub.Options) { o.Logger = slog.New(slog.NewJSONHandler(&log, nil)) })
	b, ada, bo := w.Backend(), w.Login("ada"), w.Login("bo")
	ada.Must("createGroup", object{"name": "club", "type": "Public", "groupID": "club",
		"memberList": []object{{"userID": "bo"}}}, nil)
	id := ada.Send("C2C", "bo").ID
	ada.Set(id, "a secret key", "a secret value", 0)
	ada.Delete(id)
	for range 2 {
		ada.Must("revokeMessage", object{"messageID": id}, nil)
	}
	ada.Must("deleteGroupMember", object{"groupID": "club", "userIDList": []string{"bo"}}, nil)
	ada.Must("dismissGroup", object{"groupID": "club"}, nil)
	stranger := hubtest.LoginParams(hubtest.AppID, "eve", w.Sign("ada"))
	w.Dial().Refused(70013, "login", stranger)
	w.Dial().Refused(-32600, "ping", object{})
	w.Member("ada").Call("im_open_login_svc/kick", object{"UserID": "bo"})
	b.Must("openim/sendmsg", object{"From_Account": "ada", "To_Account": "bo",
		"MsgBody": hubtest.TextBody("a secret text")}, nil)
	b.Call("group_open_http_svc/destroy_group", object{"GroupId": "club"})
	b.Must("im_open_login_svc/kick", object{"UserID": "bo"}, nil)
	bo.Closed()

	var got []string
	for line := range strings.Lines(log.String()) {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry["component"] != "audit" {
			t.Errorf("%s", line)
			continue
		}
		for _, secret := range []string{"secret", "usersig", b.Query.Get("usersig"), stranger["userSig"].(string)} {
			if strings.Contains(line, secret) {
				t.Errorf("%s holds %s", line, secret)
			}
		}
		text := entry["msg"].(string)
		for _, name := range []string{"by", "user", "group", "message", "users", "command", "code", "reason"} {
			if value, ok := entry[name]; ok {
				raw, _ := json.Marshal(value)
				text += " " + name + "=" + string(raw)
			}
		}
		if address, ok := entry["address"]; ok && !strings.HasPrefix(address.(string), "127.0.0.1:") {
			t.Errorf("address %v", address)
		}
		got = append(got, text)
	}
	for _, want := range []string{
		`message cleared by="ada" message="` + id + `"`,
		`message recalled by="ada" message="` + id + `"`,
		`members removed by="ada" group="club" users=["bo"]`,
		`group dismissed by="ada" group="club"`,
		`login refused user="eve" code=70013`,
		`login refused user="" code=-32600`,
		`call refused user="ada" command="im_open_login_svc/kick" code=60010`,
		`admin call user="admin" command="openim/sendmsg" code=0`,
		`admin call user="admin" command="group_open_http_svc/destroy_group" code=10010`,
		`user kicked out by="admin" user="bo"`,
		`session ended user="bo" reason="REST_API_Kick"`,
		`admin call user="admin" command="im_open_login_svc/kick" code=0`,
	} {
		if !slices.Contains(got, want) {
			t.Errorf("no line %s", want)
		}
	}
	if len(got) != 12 {
		t.Errorf("%d lines:\n%s", len(got), strings.Join(got, "\n"))
	}
}
