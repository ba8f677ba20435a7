package hub_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"exthub/hub"
	"exthub/hub/hubtest"
)

// A client asks for the largest pages again and again: each costs the hub a hundred times what a
// small request does. It may ask for as much less of them.
func TestLargeRequestsCostMore(t *testing.T) {
	const rate = 40
	now := time.Now()
	w := hubtest.Start(t, func(o *hub.Options) {
		o.SessionRate, o.Now = rate, func() time.Time { return now } // a second that does not end
	})
	bob := w.Login("bob")
	writer := w.Login("ann")
	for range 15 {
		writer.Must("sendMessage", object{
			"to": "bob", "conversationType": "C2C", "type": "TIMTextElem",
			"payload": object{"text": strings.Repeat("x", 12_000)},
		}, nil)
	}
	large, small := w.Login("ann"), w.Login("ann")
	page := object{"conversationID": "C2Cbob"}
	answered, refused := 0, false
	for range rate {
		err := large.Call("getMessageList", page, nil)
		if err == nil {
			answered++
			continue
		}
		if hubtest.Code(err) != 10006 {
			t.Fatal(err)
		}
		refused = true
		break
	}
	if !refused || answered > rate/4 {
		t.Errorf("%d pages of 180 KB were answered, of %d requests", answered, rate)
	}
	for range rate {
		small.Must("getMessageList", object{"conversationID": "C2Cnobody"}, nil)
	}
	expectAlive(t, bob)
}

// Somebody adds a user to one group after the other, so that its login has no end. There is a
// number of groups after which nobody can, neither by invitation nor from the backend.
func TestTooManyGroups(t *testing.T) {
	const most = 1000
	w := hubtest.Start(t)
	eve := w.Login("eve")
	js, err := jetstream.New(w.NATS)
	if err != nil {
		t.Fatal(err)
	}
	put := func(key, value string) {
		t.Helper()
		if _, err := js.Publish(t.Context(), "$KV.ext_0."+key, []byte(value)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range most - 1 {
		group := fmt.Sprint("g", i)
		put("u.bob."+group, "")
		put("g."+group+"._.i", `{"type":"Public"}`)
		put("g."+group+"._.u.bob", `{"role":"Member"}`)
	}
	createGroup(eve, "Public", "last", "bob")
	createGroup(eve, "Public", "more")
	eve.Refused(10037, "addGroupMember", object{"groupID": "more", "userIDList": []string{"bob"}})
	eve.Refused(10037, "createGroup", object{
		"name": "a group", "type": "Public", "groupID": "again", "memberList": []object{{"userID": "bob"}},
	})
	var added struct{ SuccessUserIDList, FailureUserIDList []string }
	eve.Must("addGroupMember", object{"groupID": "more", "userIDList": []string{"bob", "cat"}}, &added)
	expect(t, added.SuccessUserIDList, []string{"cat"})
	expect(t, added.FailureUserIDList, []string{"bob"})
	bob := w.Login("bob")
	bob.Refused(10037, "joinGroup", object{"groupID": "more"})
	bob.Refused(10037, "createGroup", object{"name": "a group", "type": "Public", "groupID": "own"})
	if e, reply := w.Backend().Call("group_open_http_svc/create_group", object{
		"Name": "a group", "Type": "Public", "Owner_Account": "bob",
	}); e.ErrorCode != 10037 {
		t.Errorf("%s", reply)
	}
	bob.Must("quitGroup", object{"groupID": "last"}, nil)
	bob.Must("joinGroup", object{"groupID": "more"}, nil)
}
