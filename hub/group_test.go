package hub_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"exthub/hub"
)

type group struct {
	GroupID, Type, Name, OwnerID, JoinOption string
	CreateTime                               int64
}

type member struct {
	UserID, Role string
	JoinTime     int64
}

// create makes a group with members.
func (c *client) create(groupType, groupID string, members ...string) group {
	c.t.Helper()
	list := make([]object, len(members))
	for i, m := range members {
		list[i] = object{"userID": m}
	}
	var got struct{ Group group }
	c.must("createGroup", object{"name": "a group", "type": groupType, "groupID": groupID, "memberList": list}, &got)
	return got.Group
}

// members returns who is in the group, and in which role, as "ada Owner".
func (c *client) members(groupID string) []string {
	c.t.Helper()
	var all []string
	for offset := 0; ; {
		var got struct {
			MemberList []member
			Offset     int
		}
		c.must("getGroupMemberList", object{"groupID": groupID, "count": 2, "offset": offset}, &got)
		for _, m := range got.MemberList {
			all = append(all, m.UserID+" "+m.Role)
		}
		if offset = got.Offset; offset == 0 {
			return all
		}
	}
}

func expect(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestGroupTypes(t *testing.T) {
	w := start(t)
	ada, bo := w.login("ada"), w.login("bo")
	for name, kind := range map[string]string{
		"Private": "Private", "Work": "Private", "Public": "Public", "ChatRoom": "ChatRoom", "Meeting": "ChatRoom", "Community": "Community", "AVChatRoom": "AVChatRoom",
	} {
		g := ada.create(name, "")
		if g.Type != kind || g.OwnerID != "ada" || g.CreateTime == 0 || !strings.HasPrefix(g.GroupID, "@TGS#") {
			t.Errorf("%s: %+v", name, g)
		}
		if kind == "Private" {
			bo.refused(10007, "joinGroup", object{"groupID": g.GroupID})
			continue
		}
		var got struct {
			Status string
			Group  group
		}
		bo.must("joinGroup", object{"groupID": g.GroupID}, &got)
		if got.Status != "JoinedSuccess" || got.Group != g {
			t.Errorf("%s: joined %+v", name, got)
		}
		bo.must("joinGroup", object{"groupID": g.GroupID}, &got)
		if got.Status != "AlreadyInGroup" {
			t.Errorf("%s: joined again %+v", name, got)
		}
	}
	if g := ada.create("Community", "@TGS#_ours"); g.GroupID != "@TGS#_ours" {
		t.Errorf("%+v", g)
	}
}

// TestAnyGroupID: a group's ID may hold what means something to the store.
func TestAnyGroupID(t *testing.T) {
	w := start(t)
	ada, bo := w.login("ada"), w.login("bo")
	for _, id := range []string{"*", ">", "a.b", "_", " ", "=2E", "GROUP", "u", strings.Repeat("g", 48)} {
		ada.create("Public", id, "bo")
		sent := ada.send("GROUP", id)
		bo.next("MESSAGE_RECEIVED", nil)
		if p, _ := bo.set(sent.ID, "k", "v", 0); p.Code != 0 || sent.ConversationID != "GROUP"+id {
			t.Errorf("%q: %+v on %+v", id, p, sent)
		}
		bo.next("MESSAGE_EXTENSIONS_UPDATED", nil)
		expect(t, ada.members(id), []string{"ada Owner", "bo Member"})
	}
}

func TestMembers(t *testing.T) {
	w := start(t)
	ada, bo, cy := w.login("ada"), w.login("bo"), w.login("cy")
	ada.create("Private", "staff", "bo", "ada") // the owner is a member once
	var added struct{ SuccessUserIDList, FailureUserIDList, ExistedUserIDList []string }
	bo.must("addGroupMember", object{"groupID": "staff", "userIDList": []string{"cy", "ada", "dee"}}, &added)
	expect(t, added.SuccessUserIDList, []string{"cy", "dee"})
	expect(t, added.ExistedUserIDList, []string{"ada"})
	expect(t, added.FailureUserIDList, []string{})
	expect(t, cy.members("staff"), []string{"ada Owner", "bo Member", "cy Member", "dee Member"})

	bo.refused(10007, "deleteGroupMember", object{"groupID": "staff", "userIDList": []string{"cy"}})
	var removed struct{ UserIDList []string }
	ada.must("deleteGroupMember", object{"groupID": "staff", "userIDList": []string{"cy", "nobody"}}, &removed)
	expect(t, removed.UserIDList, []string{"cy"})
	cy.refused(10007, "getGroupMemberList", object{"groupID": "staff"})

	// A Private group goes on without its owner, and nobody inherits those rights.
	ada.must("quitGroup", object{"groupID": "staff"}, nil)
	expect(t, bo.members("staff"), []string{"bo Member", "dee Member"})
	ada.refused(10007, "dismissGroup", object{"groupID": "staff"})
	bo.refused(10007, "deleteGroupMember", object{"groupID": "staff", "userIDList": []string{"dee"}})
	bo.must("addGroupMember", object{"groupID": "staff", "userIDList": []string{"ada"}}, nil)
	expect(t, bo.members("staff"), []string{"bo Member", "dee Member", "ada Member"})

	w.login("admin").must("dismissGroup", object{"groupID": "staff"}, nil)
	bo.refused(10010, "getGroupMemberList", object{"groupID": "staff"})
}

// TestRoomInAGroup: whoever fits in comes in.
func TestRoomInAGroup(t *testing.T) {
	w := start(t, func(o *hub.Options) { o.MaxGroupMembers = 3 })
	ada := w.login("ada")
	ada.create("Private", "staff")
	var added struct{ SuccessUserIDList, FailureUserIDList, ExistedUserIDList []string }
	ada.must("addGroupMember", object{"groupID": "staff", "userIDList": []string{"a", "b", "c", "ada"}}, &added)
	expect(t, added.SuccessUserIDList, []string{"a", "b"})
	expect(t, added.FailureUserIDList, []string{"c"})
	expect(t, added.ExistedUserIDList, []string{"ada"})
	ada.refused(10014, "addGroupMember", object{"groupID": "staff", "userIDList": []string{"c"}})
	ada.must("addGroupMember", object{"groupID": "staff", "userIDList": []string{"a"}}, &added)
	expect(t, added.ExistedUserIDList, []string{"a"})
}

// TestLargestRequest: 300 users in one request, into a group of 400.
func TestLargestRequest(t *testing.T) {
	w := start(t)
	ada := w.login("ada")
	names := make([]string, 300)
	for i := range names {
		names[i] = fmt.Sprint("u", i)
	}
	ada.create("Private", "crowd", names...)
	for i := range names {
		names[i] = fmt.Sprint("v", i)
	}
	ada.must("addGroupMember", object{"groupID": "crowd", "userIDList": names}, nil)
	var removed struct{ UserIDList []string }
	ada.must("deleteGroupMember", object{"groupID": "crowd", "userIDList": names}, &removed)
	expect(t, removed.UserIDList, names)
	ada.refused(10005, "addGroupMember", object{"groupID": "crowd", "userIDList": append(names, "one more")})
	if got := len(ada.members("crowd")); got != 301 {
		t.Errorf("%d members", got)
	}
}

// TestComingAndGoing: events follow the membership, at once and in order; a session that was there before its user joined hears of the group too.
func TestComingAndGoing(t *testing.T) {
	w := start(t)
	ada, bo, cy := w.login("ada"), w.login("bo"), w.login("cy")
	ada.create("Public", "club", "bo")
	id := ada.send("GROUP", "club").ID
	bo.next("MESSAGE_RECEIVED", nil)

	cy.must("joinGroup", object{"groupID": "club"}, nil)
	ada.set(id, "k", "1", 0)
	for _, c := range []*client{ada, bo, cy} {
		c.next("MESSAGE_EXTENSIONS_UPDATED", nil)
	}
	ada.must("deleteGroupMember", object{"groupID": "club", "userIDList": []string{"cy"}}, nil)
	bo.must("quitGroup", object{"groupID": "club"}, nil)
	ada.send("GROUP", "club")
	ada.set(id, "l", "1", 0)
	ada.next("MESSAGE_EXTENSIONS_UPDATED", nil)
	cy.refused(10007, "getMessageExtensions", object{"messageID": id})

	// What comes next to those who left is about something else.
	for _, c := range []*client{bo, cy} {
		ada.send("C2C", map[*client]string{bo: "bo", cy: "cy"}[c])
		var got struct{ Messages []message }
		c.next("MESSAGE_RECEIVED", &got)
		if got.Messages[0].ConversationID != "C2Cada" {
			t.Errorf("somebody who left got %+v", got)
		}
	}
	ada.must("dismissGroup", object{"groupID": "club"}, nil)
	ada.refused(10010, "getMessageExtensions", object{"messageID": id})
	ada.refused(10010, "sendMessage", object{"to": "club", "conversationType": "GROUP", "type": "TIMTextElem", "payload": object{"text": "x"}})
}

// TestDismissedGroup: nobody gets at what was said in a group by making one of the same ID.
func TestDismissedGroup(t *testing.T) {
	w := start(t)
	ada, eve := w.login("ada"), w.login("eve")
	ada.create("Public", "club")
	ada.must("dismissGroup", object{"groupID": "club"}, nil)
	eve.create("Public", "club") // nothing was said
	eve.send("GROUP", "club")
	eve.must("dismissGroup", object{"groupID": "club"}, nil)
	ada.refused(10021, "createGroup", object{"name": "n", "type": "Public", "groupID": "club"})
	eve.refused(10021, "createGroup", object{"name": "n", "type": "Public", "groupID": "club"})
	ada.refused(10010, "getMessageList", object{"conversationID": "GROUPclub"})
}

// TestAVChatRoom takes messages, but no extensions, and keeps no history.
func TestAVChatRoom(t *testing.T) {
	w := start(t)
	ada, bo := w.login("ada"), w.login("bo")
	ada.create("AVChatRoom", "live")
	bo.must("joinGroup", object{"groupID": "live"}, nil)
	var sent struct {
		Message struct{ IsSupportExtension bool }
	}
	ada.must("sendMessage", object{
		"to": "live", "conversationType": "GROUP", "type": "TIMCustomElem", "payload": object{}, "isSupportExtension": true,
	}, &sent)
	if sent.Message.IsSupportExtension {
		t.Error("a message of an AVChatRoom supports extensions")
	}
	bo.next("MESSAGE_RECEIVED", nil)
	var list struct {
		MessageList []message
		IsCompleted bool
	}
	bo.must("getMessageList", object{"conversationID": "GROUPlive"}, &list)
	if len(list.MessageList) != 0 || !list.IsCompleted {
		t.Errorf("history: %+v", list)
	}
}
