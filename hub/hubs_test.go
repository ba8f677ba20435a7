package hub_test

import (
	"flag"
	"fmt"
	"testing"

	"exthub/hub/hubtest"
	"exthub/kv/kvtest"
)

var rounds = flag.Int("rounds", 20, "how often each sequence between two hubs is tried")

// between are three hubs on one NATS with users that are logged in at all, and what went wrong
// between them.
type between struct {
	t     *testing.T
	here  *hubtest.Client // the owner, on the hub that changes things
	admin *hubtest.Backend
	there map[string]*hubtest.Client // on the hub that is asked at once; one of the others, by turns
	other *hubtest.Backend
	next  func()
	wrong map[string]int
}

func newBetween(t *testing.T) *between {
	nc := kvtest.Server(t)
	one := hubtest.StartOn(t, nc)
	b := &between{t: t, here: one.Login("ada"), admin: one.Backend(), wrong: make(map[string]int)}
	var users []map[string]*hubtest.Client
	var backends []*hubtest.Backend
	for i := range 2 {
		w := hubtest.StartOn(t, nc)
		backends, users = append(backends, w.Backend()), append(users, make(map[string]*hubtest.Client))
		for _, user := range []string{"ada", "bo", "cy"} {
			users[i][user] = w.Login(user)
		}
	}
	turn := 0
	b.next = func() {
		turn++
		b.there, b.other = users[turn%2], backends[turn%2]
	}
	return b
}

// expect makes a request on the other hub, which has to end with this code.
func (b *between) expect(what, user string, code int, method string, params any) {
	b.t.Helper()
	err := b.there[user].Call(method, params, nil)
	b.check(what, hubtest.Code(err) == code && (err != nil) == (code != 0))
}

func (b *between) check(what string, right bool) {
	if !right {
		b.wrong[what]++
	}
}

// TestTrueOnEveryHub: somebody who was removed from a group goes on voting and reading through
// another hub, which has not heard of it yet; and whoever was added, or writes to a group that was
// just made, is refused there. Each time the hub is asked at once after the other one's
// acknowledgement.
func TestTrueOnEveryHub(t *testing.T) {
	b := newBetween(t)
	for i := range *rounds {
		b.next()
		group := fmt.Sprint("club", i)
		b.here.Must("createGroup", object{"groupID": group, "name": group, "type": "Public",
			"memberList": []object{{"userID": "bo"}}}, nil)
		b.expect("a group just made is unknown", "bo", 0, "sendMessage", object{
			"to": group, "conversationType": "GROUP", "type": "TIMTextElem", "payload": object{"text": "hi"}})
		message := b.here.Send("GROUP", group).ID

		b.here.Must("addGroupMember", object{"groupID": group, "userIDList": []string{"cy"}}, nil)
		b.expect("an added member's set is refused", "cy", 0, "setMessageExtensions",
			hubtest.SetParams(message, "cy", "1", 0))
		b.here.Must("deleteGroupMember", object{"groupID": group, "userIDList": []string{"cy"}}, nil)
		b.expect("a removed member's set succeeds", "cy", 10007, "setMessageExtensions",
			hubtest.SetParams(message, "again", "1", 0))
		b.here.Must("addGroupMember", object{"groupID": group, "userIDList": []string{"cy"}}, nil)
		var list struct{ MemberList []struct{ UserID string } }
		b.there["bo"].Must("getGroupMemberList", object{"groupID": group}, &list)
		b.check("a member list lacks who was added", len(list.MemberList) == 3)
		b.here.Must("deleteGroupMember", object{"groupID": group, "userIDList": []string{"cy"}}, nil)
		b.expect("a removed member's read succeeds", "cy", 10007, "getMessageExtensions", object{"messageID": message})

		b.here.Must("dismissGroup", object{"groupID": group}, nil)
		b.expect("a message goes to a dismissed group", "bo", 10010, "sendMessage", object{
			"to": group, "conversationType": "GROUP", "type": "TIMTextElem", "payload": object{"text": "hi"}})
	}
	b.report()
}

// TestAlreadyTrueOnEveryHub: an answer that changes nothing is an acknowledgement too. Whoever is
// told on one hub that somebody is a member already may rely on that on the other.
func TestAlreadyTrueOnEveryHub(t *testing.T) {
	b := newBetween(t)
	b.here.Must("createGroup", object{"groupID": "club", "name": "club", "type": "Public"}, nil)
	message := b.here.Send("GROUP", "club").ID
	add := object{"groupID": "club", "userIDList": []string{"cy"}}
	for range *rounds {
		b.next()
		// Two at once: one of them is told that cy is there already, while the other one's change
		// may be known to nobody else.
		told := make(chan struct{})
		go func() {
			defer close(told)
			b.admin.Call("group_open_http_svc/add_group_member", // either of them may be first
				object{"GroupId": "club", "MemberList": hubtest.Members("cy")})
		}()
		b.here.Must("addGroupMember", add, nil)
		b.expect("an added member's set is refused", "cy", 0, "getMessageExtensions", object{"messageID": message})
		<-told
		b.here.Must("deleteGroupMember", add, nil)
		b.expect("a removed member's read succeeds", "cy", 10007, "getMessageExtensions", object{"messageID": message})
	}
	b.report()
}

// TestReadYourWritesThroughABalancer: a backend reads over REST from one hub what it has just
// written through another, and a client names as startSeq a Seq that the hub which it asks has not
// seen yet. Neither is answered from before that.
func TestReadYourWritesThroughABalancer(t *testing.T) {
	b := newBetween(t)
	key := b.admin.SendC2C("ada", "bo", 1)
	pair := func(key, value string) []object { return []object{{"Key": key, "Value": value}} }
	message := b.here.Send("C2C", "bo").ID
	seq := uint64(0)
	for i := range *rounds {
		b.next()
		named := object{"From_Account": "ada", "To_Account": "bo", "MsgKey": key}
		b.admin.Must("openim_msg_ext_http_svc/set_key_values", object{"From_Account": "ada", "To_Account": "bo",
			"MsgKey": key, "OperateType": 1, "ExtensionList": pair("k", fmt.Sprint(i))}, nil)
		var got struct{ ExtensionList []struct{ Value string } }
		b.other.Must("openim_msg_ext_http_svc/get_key_values", named, &got)
		b.check("a REST read is older than a REST write", len(got.ExtensionList) == 1 &&
			got.ExtensionList[0].Value == fmt.Sprint(i))

		wrote, _ := b.here.Set(message, "k", fmt.Sprint(i), seq)
		seq = wrote.Seq
		page := b.there["bo"].Get(message, seq)
		b.check("naming a Seq as startSeq gives an answer from before it",
			len(page.Extensions) == 1 && page.Extensions[0] == wrote)
		wrote, _ = b.here.Set(message, "k", fmt.Sprint(i, "again"), seq)
		seq = wrote.Seq
		page = b.there["bo"].Get(message, seq+1)
		b.check("naming the next Seq gives an answer from before the last", page.LatestSeq == seq)
	}
	b.report()
}

// report fails the test if there were wrong answers.
func (b *between) report() {
	b.t.Helper()
	for what, n := range b.wrong {
		b.t.Errorf("%s: %d times in %d rounds", what, n, *rounds)
	}
	b.t.Logf("%d rounds", *rounds)
}
