package rest_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"exthub/hub"
	"exthub/hub/hubtest"
	"exthub/hub/rest"
	"exthub/hub/usersig"
)

var update = flag.Bool("update", false, "record the golden calls, and put them into PROTOCOL.md and docs/openapi.yaml")

// calls is where the golden calls are: what a backend and the hub say to each other, byte for byte.
const calls = "testdata/calls"

const protocol = "../../PROTOCOL.md"

// call is one of the files. Its name begins with the command's, without the service.
type call struct {
	Name    string          `json:"name"`
	Command string          `json:"command"`
	Request json.RawMessage `json:"request"`
	Reply   json.RawMessage `json:"reply"`
}

// recorder makes calls and keeps them with their replies.
type recorder struct {
	*hubtest.Backend
	golden *hubtest.Golden
}

// as returns a recorder of this caller, with a UserSig of the time now.
func (r *recorder) as(b *hubtest.Backend, now time.Time) *recorder {
	sig, err := usersig.Sign(hubtest.AppID, hubtest.SecretKey, b.Query.Get("identifier"), now, time.Hour)
	if err != nil {
		b.TB.Fatal(err)
	}
	b.Query.Set("usersig", sig)
	return &recorder{b, r.golden}
}

func (r *recorder) ask(command, name, request string) {
	r.TB.Helper()
	_, reply := r.Call(command, request)
	r.golden.Keep(name, call{name, command, json.RawMessage(request), reply})
}

// TestGoldenCalls plays one scene on a fresh hub whose clock stands still, so that every byte is
// known.
func TestGoldenCalls(t *testing.T) {
	now := time.Unix(1700000100, 0)
	w := hubtest.Start(t, func(o *hub.Options) { o.Now = func() time.Time { return now } })
	r := (&recorder{golden: &hubtest.Golden{TB: t, Dir: calls, Update: *update}}).as(w.Backend(), now)
	defer r.golden.Finish()

	r.ask(create, "create_group", `{"Type":"Public","Name":"Book club","GroupId":"club","Owner_Account":"ada",`+
		`"ApplyJoinOption":"FreeAccess","MessageTTL":2592000,"MemberList":[{"Member_Account":"bo","Role":"Admin"}]}`)
	r.ask(create, "create_group.taken", `{"Type":"Public","Name":"Book club","GroupId":"club"}`)
	r.ask(add, "add_group_member", `{"GroupId":"club","Silence":1,"MemberList":[{"Member_Account":"bo"},`+
		`{"Member_Account":"cy"},{"Member_Account":"dee"}]}`)
	r.ask(remove, "delete_group_member", `{"GroupId":"club","Silence":1,"Reason":"moved",`+
		`"MemberToDel_Account":["dee"]}`)
	r.ask(remove, "delete_group_member.owner", `{"GroupId":"club","MemberToDel_Account":["ada"]}`)
	r.ask(list, "get_group_member_info", `{"GroupId":"club","MemberInfoFilter":["Role","JoinTime"],"Limit":2,`+
		`"Offset":0}`)
	r.ask(list, "get_group_member_info.role", `{"GroupId":"club","MemberRoleFilter":["Member"]}`)

	r.ask(sendC2C, "sendmsg", `{"From_Account":"ada","To_Account":"bo","MsgSeq":44739199,"MsgRandom":12,`+
		`"SupportMessageExtension":1,"MsgBody":[{"MsgType":"TIMCustomElem",`+
		`"MsgContent":{"Data":"{\"businessID\":\"group_poll\",\"title\":\"Which book?\"}","Desc":"A poll",`+
		`"Ext":""}}]}`)
	r.ask(sendC2C, "sendmsg.refused", `{"To_Account":"bo","MsgBody":[{"MsgType":"TIMFaceElem",`+
		`"MsgContent":{"Index":1}}]}`)
	const letter = `"From_Account":"ada","To_Account":"bo","MsgKey":"44739199_12_1700000100"`
	r.ask(setC2C, "set_key_values", `{`+letter+`,"OperateType":1,"ExtensionList":[{"Key":"k1","Value":"v1",`+
		`"Seq":0},{"Key":"k2","Value":"v2"}]}`)
	bo := r.as(w.Member("bo"), now)
	bo.ask(setC2C, "set_key_values.member", `{`+letter+`,"OperateType":1,"ExtensionList":[{"Key":"bo","Value":"1",`+
		`"Seq":0},{"Key":"k1","Value":"mine","Seq":0}]}`)
	bo.ask(setC2C, "set_key_values.no-seq", `{`+letter+`,"OperateType":1,"ExtensionList":[{"Key":"bo",`+
		`"Value":"2"}]}`)
	bo.ask(sendC2C, "sendmsg.not-an-admin", `{"To_Account":"ada","MsgBody":[{"MsgType":"TIMTextElem",`+
		`"MsgContent":{"Text":"hi"}}]}`)
	r.as(w.Member("cy"), now).ask(getC2C, "get_key_values.stranger", `{`+letter+`}`)
	r.ask(setC2C, "set_key_values.delete", `{`+letter+`,"OperateType":2,"ExtensionList":[{"Key":"k1","Value":"",`+
		`"Seq":1}]}`)
	r.ask(getC2C, "get_key_values", `{`+letter+`}`)
	r.ask(getC2C, "get_key_values.since", `{`+letter+`,"StartSeq":1}`)
	r.ask(setC2C, "set_key_values.clear", `{`+letter+`,"OperateType":3}`)
	r.ask(getC2C, "get_key_values.empty", `{`+letter+`}`)
	r.ask(setC2C, "set_key_values.refused", `{`+letter+`,"OperateType":1,"ExtensionList":[{"Key":"k1","Value":"",`+
		`"Seq":0}]}`)
	r.ask(setC2C, "set_key_values.no-such-message", `{"From_Account":"ada","To_Account":"cy",`+
		`"MsgKey":"44739199_12_1700000100","OperateType":3}`)

	r.ask(post, "send_group_msg", `{"GroupId":"club","From_Account":"bo","Random":8912345,`+
		`"SupportMessageExtension":1,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"Who comes?"}}],`+
		`"CloudCustomData":"{}"}`)
	r.ask(setGroup, "group_set_key_values", `{"GroupId":"club","MsgSeq":1,"OperateType":1,`+
		`"ExtensionList":[{"Key":"ada","Value":"yes"}]}`)
	r.ask(setGroup, "group_set_key_values.no-such-group", `{"GroupId":"nowhere","MsgSeq":1,"OperateType":3}`)
	r.ask(getGroup, "group_get_key_values", `{"GroupId":"club","MsgSeq":1,"StartSeq":0}`)
	r.ask(post, "send_group_msg.rules", `{"GroupId":"club","From_Account":"ada","Random":8912346,`+
		`"SupportMessageExtension":1,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"Which book?"}}],`+
		`"ExtensionRules":{"Write":"own","Questions":[{"Choices":3},{"Text":40}],"Show":"summary",`+
		`"Reveal":"closed","CloseAt":4000000000}}`)
	const poll = `"GroupId":"club","MsgSeq":2`
	r.as(w.Member("bo"), now).ask(setGroup, "group_set_key_values.own", `{`+poll+`,"OperateType":1,`+
		`"ExtensionList":[{"Key":"bo","Value":"[\"2\",\"a novel\"]","Seq":0}]}`)
	r.ask(getGroup+"_summary", "group_get_key_values_summary", `{`+poll+`}`)
	r.as(w.Member("bo"), now).ask(getGroup+"_summary", "group_get_key_values_summary.hidden", `{`+poll+`}`)
	r.ask(closeGroup, "group_close_key_values.later", `{`+poll+`,"CloseAt":4000003600}`)
	r.ask(closeGroup, "group_close_key_values", `{`+poll+`}`)
	r.ask(setGroup, "group_set_key_values.closed", `{`+poll+`,"OperateType":1,`+
		`"ExtensionList":[{"Key":"ada","Value":"[\"1\",\"\"]"}]}`)
	r.ask(sendC2C, "sendmsg.rules", `{"From_Account":"ada","To_Account":"bo","MsgSeq":44739199,"MsgRandom":13,`+
		`"SupportMessageExtension":1,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"Tea?"}}],`+
		`"ExtensionRules":{"Once":true}}`)
	const question = `"From_Account":"ada","To_Account":"bo","MsgKey":"44739199_13_1700000100"`
	r.ask(getC2C+"_summary", "get_key_values_summary", `{`+question+`}`)
	r.ask(closeC2C, "close_key_values", `{`+question+`}`)
	r.ask(recall, "admin_msgwithdraw", `{`+letter+`}`)
	r.ask(recall, "admin_msgwithdraw.no-such-message", `{"From_Account":"ada","To_Account":"cy",`+
		`"MsgKey":"44739199_12_1700000100"}`)
	r.ask(getC2C, "get_key_values.recalled", `{`+letter+`}`)
	r.ask(recallGroup, "group_msg_recall", `{"GroupId":"club","MsgSeqList":[{"MsgSeq":1},{"MsgSeq":100}],`+
		`"Reason":"off topic"}`)
	r.ask(erase, "account_delete", `{"DeleteItem":[{"UserID":"cy"}]}`)
	r.ask(destroy, "destroy_group", `{"GroupId":"club"}`)
	r.ask(kick, "kick", `{"UserID":"bo"}`)
	bo.ask(getC2C, "get_key_values.revoked", `{`+letter+`}`)
}

// readCalls returns the golden calls by name.
func readCalls(t *testing.T) map[string]call {
	t.Helper()
	return hubtest.ReadGolden(t, calls, func(c call) string { return c.Name })
}

// TestProtocolQuotesCalls: what PROTOCOL.md shows of REST is what is said, all of it.
func TestProtocolQuotesCalls(t *testing.T) {
	quotes := make(map[string]string)
	for name, c := range readCalls(t) {
		quotes[name] = hubtest.GoldenLines(c.Request, c.Reply)
	}
	hubtest.CheckQuotes(t, protocol, "call", quotes, *update)
}

// TestProtocolListsEverything: every command has a section in PROTOCOL.md and a golden call, and
// every code of REST alone a row.
func TestProtocolListsEverything(t *testing.T) {
	doc, err := os.ReadFile(protocol)
	if err != nil {
		t.Fatal(err)
	}
	all := readCalls(t)
	for _, command := range rest.Commands() {
		_, name, _ := strings.Cut(command, "/")
		if !strings.Contains(string(doc), "\n#### "+name+"\n") || !strings.Contains(string(doc), "`"+command+"`") {
			t.Errorf("PROTOCOL.md has no section about %s", command)
		}
		if all[name].Command != command {
			t.Errorf("no golden call shows %s", command)
		}
	}
	for number, meaning := range rest.Codes {
		if row := fmt.Sprintf("| `%d` | %s |", number, meaning); !strings.Contains(string(doc), row) {
			t.Errorf("PROTOCOL.md has no row %s", row)
		}
	}
}
