package rest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"exthub/hub"
	"exthub/hub/hubtest"
)

const (
	recall      = "openim/admin_msgwithdraw"
	recallGroup = "group_open_http_svc/group_msg_recall"
)

// A backend recalls what is not there, what was recalled before, too much at once, or with a member
// that the hub does not know. Each message gets its own answer, and a call that is refused has
// recalled none.
func TestRecall(t *testing.T) {
	w := hubtest.Start(t)
	b := w.Backend()
	b.Must(create, object{"Type": "Public", "Name": "club", "GroupId": "club", "Owner_Account": "ada"}, nil)
	for i := range 3 {
		b.SendGroup("club", i)
	}
	seqs := func(list ...int) object {
		items := make([]object, len(list))
		for i, seq := range list {
			items[i] = object{"MsgSeq": seq}
		}
		return object{"GroupId": "club", "MsgSeqList": items}
	}
	key := b.SendC2C("ada", "bo", 1)
	letter := object{"From_Account": "ada", "To_Account": "bo", "MsgKey": key}
	for _, r := range []struct {
		command string
		body    object
		code    int
		says    string
	}{
		{recallGroup, seqs(), 10004, "MsgSeqList: none given"},
		{recallGroup, seqs(make([]int, 11)...), 10004, "MsgSeqList: 11 messages"},
		{recallGroup, object{"GroupId": "club", "MsgSeqList": []object{{"MsgSeq": 1}}, "DryRun": 1}, 10004, "DryRun"},
		{recallGroup, object{"GroupId": "club",
			"MsgSeqList": []object{{"MsgSeq": 1, "Not": 1}}}, 10004, "Not: unknown"},
		{recallGroup, object{"GroupId": "club",
			"MsgSeqList": []object{{"MsgSeq": "1"}}}, 10004, "MsgSeqList[0].MsgSeq"},
		{recallGroup, object{"GroupId": "club", "TopicId": "t",
			"MsgSeqList": []object{{"MsgSeq": 1}}}, 10004, "TopicId"},
		{recallGroup, object{"GroupId": "nowhere", "MsgSeqList": []object{{"MsgSeq": 1}}}, 10010, "nowhere"},
		{recallGroup, object{"MsgSeqList": []object{{"MsgSeq": 1}}}, 10015, "GroupId"},
		{recall, object{"From_Account": "ada", "To_Account": "bo", "MsgKey": "1_2_3"}, 20022, "there is no message"},
		{recall, object{"From_Account": "ada", "To_Account": "bo"}, 10004, "MsgKey"},
		{recall, object{"From_Account": "ada", "To_Account": "bo", "MsgKey": key, "DryRun": 1}, 10004, "DryRun"},
	} {
		if e, reply := b.Call(r.command, r.body); e.ErrorCode != r.code || !strings.Contains(e.ErrorInfo, r.says) {
			t.Errorf("%s %v: %s, want %d with %q", r.command, r.body, reply, r.code, r.says)
		}
	}
	ada := w.Login("ada")
	revoked := func(conversation string) (list []bool) {
		var page struct {
			MessageList []struct {
				IsRevoked bool `json:"isRevoked"`
			}
		}
		ada.Must("getMessageList", object{"conversationID": conversation}, &page)
		for _, m := range page.MessageList {
			list = append(list, m.IsRevoked)
		}
		return list
	}
	if got := fmt.Sprint(revoked("GROUPclub"), revoked("C2Cbo")); got != "[false false false] [false]" {
		t.Errorf("after what was refused: %s", got)
	}
	for range 2 {
		var got struct{ RecallRetList json.RawMessage }
		body := seqs(1, 9, 3, 0, -1)
		body["Reason"], body["TopicId"] = "off topic", ""
		b.Must(recallGroup, body, &got)
		const want = `[{"MsgSeq":1,"RetCode":0},{"MsgSeq":9,"RetCode":10030},{"MsgSeq":3,"RetCode":0},` +
			`{"MsgSeq":0,"RetCode":10030},{"MsgSeq":-1,"RetCode":10030}]`
		if string(got.RecallRetList) != want {
			t.Errorf("%s, want %s", got.RecallRetList, want)
		}
		b.Must(recall, letter, nil)
	}
	if got := fmt.Sprint(revoked("GROUPclub"), revoked("C2Cbo")); got != "[true false true] [true]" {
		t.Errorf("after the recall: %s", got)
	}
	if seq := b.SendGroup("club", 9); seq != 4 {
		t.Errorf("the next message has the number %d", seq)
	}
}

// onLine is a log handler that calls a function at the first line of this kind.
type onLine struct {
	slog.Handler
	line string
	call func()
}

func (h *onLine) Handle(_ context.Context, r slog.Record) error {
	if r.Message == h.line && h.call != nil {
		call := h.call
		h.call = nil
		call()
	}
	return nil
}
func (h *onLine) Enabled(context.Context, slog.Level) bool { return true }
func (h *onLine) WithAttrs([]slog.Attr) slog.Handler       { return h }

// The group is dismissed when the first of two messages is recalled. The call fails, and must not
// do so with a code that says that nothing was written.
func TestRecallInParts(t *testing.T) {
	h := &onLine{line: "message recalled"}
	w := hubtest.Start(t, func(o *hub.Options) { o.Logger = slog.New(h) })
	b := w.Backend()
	b.Must(create, object{"Type": "Public", "Name": "club", "GroupId": "club", "Owner_Account": "ada"}, nil)
	b.SendGroup("club", 1)
	b.SendGroup("club", 2)
	h.call = func() {
		if e, reply := b.Call("group_open_http_svc/destroy_group", object{"GroupId": "club"}); e.ErrorCode != 0 {
			t.Errorf("%s", reply)
		}
	}
	e, reply := b.Call(recallGroup, object{"GroupId": "club", "MsgSeqList": []object{{"MsgSeq": 1}, {"MsgSeq": 2}}})
	if e.ErrorCode != 10002 || !strings.Contains(e.ErrorInfo, "a part of this was written") {
		t.Errorf("%s", reply)
	}
}
