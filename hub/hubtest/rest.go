package hubtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Backend calls a hub's REST door as an app admin, or as a member. Its methods fail the test when
// something unexpected happens.
type Backend struct {
	TB    testing.TB
	URL   string // of the hub
	Query url.Values
}

// Backend returns one that calls as the admin.
func (w *World) Backend() *Backend {
	w.TB.Helper()
	return &Backend{w.TB, w.URL(), url.Values{
		"sdkappid": {fmt.Sprint(AppID)}, "identifier": {Admin}, "usersig": {w.Sign(Admin)},
		"random": {"99999999"}, "contenttype": {"json"},
	}}
}

// Member returns one that calls as this user.
func (w *World) Member(userID string) *Backend {
	w.TB.Helper()
	b := w.Backend()
	b.Query.Set("identifier", userID)
	b.Query.Set("usersig", w.Sign(userID))
	return b
}

// Envelope is what every reply begins with.
type Envelope struct {
	ActionStatus string
	ErrorInfo    string
	ErrorCode    int
}

// To returns the address of a command.
func (b *Backend) To(command string) string {
	return b.URL + "/v4/" + command + "?" + b.Query.Encode()
}

// Call sends body as it is if it is a string, or else the JSON of it, and returns the reply. The
// envelope must be whole.
func (b *Backend) Call(command string, body any) (Envelope, []byte) {
	b.TB.Helper()
	text, raw := body.(string)
	if !raw {
		encoded, err := json.Marshal(body)
		if err != nil {
			b.TB.Fatal(err)
		}
		text = string(encoded)
	}
	return b.Reply(http.Post(b.To(command), "application/json", strings.NewReader(text)))
}

// Reply reads a reply, whose envelope must be whole.
func (b *Backend) Reply(res *http.Response, err error) (Envelope, []byte) {
	b.TB.Helper()
	if err != nil {
		b.TB.Fatal(err)
	}
	defer res.Body.Close()
	reply, err := io.ReadAll(res.Body)
	if err != nil {
		b.TB.Fatal(err)
	}
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "application/json" {
		b.TB.Fatalf("HTTP %d, %s: %s", res.StatusCode, res.Header.Get("Content-Type"), reply)
	}
	return b.envelope(reply), reply
}

func (b *Backend) envelope(reply []byte) Envelope {
	b.TB.Helper()
	var e Envelope
	if err := json.Unmarshal(reply, &e); err != nil || !bytes.HasPrefix(reply, []byte(`{"ActionStatus":"`)) {
		b.TB.Fatalf("no envelope in %s", reply)
	}
	ok := e.ErrorCode == 0
	if ok != (e.ActionStatus == "OK") || ok != (e.ErrorInfo == "") || !ok && e.ActionStatus != "FAIL" {
		b.TB.Fatalf("contradicts itself: %s", reply)
	}
	return e
}

// Must makes a call that succeeds, and decodes the reply, unless result is nil.
func (b *Backend) Must(command string, body, result any) {
	b.TB.Helper()
	e, reply := b.Call(command, body)
	if e.ErrorCode != 0 {
		b.TB.Fatalf("%s %v: %s", command, body, reply)
	}
	if result != nil {
		b.Decode(reply, result)
	}
}

// Decode decodes a reply.
func (b *Backend) Decode(reply []byte, result any) {
	b.TB.Helper()
	if err := json.Unmarshal(reply, result); err != nil {
		b.TB.Fatalf("%v in %s", err, reply)
	}
}

// SendC2C sends a one-to-one message that takes extensions, and returns its MsgKey.
func (b *Backend) SendC2C(from, to string, random int) string {
	b.TB.Helper()
	var sent struct{ MsgKey string }
	b.Must("openim/sendmsg", Object{
		"From_Account": from, "To_Account": to, "MsgSeq": 7, "MsgRandom": random,
		"SupportMessageExtension": 1, "MsgBody": TextBody("hi"),
	}, &sent)
	return sent.MsgKey
}

// SendGroup sends a group message that takes extensions, and returns its MsgSeq.
func (b *Backend) SendGroup(groupID string, random int) int {
	b.TB.Helper()
	var sent struct{ MsgSeq int }
	b.Must("group_open_http_svc/send_group_msg", Object{
		"GroupId": groupID, "Random": random, "SupportMessageExtension": 1, "MsgBody": TextBody("hi"),
	}, &sent)
	return sent.MsgSeq
}

// TextBody returns the MsgBody of a text message.
func TextBody(text string) []Object {
	return []Object{{"MsgType": "TIMTextElem", "MsgContent": Object{"Text": text}}}
}

// Members returns the MemberList of a request.
func Members(userIDs ...string) []Object {
	list := make([]Object, len(userIDs))
	for i, id := range userIDs {
		list[i] = Object{"Member_Account": id}
	}
	return list
}
