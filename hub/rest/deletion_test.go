package rest_test

import (
	"strings"
	"testing"

	"exthub/hub/hubtest"
)

// A backend deletes with a member that the hub does not know, or names pairs and asks for a clear:
// what the hub understands of it would delete more than was meant.
func TestMisspeltDeletion(t *testing.T) {
	b := hubtest.Start(t).Backend()
	b.Must(create, object{"Type": "Public", "Name": "club", "GroupId": "club", "Owner_Account": "ada",
		"MemberList": hubtest.Members("bo")}, nil)
	message := object{"GroupId": "club", "MsgSeq": b.SendGroup("club", 1)}
	with := func(change object) object {
		o := object{"GroupId": "club", "MsgSeq": message["MsgSeq"]}
		for k, v := range change {
			o[k] = v
		}
		return o
	}
	list := []object{{"Key": "a"}}
	b.Must(setGroup, with(object{"OperateType": 1, "ExtensionList": []object{{"Key": "a", "Value": "1"},
		{"Key": "b", "Value": "2"}}, "SomethingNew": 1}), nil) // a set may say more than the hub understands
	for _, r := range []struct {
		command string
		body    object
		says    string
	}{
		{setGroup, with(object{"OperateType": 3, "KeyList": []string{"a"}}), "KeyList: unknown"},
		{setGroup, with(object{"OperateType": 3, "ExtensionList": list}), "ExtensionList: OperateType 3 deletes all"},
		{setGroup, with(object{"OperateType": 3, "extensionList": list}), "extensionList: unknown"},
		{setGroup, with(object{"OperateType": 2, "extensionList": list}), "extensionList: unknown"},
		{setGroup, with(object{"OperateType": 2}), "ExtensionList: none given"},
		{setGroup, with(object{"OperateType": 2, "ExtensionList": []object{{"Key": "a", "Except": "b"}}}),
			"ExtensionList[0].Except: unknown"},
		{destroy, object{"GroupId": "club", "DryRun": 1}, "DryRun: unknown"},
		{remove, object{"GroupId": "club", "MemberToDel_Account": []string{"bo"}, "DryRun": 1}, "DryRun: unknown"},
	} {
		if e, reply := b.Call(r.command, r.body); e.ErrorCode != 10004 || !strings.Contains(e.ErrorInfo, r.says) {
			t.Errorf("%s %v: %s, want 10004 with %q", r.command, r.body, reply, r.says)
		}
		var got page
		if b.Must(getGroup, message, &got); len(got.ExtensionList) != 2 {
			t.Fatalf("%s %v left %+v", r.command, r.body, got)
		}
	}
	// What the reference's own clients send is known, an empty list of a clear too.
	b.Must(setGroup, with(object{"OperateType": 3, "ExtensionList": []object{}, "TopicId": ""}), nil)
	b.Must(remove, object{"GroupId": "club", "MemberToDel_Account": []string{"bo"}, "Silence": 1,
		"Reason": "moved"}, nil)
}
