package hub_test

import (
	"testing"

	"exthub/hub/hubtest"
)

// object is the params of a request.
type object = hubtest.Object

// TestRoad goes the whole road once: two users, a message, a vote, the event at both, and the vote
// read again.
func TestRoad(t *testing.T) {
	w := hubtest.Start(t)
	ada, bo := w.Login("ada"), w.Login("bo")

	sent := ada.Send("C2C", "bo")
	var received struct{ Messages []hubtest.Message }
	bo.Next("MESSAGE_RECEIVED", &received)
	if got := received.Messages[0]; got.ID != sent.ID || got.ConversationID != "C2Cada" ||
		sent.ConversationID != "C2Cbo" {
		t.Fatalf("bo got %+v of %+v", got, sent)
	}

	vote, latest := bo.Set(sent.ID, "bo", "2", 0)
	if vote.Code != 0 || vote.Seq == 0 || latest != vote.Seq {
		t.Fatalf("set: %+v, latest %d", vote, latest)
	}
	for _, c := range []*hubtest.Client{ada, bo} {
		var event struct {
			MessageID string
			hubtest.Changed
		}
		c.Next("MESSAGE_EXTENSIONS_UPDATED", &event)
		if event.MessageID != sent.ID || event.Extensions[0] != vote || event.LatestSeq != latest {
			t.Fatalf("event: %+v", event)
		}
	}

	var got hubtest.Page
	ada.Must("getMessageExtensions", object{"messageID": sent.ID}, &got)
	if len(got.Extensions) != 1 || got.Extensions[0] != vote || got.CompleteFlag != 1 || got.LatestSeq != latest {
		t.Fatalf("get: %+v", got)
	}
}
