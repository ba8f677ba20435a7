package rest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exthub/hub/hubtest"
)

// TestGroups: what is done to a group from outside shows at the sessions of its members at once.
func TestGroups(t *testing.T) {
	w := hubtest.Start(t)
	ada, bo, cy, b := w.Login("ada"), w.Login("bo"), w.Login("cy"), w.Backend()
	var made struct{ GroupId, Type string }
	b.Must(create, object{
		"Type": "Work", "Name": "Staff", "Owner_Account": "ada",
		"MemberList":   []object{{"Member_Account": "bo", "Role": "Admin"}},
		"Introduction": "i", "Notification": "n", "FaceUrl": "f", "MaxMemberCount": 5, "InviteJoinOption": "FreeAccess",
	}, &made)
	if made.Type != "Private" || !strings.HasPrefix(made.GroupId, "@TGS#") {
		t.Fatalf("made %+v", made)
	}
	expectMessage := func(seq int, clients ...*hubtest.Client) {
		t.Helper()
		for _, c := range clients {
			var event struct{ Messages []hubtest.Message }
			c.Next("MESSAGE_RECEIVED", &event)
			if event.Messages[0].Sequence != uint64(seq) {
				t.Fatalf("got message %d, want %d", event.Messages[0].Sequence, seq)
			}
		}
	}
	expectMessage(b.SendGroup(made.GroupId, 1), ada, bo)

	var added struct {
		MemberList []struct {
			Member_Account string
			Result         int
		}
	}
	b.Must(add, object{"GroupId": made.GroupId, "Silence": 1, "MemberList": hubtest.Members("bo", "cy")}, &added)
	if fmt.Sprint(added.MemberList) != "[{bo 2} {cy 1}]" {
		t.Errorf("added %v", added.MemberList)
	}
	expectMessage(b.SendGroup(made.GroupId, 2), ada, bo, cy)
	b.Must(remove, object{"GroupId": made.GroupId, "MemberToDel_Account": []string{"bo", "dee"}, "Silence": 1,
		"Reason": "r"}, nil)
	seq := b.SendGroup(made.GroupId, 3)
	expectMessage(seq, ada, cy)
	b.Must(setGroup, object{"GroupId": made.GroupId, "MsgSeq": seq, "OperateType": 1,
		"ExtensionList": []object{{"Key": "k", "Value": "v"}}}, nil)
	cy.Next("MESSAGE_EXTENSIONS_UPDATED", nil)
	cy.Must("quitGroup", object{"groupID": made.GroupId}, nil)
	// Had bo heard of message 3 or its pair, it would have been before this.
	letter := ada.Send("C2C", "bo")
	var event struct{ Messages []hubtest.Message }
	if bo.Next("MESSAGE_RECEIVED", &event); event.Messages[0].ID != letter.ID {
		t.Errorf("a removed member got %+v", event)
	}
	b.Must(destroy, object{"GroupId": made.GroupId}, nil)
	ada.Refused(10010, "getGroupMemberList", object{"groupID": made.GroupId})
}

// TestJoinOption: a group that a backend makes without saying how to join it is stricter than one
// that a user makes.
func TestJoinOption(t *testing.T) {
	w := hubtest.Start(t)
	ada, b := w.Login("ada"), w.Backend()
	for kind, code := range map[string]int{
		"Public": 10007, "Community": 10007, "Private": 10007, "ChatRoom": 0, "Meeting": 0, "AVChatRoom": 0,
	} {
		b.Must(create, object{"Type": kind, "Name": kind, "GroupId": kind}, nil)
		if code == 0 {
			ada.Must("joinGroup", object{"groupID": kind}, nil)
		} else {
			ada.Refused(code, "joinGroup", object{"groupID": kind})
		}
	}
	b.Must(create, object{"Type": "Public", "Name": "open", "GroupId": "open", "ApplyJoinOption": "FreeAccess"}, nil)
	ada.Must("joinGroup", object{"groupID": "open"}, nil)
}

// TestMembers: the members of a group can be read in pages and in part.
func TestMembers(t *testing.T) {
	b := hubtest.Start(t).Backend()
	b.Must(create, object{"Type": "Public", "Name": "club", "GroupId": "club", "Owner_Account": "ada",
		"MemberList": []object{
			{"Member_Account": "bo", "Role": "Admin"}, {"Member_Account": "cy"}, {"Member_Account": "dee"},
		}}, nil)
	for _, r := range []struct {
		query object
		want  string
	}{
		{object{}, `4 [ada bo cy dee] ""`},
		{object{"Limit": 3}, `4 [ada bo cy] "3"`},
		{object{"Limit": 3, "Offset": 3}, `4 [dee] ""`},
		{object{"Limit": 3, "Next": "3"}, `4 [dee] ""`},
		{object{"Offset": 9}, `4 [] ""`},
		{object{"MemberRoleFilter": []string{"Owner", "Admin"}}, `2 [ada bo] ""`},
		{object{"MemberRoleFilter": []string{"Member"}, "Limit": 1}, `2 [cy] "1"`},
		{object{"MemberRoleFilter": []string{"Member"}, "Limit": 1, "Offset": 1}, `2 [dee] ""`},
	} {
		r.query["GroupId"] = "club"
		var got struct {
			MemberNum  int
			MemberList []struct{ Member_Account string }
			Next       string
		}
		b.Must(list, r.query, &got)
		ids := []string{}
		for _, m := range got.MemberList {
			ids = append(ids, m.Member_Account)
		}
		if is := fmt.Sprintf("%d %v %q", got.MemberNum, ids, got.Next); is != r.want {
			t.Errorf("%v: %s, want %s", r.query, is, r.want)
		}
	}
	var full, part struct{ MemberList []map[string]any }
	b.Must(list, object{"GroupId": "club", "Limit": 1}, &full)
	if m := full.MemberList[0]; m["Role"] != "Owner" || m["JoinTime"].(float64) <= 0 || len(m) != 9 {
		t.Errorf("a member is %v", m)
	}
	b.Must(list, object{"GroupId": "club", "Limit": 1, "MemberInfoFilter": []string{"Role", "Nonsense"}}, &part)
	if diff := cmp.Diff(map[string]any{"Member_Account": "ada", "Role": "Owner"}, part.MemberList[0]); diff != "" {
		t.Errorf("filtered (-want +got):\n%s", diff)
	}
}
