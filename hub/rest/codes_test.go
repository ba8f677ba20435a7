package rest_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"exthub/hub"
	"exthub/hub/hubtest"
	"exthub/hub/usersig"
	"exthub/kv/kvtest"
)

const (
	setC2C   = "openim_msg_ext_http_svc/set_key_values"
	getC2C   = "openim_msg_ext_http_svc/get_key_values"
	setGroup = "openim_msg_ext_http_svc/group_set_key_values"
	getGroup = "openim_msg_ext_http_svc/group_get_key_values"

	closeC2C   = "openim_msg_ext_http_svc/close_key_values"
	closeGroup = "openim_msg_ext_http_svc/group_close_key_values"
	sendC2C    = "openim/sendmsg"
	post       = "group_open_http_svc/send_group_msg"
	create     = "group_open_http_svc/create_group"
	destroy    = "group_open_http_svc/destroy_group"
	add        = "group_open_http_svc/add_group_member"
	remove     = "group_open_http_svc/delete_group_member"
	list       = "group_open_http_svc/get_group_member_info"
	kick       = "im_open_login_svc/kick"
	erase      = "im_open_login_svc/account_delete"
)

// TestCaller: the query string is judged in its order. What is wrong further behind does not matter
// yet.
func TestCaller(t *testing.T) {
	w := hubtest.Start(t)
	b := w.Backend()
	sign := func(app uint64, key, user string, at time.Time) string {
		sig, err := usersig.Sign(app, key, user, at, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return sig
	}
	good := w.Sign("admin")
	for _, r := range []struct {
		name, value string // of the parameter that is changed; "" takes it away
		code        int
		says        string
	}{
		{"sdkappid", "", 60012, "sdkappid: missing"},
		{"sdkappid", "app", 60006, `sdkappid: "app" is not a number`},
		{"sdkappid", "-1", 60006, "sdkappid"},
		{"sdkappid", "99999999999999999999", 60006, "sdkappid"},
		{"sdkappid", "88888888", 70020, "88888888"},
		{"identifier", "", 60004, "identifier: missing"},
		{"identifier", strings.Repeat("a", 33), 60004, "identifier"},
		{"identifier", "管理员", 60004, "identifier"},
		{"usersig", "", 70002, "usersig"},
		{"usersig", good[:len(good)/2], 70003, "usersig"},
		{"usersig", strings.Repeat("A", 12<<10), 70003, "usersig"},
		{"usersig", sign(hubtest.AppID, hubtest.SecretKey, "admin", time.Now().Add(-2*time.Hour)), 70001, "usersig"},
		{"usersig", sign(hubtest.AppID, "another key that is long enough", "admin", time.Now()), 70009, "usersig"},
		{"usersig", sign(hubtest.AppID, hubtest.SecretKey, "ada", time.Now()), 70013, "usersig"},
		{"usersig", sign(88888888, hubtest.SecretKey, "admin", time.Now()), 70014, "usersig"},
		{"random", "", 60002, "random"},
		{"random", "4294967296", 60002, "random"},
		{"random", "-1", 60002, "random"},
		{"contenttype", "", 60002, "contenttype"},
		{"contenttype", "xml", 60002, `contenttype: "xml" is not json`},
	} {
		query := url.Values{}
		// Everything behind the parameter is wrong too, and must not be noticed.
		behind := false
		for _, name := range []string{"sdkappid", "identifier", "usersig", "random", "contenttype"} {
			switch {
			case name == r.name:
				behind = true
				if r.value != "" {
					query.Set(name, r.value)
				}
			case behind && name == "usersig":
				query.Set(name, "wrong")
			case !behind:
				query.Set(name, b.Query.Get(name))
			}
		}
		if r.name == "identifier" {
			query.Set("usersig", good)
		}
		other := &hubtest.Backend{TB: t, URL: b.URL, Query: query}
		e, reply := other.Call(setC2C, "not JSON")
		if e.ErrorCode != r.code || !strings.Contains(e.ErrorInfo, r.says) {
			t.Errorf("%s=%.80s: got %s, want %d with %q", r.name, r.value, reply, r.code, r.says)
		}
	}

	e, reply := b.Reply(http.Post(b.To(setC2C)+"&x=%zz", "application/json", strings.NewReader("{}")))
	if e.ErrorCode != 60002 {
		t.Errorf("a query string that can't be parsed: %s", reply)
	}
	if e, reply := w.Member("ada").Call(sendC2C, "not JSON"); e.ErrorCode != 60010 ||
		!strings.Contains(e.ErrorInfo, "ada is not an app admin") {
		t.Errorf("not an admin: %s", reply)
	}
}

// TestRouting: a command that there is not, and a method that is not POST, are refused with a code.
func TestRouting(t *testing.T) {
	b := hubtest.Start(t).Backend()
	for _, path := range []string{
		"", "openim", "openim/", "openim/batchsendmsg", "openim/sendmsg/", "group_open_http_svc/sendmsg",
		"openim/SENDMSG",
	} {
		if e, reply := b.Call(path, "{}"); e.ErrorCode != 60009 {
			t.Errorf("%q: %s", path, reply)
		}
	}
	for _, method := range []string{"GET", "PUT", "DELETE", "OPTIONS"} {
		r, err := http.NewRequest(method, b.To(sendC2C), nil)
		if err != nil {
			t.Fatal(err)
		}
		if e, reply := b.Reply(http.DefaultClient.Do(r)); e.ErrorCode != 60009 {
			t.Errorf("%s: %s", method, reply)
		}
	}
}

// TestCodes: every code that a call can come back with once its caller is known comes for the
// reasons of this table, and the message stays as it was.
func TestCodes(t *testing.T) {
	w := hubtest.Start(t, func(o *hub.Options) {
		o.MaxExtensions, o.MaxGroupMembers, o.MessageRate = 5, 3, 8
		now := time.Now()
		o.Now = func() time.Time { return now } // a minute that does not end
	})
	b := w.Backend()
	b.Must(create, object{"Type": "Public", "Name": "club", "GroupId": "club", "Owner_Account": "ada",
		"MemberList": hubtest.Members("bo")}, nil)
	b.Must(create, object{"Type": "Public", "Name": "mine", "GroupId": "mine", "Owner_Account": "admin"}, nil)
	b.Must(create, object{"Type": "AVChatRoom", "Name": "live", "GroupId": "live", "Owner_Account": "ada"}, nil)
	key := b.SendC2C("ada", "bo", 1)
	onAir := b.SendGroup("live", 1)
	var plain struct{ MsgKey string }
	b.Must(sendC2C, object{"From_Account": "ada", "To_Account": "bo", "MsgBody": hubtest.TextBody("hi"),
		"SupportMessageExtension": 0}, &plain)
	busy := b.SendC2C("ada", "bo", 2)
	for range 9 { // an admin is not stopped by the rate
		b.Must(setC2C, object{"From_Account": "ada", "To_Account": "bo", "MsgKey": busy, "OperateType": 1,
			"ExtensionList": []object{{"Key": "k", "Value": "v"}}}, nil)
	}

	set := func(change object) object {
		o := object{"From_Account": "ada", "To_Account": "bo", "MsgKey": key, "OperateType": 1,
			"ExtensionList": []object{{"Key": "k", "Value": "v"}}}
		for name, value := range change {
			o[name] = value
		}
		return o
	}
	items := func(n int) []object {
		list := make([]object, n)
		for i := range list {
			list[i] = object{"Key": fmt.Sprint("k", i), "Value": "v", "Seq": 0}
		}
		return list
	}
	pair := func(key, value any) object { return object{"ExtensionList": []object{{"Key": key, "Value": value}}} }
	send := func(change object) object {
		o := object{"From_Account": "ada", "To_Account": "bo", "MsgBody": hubtest.TextBody("hi"), "MsgRandom": 3}
		for name, value := range change {
			o[name] = value
		}
		return o
	}
	group := func(kind, id string) object { return object{"Type": kind, "Name": "n", "GroupId": id} }
	for _, r := range []struct {
		command string
		body    any
		code    int
		says    string
	}{
		// What is not JSON, and JSON of the wrong kind.
		{setC2C, "", 60003, "not JSON"},
		{setC2C, "{", 60003, "not JSON"},
		{setC2C, "{} {}", 60003, "not JSON"},
		{setC2C, "From_Account=ada", 60003, "not JSON"},
		{setC2C, "[]", 10004, "not a JSON object"},
		{setC2C, "null", 10004, "not a JSON object"},
		{setC2C, `"text"`, 10004, "not a JSON object"},
		{setC2C, set(object{"OperateType": "1"}), 10004, "OperateType: string is not an integer"},
		{setC2C, set(object{"MsgKey": 1}), 10004, "MsgKey: number is not a string"},
		{setC2C, set(object{"ExtensionList": "all"}), 10004, "ExtensionList: string is not an array"},
		{setC2C, set(object{"ExtensionList": []any{1}}), 10004, "ExtensionList[0]: number is not an object"},
		{setC2C, set(pair(1, "v")), 10004, "ExtensionList[0].Key: number is not a string"},
		{setC2C, set(object{"ExtensionList": []object{{"Key": "k", "Value": "v", "Seq": "0"}}}), 10004,
			"ExtensionList[0].Seq: string is not an integer"},
		{setGroup, object{"GroupId": "club", "MsgSeq": 1.5, "OperateType": 3}, 10004, "MsgSeq: number"},
		{sendC2C, send(object{"MsgRandom": 4294967296}), 10004, "MsgRandom: number"},
		{add, object{"GroupId": "club", "MemberList": []object{{"Member_Account": 1}}}, 10004,
			"MemberList[0].Member_Account: number is not a string"},
		{remove, object{"GroupId": "club", "MemberToDel_Account": "bo"}, 10004,
			"MemberToDel_Account: string is not an array"},
		{setC2C, `{"From_Account":"ada","To_Account":"bo","MsgKey":"1_2_3","OperateType":1,` +
			`"ExtensionList":[{"Key":"` + "\xff" + `","Value":"v"}]}`, 10004, "ExtensionList[0].Key: not UTF-8"},
		{setC2C, strings.Repeat(" ", 1<<20+1), 80002, "1048576"},
		// Which message.
		{setC2C, set(object{"From_Account": strings.Repeat("a", 33)}), 10004, "From_Account"},
		{setC2C, set(object{"To_Account": ""}), 10004, "To_Account"},
		{setC2C, set(object{"MsgKey": ""}), 10004, "MsgKey"},
		{setC2C, set(object{"MsgKey": strings.Repeat("1", 51)}), 10004, "MsgKey"},
		{setC2C, set(object{"MsgKey": "1_2_3"}), 23004, "1_2_3"},
		// The caller is taken for the sender
		{setC2C, set(object{"From_Account": ""}), 23004, "admin"},
		{setC2C, set(object{"From_Account": "bo", "To_Account": "ada"}), 23004, "there is no message"},
		{setC2C, set(object{"To_Account": "cy"}), 23004, "there is no message"},
		{getC2C, object{"From_Account": "ada", "To_Account": "cy", "MsgKey": key}, 23004, "there is no message"},
		{getC2C, object{"From_Account": "ada", "To_Account": "bo", "MsgKey": plain.MsgKey}, 23002,
			"sent without SupportMessageExtension"},
		{setC2C, set(object{"MsgKey": plain.MsgKey}), 23002, "sent without SupportMessageExtension"},
		{"openim_msg_ext_http_svc/close_key_values",
			object{"From_Account": "ada", "To_Account": "bo", "MsgKey": key}, 10004, "sent without ExtensionRules"},
		{setGroup, object{"MsgSeq": 1, "OperateType": 3}, 10015, "GroupId"},
		{setGroup, object{"GroupId": "club", "OperateType": 3}, 10004, "MsgSeq"},
		{setGroup, object{"GroupId": "club", "MsgSeq": -1, "OperateType": 3}, 10004, "MsgSeq"},
		{setGroup, object{"GroupId": "club", "MsgSeq": 1, "OperateType": 3, "TopicId": "t"}, 10004, "TopicId"},
		{setGroup, object{"GroupId": "club", "MsgSeq": 99, "OperateType": 3}, 23004, "g.club.99"},
		{setGroup, object{"GroupId": "nowhere", "MsgSeq": 1, "OperateType": 3}, 10010, "nowhere"},
		{setGroup, object{"GroupId": "live", "MsgSeq": onAir, "OperateType": 3}, 23002, "AVChatRoom"},
		{getGroup, object{"GroupId": "live", "MsgSeq": onAir}, 23002, "AVChatRoom"},
		{getGroup, object{"GroupId": "club", "MsgSeq": 99}, 23004, "g.club.99"},
		{getGroup, object{"GroupId": "club", "MsgSeq": 1, "StartSeq": -1}, 10004, "StartSeq: -1"},
		// What to do with it.
		{setC2C, set(object{"OperateType": 0}), 10004, "OperateType: 0"},
		{setC2C, set(object{"OperateType": 4}), 10004, "OperateType: 4"},
		{setC2C, set(object{"ExtensionList": nil}), 10004, "ExtensionList: none given"},
		{setC2C, set(object{"ExtensionList": items(21)}), 10004, "ExtensionList: 21 items, at most 20"},
		{setC2C, set(object{"ExtensionList": items(6)}), 10004,
			"ExtensionList: the message has 0 pairs and may hold 5"},
		{setC2C, set(object{"ExtensionList": append(items(2), items(2)...)}), 10004,
			"ExtensionList[2].Key: the same as"},
		{setC2C, set(object{"ExtensionList": []object{{"Key": "k", "Value": "v", "Seq": -1}}}), 10004,
			"ExtensionList[0].Seq: -1"},
		{setC2C, set(pair("", "v")), 10004, "ExtensionList[0].Key: empty"},
		{setC2C, set(pair(strings.Repeat("k", 101), "v")), 10004, "ExtensionList[0].Key: 101 bytes"},
		{setC2C, set(pair("k", "")), 10004, "ExtensionList[0].Value: empty"},
		{setC2C, set(pair("k", strings.Repeat("v", 1001))), 10004, "ExtensionList[0].Value: 1001 bytes"},
		{setC2C, set(object{"OperateType": 2, "ExtensionList": nil}), 10004, "ExtensionList: none given"},
		{setC2C, set(object{"OperateType": 2, "ExtensionList": []object{}}), 10004, "OperateType 3"},
		{setC2C, set(object{"OperateType": 2, "ExtensionList": items(21)}), 10004, "21 items"},
		// Messages.
		{sendC2C, send(object{"To_Account": ""}), 10004, "To_Account"},
		{sendC2C, send(object{"From_Account": "\x01"}), 10004, "From_Account"},
		{sendC2C, send(object{"MsgBody": nil}), 10004, "MsgBody: 0 elements"},
		{sendC2C, send(object{"MsgBody": append(hubtest.TextBody("a"), hubtest.TextBody("b")...)}), 10004,
			"MsgBody: 2 elements"},
		{sendC2C, send(object{"MsgBody": []object{{"MsgType": "TIMFaceElem"}}}), 10004, "MsgBody[0].MsgType"},
		{sendC2C, send(object{"MsgBody": hubtest.TextBody("")}), 10004, "MsgContent.Text: empty"},
		{sendC2C, send(object{"MsgBody": hubtest.TextBody(strings.Repeat("x", 13<<10))}), 80002,
			"MsgContent and CloudCustomData"},
		{sendC2C, send(object{"SupportMessageExtension": 2}), 10004, "SupportMessageExtension: 2"},
		{post, object{"GroupId": "nowhere", "MsgBody": hubtest.TextBody("hi")}, 10010, "nowhere"},
		{post, object{"GroupId": "", "MsgBody": hubtest.TextBody("hi")}, 10015, "GroupId"},
		{post, object{"GroupId": "club", "MsgBody": hubtest.TextBody("hi"), "To_Account": []string{"bo"}}, 10004,
			"To_Account"},
		{post, object{"GroupId": "club", "MsgBody": hubtest.TextBody("hi"), "TopicId": "t"}, 10004, "TopicId"},
		// Groups.
		{create, group("Secret", "x"), 10004, "Type"},
		{create, object{"Type": "Public"}, 10004, "Name: empty"},
		{create, object{"Type": "Public", "Name": strings.Repeat("n", 31)}, 10004, "Name: 31 bytes"},
		{create, object{"Type": "Public", "Name": "n", "ApplyJoinOption": "Maybe"}, 10004, "ApplyJoinOption"},
		{create, object{"Type": "Public", "Name": "n", "MemberList": hubtest.Members("a", "a")}, 10004, "MemberList"},
		{create, object{"Type": "Public", "Name": "n", "MemberList": hubtest.Members(many(301)...)}, 10005,
			"MemberList: 301 users"},
		{create, object{"Type": "Public", "Name": "n", "MemberList": hubtest.Members("a", "b", "c", "d")}, 10014,
			"at most 3"},
		{create, group("Public", "@TGS#mine"), 10015, "GroupId"},
		{create, group("Public", "club"), 10021, "club"},
		{create, group("Public", "mine"), 10025, "mine"},
		{destroy, object{"GroupId": "nowhere"}, 10010, "nowhere"},
		{destroy, object{}, 10015, "GroupId"},
		{add, object{"GroupId": "nowhere", "MemberList": hubtest.Members("cy")}, 10010, "nowhere"},
		{add, object{"GroupId": "club"}, 10004, "MemberList: none given"},
		{add, object{"GroupId": "club", "MemberList": hubtest.Members("bo", "")}, 10004, "MemberList[1]: must be"},
		{add, object{"GroupId": "live", "MemberList": hubtest.Members("cy")}, 10007, "AVChatRoom"},
		{remove, object{"GroupId": "club"}, 10004, "MemberToDel_Account: none given"},
		{remove, object{"GroupId": "club", "MemberToDel_Account": []string{"ada"}}, 10007, "the owner"},
		{remove, object{"GroupId": "nowhere", "MemberToDel_Account": []string{"ada"}}, 10010, "nowhere"},
		{list, object{"GroupId": "nowhere"}, 10010, "nowhere"},
		{list, object{"GroupId": "club", "Limit": 6001}, 10004, "Limit"},
		{list, object{"GroupId": "club", "Offset": -1}, 10004, "Offset: -1"},
		{list, object{"GroupId": "club", "Next": "x"}, 10004, "Next"},
		{list, object{"GroupId": "club", "Next": "-1"}, 10004, "Next"},
	} {
		e, reply := b.Call(r.command, r.body)
		if e.ErrorCode != r.code || !strings.Contains(e.ErrorInfo, r.says) {
			t.Errorf("%s %.200v: got %.300s, want %d with %q", r.command, r.body, reply, r.code, r.says)
		}
	}
	var page struct{ LatestSeq int }
	if b.Must(getC2C, object{"From_Account": "ada", "To_Account": "bo", "MsgKey": key}, &page); page.LatestSeq != 0 {
		t.Errorf("a refused call wrote something: %+v", page)
	}
}

// TestTooOften: a command that is called more often than allowed is refused. Others are not
// concerned.
func TestTooOften(t *testing.T) {
	now := time.Now()
	w := hubtest.Start(t, func(o *hub.Options) { o.RESTRate, o.Now = 3, func() time.Time { return now } })
	b := w.Backend()
	for range 3 {
		if e, reply := b.Call(destroy, object{"GroupId": "nowhere"}); e.ErrorCode != 10010 {
			t.Fatalf("within the limit: %s", reply)
		}
	}
	if e, reply := b.Call(destroy, object{"GroupId": "nowhere"}); e.ErrorCode != 60007 ||
		!strings.Contains(e.ErrorInfo, "more than 3 calls of group_open_http_svc/destroy_group") {
		t.Errorf("beyond the limit: %s", reply)
	}
	if e, reply := b.Call(list, object{"GroupId": "nowhere"}); e.ErrorCode != 10010 {
		t.Errorf("another command: %s", reply)
	}
}

// TestWithoutStore: a hub whose NATS is gone refuses in time, and in words that do not name NATS.
func TestWithoutStore(t *testing.T) {
	node := kvtest.Start(t)
	w := hubtest.StartOn(t, node.Connect(t), func(o *hub.Options) { o.RequestTimeout = 200 * time.Millisecond })
	b := w.Backend()
	key := b.SendC2C("ada", "bo", 1)
	node.Stop()
	body := object{"From_Account": "ada", "To_Account": "bo", "MsgKey": key, "OperateType": 1,
		"ExtensionList": []object{{"Key": "k", "Value": "v"}}}
	if e, reply := b.Call(setC2C, body); e.ErrorCode != 10002 || strings.Contains(e.ErrorInfo, "nats") {
		t.Errorf("without a store: %s", reply)
	}
	if err := node.Restart(); err != nil {
		t.Fatal(err)
	}
}

// TestBodyTooLong: a body that is announced longer than allowed is refused at once, before it
// comes.
func TestBodyTooLong(t *testing.T) {
	b := hubtest.Start(t).Backend()
	for body, code := range map[string]int{
		"Content-Length: 1048577\r\n\r\n":          80002,
		"Transfer-Encoding: chunked\r\n\r\nzz\r\n": 60008, // breaks off within
	} {
		if e := rawCall(b, body); e.ErrorCode != code {
			t.Errorf("%q: %+v, want %d", body, e, code)
		}
	}
}

// rawCall sends the rest of a call's header, and what follows, as it is, and returns the answer.
// The connection must end after it.
func rawCall(b *hubtest.Backend, rest string) hubtest.Envelope {
	b.TB.Helper()
	address, err := url.Parse(b.To(setC2C))
	if err != nil {
		b.TB.Fatal(err)
	}
	c, err := net.Dial("tcp", address.Host)
	if err != nil {
		b.TB.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(hubtest.Timeout)); err != nil {
		b.TB.Fatal(err)
	}
	if _, err := fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: hub\r\n%s", address.RequestURI(), rest); err != nil {
		b.TB.Fatal(err)
	}
	reader := bufio.NewReader(c)
	e, _ := b.Reply(http.ReadResponse(reader, nil))
	if _, err := reader.ReadByte(); err != io.EOF {
		b.TB.Errorf("the connection goes on: %v", err)
	}
	return e
}

// many returns n names.
func many(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprint("m", i)
	}
	return ids
}
