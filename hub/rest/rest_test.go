package rest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"exthub/hub"
	"exthub/hub/hubtest"
	"exthub/hub/refusal"
	"exthub/hub/rest"
	"exthub/kv/kvtest"
)

// object is the body of a call.
type object = hubtest.Object

// pair is a pair of a call.
type pair struct {
	Key, Value string
	Seq        uint64
}

// page is the reply to a get.
type page struct {
	CompleteFlag                   int
	LatestSeq, ClearSeq, PurgedSeq uint64
	ExtensionList                  []pair
}

// changed is the reply to a change.
type changed struct{ ExtensionList []outcome }

// outcome is what became of one of its items.
type outcome struct {
	ErrorCode int
	Extension pair
}

// TestDoorsMeet: what one door writes the other reads, and everybody is told of it.
func TestDoorsMeet(t *testing.T) {
	w := hubtest.Start(t)
	ada, bo, b := w.Login("ada"), w.Login("bo"), w.Backend()
	sent := ada.Send("C2C", "bo")
	bo.Next("MESSAGE_RECEIVED", nil)
	letter := object{"From_Account": "ada", "To_Account": "bo", "MsgKey": strings.TrimPrefix(sent.ID, "c.ada.bo.")}
	with := func(change object) object {
		all := object{}
		for _, o := range []object{letter, change} {
			for k, v := range o {
				all[k] = v
			}
		}
		return all
	}

	mine, _ := ada.Set(sent.ID, "ada", "1", 0)
	// An admin needs no Seq, and a wrong one does no harm.
	var got changed
	b.Must(setC2C, with(object{"OperateType": 1, "ExtensionList": []object{
		{"Key": "ada", "Value": "2"}, {"Key": "new", "Value": "x", "Seq": 12345},
	}}), &got)
	if len(got.ExtensionList) != 2 || got.ExtensionList[0].ErrorCode != 0 || got.ExtensionList[1].ErrorCode != 0 {
		t.Fatalf("set: %+v", got)
	}
	changed, added := got.ExtensionList[0].Extension, got.ExtensionList[1].Extension
	if changed.Key != "ada" || changed.Value != "2" || changed.Seq <= mine.Seq || added.Seq != changed.Seq+1 {
		t.Fatalf("set: %+v after %+v", got, mine)
	}
	for _, c := range []*hubtest.Client{ada, bo} {
		untilSeq(c, sent.ID, added.Seq)
	}
	// The member's own Seq is stale by now.
	if conflict, _ := ada.Set(sent.ID, "ada", "3", mine.Seq); conflict.Code != 23001 || conflict.Value != "2" ||
		conflict.Seq != changed.Seq {
		t.Fatalf("a stale member got %+v", conflict)
	}

	var read page
	b.Must(getC2C, letter, &read)
	want := page{1, added.Seq, 0, 0, []pair{changed, added}}
	if diff := cmp.Diff(want, read); diff != "" {
		t.Errorf("get (-want +got):\n%s", diff)
	}
	b.Must(setC2C, with(object{"OperateType": 2, "ExtensionList": []object{{"Key": "new"}, {"Key": "never"}}}), &got)
	gone := got.ExtensionList[0].Extension
	if gone.Value != "" || gone.Seq != added.Seq+1 || got.ExtensionList[1].ErrorCode != 0 ||
		got.ExtensionList[1].Extension.Seq != 0 {
		t.Fatalf("delete: %+v", got)
	}
	bo.Next("MESSAGE_EXTENSIONS_DELETED", nil)
	b.Must(getC2C, with(object{"StartSeq": added.Seq}), &read)
	if diff := cmp.Diff(page{1, gone.Seq, 0, 0, []pair{gone}}, read); diff != "" {
		t.Errorf("get what changed (-want +got):\n%s", diff)
	}
	b.Must(setC2C, with(object{"OperateType": 3}), &got)
	if got.ExtensionList == nil || len(got.ExtensionList) != 0 {
		t.Errorf("clear: %+v", got)
	}
	var cleared struct{ ClearSeq uint64 }
	bo.Next("MESSAGE_EXTENSIONS_DELETED", &cleared)
	b.Must(getC2C, letter, &read)
	if diff := cmp.Diff(page{1, cleared.ClearSeq, cleared.ClearSeq, 0, []pair{}}, read); diff != "" {
		t.Errorf("get after the clear (-want +got):\n%s", diff)
	}
}

// untilSeq reads events of the message up to this Seq: what is committed together may come in one
// event or several.
func untilSeq(c *hubtest.Client, messageID string, seq uint64) {
	c.TB.Helper()
	for {
		var event struct {
			MessageID string
			LatestSeq uint64
		}
		c.Next("MESSAGE_EXTENSIONS_UPDATED", &event)
		if event.MessageID == messageID && event.LatestSeq >= seq {
			return
		}
	}
}

// TestPages: more pairs than a page holds are read in the way of the reference's SDK: on from the
// last Seq, until it is told that this is all.
func TestPages(t *testing.T) {
	w := hubtest.Start(t, func(o *hub.Options) { o.MaxExtensions = 500 })
	b := w.Backend()
	b.Must(create, object{"Type": "ChatRoom", "Name": "room", "GroupId": "room", "Owner_Account": "ada"}, nil)
	message := object{"GroupId": "room", "MsgSeq": b.SendGroup("room", 1)}
	for from := 0; from < 450; from += 15 {
		var items []object
		for i := range 15 {
			items = append(items, object{"Key": fmt.Sprint("k", from+i), "Value": "v"})
		}
		b.Must(setGroup, object{"GroupId": "room", "MsgSeq": 1, "OperateType": 1, "ExtensionList": items}, nil)
	}
	var seen []string
	var sizes []int
	for start, complete := uint64(0), false; !complete; {
		message["StartSeq"] = start
		var got page
		b.Must(getGroup, message, &got)
		for _, p := range got.ExtensionList {
			if p.Seq < start {
				t.Fatalf("Seq %d in a page from %d on", p.Seq, start)
			}
			start = p.Seq + 1
			seen = append(seen, p.Key)
		}
		sizes, complete = append(sizes, len(got.ExtensionList)), got.CompleteFlag == 1
	}
	if !slices.Equal(sizes, []int{200, 200, 50}) {
		t.Errorf("pages of %v", sizes)
	}
	for i, key := range seen {
		if key != fmt.Sprint("k", i) {
			t.Fatalf("pair %d is %s", i, key)
		}
	}
	// A page that begins where nothing follows is the last: the SDK looks for the last Seq of any
	// other.
	var got page
	message["StartSeq"] = got.LatestSeq + 1<<40
	b.Must(getGroup, message, &got)
	if got.CompleteFlag != 1 || got.ExtensionList == nil || len(got.ExtensionList) != 0 {
		t.Errorf("behind the end: %+v", got)
	}
}

// TestSend: users hear at once of a one-to-one message in their name. They don't hear of it again
// when it is sent again.
func TestSend(t *testing.T) {
	w := hubtest.Start(t)
	ada, bo, b := w.Login("ada"), w.Login("bo"), w.Backend()
	custom := []object{{"MsgType": "TIMCustomElem",
		"MsgContent": object{"Data": "d", "Desc": "e", "Ext": "x", "Sound": "s"}}}
	request := object{
		"From_Account": "ada", "To_Account": "bo", "MsgSeq": 4294967295, "MsgRandom": 12, "MsgBody": custom,
		"SupportMessageExtension": 1, "CloudCustomData": "c",
		"SyncOtherMachine": 1, "MsgLifeTime": 60, "OnlineOnlyFlag": 0,
		"ForbidCallbackControl": []string{"ForbidBeforeSendMsgCallback"},
		"OfflinePushInfo":       object{"PushFlag": 1},
	}
	var first, second struct {
		MsgTime       int64
		MsgKey, MsgId string
	}
	b.Must(sendC2C, request, &first)
	if want := fmt.Sprintf("4294967295_12_%d", first.MsgTime); first.MsgKey != want || first.MsgId != "c.ada.bo."+want {
		t.Errorf("sent %+v", first)
	}
	for _, c := range []*hubtest.Client{ada, bo} {
		var event struct{ Messages []json.RawMessage }
		c.Next("MESSAGE_RECEIVED", &event)
		for _, part := range []string{
			first.MsgId, `"from":"ada"`, `"payload":{"data":"d","description":"e","extension":"x"}`,
			`"isSupportExtension":true`, `"cloudCustomData":"c"`,
		} {
			if !strings.Contains(string(event.Messages[0]), part) {
				t.Errorf("%s lacks %s", event.Messages[0], part)
			}
		}
	}
	if b.Must(sendC2C, request, &second); second != first {
		t.Errorf("sent again: %+v, first %+v", second, first)
	}
	// The caller sends in its own name if it names nobody, and numbers are made if it gives none.
	b.Must(sendC2C, object{"To_Account": "bo", "MsgBody": hubtest.TextBody("hi")}, &second)
	var event struct{ Messages []hubtest.Message }
	bo.Next("MESSAGE_RECEIVED", &event) // not the one that was sent again
	if event.Messages[0].From != "admin" || event.Messages[0].ID != second.MsgId {
		t.Errorf("bo got %+v of %+v", event, second)
	}
}

// TestSendSameKey: of three messages in one second with the same numbers each gets a key of its
// own, and keeps it when it is sent again.
func TestSendSameKey(t *testing.T) {
	now := time.Now()
	b := hubtest.Start(t, func(o *hub.Options) { o.Now = func() time.Time { return now } }).Backend()
	send := func(text string) (key string) {
		t.Helper()
		var sent struct{ MsgKey string }
		b.Must(sendC2C, object{"From_Account": "ada", "To_Account": "bo", "MsgSeq": 1, "MsgRandom": 2,
			"MsgBody": hubtest.TextBody(text)}, &sent)
		return sent.MsgKey
	}
	for i, text := range []string{"a", "b", "c", "b", "a"} {
		later := []int64{0, 1, 2, 1, 0}[i]
		if key, want := send(text), fmt.Sprintf("1_2_%d", now.Unix()+later); key != want {
			t.Errorf("message %d, %q, is %s, want %s", i, text, key, want)
		}
	}
}

// TestNumbers: when 50 senders write to one group over two hubs at once, every number is given once
// and none is left out.
func TestNumbers(t *testing.T) {
	nc := kvtest.Server(t)
	backends := []*hubtest.Backend{hubtest.StartOn(t, nc).Backend(), hubtest.StartOn(t, nc).Backend()}
	backends[0].Must(create, object{"Type": "Public", "Name": "club", "GroupId": "club"}, nil)
	const senders, each = 50, 4
	seqs := make(chan int, senders*each)
	var all sync.WaitGroup
	for i := range senders {
		all.Go(func() {
			for n := range each {
				request := object{"GroupId": "club", "From_Account": fmt.Sprint("u", i), "Random": i*each + n,
					"MsgBody": hubtest.TextBody("hi")}
				var sent struct{ MsgSeq int }
				backends[(i+n)%2].Must(post, request, &sent)
				seqs <- sent.MsgSeq
				// The same once more, at the other hub, is the same message.
				again := sent
				if backends[(i+n+1)%2].Must(post, request, &again); again != sent {
					t.Errorf("sent again: %d, first %d", again.MsgSeq, sent.MsgSeq)
				}
			}
		})
	}
	all.Wait()
	close(seqs)
	given := make(map[int]int)
	for seq := range seqs {
		given[seq]++
	}
	for n := 1; n <= senders*each; n++ {
		if given[n] != 1 {
			t.Errorf("number %d was given %d times", n, given[n])
		}
	}
}

// TestIsNoWebPage: nothing under /v4/ may be stored on the way, or read by the pages of others.
func TestIsNoWebPage(t *testing.T) {
	w := hubtest.Start(t)
	reply := httptest.NewRecorder()
	w.Hub.Handler().ServeHTTP(reply, httptest.NewRequest(http.MethodPost, "/v4/openim/sendmsg", nil))
	if h := reply.Result().Header; h.Get("Cache-Control") != "no-store" || h.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("header %v", h)
	}
}

// FuzzCommands calls every command of a running hub as an app admin and as a member, with any body,
// and looks for a call whose answer is no envelope, that makes the hub blame itself, or that a
// member gets through where only an app admin may.
func FuzzCommands(f *testing.F) {
	const unlimited = 1 << 30
	w := hubtest.Start(f, func(o *hub.Options) { o.MessageRate, o.RESTRate = unlimited, unlimited })
	ada := w.Login("ada")
	letter := ada.Send("C2C", "bo").ID
	ada.Close()
	names := strings.NewReplacer("MSGKEY", letter[strings.LastIndexByte(letter, '.')+1:])
	backend, member := w.Backend(), w.Member("ada")
	commands := rest.Commands()
	for i := range commands {
		for _, body := range []string{
			``, `{}`, `[]`, `{"From_Account":"ada","To_Account":"bo","MsgKey":"MSGKEY","StartSeq":1}`,
			`{"From_Account":"ada","To_Account":"bo","MsgKey":"MSGKEY","OperateType":1,"ExtensionList":[{"Key":"k"}]}`,
			`{"To_Account":"bo","MsgKey":"MSGKEY","OperateType":1,"ExtensionList":[{"Key":"k","Value":"v","Seq":0}]}`,
			`{"To_Account":"bo","MsgKey":"MSGKEY","OperateType":3}`, `{"GroupId":"club","MsgSeq":1,"OperateType":2}`,
			`{"GroupId":"club","MsgSeq":1,"StartSeq":-1}`,
			`{"GroupId":"club","Type":"Public","Name":"n","Owner_Account":"ada"}`,
			`{"To_Account":"bo","MsgRandom":1,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hi"}}]}`,
			`{"GroupId":"club","MsgBody":[{"MsgType":"TIMCustomElem","MsgContent":{"Data":"\ud800"}}],"Random":1}`,
			`{"GroupId":"club","MemberList":[{"Member_Account":"cy"}]}`,
			`{"GroupId":"club","MemberToDel_Account":["cy"]}`,
			`{"UserID":"cy"}`, `{"DeleteItem":[{"UserID":"cy"}]}`,
		} {
			f.Add(uint8(i), body)
		}
	}
	f.Fuzz(func(t *testing.T, command uint8, body string) {
		name := commands[int(command)%len(commands)]
		for _, b := range []hubtest.Backend{*backend, *member} {
			b.TB = t
			reply, text := b.Call(name, names.Replace(body))
			if reply.ErrorCode == refusal.InternalError {
				t.Errorf("%s %s: %s", name, body, text)
			}
			ofPairs := strings.Contains(name, "_key_values")
			if b.Query.Get("identifier") == "ada" && !ofPairs && reply.ErrorCode == 0 {
				t.Errorf("a member calls %s with %s: %s", name, body, text)
			}
		}
	})
}
