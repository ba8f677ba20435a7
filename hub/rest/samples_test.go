package rest_test

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"exthub/hub"
	"exthub/hub/hubtest"
	"exthub/hub/usersig"
)

// The samples of the reference, as they stand there: what a backend that works today sends, and
// what it is used to get.
const (
	sampleMsgKey = "44739199_12_1665388280"
	sampleURL    = "/v4/openim_msg_ext_http_svc/set_key_values" +
		"?sdkappid=88888888&identifier=admin&usersig=xxx&random=99999999&contenttype=json"
	sampleSet = `{"From_Account": "62768","To_Account": "116400","MsgKey": "44739199_12_1665388280",` +
		`"OperateType": 1,"ExtensionList": [{"Key": "k1", "Value": "v1", "Seq": 0},{"Key": "k2", "Value": "v2",` +
		` "Seq": 0},{"Key": "k3", "Value": "v3", "Seq": 0}]}`
	sampleDelete = `{"From_Account": "62768","To_Account": "116400","MsgKey": "44739199_12_1665388280",` +
		`"OperateType": 2,"ExtensionList": [{"Key": "key1", "Value": "", "Seq": 1}]}`
	sampleClear = `{"From_Account": "62768","To_Account": "116400","MsgKey": "44739199_12_1665388280",` +
		`"OperateType": 3}`
	sampleReply = `{"ActionStatus": "OK","ErrorInfo": "","ErrorCode": 0,"ExtensionList": [{"ErrorCode": 0,` +
		`"Extension": {"Key": "k1","Value": "v1","Seq": 1}},{"ErrorCode": 23001,"Extension": {"Key": "k2",` +
		`"Value": "v1234","Seq": 2}}]}`
)

// curl sends a body with the real curl, as the reference's readers do, but without the caller's
// ~/.curlrc and proxy.
func curl(t *testing.T, url, body string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "curl", "--disable", "--noproxy", "*", "--silent", "--show-error", "--fail",
		"--data-binary", "@-", url)
	cmd.Stdin = strings.NewReader(body)
	reply, err := cmd.Output()
	if err != nil {
		t.Fatalf("curl (which must be installed): %v", err)
	}
	return reply
}

// shape returns the names of a reply's fields in their order, every element of a list alike.
func shape(t *testing.T, reply []byte) []string {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(string(reply)))
	var names []string
	var value func()
	value = func() {
		token, err := d.Token()
		if err != nil {
			t.Fatalf("%v in %s", err, reply)
		}
		for open := token; (open == json.Delim('{') || open == json.Delim('[')) && d.More(); {
			if open == json.Delim('{') {
				name, _ := d.Token()
				names = append(names, name.(string))
			}
			value()
		}
		if token == json.Delim('{') || token == json.Delim('[') {
			_, _ = d.Token()
		}
	}
	value()
	return names
}

// TestSamples: a fresh hub takes the reference's sample requests, sent by curl byte for byte, and
// answers in the shape of its sample reply. Only the UserSig is a real one, and the clock stands at
// the second that is part of the sample's MsgKey.
func TestSamples(t *testing.T) {
	now := time.Unix(1665388280, 0)
	w := hubtest.Start(t, func(o *hub.Options) {
		o.SDKAppID, o.Now = 88888888, func() time.Time { return now }
	})
	sig, err := usersig.Sign(88888888, hubtest.SecretKey, "admin", now, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	set := w.URL() + strings.Replace(sampleURL, "xxx", sig, 1)
	to := func(command string) string {
		return strings.Replace(set, "openim_msg_ext_http_svc/set_key_values", command, 1)
	}

	var sent struct {
		MsgTime       int64
		MsgKey, MsgId string
	}
	reply := curl(t, to("openim/sendmsg"), `{"SyncOtherMachine":2,"From_Account":"62768","To_Account":"116400",`+
		`"MsgLifeTime":60,"MsgSeq":44739199,"MsgRandom":12,`+
		`"SupportMessageExtension":1,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hi, beauty"}}],`+
		`"CloudCustomData":"your cloud custom data"}`)
	if err := json.Unmarshal(reply, &sent); err != nil || sent.MsgKey != sampleMsgKey || sent.MsgTime != now.Unix() ||
		sent.MsgId == "" {
		t.Fatalf("sendmsg: %s", reply)
	}

	type item struct {
		ErrorCode int
		Extension struct {
			Key, Value string
			Seq        uint64
		}
	}
	ask := func(body string) []item {
		t.Helper()
		reply := curl(t, set, body)
		var r struct {
			ActionStatus  string
			ErrorInfo     string
			ErrorCode     int
			ExtensionList []item
		}
		if err := json.Unmarshal(reply, &r); err != nil || r.ActionStatus != "OK" || r.ErrorInfo != "" ||
			r.ErrorCode != 0 || r.ExtensionList == nil {
			t.Fatalf("%s: %s", body, reply)
		}
		each := shape(t, []byte(sampleReply))
		want := each[:4]
		for range r.ExtensionList {
			want = append(want, each[4:9]...)
		}
		if diff := cmp.Diff(want, shape(t, reply)); diff != "" {
			t.Errorf("%s: fields differ from the sample's (-want +got):\n%s", body, diff)
		}
		return r.ExtensionList
	}

	first := ask(sampleSet)
	if len(first) != 3 {
		t.Fatalf("set: %v", first)
	}
	for i, it := range first {
		want := item{Extension: struct {
			Key, Value string
			Seq        uint64
		}{[]string{"k1", "k2", "k3"}[i], []string{"v1", "v2", "v3"}[i], first[0].Extension.Seq + uint64(i)}}
		if it != want || it.Extension.Seq == 0 {
			t.Errorf("set, item %d: %+v, want %+v", i, it, want)
		}
	}
	if again := ask("\r\n\t " + sampleSet + "\n"); again[2] != first[2] {
		t.Errorf("set again: %+v, want %+v", again[2], first[2])
	}
	if gone := ask(sampleDelete); len(gone) != 1 || gone[0].ErrorCode != 0 || gone[0].Extension.Key != "key1" ||
		gone[0].Extension.Value != "" {
		t.Errorf("delete of a pair that is not there: %+v", gone)
	}
	ask(strings.Replace(sampleSet, "k1", "key1", 1))
	if gone := ask(sampleDelete); gone[0].ErrorCode != 0 || gone[0].Extension.Value != "" ||
		gone[0].Extension.Seq <= first[2].Extension.Seq {
		t.Errorf("delete: %+v", gone)
	}
	if cleared := ask(sampleClear); len(cleared) != 0 {
		t.Errorf("clear: %+v", cleared)
	}

	var page struct {
		hubtest.Envelope
		CompleteFlag  int
		ExtensionList []json.RawMessage
	}
	reply = curl(t, to("openim_msg_ext_http_svc/get_key_values"), `{"From_Account": "62768","To_Account": "116400",`+
		`"MsgKey": "44739199_12_1665388280","StartSeq": 0}`)
	if err := json.Unmarshal(reply, &page); err != nil || page.ErrorCode != 0 || page.CompleteFlag != 1 ||
		page.ExtensionList == nil || len(page.ExtensionList) != 0 {
		t.Errorf("get after the clear: %s", reply)
	}
}
