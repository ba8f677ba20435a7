package hub_test

import "testing"

type pair struct {
	Code  int    `json:"code"`
	Key   string `json:"key"`
	Value string `json:"value"`
	Seq   uint64 `json:"seq"`
}

type changed struct {
	Extensions []pair `json:"extensions"`
	LatestSeq  uint64 `json:"latestSeq"`
}

type page struct {
	changed
	ClearSeq     uint64 `json:"clearSeq"`
	PurgedSeq    uint64 `json:"purgedSeq"`
	CompleteFlag int    `json:"completeFlag"`
}

type message struct {
	ID             string `json:"ID"`
	ConversationID string `json:"conversationID"`
	From           string `json:"from"`
	To             string `json:"to"`
	Sequence       uint64 `json:"sequence"`
}

// send sends a custom message that takes extensions, and returns it.
func (c *client) send(conversationType, to string) message {
	c.t.Helper()
	var sent struct{ Message message }
	c.must("sendMessage", object{
		"to": to, "conversationType": conversationType, "type": "TIMCustomElem", "payload": object{"data": "{}"}, "isSupportExtension": true,
	}, &sent)
	return sent.Message
}

// set sets one pair.
func (c *client) set(messageID, key, value string, seq uint64) (pair, uint64) {
	c.t.Helper()
	var got changed
	c.must("setMessageExtensions", object{"messageID": messageID, "extensions": []object{{"key": key, "value": value, "seq": seq}}}, &got)
	return got.Extensions[0], got.LatestSeq
}

// TestRoad goes the whole road once: two users, a message, a vote, the event at both, and the vote read again.
func TestRoad(t *testing.T) {
	w := start(t)
	ada, bo := w.login("ada"), w.login("bo")

	sent := ada.send("C2C", "bo")
	var received struct{ Messages []message }
	bo.next("MESSAGE_RECEIVED", &received)
	if got := received.Messages[0]; got.ID != sent.ID || got.ConversationID != "C2Cada" || sent.ConversationID != "C2Cbo" {
		t.Fatalf("bo got %+v of %+v", got, sent)
	}

	vote, latest := bo.set(sent.ID, "bo", "2", 0)
	if vote.Code != 0 || vote.Seq == 0 || latest != vote.Seq {
		t.Fatalf("set: %+v, latest %d", vote, latest)
	}
	for _, c := range []*client{ada, bo} {
		var event struct {
			MessageID string
			changed
		}
		c.next("MESSAGE_EXTENSIONS_UPDATED", &event)
		if event.MessageID != sent.ID || event.Extensions[0] != vote || event.LatestSeq != latest {
			t.Fatalf("event: %+v", event)
		}
	}

	var got page
	ada.must("getMessageExtensions", object{"messageID": sent.ID}, &got)
	if len(got.Extensions) != 1 || got.Extensions[0] != vote || got.CompleteFlag != 1 || got.LatestSeq != latest {
		t.Fatalf("get: %+v", got)
	}
}
