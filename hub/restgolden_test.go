package hub_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"exthub/hub"
	"exthub/hub/hubtest"
	"exthub/hub/rest"
)

// calls is where the golden calls are: what a backend and the hub say to each other, byte for byte.
const calls = "testdata/calls"

// call is one of the files. Its name begins with the command's, without the service.
type call struct {
	Name    string          `json:"name"`
	Command string          `json:"command"`
	Request json.RawMessage `json:"request"`
	Reply   json.RawMessage `json:"reply"`
}

// lines returns the call as PROTOCOL.md quotes it.
func (c call) lines() string {
	var b bytes.Buffer
	for _, raw := range []json.RawMessage{c.Request, c.Reply} {
		if err := json.Compact(&b, raw); err != nil {
			panic(err)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// callRecorder compares what happens with the files, or writes them.
type callRecorder struct {
	*hubtest.Backend
	seen map[string]bool
}

func (r *callRecorder) ask(command, name, request string) {
	r.TB.Helper()
	_, reply := r.Call(command, request)
	path := filepath.Join(calls, name+".json")
	r.seen[path] = true
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(call{name, command, json.RawMessage(request), reply}); err != nil {
		r.TB.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			r.TB.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		r.TB.Error(err)
	} else if !bytes.Equal(b.Bytes(), want) {
		r.TB.Errorf("%s: got\n%s, want\n%s", name, b.Bytes(), want)
	}
}

// TestGoldenCalls plays one scene on a fresh hub whose clock stands still, so that every byte is known.
func TestGoldenCalls(t *testing.T) {
	w := hubtest.Start(t, func(o *hub.Options) { o.Now = func() time.Time { return time.Unix(1700000100, 0) } })
	r := &callRecorder{w.Backend(), make(map[string]bool)}
	r.Query.Set("usersig", sigAdmin)

	r.ask(create, "create_group", `{"Type":"Public","Name":"Book club","GroupId":"club","Owner_Account":"ada","ApplyJoinOption":"FreeAccess","MemberList":[{"Member_Account":"bo","Role":"Admin"}]}`)
	r.ask(create, "create_group.taken", `{"Type":"Public","Name":"Book club","GroupId":"club"}`)
	r.ask(add, "add_group_member", `{"GroupId":"club","Silence":1,"MemberList":[{"Member_Account":"bo"},{"Member_Account":"cy"},{"Member_Account":"dee"}]}`)
	r.ask(remove, "delete_group_member", `{"GroupId":"club","Silence":1,"Reason":"moved","MemberToDel_Account":["dee"]}`)
	r.ask(remove, "delete_group_member.owner", `{"GroupId":"club","MemberToDel_Account":["ada"]}`)
	r.ask(list, "get_group_member_info", `{"GroupId":"club","MemberInfoFilter":["Role","JoinTime"],"Limit":2,"Offset":0}`)
	r.ask(list, "get_group_member_info.role", `{"GroupId":"club","MemberRoleFilter":["Member"]}`)

	r.ask(sendC2C, "sendmsg", `{"From_Account":"ada","To_Account":"bo","MsgSeq":44739199,"MsgRandom":12,"SupportMessageExtension":1,"MsgBody":[{"MsgType":"TIMCustomElem","MsgContent":{"Data":"{\"businessID\":\"group_poll\",\"title\":\"Which book?\"}","Desc":"A poll","Ext":""}}]}`)
	r.ask(sendC2C, "sendmsg.refused", `{"To_Account":"bo","MsgBody":[{"MsgType":"TIMFaceElem","MsgContent":{"Index":1}}]}`)
	const letter = `"From_Account":"ada","To_Account":"bo","MsgKey":"44739199_12_1700000100"`
	r.ask(setC2C, "set_key_values", `{`+letter+`,"OperateType":1,"ExtensionList":[{"Key":"k1","Value":"v1","Seq":0},{"Key":"k2","Value":"v2"}]}`)
	r.ask(setC2C, "set_key_values.delete", `{`+letter+`,"OperateType":2,"ExtensionList":[{"Key":"k1","Value":"","Seq":1}]}`)
	r.ask(getC2C, "get_key_values", `{`+letter+`}`)
	r.ask(getC2C, "get_key_values.since", `{`+letter+`,"StartSeq":1}`)
	r.ask(setC2C, "set_key_values.clear", `{`+letter+`,"OperateType":3}`)
	r.ask(getC2C, "get_key_values.empty", `{`+letter+`}`)
	r.ask(setC2C, "set_key_values.refused", `{`+letter+`,"OperateType":1,"ExtensionList":[{"Key":"k1","Value":"","Seq":0}]}`)
	r.ask(setC2C, "set_key_values.no-such-message", `{"From_Account":"ada","To_Account":"cy","MsgKey":"44739199_12_1700000100","OperateType":3}`)

	r.ask(post, "send_group_msg", `{"GroupId":"club","From_Account":"bo","Random":8912345,"SupportMessageExtension":1,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"Who comes?"}}],"CloudCustomData":"{}"}`)
	r.ask(setGroup, "group_set_key_values", `{"GroupId":"club","MsgSeq":1,"OperateType":1,"ExtensionList":[{"Key":"ada","Value":"yes"}]}`)
	r.ask(setGroup, "group_set_key_values.no-such-group", `{"GroupId":"nowhere","MsgSeq":1,"OperateType":3}`)
	r.ask(getGroup, "group_get_key_values", `{"GroupId":"club","MsgSeq":1,"StartSeq":0}`)
	r.ask(destroy, "destroy_group", `{"GroupId":"club"}`)

	files, err := filepath.Glob(filepath.Join(calls, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		if r.seen[path] {
			continue
		}
		if !*update {
			t.Errorf("%s is not recorded any more", path)
		} else if err := os.Remove(path); err != nil {
			t.Error(err)
		}
	}
}

// readCalls returns the golden calls by name.
func readCalls(t *testing.T) map[string]call {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(calls, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal("no golden calls: ", err)
	}
	all := make(map[string]call)
	for _, path := range files {
		var c call
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, &c); err != nil {
			t.Fatal(path, err)
		}
		all[c.Name] = c
	}
	return all
}

// quotedCall is a golden call in PROTOCOL.md.
var quotedCall = regexp.MustCompile("<!-- call ([\\w.-]+) -->\n```json\n((?s:.*?))```\n")

// TestProtocolQuotesCalls: what PROTOCOL.md shows of REST is what is said, all of it; and every command and code has its place there.
func TestProtocolQuotesCalls(t *testing.T) {
	all := readCalls(t)
	raw, err := os.ReadFile(protocol)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		raw = quotedCall.ReplaceAllFunc(raw, func(block []byte) []byte {
			name := string(quotedCall.FindSubmatch(block)[1])
			return fmt.Appendf(nil, "<!-- call %s -->\n```json\n%s```\n", name, all[name].lines())
		})
		if err := os.WriteFile(protocol, raw, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, match := range quotedCall.FindAllStringSubmatch(string(raw), -1) {
		c, ok := all[match[1]]
		if !ok {
			t.Errorf("PROTOCOL.md quotes %s, which is not recorded", match[1])
		} else if match[2] != c.lines() {
			t.Errorf("PROTOCOL.md quotes %s as\n%s, want\n%s", match[1], match[2], c.lines())
		}
		delete(all, match[1])
	}
	for name := range all {
		t.Errorf("PROTOCOL.md does not quote %s", name)
	}
	for _, command := range rest.Commands() {
		_, name, _ := strings.Cut(command, "/")
		if !strings.Contains(string(raw), "\n#### "+name+"\n") || !strings.Contains(string(raw), "`"+command+"`") {
			t.Errorf("PROTOCOL.md has no section about %s", command)
		}
		if readCalls(t)[name].Command != command {
			t.Errorf("no golden call shows %s", command)
		}
	}
	for number, meaning := range rest.Codes {
		if row := fmt.Sprintf("| `%d` | %s |", number, meaning); !strings.Contains(string(raw), row) {
			t.Errorf("PROTOCOL.md has no row %s", row)
		}
	}
}
