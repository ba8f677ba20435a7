package hub_test

import (
	"strings"
	"testing"
	"time"

	"exthub/hub"
	"exthub/hub/hubtest"
)

// A client asks for the largest pages again and again: each costs the hub a hundred times what a
// small request does. It may ask for as much less of them.
func TestLargeRequestsCostMore(t *testing.T) {
	const rate = 40
	now := time.Now()
	w := hubtest.Start(t, func(o *hub.Options) {
		o.SessionRate, o.Now = rate, func() time.Time { return now } // a second that does not end
	})
	bob := w.Login("bob")
	writer := w.Login("ann")
	for range 15 {
		writer.Must("sendMessage", object{
			"to": "bob", "conversationType": "C2C", "type": "TIMTextElem",
			"payload": object{"text": strings.Repeat("x", 12_000)},
		}, nil)
	}
	large, small := w.Login("ann"), w.Login("ann")
	page := object{"conversationID": "C2Cbob"}
	answered, refused := 0, false
	for range rate {
		err := large.Call("getMessageList", page, nil)
		if err == nil {
			answered++
			continue
		}
		if hubtest.Code(err) != 10006 {
			t.Fatal(err)
		}
		refused = true
		break
	}
	if !refused || answered > rate/4 {
		t.Errorf("%d pages of 180 KB were answered, of %d requests", answered, rate)
	}
	for range rate {
		small.Must("getMessageList", object{"conversationID": "C2Cnobody"}, nil)
	}
	expectAlive(t, bob)
}
