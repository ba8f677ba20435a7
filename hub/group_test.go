package hub_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"exthub/hub"
	"exthub/hub/hubtest"
)

type group struct {
	GroupID, Type, Name, OwnerID, JoinOption string
	CreateTime                               int64
}

type member struct {
	UserID, Role string
	JoinTime     int64
}

// createGroup makes a group with members.
func createGroup(c *hubtest.Client, groupType, groupID string, members ...string) group {
	c.TB.Helper()
	list := make([]object, len(members))
	for i, m := range members {
		list[i] = object{"userID": m}
	}
	var got struct{ Group group }
	c.Must("createGroup", object{"name": "a group", "type": groupType, "groupID": groupID, "memberList": list}, &got)
	return got.Group
}

// membersOf returns who is in the group, and in which role, as "ada Owner".
func membersOf(c *hubtest.Client, groupID string) []string {
	c.TB.Helper()
	var all []string
	for offset := 0; ; {
		var got struct {
			MemberList []member
			Offset     int
		}
		c.Must("getGroupMemberList", object{"groupID": groupID, "count": 2, "offset": offset}, &got)
		for _, m := range got.MemberList {
			all = append(all, m.UserID+" "+m.Role)
		}
		if offset = got.Offset; offset == 0 {
			return all
		}
	}
}

// expect compares two lists of names.
func expect(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestGroupTypes: every name of a type makes a group of the type that it stands for, with that
// type's rules for coming in.
func TestGroupTypes(t *testing.T) {
	w := hubtest.Start(t)
	ada, bo := w.Login("ada"), w.Login("bo")
	for name, kind := range map[string]string{
		"Private": "Private", "Work": "Private", "Public": "Public", "ChatRoom": "ChatRoom", "Meeting": "ChatRoom",
		"Community": "Community", "AVChatRoom": "AVChatRoom",
	} {
		g := createGroup(ada, name, "")
		if g.Type != kind || g.OwnerID != "ada" || g.CreateTime == 0 || !strings.HasPrefix(g.GroupID, "@TGS#") {
			t.Errorf("%s: %+v", name, g)
		}
		if kind == "Private" {
			bo.Refused(10007, "joinGroup", object{"groupID": g.GroupID})
			continue
		}
		var got struct {
			Status string
			Group  group
		}
		bo.Must("joinGroup", object{"groupID": g.GroupID}, &got)
		if got.Status != "JoinedSuccess" || got.Group != g {
			t.Errorf("%s: joined %+v", name, got)
		}
		bo.Must("joinGroup", object{"groupID": g.GroupID}, &got)
		if got.Status != "AlreadyInGroup" {
			t.Errorf("%s: joined again %+v", name, got)
		}
	}
	if g := createGroup(ada, "Community", "@TGS#_ours"); g.GroupID != "@TGS#_ours" {
		t.Errorf("%+v", g)
	}
}

// TestAnyGroupID: a group's ID may hold what means something to the store.
func TestAnyGroupID(t *testing.T) {
	w := hubtest.Start(t)
	ada, bo := w.Login("ada"), w.Login("bo")
	for _, id := range []string{"*", ">", "a.b", "_", " ", "=2E", "GROUP", "u", strings.Repeat("g", 48)} {
		createGroup(ada, "Public", id, "bo")
		sent := ada.Send("GROUP", id)
		bo.Next("MESSAGE_RECEIVED", nil)
		if p, _ := bo.Set(sent.ID, "k", "v", 0); p.Code != 0 || sent.ConversationID != "GROUP"+id {
			t.Errorf("%q: %+v on %+v", id, p, sent)
		}
		bo.Next("MESSAGE_EXTENSIONS_UPDATED", nil)
		expect(t, membersOf(ada, id), []string{"ada Owner", "bo Member"})
	}
}

// TestMembers: adding, removing and quitting change the list of members, as far as the role of the
// user who asks allows.
func TestMembers(t *testing.T) {
	w := hubtest.Start(t)
	ada, bo, cy := w.Login("ada"), w.Login("bo"), w.Login("cy")
	createGroup(ada, "Private", "staff", "bo", "ada") // the owner is a member once
	var added struct{ SuccessUserIDList, FailureUserIDList, ExistedUserIDList []string }
	bo.Must("addGroupMember", object{"groupID": "staff", "userIDList": []string{"cy", "ada", "dee"}}, &added)
	expect(t, added.SuccessUserIDList, []string{"cy", "dee"})
	expect(t, added.ExistedUserIDList, []string{"ada"})
	expect(t, added.FailureUserIDList, []string{})
	expect(t, membersOf(cy, "staff"), []string{"ada Owner", "bo Member", "cy Member", "dee Member"})
	for query, want := range map[string]string{
		`"role":"Owner"`:                        "[{ada}] 0",
		`"role":"Member","count":2`:             "[{bo} {cy}] 2",
		`"role":"Member","count":2,"offset":2`:  "[{dee}] 0",
		`"role":"Admin"`:                        "[] 0",
		`"role":"","count":1`:                   "[{ada}] 1",
		`"role":"Member","count":2,"offset":99`: "[] 0",
	} {
		var page struct {
			MemberList []struct{ UserID string }
			Offset     int
		}
		cy.Must("getGroupMemberList", json.RawMessage(`{"groupID":"staff",`+query+`}`), &page)
		if got := fmt.Sprint(page.MemberList, page.Offset); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}

	bo.Refused(10007, "deleteGroupMember", object{"groupID": "staff", "userIDList": []string{"cy"}})
	var removed struct{ UserIDList []string }
	ada.Must("deleteGroupMember", object{"groupID": "staff", "userIDList": []string{"cy", "nobody"}}, &removed)
	expect(t, removed.UserIDList, []string{"cy"})
	cy.Refused(10007, "getGroupMemberList", object{"groupID": "staff"})

	// A Private group goes on without its owner, and nobody inherits those rights.
	ada.Must("quitGroup", object{"groupID": "staff"}, nil)
	expect(t, membersOf(bo, "staff"), []string{"bo Member", "dee Member"})
	ada.Refused(10007, "dismissGroup", object{"groupID": "staff"})
	bo.Refused(10007, "deleteGroupMember", object{"groupID": "staff", "userIDList": []string{"dee"}})
	bo.Must("addGroupMember", object{"groupID": "staff", "userIDList": []string{"ada"}}, nil)
	expect(t, membersOf(bo, "staff"), []string{"bo Member", "dee Member", "ada Member"})

	w.Login("admin").Must("dismissGroup", object{"groupID": "staff"}, nil)
	bo.Refused(10010, "getGroupMemberList", object{"groupID": "staff"})
}

// TestRoomInAGroup: of the users that are added at once, as many come in as there is room for.
func TestRoomInAGroup(t *testing.T) {
	w := hubtest.Start(t, func(o *hub.Options) { o.MaxGroupMembers = 3 })
	ada := w.Login("ada")
	createGroup(ada, "Private", "staff")
	var added struct{ SuccessUserIDList, FailureUserIDList, ExistedUserIDList []string }
	ada.Must("addGroupMember", object{"groupID": "staff", "userIDList": []string{"a", "b", "c", "ada"}}, &added)
	expect(t, added.SuccessUserIDList, []string{"a", "b"})
	expect(t, added.FailureUserIDList, []string{"c"})
	expect(t, added.ExistedUserIDList, []string{"ada"})
	ada.Refused(10014, "addGroupMember", object{"groupID": "staff", "userIDList": []string{"c"}})
	ada.Must("addGroupMember", object{"groupID": "staff", "userIDList": []string{"a"}}, &added)
	expect(t, added.ExistedUserIDList, []string{"a"})
}

// TestLargestRequest: one request can bring 300 users into a group, and take them out.
func TestLargestRequest(t *testing.T) {
	w := hubtest.Start(t)
	ada := w.Login("ada")
	names := make([]string, 300)
	for i := range names {
		names[i] = fmt.Sprint("u", i)
	}
	createGroup(ada, "Private", "crowd", names...)
	for i := range names {
		names[i] = fmt.Sprint("v", i)
	}
	ada.Must("addGroupMember", object{"groupID": "crowd", "userIDList": names}, nil)
	var removed struct{ UserIDList []string }
	ada.Must("deleteGroupMember", object{"groupID": "crowd", "userIDList": names}, &removed)
	expect(t, removed.UserIDList, names)
	ada.Refused(10005, "addGroupMember", object{"groupID": "crowd", "userIDList": append(names, "one more")})
	if got := len(membersOf(ada, "crowd")); got != 301 {
		t.Errorf("%d members", got)
	}
}

// TestComingAndGoing: events follow the membership at once and in order. A session that was there
// before its user joined hears of the group too.
func TestComingAndGoing(t *testing.T) {
	w := hubtest.Start(t)
	ada, bo, cy := w.Login("ada"), w.Login("bo"), w.Login("cy")
	createGroup(ada, "Public", "club", "bo")
	id := ada.Send("GROUP", "club").ID
	bo.Next("MESSAGE_RECEIVED", nil)

	cy.Must("joinGroup", object{"groupID": "club"}, nil)
	ada.Set(id, "k", "1", 0)
	for _, c := range []*hubtest.Client{ada, bo, cy} {
		c.Next("MESSAGE_EXTENSIONS_UPDATED", nil)
	}
	ada.Must("deleteGroupMember", object{"groupID": "club", "userIDList": []string{"cy"}}, nil)
	bo.Must("quitGroup", object{"groupID": "club"}, nil)
	ada.Send("GROUP", "club")
	ada.Set(id, "l", "1", 0)
	ada.Next("MESSAGE_EXTENSIONS_UPDATED", nil)
	cy.Refused(10007, "getMessageExtensions", object{"messageID": id})

	// What comes next to those who left is about something else.
	for _, c := range []*hubtest.Client{bo, cy} {
		ada.Send("C2C", map[*hubtest.Client]string{bo: "bo", cy: "cy"}[c])
		var got struct{ Messages []hubtest.Message }
		c.Next("MESSAGE_RECEIVED", &got)
		if got.Messages[0].ConversationID != "C2Cada" {
			t.Errorf("somebody who left got %+v", got)
		}
	}
	ada.Must("dismissGroup", object{"groupID": "club"}, nil)
	ada.Refused(10010, "getMessageExtensions", object{"messageID": id})
	ada.Refused(10010, "sendMessage", object{"to": "club", "conversationType": "GROUP", "type": "TIMTextElem",
		"payload": object{"text": "x"}})
}

// TestDismissedGroup: nobody gets at what was said in a group by making one of the same ID.
func TestDismissedGroup(t *testing.T) {
	w := hubtest.Start(t)
	ada, eve := w.Login("ada"), w.Login("eve")
	createGroup(ada, "Public", "club")
	ada.Must("dismissGroup", object{"groupID": "club"}, nil)
	createGroup(eve, "Public", "club") // nothing was said
	eve.Send("GROUP", "club")
	eve.Must("dismissGroup", object{"groupID": "club"}, nil)
	ada.Refused(10021, "createGroup", object{"name": "n", "type": "Public", "groupID": "club"})
	eve.Refused(10021, "createGroup", object{"name": "n", "type": "Public", "groupID": "club"})
	ada.Refused(10010, "getMessageList", object{"conversationID": "GROUPclub"})
}

// TestAVChatRoom takes messages, but no extensions, and keeps no history.
func TestAVChatRoom(t *testing.T) {
	w := hubtest.Start(t)
	ada, bo := w.Login("ada"), w.Login("bo")
	createGroup(ada, "AVChatRoom", "live")
	bo.Must("joinGroup", object{"groupID": "live"}, nil)
	var sent struct {
		Message struct{ IsSupportExtension bool }
	}
	ada.Must("sendMessage", object{
		"to": "live", "conversationType": "GROUP", "type": "TIMCustomElem", "payload": object{},
		"isSupportExtension": true,
	}, &sent)
	if sent.Message.IsSupportExtension {
		t.Error("a message of an AVChatRoom supports extensions")
	}
	bo.Next("MESSAGE_RECEIVED", nil)
	var list struct {
		MessageList []hubtest.Message
		IsCompleted bool
	}
	bo.Must("getMessageList", object{"conversationID": "GROUPlive"}, &list)
	if len(list.MessageList) != 0 || !list.IsCompleted {
		t.Errorf("history: %+v", list)
	}
}
