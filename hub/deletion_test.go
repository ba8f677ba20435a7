package hub_test

import (
	"strings"
	"testing"

	"exthub/hub/hubtest"
)

// A client deletes some pairs by a list that the hub does not know, or that got lost on the way:
// what is left of its request would delete everything.
func TestMisspeltDeletion(t *testing.T) {
	w := hubtest.Start(t)
	ada := w.Login("ada")
	id := ada.Send("C2C", "bo").ID
	ada.Must("setMessageExtensions", object{"messageID": id, "extensions": pairs("k", 3)}, nil)
	k0 := []object{{"key": "k0", "seq": 0}}
	for _, r := range []struct {
		params object
		says   string
	}{
		{object{}, "extensions: none given; clear: true deletes all"},
		{object{"extensions": nil}, "extensions: none given"},
		{object{"extensions": []object{}}, "extensions: none given"},
		{object{"clear": false}, "extensions: none given"},
		{object{"clear": nil}, "extensions: none given"},
		{object{"keyList": []string{"k0"}}, "keyList: unknown"},
		{object{"keyList": nil}, "keyList: unknown"},
		{object{"keyList": []string{"k0"}, "clear": true}, "keyList: unknown"},
		{object{"extension": k0}, "extension: unknown"},
		{object{"Extensions": k0}, "Extensions: unknown"},
		{object{"extensions": k0, "dryRun": true}, "dryRun: unknown"},
		{object{"extensions": []object{{"key": "k0", "sequence": 1}}}, "extensions[0].sequence: unknown"},
		{object{"Clear": true}, "Clear: unknown"},
		{object{"clear": true, strings.Repeat("x", 10_000): 1}, "xxx...: unknown"},
		{object{"clear": "true"}, "clear: string is not true or false"},
		{object{"clear": 1}, "clear: number is not true or false"},
		{object{"clear": true, "extensions": k0}, "clear and extensions: "},
		{object{"clear": true, "extensions": []object{}}, "clear and extensions: "},
	} {
		r.params["messageID"] = id
		if got := ada.Refused(-32602, "deleteMessageExtensions", r.params); !strings.Contains(got, r.says) {
			t.Errorf("%.100v: %.200q does not say %q", r.params, got, r.says)
		}
		if got := ada.Get(id, 0); len(got.Extensions) != 3 {
			t.Fatalf("%.100v left %+v", r.params, got)
		}
	}
	// What is asked for by name is done, and a list that is null is none.
	ada.Must("deleteMessageExtensions", object{"messageID": id, "clear": true, "extensions": nil}, nil)
	if got := ada.Get(id, 0); len(got.Extensions) != 0 {
		t.Errorf("after the clear: %+v", got)
	}
}

// A request that ends a group or somebody's membership says more than the hub understands.
func TestMisspeltRemoval(t *testing.T) {
	w := hubtest.Start(t)
	ada, bo := w.Login("ada"), w.Login("bo")
	ada.Must("createGroup", object{"name": "club", "type": "Public", "groupID": "club",
		"memberList": []object{{"userID": "bo"}}}, nil)
	for method, params := range map[string]object{
		"dismissGroup":      {"groupID": "club", "dryRun": true},
		"deleteGroupMember": {"groupID": "club", "userIDList": []string{"bo"}, "dryRun": true},
		"quitGroup":         {"groupID": "club", "dryRun": true},
	} {
		c := ada
		if method == "quitGroup" {
			c = bo
		}
		if got := c.Refused(-32602, method, params); !strings.Contains(got, "dryRun: unknown") {
			t.Errorf("%s: %s", method, got)
		}
	}
	var list struct{ MemberList []object }
	bo.Must("getGroupMemberList", object{"groupID": "club"}, &list)
	if len(list.MemberList) != 2 {
		t.Errorf("members: %v", list.MemberList)
	}
}
