package hub_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"exthub/hub"
	"exthub/hub/hubtest"
	"exthub/hub/usersig"
)

// withGuests lets guests in, as many as come.
func withGuests(o *hub.Options) { o.Guests = true }

// openPoll makes a group that is open to guests, and a poll in it, and returns the poll's ID.
func openPoll(owner *hubtest.Client, groupID string, rules object) string {
	owner.TB.Helper()
	owner.Must("createGroup", object{"name": "n", "type": "Public", "groupID": groupID, "guests": true}, nil)
	return sendPoll(owner, groupID, rules)
}

var ownPair = object{"write": "own", "questions": []object{{"choices": 2}}}

// Somebody asks the guest door for a name of their choice: an admin's, a user's, another guest's.
// By whatever they show they are a guest that nobody was before.
func TestGuestsChooseNoName(t *testing.T) {
	w := hubtest.Start(t, withGuests)
	victim := w.Ticket("")
	sign := func(app uint64, key, user string) string {
		sig, err := usersig.Sign(app, key, user, time.Now(), time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return sig
	}
	seen := map[string]bool{victim.UserID: true}
	for name, shown := range map[string]string{
		"Nothing":       "",
		"AdminsOwn":     w.Sign(hubtest.Admin),
		"UsersOwn":      w.Sign("ada"),
		"ByAppsKey":     w.Sign(victim.UserID), // what a careless backend would sign
		"ByOwnKey":      sign(hubtest.AppID, "a key of somebody else", victim.UserID),
		"OfAnotherApp":  sign(7, hubtest.SecretKey, victim.UserID),
		"Altered":       victim.UserSig[:len(victim.UserSig)-8] + "AAAAAAA_",
		"Garbage":       "x",
		"UnknownMember": victim.UserSig[:10] + `","userID":"admin`,
	} {
		body := ""
		if shown != "" {
			body = `{"userSig":"` + shown + `"}`
		}
		got, answer, text := hubtest.AskForTicket(t, w.URL(), body, nil)
		if answer.StatusCode != http.StatusOK || seen[got.UserID] ||
			!strings.HasPrefix(got.UserID, "guest-") || len(got.UserID) != len("guest-")+22 {
			t.Errorf("%s: %s %s %+v", name, answer.Status, text, got)
		}
		seen[got.UserID] = true
	}
	for name, body := range map[string]string{
		"NoJSON": "x", "List": "[]", "Number": `{"userSig":1}`,
		"Long": `{"userSig":"` + strings.Repeat("x", 5000) + `"}`,
	} {
		if _, answer, text := hubtest.AskForTicket(t, w.URL(), body, nil); answer.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %s %s", name, answer.Status, text)
		}
	}
}

// A user picks the name of a guest at a backend that signs what its visitors pick, or at the demo,
// to answer in the guest's place. At either door the app's key is not good for a guest's name, nor
// the guests' for a user's.
func TestUserWithAGuestsName(t *testing.T) {
	w := hubtest.Start(t, withGuests)
	guest := w.Ticket("")
	for _, name := range []string{guest.UserID, "guest-", "guest-1"} {
		sig := w.Sign(name)
		w.Dial().Refused(usersig.WrongKey, "login", hubtest.LoginParams(hubtest.AppID, name, sig))
		e, reply := w.Member(name).Call("openim_msg_ext_http_svc/group_get_key_values",
			object{"GroupId": "g", "MsgSeq": 1})
		if e.ErrorCode != usersig.WrongKey {
			t.Errorf("%s, REST: %s", name, reply)
		}
	}
	w.Dial().Refused(usersig.WrongUser, "login", hubtest.LoginParams(hubtest.AppID, "ada", guest.UserSig))
	w.Login("guest") // is a name like any other
}

// Somebody clears nothing, comes back the next day or after three weeks, and is who they were: they
// have one vote. After a month they are somebody else.
func TestGuestComesBack(t *testing.T) {
	var days atomic.Int64
	began := time.Now()
	w := hubtest.Start(t, withGuests, func(o *hub.Options) {
		o.Now = func() time.Time { return began.Add(time.Duration(days.Load()) * 24 * time.Hour) }
	})
	first := w.Ticket("")
	days.Store(1) // it has expired
	w.Dial().Refused(usersig.Expired, "login", hubtest.LoginParams(hubtest.AppID, first.UserID, first.UserSig))
	second := w.Ticket(first.UserSig)
	if second.UserID != first.UserID || second.ExpiresIn < 7200 || second.ExpiresIn > 10800 {
		t.Errorf("%+v came back as %+v", first, second)
	}
	days.Store(30)
	if again := w.Ticket(second.UserSig); again.UserID != first.UserID {
		t.Errorf("after 29 days %s came back as %s", first.UserID, again.UserID)
	}
	days.Store(32)
	if again := w.Ticket(second.UserSig); again.UserID == first.UserID {
		t.Error("after 31 days it is who it was")
	}
}

// A guest is kicked out, and shows its UserSig at the guest door to be let in again. It is somebody
// new, and what was its own is nobody's, at any door.
func TestGuestIsKickedOut(t *testing.T) {
	w := hubtest.Start(t, withGuests)
	session, guest := w.LoginGuest()
	w.Backend().Must("im_open_login_svc/kick", object{"UserID": guest.UserID}, nil)
	if code := session.Closed(); code != 4401 {
		t.Errorf("sent away with %d", code)
	}
	if again := w.Ticket(guest.UserSig); again.UserID == guest.UserID {
		t.Error("it is who it was")
	}
	w.Dial().Refused(usersig.Revoked, "login", hubtest.LoginParams(hubtest.AppID, guest.UserID, guest.UserSig))
	e, reply := w.Guest(guest).Call("openim_msg_ext_http_svc/group_get_key_values", object{"GroupId": "g", "MsgSeq": 1})
	if e.ErrorCode != usersig.Revoked {
		t.Errorf("%s", reply)
	}
}

// One address becomes one guest after the other, to vote as often. It is let in as often a minute
// as the operator says, and told when to come again; who is a guest already is not kept from coming
// back.
func TestGuestsOfOneAddress(t *testing.T) {
	const rate = 3
	now := time.Now()
	w := hubtest.Start(t, withGuests, func(o *hub.Options) {
		o.GuestRate, o.Now = rate, func() time.Time { return now }
	})
	var last hubtest.Ticket
	for range rate {
		last = w.Ticket("")
	}
	_, answer, text := hubtest.AskForTicket(t, w.URL(), "", nil)
	if answer.StatusCode != http.StatusTooManyRequests || answer.Header.Get("Retry-After") != "20" {
		t.Errorf("%s %v: %s", answer.Status, answer.Header, text)
	}
	if again := w.Ticket(last.UserSig); again.UserID != last.UserID {
		t.Errorf("%s came back as %s", last.UserID, again.UserID)
	}
}

// A page of a stranger has its visitors ask for tickets, to read them or to use up the visitors'
// addresses. Only pages of the hub and of the allowed origins are answered, and can read it.
func TestGuestsOfForeignPages(t *testing.T) {
	w := hubtest.Start(t, withGuests, func(o *hub.Options) {
		o.AllowedOrigins, o.GuestRate = []string{"https://app.example.com"}, 3
	})
	for range 5 {
		for _, origin := range []string{"https://evil.example", "null", "http://app.example.com"} {
			_, answer, text := hubtest.AskForTicket(t, w.URL(), "", http.Header{"Origin": {origin}})
			if answer.StatusCode != http.StatusForbidden || answer.Header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s: %s %s %v", origin, answer.Status, text, answer.Header)
			}
		}
	}
	_, answer, _ := hubtest.AskForTicket(t, w.URL(), "", http.Header{"Origin": {"https://app.example.com"}})
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Cache-Control") != "no-store" ||
		answer.Header.Get("Access-Control-Allow-Origin") != "https://app.example.com" {
		t.Errorf("%s %v", answer.Status, answer.Header)
	}
	_, answer, _ = hubtest.AskForTicket(t, w.URL(), "", http.Header{"Origin": {w.URL()}})
	if answer.StatusCode != http.StatusOK {
		t.Errorf("the hub's own page: %s", answer.Status)
	}
}

// An operator has not asked for guests: nothing answers, nothing can be opened for them, and a name
// like a guest's is one like any other.
func TestHubWithoutGuests(t *testing.T) {
	w := hubtest.Start(t)
	if _, answer, text := hubtest.AskForTicket(t, w.URL(), "", nil); answer.StatusCode != http.StatusNotFound {
		t.Errorf("%s %s", answer.Status, text)
	}
	ada := w.Login("guest-ada")
	said := ada.Refused(10004, "createGroup", object{"name": "n", "type": "Public", "guests": true})
	if !strings.Contains(said, "guests: this hub lets no guests in") {
		t.Error(said)
	}
	e, reply := w.Backend().Call("group_open_http_svc/create_group",
		object{"Name": "n", "Type": "Public", "GuestAccess": 1})
	if e.ErrorCode != 10004 || !strings.Contains(e.ErrorInfo, "GuestAccess: this hub lets no guests in") {
		t.Errorf("%s", reply)
	}
	ada.Must("createGroup", object{"name": "n", "type": "Public", "memberList": []object{{"userID": "guest-bo"}}}, nil)
}

// Somebody opens to guests what nobody can join, or what holds nothing for them.
func TestGroupsThatCantBeOpen(t *testing.T) {
	w := hubtest.Start(t, withGuests)
	ada, backend := w.Login("ada"), w.Backend()
	for _, kind := range []string{"Private", "Work", "AVChatRoom"} {
		ada.Refused(10004, "createGroup", object{"name": "n", "type": kind, "guests": true})
	}
	for name, body := range map[string]object{
		"ByInvitation": {"Name": "n", "Type": "Public", "GuestAccess": 1, "ApplyJoinOption": "NeedPermission"},
		"Two":          {"Name": "n", "Type": "Public", "GuestAccess": 2},
	} {
		e, reply := backend.Call("group_open_http_svc/create_group", body)
		if e.ErrorCode != 10004 {
			t.Errorf("%s: %s", name, reply)
		}
	}
	// Who opens a group over REST need not say that anybody may join.
	backend.Must("group_open_http_svc/create_group",
		object{"Name": "n", "Type": "Public", "GuestAccess": 1, "GroupId": "open"}, nil)
	guest, _ := w.LoginGuest()
	guest.Must("joinGroup", object{"groupID": "open"}, nil)
}

// Members and backends take a guest where it may not be, or write to it or for it.
func TestGuestsAreTakenNowhere(t *testing.T) {
	w := hubtest.Start(t, withGuests)
	_, guest := w.LoginGuest()
	ada, backend := w.Login("ada"), w.Backend()
	openPoll(ada, "open", ownPair)
	ada.Must("createGroup", object{"name": "n", "type": "Public", "groupID": "closed"}, nil)
	list := []object{{"userID": guest.UserID}}
	ada.Refused(10007, "createGroup", object{"name": "n", "type": "Public", "memberList": list})
	ada.Refused(10007, "sendMessage", object{
		"to": guest.UserID, "conversationType": "C2C", "type": "TIMTextElem", "payload": object{"text": "hi"},
	})
	for _, group := range []string{"open", "closed"} {
		ada.Refused(10007, "addGroupMember", object{"groupID": group, "userIDList": []string{guest.UserID}})
	}
	text := hubtest.TextBody("hi")
	for command, body := range map[string]object{
		"group_open_http_svc/add_group_member": {"GroupId": "closed", "MemberList": hubtest.Members(guest.UserID)},
		"group_open_http_svc/create_group":     {"Name": "n", "Type": "Public", "Owner_Account": guest.UserID},
		"group_open_http_svc/send_group_msg":   {"GroupId": "open", "From_Account": guest.UserID, "MsgBody": text},
		"openim/sendmsg":                       {"From_Account": guest.UserID, "To_Account": "ada", "MsgBody": text},
	} {
		if e, reply := backend.Call(command, body); e.ErrorCode != 10007 {
			t.Errorf("%s: %s", command, reply)
		}
	}
}

// Guests come from as many addresses as it takes to fill the hub, so that users find no place. A
// tenth of the places is for users alone; a guest is told to come back.
func TestGuestsFillTheHub(t *testing.T) {
	w := hubtest.Start(t, withGuests, func(o *hub.Options) { o.MaxSessions = 80 })
	var inside []*hubtest.Client
	for range 72 {
		c, _ := w.LoginGuest()
		inside = append(inside, c)
	}
	guest := w.Ticket("")
	late := w.Dial()
	late.Refused(10006, "login", hubtest.LoginParams(guest.SDKAppID, guest.UserID, guest.UserSig))
	if code := late.Closed(); code != 4003 {
		t.Errorf("the guest too many was sent away with %d", code)
	}
	w.Login("ada").Close()
	inside[0].Must("logout", object{}, nil)
	inside[0].Closed()
	for again := true; again; { // until the hub has closed that socket, too
		c := w.Dial()
		again = c.Call("login", hubtest.LoginParams(guest.SDKAppID, guest.UserID, guest.UserSig), nil) != nil
		if again {
			c.Closed() // or those that are about to be closed would take the places that are left
		}
	}
}

// A guest that has joined hears of everything in the open group, its own answer first, and of its
// end. What is made under the same name afterwards, and is not open, it hears nothing of.
func TestGuestHears(t *testing.T) {
	w := hubtest.Start(t, withGuests)
	ada := w.Login("ada")
	ada.Must("createGroup", object{"name": "n", "type": "Public", "groupID": "open", "guests": true}, nil)
	ada.Must("dismissGroup", object{"groupID": "open"}, nil) // and then it is open again
	poll := openPoll(ada, "open", ownPair)

	guest, ticket := w.LoginGuest()
	deaf, other := w.LoginGuest()
	var joined struct {
		Status string
		Group  struct{ Guests bool }
	}
	guest.Must("joinGroup", object{"groupID": "open"}, &joined)
	if joined.Status != "JoinedSuccess" || !joined.Group.Guests {
		t.Errorf("%+v", joined)
	}
	guest.Must("joinGroup", object{"groupID": "open"}, nil)
	guest.Set(poll, ticket.UserID, "1", 0)
	deaf.Set(poll, other.UserID, "2", 0)
	var told struct{ Extensions []hubtest.Pair }
	for _, of := range []string{ticket.UserID, other.UserID} {
		f := guest.Notification()
		if f.Method == "MESSAGE_RECEIVED" { // it was still on its way when the guest joined
			f = guest.Notification()
		}
		if err := json.Unmarshal(f.Params, &told); err != nil || f.Method != "MESSAGE_EXTENSIONS_UPDATED" {
			t.Fatalf("got %s %s, %v", f.Method, f.Params, err)
		}
		if told.Extensions[0].Key != of {
			t.Errorf("told of %+v, not of %s", told, of)
		}
	}
	var list struct{ MemberList []struct{ UserID string } }
	if ada.Must("getGroupMemberList", object{"groupID": "open"}, &list); len(list.MemberList) != 1 {
		t.Errorf("%+v in the group", list.MemberList)
	}

	ada.Must("dismissGroup", object{"groupID": "open"}, nil)
	if left := guest.Membership(); left.Method != "GROUP_LEFT" || !strings.Contains(string(left.Params), "dismissed") {
		t.Errorf("%s", left.Raw)
	}
	ada.Must("createGroup", object{"name": "n", "type": "Public", "groupID": "secret"}, nil)
	guest.Refused(10007, "joinGroup", object{"groupID": "secret"})
	guest.Refused(10010, "joinGroup", object{"groupID": "open"})
	ada.Send("GROUP", "secret")
	guest.Must("ping", object{}, nil)
	if pending := append(guest.Pending(), deaf.Pending()...); len(pending) > 0 {
		t.Errorf("told of %s", pending[0].Raw)
	}
}

// A guest joins groups without end, so that each of its sessions takes as much memory as it likes.
func TestGuestJoinsManyGroups(t *testing.T) {
	const most = 100
	w := hubtest.Start(t, withGuests)
	ada := w.Login("ada")
	guest, _ := w.LoginGuest()
	for i := range most + 1 {
		ada.Must("createGroup", object{"name": "n", "type": "Public", "groupID": fmt.Sprint(i), "guests": true}, nil)
		params := object{"groupID": fmt.Sprint(i)}
		if i < most {
			guest.Must("joinGroup", params, nil)
		} else {
			guest.Refused(10037, "joinGroup", params)
		}
	}
}

// Guests send bodies as long as a member's over REST, without their ends, until the hub's memory is
// full. What one needs fits into 8 KiB.
func TestGuestsSendLongBodies(t *testing.T) {
	w := hubtest.Start(t, withGuests)
	caller := w.Guest(w.Ticket(""))
	const command = "openim_msg_ext_http_svc/group_set_key_values"
	if e, reply := caller.Call(command, strings.Repeat(" ", 8<<10+1)); e.ErrorCode != 80002 {
		t.Errorf("%s", reply)
	}
}
