package hub_test

import (
	"fmt"
	"strings"
	"testing"

	"exthub/hub"
	"exthub/hub/hubtest"
)

// TestRefusals: what is not allowed is refused, rule by rule, with the code and the field, and
// changes nothing.
func TestRefusals(t *testing.T) {
	w := hubtest.Start(t, func(o *hub.Options) { o.MaxExtensions, o.MaxGroupMembers = 5, 6 })
	ada, bo, eve := w.Login("ada"), w.Login("bo"), w.Login("eve")

	ada.Must("createGroup", object{"name": "club", "type": "Public", "groupID": "club",
		"memberList": []object{{"userID": "bo"}}}, nil)
	ada.Must("createGroup", object{"name": "live", "type": "AVChatRoom", "groupID": "live"}, nil)
	ada.Must("createGroup", object{"name": "work", "type": "Private", "groupID": "work"}, nil)
	ada.Must("createGroup", object{"name": "full", "type": "Public", "groupID": "full", "memberList": users("m", 5)},
		nil)
	letter := ada.Send("C2C", "bo").ID
	post := ada.Send("GROUP", "club").ID
	onAir := ada.Send("GROUP", "live").ID
	var plain struct{ Message hubtest.Message }
	ada.Must("sendMessage", object{"to": "bo", "conversationType": "C2C", "type": "TIMTextElem",
		"payload": object{"text": "hi"}}, &plain)
	first, _ := ada.Set(letter, "a", "1", 0)
	ada.Must("setMessageExtensions", object{"messageID": letter, "extensions": pairs("k", 3)}, nil)

	set := func(id string, items ...object) object { return object{"messageID": id, "extensions": items} }
	item := func(key, value string, seq any) object { return object{"key": key, "value": value, "seq": seq} }
	text := func(to, kind string) object {
		return object{"to": to, "conversationType": kind, "type": "TIMTextElem", "payload": object{"text": "x"}}
	}
	for _, r := range []struct {
		caller *hubtest.Client
		method string
		params object
		code   int
		says   string
	}{
		// What a set is made of.
		{ada, "setMessageExtensions", set(letter), 10004, "extensions: none given"},
		{ada, "setMessageExtensions", object{"messageID": letter, "extensions": pairs("k", 21)}, 10004,
			"extensions: 21 items, at most 20"},
		{ada, "setMessageExtensions", set(letter, item("", "v", 0)), 10004, "extensions[0].key: empty"},
		{ada, "setMessageExtensions", set(letter, item("a", "v", 0), item(strings.Repeat("k", 101), "v", 0)), 10004,
			"extensions[1].key: 101 bytes, at most 100"},
		{ada, "setMessageExtensions", set(letter, item(strings.Repeat("键", 34), "v", 0)), 10004,
			"extensions[0].key: 102 bytes"},
		{ada, "setMessageExtensions", set(letter, item("b", "", 0)), 10004, "extensions[0].value: empty"},
		{ada, "setMessageExtensions", set(letter, item("b", strings.Repeat("v", 1001), 0)), 10004,
			"extensions[0].value: 1001 bytes, at most 1000"},
		{ada, "setMessageExtensions", set(letter, item("b", "v", 0), item("b", "w", 0)), 10004,
			"extensions[1].key: the same as extensions[0].key"},
		{ada, "setMessageExtensions", set(letter, item("b", "v", -1)), 10004, "extensions[0].seq: -1 is negative"},
		{ada, "setMessageExtensions", set(letter, item("b", "v", 0), item("c", "v", 0)), 10004,
			"has 4 pairs and may hold 5, so 2 more"},
		{ada, "setMessageExtensions", set(letter, item("b", "v", 1.5)), -32602, "extensions[0].seq"},
		{ada, "setMessageExtensions", set(letter, item("b", "v", "0")), -32602, "extensions[0].seq"},
		{ada, "setMessageExtensions", object{"messageID": letter, "extensions": "all"}, -32602, "extensions"},
		{ada, "setMessageExtensions", object{"messageID": 7, "extensions": pairs("k", 1)}, -32602, "messageID"},
		{ada, "setMessageExtensions", object{"messageID": letter, "extensions": []object{{"key": []int{1}}}}, -32602,
			"extensions[0].key: array"},
		// Which message.
		{ada, "setMessageExtensions", set("", item("b", "v", 0)), 10004, "messageID"},
		{ada, "setMessageExtensions", set("c.ada.bo", item("b", "v", 0)), 10004, "messageID"},
		{ada, "setMessageExtensions", set("c.ada.bo.1_2_3", item("b", "v", 0)), 23004, "c.ada.bo.1_2_3"},
		{ada, "setMessageExtensions", set("g.club.99", item("b", "v", 0)), 23004, "g.club.99"},
		{ada, "setMessageExtensions", set("g.nowhere.1", item("b", "v", 0)), 10010, "nowhere"},
		{ada, "setMessageExtensions", set(plain.Message.ID, item("b", "v", 0)), 23002, "isSupportExtension"},
		{ada, "setMessageExtensions", set(onAir, item("b", "v", 0)), 23002, "AVChatRoom"},
		{eve, "setMessageExtensions", set(letter, item("b", "v", 0)), 10007, "eve"},
		{eve, "setMessageExtensions", set(post, item("b", "v", 0)), 10007, "eve"},
		{eve, "setMessageExtensions", set("g.club.99", item("b", "v", 0)), 10007, "eve"},
		{eve, "setMessageExtensions", set("c.ada.bo.1_2_3", item("b", "v", 0)), 10007, "eve"},
		// Deleting and reading obey the same.
		{ada, "deleteMessageExtensions", object{"messageID": letter, "extensions": pairs("k", 21)}, 10004, "21 items"},
		{ada, "deleteMessageExtensions", set(letter, item("a", "", first.Seq), item("a", "", 0)), 10004, "the same as"},
		{ada, "deleteMessageExtensions", set(letter, item("a", "", -2)), 10004, "seq"},
		{eve, "deleteMessageExtensions", set(letter, item("a", "", first.Seq)), 10007, "eve"},
		{eve, "deleteMessageExtensions", hubtest.DeleteParams(post), 10007, "eve"},
		{ada, "deleteMessageExtensions", hubtest.DeleteParams("g.club.99"), 23004, "g.club.99"},
		{ada, "deleteMessageExtensions", hubtest.DeleteParams(onAir), 23002, "AVChatRoom"},
		{eve, "getMessageExtensions", object{"messageID": letter}, 10007, "eve"},
		{ada, "getMessageExtensions", object{"messageID": letter, "startSeq": -1}, 10004, "startSeq"},
		{ada, "getMessageExtensions", object{"messageID": letter, "startSeq": "1"}, -32602, "startSeq"},
		{ada, "getMessageExtensions", object{"messageID": "g.club.99"}, 23004, "g.club.99"},
		{ada, "getMessageExtensions", object{"messageID": onAir}, 23002, "AVChatRoom"},
		// Sending.
		{ada, "sendMessage", object{"to": "bo", "conversationType": "C2C", "type": "TIMTextElem"}, -32602,
			"payload: missing"},
		{ada, "sendMessage", object{"to": "bo", "conversationType": "C2C", "type": "TIMTextElem", "payload": "hi"},
			-32602, "payload"},
		{ada, "sendMessage", object{"to": "bo", "conversationType": "C2C", "type": "TIMTextElem",
			"payload": object{}}, 10004, "payload.text"},
		{ada, "sendMessage", object{"to": "bo", "conversationType": "C2C", "type": "TIMFaceElem",
			"payload": object{}}, 10004, "type"},
		{ada, "sendMessage", object{"to": "bo", "conversationType": "C2C", "type": "TIMTextElem",
			"payload": object{"text": "x"}, "random": -1}, -32602, "random"},
		{ada, "sendMessage", object{"to": "bo", "conversationType": "C2C", "type": "TIMCustomElem",
			"payload": object{"data": strings.Repeat("d", 12<<10)}}, 80002, "at most 12288"},
		{ada, "sendMessage", text("bo", "TOPIC"), 10004, "conversationType"},
		{ada, "sendMessage", text("", "C2C"), 10004, "to"},
		{ada, "sendMessage", text(strings.Repeat("u", 33), "C2C"), 10004, "to"},
		{ada, "sendMessage", text("", "GROUP"), 10015, "to: must be"},
		{ada, "sendMessage", text("nowhere", "GROUP"), 10010, "nowhere"},
		{eve, "sendMessage", text("club", "GROUP"), 10007, "eve"},
		// Reading a conversation.
		{ada, "getMessageList", object{"conversationID": "bo"}, 10004, "conversationID"},
		{ada, "getMessageList", object{"conversationID": "C2C"}, 10004, "conversationID"},
		{ada, "getMessageList", object{"conversationID": "GROUP"}, 10015, "conversationID: must be"},
		{ada, "getMessageList", object{"conversationID": "C2Cbo", "count": 16}, 10004, "count"},
		{ada, "getMessageList", object{"conversationID": "C2Cbo", "count": -1}, 10004, "count"},
		{ada, "getMessageList", object{"conversationID": "C2Cbo", "nextReqMessageID": post}, 10004, "nextReqMessageID"},
		{ada, "getMessageList", object{"conversationID": "C2Cbo", "nextReqMessageID": "x"}, 10004, "nextReqMessageID"},
		{ada, "getMessageList", object{"conversationID": "C2Cbo", "nextReqMessageID": "c.ada.bo.1_2_3"}, 10004,
			"nextReqMessageID"},
		{eve, "getMessageList", object{"conversationID": "GROUPclub"}, 10007, "eve"},
		// Groups.
		{ada, "createGroup", object{"name": "", "type": "Public"}, 10004, "name: empty"},
		{ada, "createGroup", object{"name": strings.Repeat("n", 31), "type": "Public"}, 10004, "name: 31 bytes"},
		{ada, "createGroup", object{"name": "n", "type": "Secret"}, 10004, "type"},
		{ada, "createGroup", object{"name": "n", "type": "Public", "groupID": strings.Repeat("g", 49)}, 10015,
			"groupID"},
		{ada, "createGroup", object{"name": "n", "type": "Public", "groupID": "群"}, 10015, "groupID"},
		{ada, "createGroup", object{"name": "n", "type": "Public", "groupID": "@TGS#mine"}, 10015, "@TGS#"},
		{ada, "createGroup", object{"name": "n", "type": "Public", "groupID": "club"}, 10025, "club"},
		{bo, "createGroup", object{"name": "n", "type": "Public", "groupID": "club"}, 10021, "club"},
		{ada, "createGroup", object{"name": "n", "type": "Public", "memberList": users("m", 6)}, 10014, "at most 6"},
		{ada, "createGroup", object{"name": "n", "type": "Public", "memberList": users("m", 301)}, 10005, "301 users"},
		{ada, "createGroup", object{"name": "n", "type": "AVChatRoom", "memberList": users("m", 1)}, 10004,
			"memberList"},
		{ada, "createGroup", object{"name": "n", "type": "Public", "memberList": []object{{"userID": ""}}}, 10004,
			"memberList"},
		{eve, "joinGroup", object{"groupID": ""}, 10015, "groupID"},
		{eve, "joinGroup", object{"groupID": "nowhere"}, 10010, "nowhere"},
		{eve, "joinGroup", object{"groupID": "work"}, 10007, "invitation"},
		{eve, "joinGroup", object{"groupID": "full"}, 10014, "at most 6"},
		{ada, "quitGroup", object{"groupID": "club"}, 10009, "owner"},
		{eve, "quitGroup", object{"groupID": "club"}, 10007, "eve"},
		{eve, "quitGroup", object{"groupID": "nowhere"}, 10010, "nowhere"},
		{bo, "dismissGroup", object{"groupID": "club"}, 10007, "owner"},
		{eve, "dismissGroup", object{"groupID": "club"}, 10007, "eve"},
		{eve, "getGroupMemberList", object{"groupID": "club"}, 10007, "eve"},
		{ada, "getGroupMemberList", object{"groupID": "club", "count": 101}, 10004, "count"},
		{ada, "getGroupMemberList", object{"groupID": "club", "offset": -1}, 10004, "offset"},
		{bo, "addGroupMember", object{"groupID": "club", "userIDList": []string{"eve"}}, 10007, "owner"},
		{eve, "addGroupMember", object{"groupID": "club", "userIDList": []string{"eve"}}, 10007, "eve"},
		{ada, "addGroupMember", object{"groupID": "live", "userIDList": []string{"eve"}}, 10007, "AVChatRoom"},
		{ada, "addGroupMember", object{"groupID": "club", "userIDList": []string{}}, 10004, "userIDList"},
		{ada, "addGroupMember", object{"groupID": "club", "userIDList": []string{"x", "x"}}, 10004, "twice"},
		{ada, "addGroupMember", object{"groupID": "club", "userIDList": "eve"}, -32602, "userIDList"},
		{ada, "addGroupMember", object{"groupID": "full", "userIDList": []string{"eve"}}, 10014, "at most 6"},
		{bo, "deleteGroupMember", object{"groupID": "club", "userIDList": []string{"ada"}}, 10007, "owner"},
		{bo, "deleteGroupMember", object{"groupID": "club", "userIDList": []string{"bo"}}, 10007,
			"bo may not remove bo"},
		{ada, "deleteGroupMember", object{"groupID": "club", "userIDList": []string{"ada"}}, 10007, "owner"},
		// What there is not.
		{ada, "castVote", object{}, -32601, "castVote"},
		{ada, "__proto__", object{}, -32601, "__proto__"},
		{ada, "login", object{}, -32600, "logged in as ada"},
	} {
		t.Run(fmt.Sprint(r.method, r.code, r.says), func(t *testing.T) {
			if got := r.caller.For(t).Refused(r.code, r.method, r.params); !strings.Contains(got, r.says) {
				t.Errorf("%q does not say %q", got, r.says)
			}
		})
	}

	var got hubtest.Page
	ada.Must("getMessageExtensions", object{"messageID": letter}, &got)
	if len(got.Extensions) != 4 || got.Extensions[0] != first || got.LatestSeq != got.Extensions[3].Seq {
		t.Errorf("after all refusals the message has %+v", got)
	}
	var list struct{ MemberList []object }
	ada.Must("getGroupMemberList", object{"groupID": "club"}, &list)
	if len(list.MemberList) != 2 {
		t.Errorf("after all refusals the group has %v", list.MemberList)
	}
}

// users makes a memberList.
func users(prefix string, n int) []object {
	list := make([]object, n)
	for i := range list {
		list[i] = object{"userID": fmt.Sprint(prefix, i)}
	}
	return list
}

// pairs makes n new pairs.
func pairs(prefix string, n int) []object {
	list := make([]object, n)
	for i := range list {
		list[i] = object{"key": fmt.Sprint(prefix, i), "value": "v", "seq": 0}
	}
	return list
}
