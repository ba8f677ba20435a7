package hub_test

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

// backend calls a hub's REST door as an app admin.
type backend struct {
	t     *testing.T
	url   string // of the hub
	query url.Values
}

func (w *world) backend() *backend {
	w.t.Helper()
	return &backend{w.t, w.server.URL, url.Values{
		"sdkappid": {fmt.Sprint(appID)}, "identifier": {"admin"}, "usersig": {w.sign("admin")}, "random": {"99999999"}, "contenttype": {"json"},
	}}
}

// envelope is what every reply begins with.
type envelope struct {
	ActionStatus string
	ErrorInfo    string
	ErrorCode    int
}

// to returns the address of a command.
func (b *backend) to(command string) string { return b.url + "/v4/" + command + "?" + b.query.Encode() }

// call sends a body as it is, or the JSON of it, and returns the reply. It checks that the envelope is whole.
func (b *backend) call(command string, body any) (envelope, []byte) {
	b.t.Helper()
	text, raw := body.(string)
	if !raw {
		encoded, err := json.Marshal(body)
		if err != nil {
			b.t.Fatal(err)
		}
		text = string(encoded)
	}
	return b.answer(http.Post(b.to(command), "application/json", strings.NewReader(text)))
}

func (b *backend) answer(res *http.Response, err error) (envelope, []byte) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	reply, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "application/json" {
		b.t.Fatalf("HTTP %d, %s: %s", res.StatusCode, res.Header.Get("Content-Type"), reply)
	}
	return b.read(reply), reply
}

// read takes the envelope from a reply.
func (b *backend) read(reply []byte) envelope {
	b.t.Helper()
	var e envelope
	if err := json.Unmarshal(reply, &e); err != nil || !bytes.HasPrefix(reply, []byte(`{"ActionStatus":"`)) {
		b.t.Fatalf("no envelope in %s", reply)
	}
	if ok := e.ErrorCode == 0; ok != (e.ActionStatus == "OK") || ok != (e.ErrorInfo == "") || !ok && e.ActionStatus != "FAIL" {
		b.t.Fatalf("contradicts itself: %s", reply)
	}
	return e
}

// must calls for something that succeeds, and decodes the reply into into, if it is not nil.
func (b *backend) must(command string, body, into any) {
	b.t.Helper()
	e, reply := b.call(command, body)
	if e.ErrorCode != 0 {
		b.t.Fatalf("%s %v: %s", command, body, reply)
	}
	if into != nil {
		if err := json.Unmarshal(reply, into); err != nil {
			b.t.Fatalf("%s: %v in %s", command, err, reply)
		}
	}
}

// letter sends a one-to-one message whose pairs can be set, and returns its MsgKey.
func (b *backend) letter(from, to string, random int) string {
	b.t.Helper()
	var sent struct{ MsgKey string }
	b.must("openim/sendmsg", object{
		"From_Account": from, "To_Account": to, "MsgSeq": 7, "MsgRandom": random, "SupportMessageExtension": 1, "MsgBody": textBody("hi"),
	}, &sent)
	return sent.MsgKey
}

// post sends a group message whose pairs can be set, and returns its MsgSeq.
func (b *backend) post(group string, random int) int {
	b.t.Helper()
	var sent struct{ MsgSeq int }
	b.must("group_open_http_svc/send_group_msg", object{"GroupId": group, "Random": random, "SupportMessageExtension": 1, "MsgBody": textBody("hi")}, &sent)
	return sent.MsgSeq
}

func textBody(text string) []object {
	return []object{{"MsgType": "TIMTextElem", "MsgContent": object{"Text": text}}}
}

// members makes the MemberList of a request.
func members(ids ...string) []object {
	list := make([]object, len(ids))
	for i, id := range ids {
		list[i] = object{"Member_Account": id}
	}
	return list
}
