package hub_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"exthub/hub"
	"exthub/hub/hubtest"
	"exthub/kv"
)

// A client opens a poll that has expired, reads on from it, and votes. It is told that there is no
// such message, at both doors, also by a hub that had the message in memory; the others of its
// conversation are untouched.
func TestExpiredMessage(t *testing.T) {
	busy := func(o *hub.Options) { o.SessionRate = 1 << 30 } // it is asked until the message is gone
	lasting := hubtest.Start(t, busy)
	brief := hubtest.StartOn(t, lasting.NATS, busy, func(o *hub.Options) { o.MessageTTL = time.Second })
	ann, bob := brief.Login("ann"), lasting.Login("bob")
	createGroup(ann, "Public", "club", "bob")
	stays := bob.Send("C2C", "ann")
	for _, to := range [][2]string{{"C2C", "bob"}, {"GROUP", "club"}} {
		poll := ann.Send(to[0], to[1])
		var err error
		for err == nil { // until it is gone
			err = bob.Call("getMessageExtensions", object{"messageID": poll.ID}, nil)
		}
		if hubtest.Code(err) != 23004 {
			t.Fatalf("%s: %v", to[0], err)
		}
		set := hubtest.SetParams(poll.ID, "k", "v", 0)
		for _, c := range []*hubtest.Client{ann, bob} {
			for err = nil; err == nil; { // the hub that sent it may have it in memory for a moment
				err = c.Call("getMessageExtensions", object{"messageID": poll.ID, "startSeq": 1}, nil)
			}
			if hubtest.Code(err) != 23004 {
				t.Errorf("%s: %v", to[0], err)
			}
			c.Refused(23004, "setMessageExtensions", set)
			c.Refused(23004, "deleteMessageExtensions", hubtest.DeleteParams(poll.ID))
		}
	}
	b := lasting.Backend()
	e, reply := b.Call("openim_msg_ext_http_svc/group_get_key_values", object{"GroupId": "club", "MsgSeq": 1})
	if e.ErrorCode != 23004 {
		t.Errorf("%s", reply)
	}
	var page struct {
		MessageList      []hubtest.Message
		NextReqMessageID string
		IsCompleted      bool
	}
	bob.Must("getMessageList", object{"conversationID": "GROUPclub"}, &page)
	if len(page.MessageList) > 0 || !page.IsCompleted {
		t.Errorf("%+v", page)
	}
	bob.Must("getMessageList", object{"conversationID": "C2Cann"}, &page)
	if len(page.MessageList) != 1 || page.MessageList[0].ID != stays.ID || !page.IsCompleted {
		t.Errorf("%+v", page)
	}
	if next := bob.Send("GROUP", "club"); next.ID != "g.club.2" {
		t.Errorf("the next message is %s", next.ID)
	}
}

// A group has a time to live of its own, given when it is made: longer or shorter than the hub's.
// What is no time is refused.
func TestGroupsOwnTTL(t *testing.T) {
	w := hubtest.Start(t, func(o *hub.Options) { o.MessageTTL = time.Hour })
	b, ann := w.Backend(), w.Login("ann")
	const create = "group_open_http_svc/create_group"
	for name, ttl := range map[string]int64{"ten minutes": 600, "century": 100 * 365 * 24 * 3600, "hub's": 0} {
		b.Must(create, object{"Type": "Public", "Name": "g", "GroupId": name, "Owner_Account": "ann",
			"MessageTTL": ttl}, nil)
		ann.Send("GROUP", name)
		page, err := w.Store.History(t.Context(), kv.GroupConversation(name), kv.Ref{}, 1)
		want := uint32(ttl)
		if ttl == 0 {
			want = 3600
		}
		if err != nil || len(page.Records) != 1 || page.Records[0].TTL != want {
			t.Errorf("%s: %+v, %v", name, page, err)
		}
	}
	for _, ttl := range []int64{-1, 1, 599, 100*365*24*3600 + 1, 1 << 40} {
		e, reply := b.Call(create, object{"Type": "Public", "Name": "g", "MessageTTL": ttl})
		if e.ErrorCode != 10004 || !strings.Contains(e.ErrorInfo, "MessageTTL: ") {
			t.Errorf("%d: %s", ttl, reply)
		}
	}
}

// Somebody fills a conversation with messages, to fill the disk. It takes no more than it may have,
// from nobody at either door; what was sent before is found, and other conversations have room.
func TestConversationFull(t *testing.T) {
	w := hubtest.Start(t, func(o *hub.Options) { o.MaxConversationBytes = 1000 })
	eve, bob, b := w.Login("eve"), w.Login("bob"), w.Backend()
	createGroup(eve, "Public", "club", "bob")
	for _, to := range [][2]string{{"C2C", "bob"}, {"GROUP", "club"}} {
		message := func(to [2]string, n int) object {
			return object{"to": to[1], "conversationType": to[0], "type": "TIMTextElem", "random": n,
				"clientSequence": n, "payload": object{"text": strings.Repeat("x", 400)}}
		}
		for n := range 2 {
			eve.Must("sendMessage", message(to, n), nil)
		}
		for n := range 3 {
			err := eve.Call("sendMessage", message(to, 2+n), nil)
			if hubtest.Code(err) != 23006 || !strings.Contains(err.Error(), "to: ") {
				t.Errorf("%s: %v", to[0], err)
			}
		}
		eve.Must("sendMessage", message(to, 1), nil) // it is there: this client got no answer
		peer := [2]string{to[0], strings.Replace(to[1], "bob", "eve", 1)}
		bob.Refused(23006, "sendMessage", message(peer, 3))
	}
	body := hubtest.TextBody(strings.Repeat("x", 400))
	for command, receiver := range map[string]object{
		"openim/sendmsg":                     {"From_Account": "eve", "To_Account": "bob"},
		"group_open_http_svc/send_group_msg": {"From_Account": "eve", "GroupId": "club"},
	} {
		receiver["MsgBody"] = body
		e, reply := b.Call(command, receiver)
		if e.ErrorCode != 23006 || !strings.HasPrefix(e.ErrorInfo, "To_Account: ") &&
			!strings.HasPrefix(e.ErrorInfo, "GroupId: ") {
			t.Errorf("%s: %s", command, reply)
		}
	}
	eve.Send("C2C", "cat")
}

// One member sets pair after pair, so that a poll of 300 has no room for the others' votes. There
// is a number that each may have, at both doors; changing one's own, taking turns and deleting go
// on, and a backend that writes down what others chose is not counted.
func TestPairsOfOneUser(t *testing.T) {
	w := hubtest.Start(t, func(o *hub.Options) { o.MaxExtensionsPerUser = 3 })
	eve, bob := w.Login("eve"), w.Login("bob")
	poll := eve.Send("C2C", "bob").ID
	key, _ := strings.CutPrefix(poll, "c.eve.bob.")
	var own []hubtest.Pair
	for i := range 3 {
		x, _ := eve.Set(poll, fmt.Sprint("k", i), "1", 0)
		own = append(own, x)
	}
	err := eve.Call("setMessageExtensions", hubtest.SetParams(poll, "more", "1", 0), nil)
	if hubtest.Code(err) != 23007 || !strings.Contains(err.Error(), "extensions: eve") {
		t.Errorf("a fourth pair: %v", err)
	}
	overREST := func(caller *hubtest.Backend, pair string, seq int64) (int, string) {
		e, reply := caller.Call("openim_msg_ext_http_svc/set_key_values", object{"From_Account": "eve",
			"To_Account": "bob", "MsgKey": key, "OperateType": 1,
			"ExtensionList": []object{{"Key": pair, "Value": "2", "Seq": seq}}})
		return e.ErrorCode, string(reply)
	}
	if code, reply := overREST(w.Member("eve"), "more", 0); code != 23007 ||
		!strings.Contains(reply, "ExtensionList: eve") {
		t.Errorf("a fourth pair over REST: %s", reply)
	}
	own[0], _ = eve.Set(poll, "k0", "changed", own[0].Seq)
	if code, reply := overREST(w.Backend(), "admin's", 0); code != 0 {
		t.Errorf("the backend: %s", reply)
	}
	bobs, _ := bob.Set(poll, "bob", "1", 0)
	eve.Refused(23007, "setMessageExtensions", hubtest.SetParams(poll, "bob", "mine", bobs.Seq))
	bob.Set(poll, "k1", "bob's now", own[1].Seq)
	more4, _ := eve.Set(poll, "more", "1", 0)
	eve.Delete(poll, object{"key": "more", "seq": more4.Seq})
	eve.Set(poll, "again", "1", 0)
	eve.Delete(poll)
	eve.Must("setMessageExtensions", object{"messageID": poll, "extensions": pairs("n", 3)}, nil)
	eve.Refused(23007, "setMessageExtensions", hubtest.SetParams(poll, "fourth", "1", 0))
}
