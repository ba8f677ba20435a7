package rest_test

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"exthub/hub"
	"exthub/hub/hubtest"
	"exthub/hub/rest"
)

// keyValueCommands are those that a member may call.
var keyValueCommands = []string{
	setC2C, getC2C, setGroup, getGroup, getC2C + "_summary", getGroup + "_summary", closeC2C, closeGroup,
}

// A member calls what only an app admin may.
func TestMemberCallsAdminCommands(t *testing.T) {
	ada := hubtest.Start(t).Member("ada")
	for _, name := range rest.Commands() {
		e, reply := ada.Call(name, "{}")
		if open := slices.Contains(keyValueCommands, name); open == (e.ErrorCode == 60010) {
			t.Errorf("%s: %s", name, reply)
		}
	}
}

// changeOne changes one pair of a message, and returns what became of the call and of the pair.
func changeOne(
	b *hubtest.Backend, command string, message object, operate int, item object,
) (hubtest.Envelope, outcome) {
	b.TB.Helper()
	body := object{"OperateType": operate, "ExtensionList": []object{item}}
	maps.Copy(body, message)
	e, reply := b.Call(command, body)
	if e.ErrorCode != 0 {
		return e, outcome{}
	}
	var got changed
	b.Decode(reply, &got)
	return e, got.ExtensionList[0]
}

// A member writes over REST what they have not seen, or leaves the Seq out as an admin may.
func TestMemberOverwritesUnseen(t *testing.T) {
	w := hubtest.Start(t)
	b, ada, bo := w.Backend(), w.Member("ada"), w.Member("bo")
	b.Must(create, object{"Type": "Public", "Name": "club", "GroupId": "club", "Owner_Account": "ada",
		"MemberList": hubtest.Members("bo")}, nil)
	letter := object{"From_Account": "ada", "To_Account": "bo", "MsgKey": b.SendC2C("ada", "bo", 1)}
	note := object{"GroupId": "club", "MsgSeq": b.SendGroup("club", 1)}
	for _, r := range []struct {
		set, get string
		message  object
	}{{setC2C, getC2C, letter}, {setGroup, getGroup, note}} {
		_, first := changeOne(ada, r.set, r.message, 1, object{"Key": "k", "Value": "1", "Seq": 0})
		if first.ErrorCode != 0 || first.Extension.Seq == 0 {
			t.Fatalf("%s, new: %+v", r.set, first)
		}
		tryUnseen(t, bo, r.set, r.message, first.Extension)
		right := object{"Key": "k", "Value": "2", "Seq": first.Extension.Seq}
		if _, got := changeOne(bo, r.set, r.message, 1, right); got.ErrorCode != 0 {
			t.Errorf("%s with the right Seq: %+v", r.set, got)
		}
		var read page
		bo.Must(r.get, r.message, &read)
		if len(read.ExtensionList) != 1 || read.ExtensionList[0].Value != "2" {
			t.Errorf("%s: %+v", r.get, read)
		}
	}
	// Without From_Account the caller is the sender.
	ada.Must(getC2C, object{"To_Account": "bo", "MsgKey": letter["MsgKey"]}, nil)
	if e, reply := bo.Call(getC2C, object{"To_Account": "ada", "MsgKey": letter["MsgKey"]}); e.ErrorCode != 23004 {
		t.Errorf("a receiver who does not name the sender: %s", reply)
	}
}

// tryUnseen sets and deletes a pair with every Seq but its own.
func tryUnseen(t *testing.T, b *hubtest.Backend, command string, message object, is pair) {
	t.Helper()
	for _, operate := range []int{1, 2} {
		for _, seq := range []uint64{0, is.Seq - 1, is.Seq + 1} {
			e, got := changeOne(b, command, message, operate, object{"Key": "k", "Value": "2", "Seq": seq})
			if e.ErrorCode != 0 || got.ErrorCode != 23001 || got.Extension != is {
				t.Errorf("%s, OperateType %d with Seq %d: %+v %+v", command, operate, seq, e, got)
			}
		}
		for what, item := range map[string]object{
			"no Seq": {"Key": "k", "Value": "2"}, "a Seq of null": {"Key": "k", "Value": "2", "Seq": nil},
		} {
			if e, _ := changeOne(b, command, message, operate, item); e.ErrorCode != 10004 ||
				!strings.HasPrefix(e.ErrorInfo, "ExtensionList[0].Seq: missing") {
				t.Errorf("%s, OperateType %d with %s: %+v", command, operate, what, e)
			}
		}
	}
}

// A user reads and writes over REST in conversations that they are not in, or not any more.
func TestStrangerOverREST(t *testing.T) {
	w := hubtest.Start(t)
	b := w.Backend()
	b.Must(create, object{"Type": "Public", "Name": "club", "GroupId": "club", "Owner_Account": "ada",
		"MemberList": hubtest.Members("bo")}, nil)
	letter := object{"From_Account": "ada", "To_Account": "bo", "MsgKey": b.SendC2C("ada", "bo", 1)}
	note := object{"GroupId": "club", "MsgSeq": b.SendGroup("club", 1)}
	b.Must(remove, object{"GroupId": "club", "MemberToDel_Account": []string{"bo"}}, nil)
	with := func(message, change object) object {
		o := object{}
		for _, part := range []object{message, change} {
			for k, v := range part {
				o[k] = v
			}
		}
		return o
	}
	for _, r := range []struct {
		user    string
		command string
		body    object
	}{
		{"eve", getC2C, letter},
		{"eve", setC2C, with(letter, object{"OperateType": 1, "ExtensionList": []object{
			{"Key": "k", "Value": "v", "Seq": 0}}})},
		{"eve", setC2C, with(letter, object{"OperateType": 3})},
		{"eve", getC2C, with(letter, object{"MsgKey": "1_2_3"})}, // nor learns whether there is a message
		{"bo", getGroup, note},
		{"bo", setGroup, with(note, object{"OperateType": 2, "ExtensionList": []object{{"Key": "k", "Seq": 0}}})},
		{"bo", setGroup, with(note, object{"OperateType": 3})},
		{"eve", getGroup, with(note, object{"MsgSeq": 99})},
	} {
		if e, reply := w.Member(r.user).Call(r.command, r.body); e.ErrorCode != 10007 {
			t.Errorf("%s, %s %v: %s", r.user, r.command, r.body, reply)
		}
	}
}

// A member calls in a loop until the backend, or another member, is refused.
func TestMemberStarvesOthers(t *testing.T) {
	now := time.Now()
	w := hubtest.Start(t, func(o *hub.Options) { o.RESTRate, o.Now = 20, func() time.Time { return now } })
	b := w.Backend()
	letter := object{"From_Account": "ada", "To_Account": "bo", "MsgKey": b.SendC2C("ada", "bo", 1)}
	calls := func(c *hubtest.Backend, n, within int) {
		t.Helper()
		for i := range n {
			e, reply := c.Call([]string{getC2C, setC2C}[i%2], letter)
			if refused := e.ErrorCode == 60007; refused != (i >= within) {
				t.Fatalf("call %d: %s", i, reply)
			}
		}
	}
	ada := w.Member("ada")
	calls(ada, 100, 2)
	if e, _ := ada.Call(getC2C, letter); !strings.Contains(e.ErrorInfo, "more than 2 calls of ada a second") {
		t.Errorf("%+v", e)
	}
	calls(w.Member("bo"), 10, 2)
	calls(b, 40, 40) // 20 of each command
}

// A member sends bodies as long as a backend's, without their ends, until the hub's memory is full.
// Anything longer than a frame of a session may be is refused at its header, or where it gets too
// long.
func TestMemberSendsLongBodies(t *testing.T) {
	w := hubtest.Start(t)
	key := w.Backend().SendC2C("ada", "bo", 1)
	body := func(size int) string {
		text := fmt.Sprintf(`{"From_Account":"ada","To_Account":"bo","MsgKey":%q}`, key)
		return text + strings.Repeat(" ", size-len(text))
	}
	for _, c := range []struct {
		of           *hubtest.Backend
		size, refuse int
	}{
		{w.Member("ada"), 64 << 10, 0}, {w.Member("ada"), 64<<10 + 1, 80002},
		{w.Backend(), 1 << 20, 0}, {w.Backend(), 1<<20 + 1, 80002},
	} {
		if e, reply := c.of.Call(getC2C, body(c.size)); e.ErrorCode != c.refuse {
			t.Errorf("%d bytes: %s", c.size, reply)
		}
		chunks := io.MultiReader(strings.NewReader(body(c.size))) // whose length nobody tells
		if e, reply := c.of.Reply(http.Post(c.of.To(getC2C), "", chunks)); e.ErrorCode != c.refuse {
			t.Errorf("%d bytes in chunks: %s", c.size, reply)
		}
	}
	url := strings.TrimPrefix(w.URL(), "http://")
	endless, err := net.Dial("tcp", url)
	if err != nil {
		t.Fatal(err)
	}
	defer endless.Close()
	if err := endless.SetDeadline(time.Now().Add(hubtest.Timeout)); err != nil {
		t.Fatal(err)
	}
	to := strings.TrimPrefix(w.Member("ada").To(getC2C), w.URL())
	fmt.Fprintf(endless, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n{", to, url, 1<<20)
	if e, reply := w.Backend().Reply(http.ReadResponse(bufio.NewReader(endless), nil)); e.ErrorCode != 80002 {
		t.Errorf("a body without an end: %s", reply)
	}
}

// A member begins calls on one connection after the other and ends none, or reads no reply, until
// the hub's memory is full. Eight of them go on at a time, and no other member's is refused.
func TestMemberNeverEndsItsCalls(t *testing.T) {
	w := hubtest.Start(t, func(o *hub.Options) { o.RESTRate = 1_000_000 })
	key := w.Backend().SendC2C("ada", "bo", 1)
	body := fmt.Sprintf(`{"From_Account":"ada","To_Account":"bo","MsgKey":%q}`, key)
	address := strings.TrimPrefix(w.URL(), "http://")
	var begun []net.Conn
	for range 8 {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.SetDeadline(time.Now().Add(hubtest.Timeout)); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n",
			strings.TrimPrefix(w.Member("ada").To(getC2C), w.URL()), address, len(body))
		if line, err := bufio.NewReader(c).ReadString('\n'); !strings.Contains(line, "100 Continue") {
			t.Fatalf("call %d has not begun: %q, %v", len(begun), line, err)
		}
		begun = append(begun, c)
	}
	if e, reply := w.Member("ada").Call(getC2C, body); e.ErrorCode != 60007 {
		t.Errorf("a ninth call: %s", reply)
	}
	if e, reply := w.Member("bo").Call(getC2C, body); e.ErrorCode != 0 {
		t.Errorf("another member's: %s", reply)
	}
	for _, c := range begun {
		if _, err := io.WriteString(c, body); err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(io.Discard, c, 100); err != nil { // its reply
			t.Fatal(err)
		}
	}
	for deadline := time.Now().Add(hubtest.Timeout); ; runtime.Gosched() {
		e, reply := w.Member("ada").Call(getC2C, body)
		if e.ErrorCode == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("all have ended: %s", reply)
		}
	}
}

// A member sets one message over REST until nobody else can.
func TestMemberUsesUpMessageRate(t *testing.T) {
	now := time.Now()
	w := hubtest.Start(t, func(o *hub.Options) { o.MessageRate, o.Now = 8, func() time.Time { return now } })
	b := w.Backend()
	message := object{"From_Account": "ada", "To_Account": "bo", "MsgKey": b.SendC2C("ada", "bo", 1), "OperateType": 1}
	set := func(c *hubtest.Backend, key string) hubtest.Envelope {
		t.Helper()
		message["ExtensionList"] = []object{{"Key": key, "Value": "v", "Seq": 0}}
		e, _ := c.Call(setC2C, message)
		return e
	}
	ada, bo := w.Member("ada"), w.Member("bo")
	for i := range 10 {
		e := set(ada, fmt.Sprint("ada", i))
		if i < 2 && e.ErrorCode != 0 || i >= 2 && e.ErrorCode != 23003 {
			t.Fatalf("set %d: %+v", i, e)
		}
	}
	for i := range 2 {
		if e := set(bo, fmt.Sprint("bo", i)); e.ErrorCode != 0 {
			t.Errorf("bo: %+v", e)
		}
	}
	for i := range 10 {
		if e := set(b, fmt.Sprint("admin", i)); e.ErrorCode != 0 {
			t.Errorf("the backend: %+v", e)
		}
	}
}
