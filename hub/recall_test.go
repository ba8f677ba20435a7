package hub_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"exthub/hub/hubtest"
	"exthub/kv/kvtest"
)

// recalled is a message as somebody sees it who asks for it after it was recalled.
type recalled struct {
	ID        string         `json:"ID"`
	Payload   map[string]any `json:"payload"`
	IsRevoked bool           `json:"isRevoked"`
	Revoker   string         `json:"revoker"`
}

// told waits for MESSAGE_REVOKED, whatever comes before, and returns the message.
func told(c *hubtest.Client) recalled {
	c.TB.Helper()
	var event struct{ Messages []recalled }
	if err := json.Unmarshal([]byte(c.Await("MESSAGE_REVOKED")), &event); err != nil || len(event.Messages) != 1 {
		c.TB.Fatalf("told %+v, %v", event, err)
	}
	return event.Messages[0]
}

// A stranger, the receiver, another member or somebody who was removed recalls what is not theirs.
// They change nothing, and only somebody in the conversation learns that there is such a message.
func TestRecallOfOthers(t *testing.T) {
	w := hubtest.Start(t)
	ada, bo, cy, eve := w.Login("ada"), w.Login("bo"), w.Login("cy"), w.Login("eve")
	ada.Must("createGroup", object{"name": "club", "type": "Public", "groupID": "club",
		"memberList": []object{{"userID": "bo"}, {"userID": "cy"}}}, nil)
	letter, note := ada.Send("C2C", "bo").ID, bo.Send("GROUP", "club").ID
	ada.Must("deleteGroupMember", object{"groupID": "club", "userIDList": []string{"bo"}}, nil)
	for _, r := range []struct {
		who  *hubtest.Client
		id   string
		code int
	}{
		{eve, letter, 10007}, {bo, letter, 10007}, {eve, note, 10007}, {cy, note, 10007}, {bo, note, 10007},
		{eve, "c.ada.bo.1_2_3", 10007}, {ada, "c.ada.bo.1_2_3", 23004}, {eve, "g.club.9", 10007},
		{cy, "g.club.9", 23004}, {ada, "g.nowhere.1", 10010}, {ada, "no ID", 10004}, {ada, "", 10004},
	} {
		r.who.Refused(r.code, "revokeMessage", object{"messageID": r.id})
	}
	ada.Refused(-32602, "revokeMessage", object{"messageID": letter, "dryRun": true})
	for _, conversation := range []string{"C2Cbo", "GROUPclub"} {
		var list struct{ MessageList []recalled }
		ada.Must("getMessageList", object{"conversationID": conversation}, &list)
		if len(list.MessageList) != 1 || list.MessageList[0].IsRevoked || len(list.MessageList[0].Payload) == 0 {
			t.Errorf("%s has %+v", conversation, list)
		}
	}
	// Who may: the owner of the group, though she did not send it.
	ada.Must("revokeMessage", object{"messageID": note}, nil)
}

// Somebody looks for what was recalled: at each door, on another hub, in the history, in the answer
// to the message sent once more, or in the log. Members who were there are told, those who were
// away learn of it when they ask.
func TestRecalledIsNowhere(t *testing.T) {
	const secret = "what-nobody-may-read"
	nc := kvtest.Server(t)
	w, other := hubtest.StartOn(t, nc), hubtest.StartOn(t, nc)
	ada, again, bo := w.Login("ada"), w.Login("ada"), other.Login("bo")
	params := object{"to": "bo", "conversationType": "C2C", "type": "TIMCustomElem", "random": 1, "clientSequence": 2,
		"payload": object{"data": secret}, "cloudCustomData": secret, "isSupportExtension": true}
	var sent struct{ Message hubtest.Message }
	ada.Must("sendMessage", params, &sent)
	id := sent.Message.ID
	bo.Next("MESSAGE_RECEIVED", nil)
	bo.Set(id, secret+"-key", secret, 0)

	var reply struct{ Message recalled }
	ada.Must("revokeMessage", object{"messageID": id}, &reply)
	for name, m := range map[string]recalled{
		"ada": told(ada), "her other session": told(again), "bo": told(bo), "the answer": reply.Message,
	} {
		if m.ID != id || !m.IsRevoked || m.Revoker != "ada" || len(m.Payload) != 0 {
			t.Errorf("%s was told %+v", name, m)
		}
	}
	// Once more: nothing changes, and nobody is told.
	ada.Must("revokeMessage", object{"messageID": id}, &reply)
	if reply.Message.Revoker != "ada" || !reply.Message.IsRevoked {
		t.Errorf("recalled again: %+v", reply.Message)
	}

	b := other.Backend()
	atREST := object{"From_Account": "ada", "To_Account": "bo", "MsgKey": strings.TrimPrefix(id, "c.ada.bo.")}
	for _, c := range []*hubtest.Client{ada, bo} {
		c.Refused(20023, "getMessageExtensions", object{"messageID": id})
		c.Refused(20023, "setMessageExtensions", hubtest.SetParams(id, "k", "v", 0))
		c.Refused(20023, "deleteMessageExtensions", hubtest.DeleteParams(id))
		c.Refused(20023, "deleteMessageExtensions", hubtest.DeleteParams(id, object{"key": "k", "seq": 0}))
	}
	ada.Refused(20023, "sendMessage", params)
	for operate := range 4 {
		command := "openim_msg_ext_http_svc/set_key_values"
		atREST["OperateType"], atREST["ExtensionList"] = operate, []object{{"Key": "k", "Value": "v"}}
		switch operate {
		case 0:
			command = "openim_msg_ext_http_svc/get_key_values"
		case 3:
			delete(atREST, "ExtensionList")
		}
		if e, reply := b.Call(command, atREST); e.ErrorCode != 20023 {
			t.Errorf("%s %v: %s", command, atREST, reply)
		}
	}
	for _, c := range []*hubtest.Client{ada, bo} {
		peer := map[*hubtest.Client]string{ada: "C2Cbo", bo: "C2Cada"}[c]
		var list struct {
			MessageList []json.RawMessage
		}
		c.Must("getMessageList", object{"conversationID": peer}, &list)
		if len(list.MessageList) != 1 || !strings.Contains(string(list.MessageList[0]), `"isRevoked":true`) ||
			strings.Contains(string(list.MessageList[0]), secret) {
			t.Errorf("%s has %s", peer, list.MessageList)
		}
		if pending := c.Pending(); len(pending) > 0 {
			t.Errorf("told more: %s", pending[0].Raw)
		}
	}
}

// Somebody sets pairs of a message of two hubs while it is being recalled, to leave some behind
// that nobody can delete any more. Every set is before the recall, or refused.
func TestSetsDuringRecall(t *testing.T) {
	nc := kvtest.Server(t)
	worlds := []*hubtest.World{hubtest.StartOn(t, nc), hubtest.StartOn(t, nc)}
	ada := worlds[0].Login("ada")
	for range 10 {
		id := ada.Send("C2C", "bo").ID
		var all sync.WaitGroup
		for i, w := range worlds {
			c := w.Login("bo")
			all.Go(func() {
				defer c.Close()
				for n := 0; ; n++ {
					err := c.Call("setMessageExtensions", hubtest.SetParams(id, fmt.Sprint(i, n), "v", 0), nil)
					if code := hubtest.Code(err); code == 20023 {
						return
					} else if err != nil && code != 23003 && code != 10004 {
						t.Errorf("set %d: %v", n, err)
						return
					}
				}
			})
		}
		ada.Must("revokeMessage", object{"messageID": id}, nil)
		all.Wait()
		told(ada)
		ada.Must("ping", object{}, nil)
		if len(ada.Pending()) > 0 {
			t.Errorf("told after the recall: %s", ada.Pending()[0].Raw)
		}
	}
}
