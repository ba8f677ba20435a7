package hub

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"exthub/hub/audit"
	"exthub/hub/command"
	"exthub/hub/guest"
	"exthub/hub/refusal"
	"exthub/hub/rest"
	"exthub/hub/usersig"
	"exthub/kv"
)

// TestFieldNames breaks a rule about each field of each command at both doors. The sentence is the
// same, and the field has the name that the request of that door has. No rule here needs the store.
func TestFieldNames(t *testing.T) {
	commands := command.New(new(kv.Store), command.Options{
		Limits:          command.Limits{Extensions: 300, PerRequest: 2, KeyBytes: 4, ValueBytes: 4},
		MaxGroupMembers: 2, Now: time.Now,
	})
	atSocket := func(method, params string) string {
		_, err := methods[method](t.Context(), commands, command.Caller{UserID: "admin", Admin: true}, []byte(params))
		var refused *refusal.Error
		if !errors.As(err, &refused) {
			t.Fatalf("%s %s: %v", method, params, err)
		}
		return refused.Message()
	}
	atREST := restCaller(t, commands)

	const (
		c2c     = `"From_Account":"ada","To_Account":"bo","MsgKey":"1_2_3","OperateType":`
		group   = `"GroupId":"club","MsgSeq":1,"OperateType":`
		deleted = "2,"
		set     = "1,"
		setC2C  = "openim_msg_ext_http_svc/set_key_values"
		setOf   = "openim_msg_ext_http_svc/group_set_key_values"
		send    = "openim/sendmsg"
		post    = "group_open_http_svc/send_group_msg"
		create  = "group_open_http_svc/create_group"
	)
	const (
		text = `"to":"bo","conversationType":"C2C","type":"TIMTextElem","payload":{"text":"x"},` +
			`"isSupportExtension":true,`
		textREST = `"To_Account":"bo","SupportMessageExtension":1,` +
			`"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"x"}}],`
		textToClub = `"GroupId":"club","SupportMessageExtension":1,` +
			`"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"x"}}],`
	)
	invalid := `"\ud800"` // half a surrogate: what is no UTF-8 at all does not get this far
	tooLong := strings.Repeat("x", 13<<10)
	methodsSeen, commandsSeen := map[string]bool{}, map[string]bool{}
	for _, r := range []struct {
		method, params string // at the WebSocket door; none: the door has no such parameter
		command, body  string // at the REST door; likewise
		socket, rest   string // what each answers
	}{
		{
			"setMessageExtensions",
			`"messageID":"g.club.1","extensions":[{"key":"k","value":"v"},{"key":"","value":"v"}]`,
			setC2C, c2c + set + `"ExtensionList":[{"Key":"k","Value":"v"},{"Key":"","Value":"v"}]`,
			"extensions[1].key: empty", "ExtensionList[1].Key: empty",
		},
		{
			"setMessageExtensions", `"extensions":[{"key":"k","value":""}]`,
			setOf, group + set + `"ExtensionList":[{"Key":"k","Value":""}]`,
			"extensions[0].value: empty; delete the key instead",
			"ExtensionList[0].Value: empty; delete the key instead",
		},
		{
			"setMessageExtensions", `"extensions":[{"key":"k","value":"v"},{"key":"k","value":"w"}]`,
			setC2C, c2c + set + `"ExtensionList":[{"Key":"k","Value":"v"},{"Key":"k","Value":"w"}]`,
			"extensions[1].key: the same as extensions[0].key",
			"ExtensionList[1].Key: the same as ExtensionList[0].Key",
		},
		{
			"setMessageExtensions", `"extensions":[{"key":"k","value":7}]`,
			setOf, group + set + `"ExtensionList":[{"Key":"k","Value":7}]`,
			"extensions[0].value: number is not a string", "ExtensionList[0].Value: number is not a string",
		},
		{
			"setMessageExtensions", `"messageID":"key: value","extensions":[{"key":"k","value":"v"}]`, "", "",
			`messageID: "key: value" is not a message ID`, "",
		},
		{
			"deleteMessageExtensions", `"extensions":[{"key":"k","seq":-1}]`,
			setC2C, c2c + deleted + `"ExtensionList":[{"Key":"k","Seq":-1}]`,
			"extensions[0].seq: -1 is negative", "ExtensionList[0].Seq: -1 is negative",
		},
		{
			"deleteMessageExtensions", `"extensions":[{"key":"a"},{"key":"b"},{"key":"c"}]`,
			setOf, group + deleted + `"ExtensionList":[{"Key":"a"},{"Key":"b"},{"Key":"c"}]`,
			"extensions: 3 items, at most 2", "ExtensionList: 3 items, at most 2",
		},
		{
			"deleteMessageExtensions", `"messageID":"g.club.1","keyList":["k"]`,
			setOf, group + deleted + `"keyList":["k"]`,
			"keyList: unknown, and a request that deletes may have no unknown members",
			"keyList: unknown, and a request that deletes may have no unknown members",
		},
		{
			// The name that was sent, and not what it would be called if it were known
			"deleteMessageExtensions", `"extensions":[{"Key":"k"}]`,
			setC2C, c2c + deleted + `"ExtensionList":[{"key":"k"}]`,
			"extensions[0].Key: unknown, and a request that deletes may have no unknown members",
			"ExtensionList[0].key: unknown, and a request that deletes may have no unknown members",
		},
		{
			"deleteMessageExtensions", `"clear":true,"extensions":[{"key":"k"}]`,
			setC2C, c2c + `3,"ExtensionList":[{"Key":"k"}]`,
			"clear and extensions: either all pairs are deleted, or those of a list",
			"ExtensionList: OperateType 3 deletes all and takes no list",
		},
		{
			"getMessageExtensions", `"startSeq":-1`,
			"openim_msg_ext_http_svc/get_key_values",
			`"From_Account":"ada","To_Account":"bo","MsgKey":"1_2_3","StartSeq":-1`,
			"startSeq: -1 is negative", "StartSeq: -1 is negative",
		},
		{
			"getMessageExtensions", `"startSeq":-1`,
			"openim_msg_ext_http_svc/group_get_key_values", `"GroupId":"club","MsgSeq":1,"StartSeq":-1`,
			"startSeq: -1 is negative", "StartSeq: -1 is negative",
		},
		{
			"sendMessage", `"conversationType":"C2C","to":"","type":"TIMTextElem","payload":{"text":"x"}`,
			send, `"To_Account":"","MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"x"}}]`,
			"to: must be 1 to 32 printable ASCII characters", "To_Account: must be 1 to 32 printable ASCII characters",
		},
		{
			"", "",
			send,
			`"From_Account":"\n","To_Account":"bo","MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"x"}}]`,
			"", "From_Account: must be 1 to 32 printable ASCII characters",
		},
		{
			"sendMessage", `"conversationType":"GROUP","to":"","type":"TIMTextElem","payload":{"text":"x"}`,
			post, `"GroupId":"","MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"x"}}]`,
			"to: must be 1 to 48 printable ASCII characters",
			"GroupId: must be 1 to 48 printable ASCII characters",
		},
		{
			"sendMessage", `"conversationType":"C2C","to":"bo","type":"TIMTextElem","payload":{"text":""}`,
			send, `"To_Account":"bo","MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":""}}]`,
			"payload.text: empty", "MsgBody[0].MsgContent.Text: empty",
		},
		{
			"sendMessage",
			`"conversationType":"C2C","to":"bo","type":"TIMCustomElem","payload":{"data":` + invalid + `}`,
			send, `"To_Account":"bo","MsgBody":[{"MsgType":"TIMCustomElem","MsgContent":{"Data":` + invalid + `}}]`,
			"payload.data: not UTF-8", "MsgBody[0].MsgContent.Data: not UTF-8",
		},
		{
			"sendMessage",
			`"conversationType":"C2C","to":"bo","type":"TIMCustomElem","payload":{"description":` + invalid + `}`,
			send, `"To_Account":"bo","MsgBody":[{"MsgType":"TIMCustomElem","MsgContent":{"Desc":` + invalid + `}}]`,
			"payload.description: not UTF-8", "MsgBody[0].MsgContent.Desc: not UTF-8",
		},
		{
			"sendMessage",
			`"conversationType":"GROUP","to":"club","type":"TIMCustomElem","payload":{"extension":` + invalid + `}`,
			post, `"GroupId":"club","MsgBody":[{"MsgType":"TIMCustomElem","MsgContent":{"Ext":` + invalid + `}}]`,
			"payload.extension: not UTF-8", "MsgBody[0].MsgContent.Ext: not UTF-8",
		},
		{
			"sendMessage",
			`"conversationType":"C2C","to":"bo","type":"TIMCustomElem","payload":{},"cloudCustomData":` + invalid,
			send, `"To_Account":"bo","MsgBody":[{"MsgType":"TIMCustomElem"}],"CloudCustomData":` + invalid,
			"cloudCustomData: not UTF-8", "CloudCustomData: not UTF-8",
		},
		{
			"sendMessage",
			`"conversationType":"C2C","to":"bo","type":"TIMTextElem","payload":{"text":"` + tooLong + `"}`,
			send, `"To_Account":"bo","MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"` + tooLong + `"}}]`,
			"payload and cloudCustomData: 13323 bytes together, at most 12288",
			"MsgBody[0].MsgContent and CloudCustomData: 13323 bytes together, at most 12288",
		},
		{
			"sendMessage", `"conversationType":"C2C","to":"bo","type":"text: x","payload":{}`, "", "",
			`type: "text: x" is neither TIMCustomElem nor TIMTextElem`, "",
		},
		{
			"getMessageList", `"conversationID":"GROUPclub","count":-1`, "", "",
			"count: -1 is not from 1 to 15", "",
		},
		{
			"getMessageList", `"conversationID":"GROUP"`, "", "",
			"conversationID: must be 1 to 48 printable ASCII characters", "",
		},
		{
			"revokeMessage", `"messageID":"no ID"`,
			"openim/admin_msgwithdraw", `"From_Account":"ada","To_Account":"bo","MsgKey":""`,
			`messageID: "no ID" is not a message ID`, "MsgKey: must be 1 to 50 printable ASCII characters",
		},
		{
			"", "",
			"group_open_http_svc/group_msg_recall", `"GroupId":"","MsgSeqList":[{"MsgSeq":1}]`,
			"", "GroupId: must be 1 to 48 printable ASCII characters",
		},
		{
			"createGroup", `"type":"name: x","name":"n"`, create, `"Type":"name: x","Name":"n"`,
			`type: "name: x" is not Private, Public, ChatRoom, Community or AVChatRoom`,
			`Type: "name: x" is not Private, Public, ChatRoom, Community or AVChatRoom`,
		},
		{
			"", "", create, `"Type":"Public","Name":"n","ApplyJoinOption":"x"`,
			"", `ApplyJoinOption: "x" is not FreeAccess, NeedPermission or DisableApply`,
		},
		{
			"createGroup", `"type":"Public","name":""`, create, `"Type":"Public","Name":""`,
			"name: empty", "Name: empty",
		},
		{
			"createGroup", `"type":"Public","name":"n","groupID":"@TGS#x"`,
			create, `"Type":"Public","Name":"n","GroupId":"@TGS#x"`,
			"groupID: must not start with @TGS#", "GroupId: must not start with @TGS#",
		},
		{
			"createGroup", `"type":"Public","name":"n","memberList":[{"userID":"type: x"},{"userID":"type: x"}]`,
			create,
			`"Type":"Public","Name":"n","MemberList":[{"Member_Account":"type: x"},{"Member_Account":"type: x"}]`,
			`memberList: "type: x" stands there twice`, `MemberList: "type: x" stands there twice`,
		},
		{
			"", "", create, `"Type":"Public","Name":"n","Owner_Account":"\n"`,
			"", "Owner_Account: must be 1 to 32 printable ASCII characters",
		},
		{
			"joinGroup", `"groupID":""`, "", "",
			"groupID: must be 1 to 48 printable ASCII characters", "",
		},
		{
			"quitGroup", `"groupID":""`, "", "",
			"groupID: must be 1 to 48 printable ASCII characters", "",
		},
		{
			"getMessageExtensionSummary", `"messageID":""`,
			"openim_msg_ext_http_svc/get_key_values_summary", `"From_Account":"ada","To_Account":"bo","MsgKey":""`,
			`messageID: "" is not a message ID`, "MsgKey: must be 1 to 50 printable ASCII characters",
		},
		{
			"closeMessageExtensions", `"messageID":"g.club.1","closeAt":7`,
			"openim_msg_ext_http_svc/close_key_values",
			`"From_Account":"ada","To_Account":"bo","MsgKey":"1_2_3","CloseAt":7`,
			"closeAt: 7 is not a time to come, in Unix seconds", "CloseAt: 7 is not a time to come, in Unix seconds",
		},
		{
			"closeMessageExtensions", `"messageID":"g.club.1","closeat":7`,
			"openim_msg_ext_http_svc/group_close_key_values", `"GroupId":"club","MsgSeq":1,"CloseAt":-1`,
			"closeat: unknown, and a request that deletes may have no unknown members",
			"CloseAt: -1 is not a time to come, in Unix seconds",
		},
		{
			"", "", "openim_msg_ext_http_svc/group_get_key_values_summary", `"GroupId":"club","MsgSeq":0`,
			"", "MsgSeq: 0 is not the number of a message",
		},
		{
			"sendMessage", text + `"extensionRules":{"anonymus":true}`,
			send, textREST + `"ExtensionRules":{"Anonymus":true}`,
			"extensionRules.anonymus: unknown", "ExtensionRules.Anonymus: unknown",
		},
		{
			"sendMessage", text + `"extensionRules":{"questions":[{"choices":2},{"choices":"2"}]}`,
			post, textToClub + `"ExtensionRules":{"Questions":[{"Choices":2},{"Choices":"2"}]}`,
			"extensionRules.questions[1].choices: string is not an integer",
			"ExtensionRules.Questions[1].Choices: string is not an integer",
		},
		{
			"sendMessage", text + `"extensionRules":{"questions":[{"choices":1}]}`,
			send, textREST + `"ExtensionRules":{"Questions":[{"Choices":1}]}`,
			"extensionRules.questions[0].choices: 1 is not from 2 to 100",
			"ExtensionRules.Questions[0].Choices: 1 is not from 2 to 100",
		},
		{
			"sendMessage", text + `"extensionRules":{"anonymous":true}`,
			send, textREST + `"ExtensionRules":{"Anonymous":true}`,
			"extensionRules.anonymous: needs write own", "ExtensionRules.Anonymous: needs write own",
		},
		{
			"sendMessage", text + `"extensionRules":{"closeAt":7}`,
			send, textREST + `"ExtensionRules":{"CloseAt":7}`,
			"extensionRules.closeAt: 7 is not a time to come, in Unix seconds",
			"ExtensionRules.CloseAt: 7 is not a time to come, in Unix seconds",
		},
		{
			"sendMessage", text + `"extensionRules":true`,
			send, textREST + `"ExtensionRules":[]`,
			"extensionRules: bool is not an object", "ExtensionRules: array is not an object",
		},
		{
			"sendMessage", strings.Replace(text, "true", "false", 1) + `"extensionRules":{}`,
			send, strings.Replace(textREST, "1", "0", 1) + `"ExtensionRules":{}`,
			"extensionRules: needs isSupportExtension", "ExtensionRules: needs SupportMessageExtension",
		},
		{
			"dismissGroup", `"groupID":""`, "group_open_http_svc/destroy_group", `"GroupId":""`,
			"groupID: must be 1 to 48 printable ASCII characters",
			"GroupId: must be 1 to 48 printable ASCII characters",
		},
		{
			"getGroupMemberList", `"groupID":"club","offset":-1`,
			"group_open_http_svc/get_group_member_info", `"GroupId":"club","Offset":-1`,
			"offset: -1 is negative", "Offset: -1 is negative",
		},
		{
			"getGroupMemberList", `"groupID":"club","count":101`,
			"group_open_http_svc/get_group_member_info", `"GroupId":"club","Limit":6001`,
			"count: 101 is not from 1 to 100", "Limit: 6001 is not from 1 to 6000",
		},
		{"getGroupProfile", `"groupID":""`, "", "", "groupID: must be 1 to 48 printable ASCII characters", ""},
		{"getConversationList", `"count":51`, "", "", "count: 51 is not from 1 to 50", ""},
		{"setMessageRead", `"messageID":7`, "", "", "messageID: number is not a string", ""},
		{"getUserProfile", `"userIDList":["bo","bo"]`, "", "", `userIDList: "bo" stands there twice`, ""},
		{
			"updateMyProfile", `"avatar":"` + strings.Repeat("x", 501) + `"`, "", "",
			"avatar: 501 bytes, at most 500", "",
		},
		{
			"addGroupMember", `"groupID":"club","userIDList":[]`,
			"group_open_http_svc/add_group_member", `"GroupId":"club","MemberList":[]`,
			"userIDList: none given", "MemberList: none given",
		},
		{
			"addGroupMember", `"groupID":"club","userIDList":["bo",""]`,
			"group_open_http_svc/add_group_member",
			`"GroupId":"club","MemberList":[{"Member_Account":"bo"},{"Member_account":"cy"}]`,
			"userIDList[1]: must be 1 to 32 printable ASCII characters",
			"MemberList[1]: must be 1 to 32 printable ASCII characters",
		},
		{
			"", "", "im_open_login_svc/account_delete", `"DeleteItem":[]`,
			"", "DeleteItem: none given",
		},
		{
			"", "", "im_open_login_svc/account_delete", `"DeleteItem":[{"UserID":"ada"},{"UserID":"ada"}]`,
			"", `DeleteItem: "ada" stands there twice`,
		},
		{
			"", "", "im_open_login_svc/kick", `"UserID":"\n"`,
			"", "UserID: must be 1 to 32 printable ASCII characters",
		},
		{
			"deleteGroupMember", `"groupID":"club","userIDList":["groupID: x","groupID: x"]`,
			"group_open_http_svc/delete_group_member",
			`"GroupId":"club","MemberToDel_Account":["groupID: x","groupID: x"]`,
			`userIDList: "groupID: x" stands there twice`, `MemberToDel_Account: "groupID: x" stands there twice`,
		},
	} {
		if r.method != "" {
			methodsSeen[r.method] = true
			if got := atSocket(r.method, "{"+r.params+"}"); got != r.socket {
				t.Errorf("%s {%.100s}: %q, want %q", r.method, r.params, got, r.socket)
			}
		}
		if r.command != "" {
			commandsSeen[r.command] = true
			if got := atREST(r.command, "{"+r.body+"}"); got != r.rest {
				t.Errorf("%s {%.100s}: %q, want %q", r.command, r.body, got, r.rest)
			}
		}
	}
	for name := range methods {
		if !methodsSeen[name] && name != "ping" && name != "getGroupList" { // which have none
			t.Errorf("no field of method %s", name)
		}
	}
	for _, name := range slices.DeleteFunc(rest.Commands(), func(name string) bool { return commandsSeen[name] }) {
		t.Errorf("no field of command %s", name)
	}
}

// restCaller returns a function that calls a REST command and returns the sentence of its refusal.
func restCaller(t *testing.T, commands *command.Commands) func(command, body string) string {
	const appID, secretKey = 1400000000, "a key for this test alone"
	door := rest.New(rest.Options{
		SDKAppID: appID, Keys: guest.NewKeys([]string{secretKey}, false), Admins: []string{"admin"},
		Timeout: time.Minute, Now: time.Now,
		Logger: slog.New(slog.DiscardHandler), Running: t.Context(), Answered: func(string, bool, *refusal.Error) {},
		Audit:        audit.New(slog.New(slog.DiscardHandler), time.Now),
		CheckRevoked: func(context.Context, string, time.Time) error { return nil },
	}, commands)
	sig, err := usersig.Sign(appID, secretKey, "admin", time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	query := url.Values{
		"sdkappid": {"1400000000"}, "identifier": {"admin"}, "usersig": {sig}, "random": {"1"}, "contenttype": {"json"},
	}
	return func(command, body string) string {
		w := httptest.NewRecorder()
		door.ServeHTTP(w, httptest.NewRequest("POST", "/v4/"+command+"?"+query.Encode(), strings.NewReader(body)))
		var reply struct{ ActionStatus, ErrorInfo string }
		if err := json.Unmarshal(w.Body.Bytes(), &reply); err != nil || reply.ActionStatus != "FAIL" {
			t.Fatalf("%s %.100s: %s", command, body, w.Body)
		}
		return reply.ErrorInfo
	}
}
