package rest_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"exthub/hub/hubtest"
	"exthub/hub/usersig"
	"exthub/kv/kvtest"
)

// Somebody whose account was deleted goes on in the groups that they were in, by a session that is
// open on another hub, or by a new UserSig.
func TestDeletedAccount(t *testing.T) {
	nc := kvtest.Server(t)
	w, other := hubtest.StartOn(t, nc), hubtest.StartOn(t, nc)
	b := w.Backend()
	for i, kind := range []string{"Public", "Private", "ChatRoom"} {
		b.Must(create, object{"Type": kind, "Name": "n", "GroupId": fmt.Sprint("g", i), "Owner_Account": "ada",
			"MemberList": hubtest.Members("bo", "eve")}, nil)
	}
	b.Must(create, object{"Type": "Public", "Name": "n", "GroupId": "hers", "Owner_Account": "eve",
		"MemberList": hubtest.Members("bo")}, nil)
	note := object{"GroupId": "g0", "MsgSeq": b.SendGroup("g0", 1)}
	eve, bo := other.Login("eve"), other.Login("bo")
	eve.Set("g.g0.1", "eve", "here", 0)

	var reply struct {
		ResultItem []struct {
			ResultCode         int
			ResultInfo, UserID string
		}
	}
	b.Must(erase, object{"DeleteItem": []object{{"UserID": "eve"}, {"UserID": "never was here"}}}, &reply)
	if len(reply.ResultItem) != 2 || reply.ResultItem[0].UserID != "eve" || reply.ResultItem[0].ResultCode != 0 {
		t.Errorf("%+v", reply)
	}
	eve.Await("KICKED_OUT")
	fresh, err := usersig.Sign(hubtest.AppID, hubtest.SecretKey, "eve", time.Now().Add(2*time.Second), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	again := other.Dial()
	again.Login(hubtest.LoginParams(hubtest.AppID, "eve", fresh))
	for _, group := range []string{"g0", "g1", "g2", "hers"} {
		again.Refused(10007, "getGroupMemberList", object{"groupID": group})
		var members struct {
			MemberList []struct{ Member_Account string }
		}
		b.Must(list, object{"GroupId": group}, &members)
		if slices.Contains(members.MemberList, struct{ Member_Account string }{"eve"}) || len(members.MemberList) == 0 {
			t.Errorf("group %s has %+v", group, members)
		}
	}
	again.Refused(10007, "getMessageExtensions", object{"messageID": "g.g0.1"})
	// What others share with the user stays, and a group goes on without its owner.
	var read page
	b.Must(getGroup, note, &read)
	if len(read.ExtensionList) != 1 || read.ExtensionList[0].Key != "eve" {
		t.Errorf("pairs %+v", read)
	}
	bo.Send("GROUP", "hers")
	b.Must(erase, object{"DeleteItem": []object{{"UserID": "eve"}}}, nil)
}
