package hub_test

import (
	"fmt"
	"strings"
	"testing"

	"exthub/hub/hubtest"
	"exthub/kv/kvtest"
)

// conversations is what getConversationList answers, as far as the tests look at it.
type conversations struct {
	ConversationList []struct {
		ConversationID string
		LastMessage    *struct{ ID string }
		LastSequence   int
		ReadSequence   int
		Group          *struct{ Name string }
	}
	NextCursor  string
	IsCompleted bool
}

// list asks for conversations and describes them: their names, and how many messages are not read.
func list(c *hubtest.Client, params hubtest.Object) (described string, answer conversations) {
	c.TB.Helper()
	c.Must("getConversationList", params, &answer)
	var all []string
	for _, one := range answer.ConversationList {
		if one.LastMessage == nil {
			c.TB.Errorf("%+v has no message", one)
		}
		all = append(all, fmt.Sprintf("%s %d", one.ConversationID, one.LastSequence-one.ReadSequence))
	}
	return strings.Join(all, ", "), answer
}

func write(c *hubtest.Client, conversationType, to, text string) (messageID string) {
	c.TB.Helper()
	var sent struct{ Message struct{ ID string } }
	c.Must("sendMessage", hubtest.Object{
		"to": to, "conversationType": conversationType, "type": "TIMTextElem", "payload": hubtest.Object{"text": text},
	}, &sent)
	return sent.Message.ID
}

// A client is away. A stranger writes to it, the first message comes in a group that was silent so
// far, and somebody adds it to another group: nobody told it, and it knows none of these. It asks
// with the position of its last login, through another hub, and gets them all, and the messages.
func TestFirstMessagesWhileAway(t *testing.T) {
	w := hubtest.StartOn(t, kvtest.Server(t))
	other := hubtest.StartOn(t, w.NATS)
	ann, bob := w.Login("ann"), w.Dial()
	ann.Must("createGroup", hubtest.Object{
		"name": "Club", "type": "Public", "groupID": "club", "memberList": []hubtest.Object{{"userID": "bob"}},
	}, nil)
	ann.Must("createGroup", hubtest.Object{"name": "Hall", "type": "AVChatRoom", "groupID": "hall"}, nil)
	write(ann, "C2C", "bob", "before")
	var login struct{ Position string }
	var since hubtest.Object
	for { // until the position is behind what was sent just now
		bob.Must("login", w.LoginParams("bob"), &login)
		since = hubtest.Object{"since": login.Position}
		if got, _ := list(bob, since); got == "" {
			break
		}
		bob.Close()
		bob = w.Dial()
	}
	bob.Must("joinGroup", hubtest.Object{"groupID": "hall"}, nil)
	bob.Close()

	bob = other.Login("bob")
	if got, _ := list(bob, since); got != "" {
		t.Errorf("got %q, want nothing new", got)
	}
	bob.Close()
	ann.Must("createGroup", hubtest.Object{
		"name": "Choir", "type": "Public", "groupID": "choir", "memberList": []hubtest.Object{{"userID": "bob"}},
	}, nil)
	write(w.Login("cy"), "C2C", "bob", "you don't know me")
	first := write(ann, "GROUP", "club", "one")
	write(ann, "GROUP", "hall", "no history")
	write(ann, "GROUP", "club", "two")
	write(ann, "GROUP", "choir", "three")

	bob = other.Login("bob")
	got, answer := list(bob, since)
	if want := "GROUPchoir 1, GROUPclub 2, C2Ccy 1"; got != want || !answer.IsCompleted {
		t.Errorf("got %s, want %s", got, want)
	}
	var page struct {
		MessageList []struct{ ID string }
		IsCompleted bool
	}
	for conversation, want := range map[string]int{"GROUPclub": 2, "C2Ccy": 1, "C2Cann": 0} {
		bob.Must("getMessageList", hubtest.Object{"conversationID": conversation, "since": login.Position}, &page)
		if len(page.MessageList) != want || !page.IsCompleted {
			t.Errorf("%s: got %+v, want %d messages", conversation, page, want)
		}
	}
	bob.Must("setMessageRead", hubtest.Object{"messageID": first}, nil)
	if got, _ := list(bob, since); got != "GROUPchoir 1, GROUPclub 1, C2Ccy 1" {
		t.Errorf("after one was read: %s", got)
	}
}

// A client has more conversations than it asks for at a time. It gets them page by page.
func TestConversationPages(t *testing.T) {
	w := hubtest.Start(t)
	ann := w.Login("ann")
	for i := range 5 {
		write(ann, "C2C", fmt.Sprint("user", i), "hello")
	}
	var all []string
	params := hubtest.Object{"count": 2}
	for {
		got, answer := list(ann, params)
		all = append(all, got)
		if answer.IsCompleted {
			break
		}
		params["cursor"] = answer.NextCursor
	}
	want := "C2Cuser4 1, C2Cuser3 1, C2Cuser2 1, C2Cuser1 1, C2Cuser0 1"
	if got := strings.Join(all, ", "); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	ann.Refused(10004, "getConversationList", hubtest.Object{"cursor": "next"})
	ann.Refused(10004, "getConversationList", hubtest.Object{"since": "1-2"})
	ann.Refused(10004, "getConversationList", hubtest.Object{"count": 51})
	ann.Refused(10004, "getMessageList", hubtest.Object{"conversationID": "C2Cuser1", "since": "-1"})
}

// Somebody marks messages of others' conversations, or none at all, as read, also as an app admin.
func TestMarkForeignMessages(t *testing.T) {
	w := hubtest.Start(t)
	ann, eve, admin := w.Login("ann"), w.Login("eve"), w.Login(hubtest.Admin)
	ann.Must("createGroup", hubtest.Object{"name": "Club", "type": "Public", "groupID": "club"}, nil)
	letter, post := write(ann, "C2C", "bob", "hello"), write(ann, "GROUP", "club", "hello")
	for _, c := range []*hubtest.Client{eve, admin} {
		c.Refused(10007, "setMessageRead", hubtest.Object{"messageID": letter})
		c.Refused(10007, "setMessageRead", hubtest.Object{"messageID": post})
	}
	ann.Refused(23004, "setMessageRead", hubtest.Object{"messageID": "g.club.9"})
	ann.Refused(10004, "setMessageRead", hubtest.Object{"messageID": "club"})
}

// A user has several sessions, on two hubs. What one of them reads stays unread in the others, and
// they go on to show the user's old name, unless they are told. A mark that overtakes its message
// leaves that message unread for good.
func TestOwnSessionsHear(t *testing.T) {
	w := hubtest.StartOn(t, kvtest.Server(t))
	other := hubtest.StartOn(t, w.NATS)
	ann, phone, laptop := w.Login("ann"), w.Login("bob"), other.Login("bob")
	ann.Must("createGroup", hubtest.Object{
		"name": "Club", "type": "Public", "groupID": "club", "memberList": []hubtest.Object{{"userID": "bob"}},
	}, nil)
	laptop.Membership() // is in it
	for n := 1; n <= 20; n++ {
		for _, c := range []struct{ kind, to, name string }{{"GROUP", "club", "GROUPclub"}, {"C2C", "bob", "C2Cann"}} {
			id := write(ann, c.kind, c.to, "hi")
			phone.Must("setMessageRead", hubtest.Object{"messageID": id}, nil)
			want := fmt.Sprintf(`{"conversationID":%q,"readSequence":%d}`, c.name, n)
			for _, session := range []*hubtest.Client{phone, laptop} {
				f := session.Personal()
				if f.Method != "CONVERSATION_READ" || string(f.Params) != want {
					t.Fatalf("got %s %s, want %s", f.Method, f.Params, want)
				}
				if session.Kept("MESSAGE_RECEIVED") != 1 {
					t.Fatalf("%s came before its message", f.Params)
				}
				session.Next("MESSAGE_RECEIVED", nil)
			}
		}
	}
	phone.Must("setMessageRead", hubtest.Object{"messageID": "g.club.3"}, nil) // is read: no news
	phone.Must("updateMyProfile", hubtest.Object{"nick": "Bob"}, nil)
	phone.Must("updateMyProfile", hubtest.Object{"nick": ""}, nil)
	for _, nick := range []string{"Bob", ""} {
		want := fmt.Sprintf(`{"profile":{"userID":"bob","nick":%q,"avatar":""}}`, nick)
		for _, session := range []*hubtest.Client{phone, laptop} {
			if f := session.Personal(); f.Method != "PROFILE_UPDATED" || string(f.Params) != want {
				t.Fatalf("got %s %s, want %s", f.Method, f.Params, want)
			}
		}
	}
	ann.Must("ping", hubtest.Object{}, nil)
	if n := ann.Kept("CONVERSATION_READ") + ann.Kept("PROFILE_UPDATED"); n > 0 {
		t.Errorf("somebody else was told, %d times", n)
	}
}
