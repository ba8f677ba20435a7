package hub_test

import (
	"strings"
	"testing"

	"exthub/hub/hubtest"
	"exthub/kv/kvtest"
)

// A vote names userIDs, which say nothing to those who read it. A user takes a name in any script
// and an address of a picture; messages, member lists and profiles have them, on every hub, and a
// message keeps those it was sent with.
func TestProfile(t *testing.T) {
	w := hubtest.StartOn(t, kvtest.Server(t))
	other := hubtest.StartOn(t, w.NATS)
	ann, bob := w.Login("ann"), other.Login("bob")
	ann.Must("createGroup", object{
		"name": "Club", "type": "Public", "groupID": "club", "memberList": []object{{"userID": "bob"}},
	}, nil)
	type profile struct{ UserID, Nick, Avatar string }
	var updated struct{ Profile profile }
	ann.Must("updateMyProfile", object{"nick": "Анна 🎈"}, &updated)
	ann.Must("updateMyProfile", object{"avatar": "https://example.org/a.png"}, &updated)
	want := profile{"ann", "Анна 🎈", "https://example.org/a.png"}
	if updated.Profile != want {
		t.Errorf("got %+v", updated.Profile)
	}
	write(ann, "GROUP", "club", "hello")
	var received struct{ Messages []profile }
	bob.Next("MESSAGE_RECEIVED", &received)
	if got := received.Messages[0]; got.Nick != want.Nick || got.Avatar != want.Avatar {
		t.Errorf("the message has %+v", got)
	}
	ann.Must("updateMyProfile", object{"nick": ""}, nil)
	var page struct{ MessageList, MemberList, ProfileList []profile }
	bob.Must("getMessageList", object{"conversationID": "GROUPclub"}, &page)
	if page.MessageList[0].Nick != want.Nick {
		t.Errorf("an older message has %+v", page.MessageList[0])
	}
	want.Nick = ""
	bob.Must("getGroupMemberList", object{"groupID": "club"}, &page)
	bob.Must("getUserProfile", object{"userIDList": []string{"nobody", "ann"}}, &page)
	if page.MemberList[0] != want || page.ProfileList[1] != want || page.ProfileList[0] != (profile{UserID: "nobody"}) {
		t.Errorf("got %+v", page)
	}
	for _, params := range []object{
		{"nick": strings.Repeat("x", 501)}, {"avatar": strings.Repeat("x", 501)},
	} {
		ann.Refused(10004, "updateMyProfile", params)
	}
	w.Backend().Must("im_open_login_svc/account_delete", object{"DeleteItem": []object{{"UserID": "ann"}}}, nil)
	bob.Must("getUserProfile", object{"userIDList": []string{"ann"}}, &page)
	if page.ProfileList[0] != (profile{UserID: "ann"}) {
		t.Errorf("a deleted account has %+v", page.ProfileList[0])
	}
}

// A user asks for the groups that it is in, and what one of them is. A stranger asks too.
func TestGroupList(t *testing.T) {
	w := hubtest.Start(t)
	ann, bob := w.Login("ann"), w.Login("bob")
	for _, group := range []string{"choir", "club"} {
		ann.Must("createGroup", object{"name": "G", "type": "Public", "groupID": group}, nil)
	}
	bob.Must("joinGroup", object{"groupID": "club"}, nil)
	type group struct {
		GroupID, Role string
		MemberCount   int
	}
	var got struct {
		GroupList []group
		Group     group
	}
	ann.Must("getGroupList", object{}, &got)
	if len(got.GroupList) != 2 || got.GroupList[0] != (group{GroupID: "choir", Role: "Owner"}) {
		t.Errorf("got %+v", got.GroupList)
	}
	bob.Must("getGroupList", object{}, &got)
	bob.Must("getGroupProfile", object{"groupID": "club"}, &got)
	if len(got.GroupList) != 1 || got.Group != (group{"club", "Member", 2}) {
		t.Errorf("got %+v", got)
	}
	bob.Refused(10007, "getGroupProfile", object{"groupID": "choir"})
	bob.Must("quitGroup", object{"groupID": "club"}, nil)
	if bob.Must("getGroupList", object{}, &got); len(got.GroupList) != 0 {
		t.Errorf("got %+v", got.GroupList)
	}
}
