package hub_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"exthub/hub"
	"exthub/hub/hubtest"
	"exthub/kv/kvtest"
)

// garbage are values that no hub writes.
var garbage = []string{
	"", "null", "{}", "[]", `"x"`, "0", "{", "\xff\xfe", `{"from":1}`, strings.Repeat("[", 20_000),
	`{"clear":true,"clearSeq":18446744073709551615,"purgedSeq":18446744073709551615}`, `{"purgedSeq":-1}`,
	`{"first":1,"names":["x"]}`, `{"first":17,"names":["+1_1_1"]}`, `{"first":18446744073709551615,"names":[""]}`,
	`{"from":"FROM","to":"TO","type":"TIMTextElem","payload":{"a":1,"a":2},"isSupportExtension":true}`,
	`{"from":"FROM","to":"TO","type":"TIMTextElem","payload":"` + "\xff" + `","isSupportExtension":true}`,
	`{"from":"FROM","to":"TO","isSupportExtension":true}`,
	`{"from":"eve","to":"TO","payload":{},"isSupportExtension":true}`,
	`{"from":"FROM","groupID":"GROUP","payload":{"a":1,"a":2},"isSupportExtension":true}`,
	`{"from":"FROM","groupID":"other","payload":{},"isSupportExtension":true}`,
	`{"from":"FROM","to":"TO","payload":null,"recalled":{}}`,
	`{"from":"FROM","groupID":"GROUP","payload":{},"recalled":{"last":18446744073709551615,"sent":1}}`,
	`{"role":"Owner","joinTime":1e999}`, `{"type":"Public","name":"` + "\xff" + `","createTime":-1}`,
}

// garbageKeys are the keys under which it is written: of what there is, of what there could be, and
// of nothing.
var garbageKeys = []string{
	"LETTER.m", "LETTER.c", "LETTER.x.k", "LETTER.x.=FF", "LETTER.x.=zz", "LETTER.x.k.k", "LETTER.y", "LETTER",
	"c.FROM.TO.1_1_1.m", "c.FROM.TO.=FF.m", "c.FROM.TO.=zz.m", "c.FROM.TO.1_1_1.c", "c.=FF.TO.1.m", "c.FROM", "c",
	"POST.m", "POST.c", "POST.x.k", "POST.x.=FF", "POST.y", "g.GROUP.2.m", "g.GROUP.7.m",
	"g.GROUP.x.m", "g.GROUP.01.m", "g.GROUP._.m",
	"g.GROUP._.i", "g.GROUP._.u.TO", "g.GROUP._.u.=FF", "g.GROUP._.u.=zz", "g.GROUP._.y", "g.GROUP", "g", "g.=FF._.i",
	"g.GROUP.18446744073709551615.m", "g.GROUP.18446744073709551616.m",
	"u.FROM.GROUP", "u.FROM.=FF", "u.FROM.=zz", "u.FROM", "u", "h.FROM.TO", "h.FROM.TO.0", "h.FROM.TO.x", "h.FROM",
	"x", "x.y.z.a.b",
}

// victim is what garbage is written into, and who asks for it.
type victim struct {
	from, to, group string
	letter, post    string // the IDs of two messages
	sessions        []*hubtest.Client
}

// login makes sessions of both users at a hub.
func (v *victim) login(w *hubtest.World) {
	v.sessions = nil
	for _, user := range []string{v.from, v.to} {
		v.sessions = append(v.sessions, w.Login(user))
	}
}

// askAll is ask in every session.
func (v *victim) askAll(t *testing.T, b *hubtest.Backend) {
	t.Helper()
	for _, c := range v.sessions {
		v.ask(t, b, c)
	}
}

// ask asks at both doors for all that there is about a conversation and a group. What the answers
// are matters less than that they come.
func (v *victim) ask(t *testing.T, b *hubtest.Backend, c *hubtest.Client) {
	t.Helper()
	ids := []string{v.letter, v.post, "c." + v.from + "." + v.to + ".1_1_1", "g." + v.group + ".2"}
	ask := func(method string, params any) {
		t.Helper()
		var refused *hubtest.Refusal
		if err := c.Call(method, params, nil); err != nil && !errors.As(err, &refused) {
			t.Fatalf("%s %v: %v", method, params, err)
		}
	}
	for _, id := range ids {
		ask("getMessageExtensions", object{"messageID": id, "startSeq": 1})
		ask("setMessageExtensions", hubtest.SetParams(id, "other", "v", 0))
		ask("deleteMessageExtensions", object{"messageID": id, "extensions": pairs("k", 1)})
	}
	for _, conversation := range []string{"C2C" + v.from, "C2C" + v.to, "GROUP" + v.group} {
		ask("getMessageList", object{"conversationID": conversation})
		ask("getMessageList", object{"conversationID": conversation, "nextReqMessageID": v.letter})
	}
	ask("getMessageList", object{"conversationID": "GROUP" + v.group, "nextReqMessageID": "g." + v.group + ".8"})
	ask("getGroupMemberList", object{"groupID": v.group, "count": 15})
	ask("addGroupMember", object{"groupID": v.group, "userIDList": []string{"new"}})
	from, key, _ := strings.Cut(strings.TrimPrefix(v.letter, "c."), ".")
	_, key, _ = strings.Cut(key, ".")
	b.Call("openim_msg_ext_http_svc/get_key_values", object{"From_Account": from, "To_Account": v.to, "MsgKey": key})
	b.Call("openim_msg_ext_http_svc/group_set_key_values", object{
		"GroupId": v.group, "MsgSeq": 1, "OperateType": 1, "ExtensionList": []object{{"Key": "k", "Value": "v"}},
	})
	b.Call("openim_msg_ext_http_svc/group_get_key_values", object{"GroupId": v.group, "MsgSeq": 1})
	b.Call("group_open_http_svc/get_group_member_info", object{"GroupId": v.group})
}

// send sends messages to where the garbage is.
func (v *victim) send(t *testing.T, b *hubtest.Backend) {
	t.Helper()
	b.Call("openim/sendmsg", object{"From_Account": v.from, "To_Account": v.to, "MsgBody": hubtest.TextBody("hi")})
	b.Call("group_open_http_svc/send_group_msg", object{"GroupId": v.group, "MsgBody": hubtest.TextBody("hi")})
	b.Call("group_open_http_svc/group_msg_recall", object{"GroupId": v.group, "MsgSeqList": []object{{"MsgSeq": 1}}})
}

// Another client of NATS writes into the bucket what is none of ours: every kind of entry with
// every kind of garbage, while hubs are reading and before others start. No hub falls over, every
// request is answered, users log in, and who has nothing to do with it notices nothing.
func TestGarbageInTheBucket(t *testing.T) {
	t.Parallel()
	nc := kvtest.Server(t)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	// Clients that have nothing to do with it say nothing for long, on a slow machine.
	patient := func(o *hub.Options) { o.Heartbeat = time.Hour }
	warm := hubtest.StartOn(t, nc, patient)
	ann, bob := warm.Login("ann"), warm.Login("bob")
	createGroup(ann, "Public", "healthy", "bob")
	healthy := ann.Send("GROUP", "healthy").ID
	bob.Next("MESSAGE_RECEIVED", nil)

	var victims []*victim
	backend := warm.Backend()
	for i, key := range garbageKeys {
		v := &victim{from: fmt.Sprint("from", i), to: fmt.Sprint("to", i), group: fmt.Sprint("group", i)}
		v.login(warm)
		createGroup(v.sessions[0], "Public", v.group, v.to)
		v.letter, v.post = v.sessions[0].Send("C2C", v.to).ID, v.sessions[0].Send("GROUP", v.group).ID
		v.sessions[0].Set(v.letter, "k", "v", 0)
		v.sessions[0].Set(v.post, "k", "v", 0)
		victims = append(victims, v)
		name := strings.NewReplacer("LETTER", v.letter, "POST", v.post, "FROM", v.from, "TO", v.to, "GROUP", v.group)
		for j, value := range garbage {
			msg := &nats.Msg{Subject: "$KV.ext_0." + name.Replace(key), Data: []byte(name.Replace(value))}
			if value == "" {
				msg.Header = nats.Header{"KV-Operation": {"DEL"}}
			}
			if _, err := js.PublishMsg(t.Context(), msg); err != nil {
				t.Fatalf("%s: %v", msg.Subject, err)
			}
			v.ask(t, backend, v.sessions[(i+j)%2]) // they have the same rights
		}
		v.send(t, backend)
	}
	cold := hubtest.StartOn(t, nc, patient)
	for _, w := range []*hubtest.World{warm, cold} {
		for _, v := range victims {
			v.login(w)
			v.askAll(t, w.Backend())
			v.send(t, w.Backend())
		}
	}

	for i, w := range []*hubtest.World{warm, cold} {
		again := w.Login("bob")
		ann.Set(healthy, fmt.Sprint("k", i), "v", 0)
		again.Next("MESSAGE_EXTENSIONS_UPDATED", nil)
		if got := again.Get(healthy, 0); len(got.Extensions) != i+1 {
			t.Errorf("%+v", got)
		}
	}
	expectAlive(t, ann)
	expectAlive(t, bob)
}
