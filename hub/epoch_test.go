package hub_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"exthub/hub/hubtest"
	"exthub/hub/socket"
)

// TestEpoch: the epoch is the same for every session on every hub, as long as the store is the
// same.
func TestEpoch(t *testing.T) {
	w := hubtest.Start(t)
	first, second := w.Login("ada").Epoch, w.Login("bo").Epoch
	elsewhere := hubtest.StartOn(t, w.NATS).Login("ada").Epoch
	if first == "" || second != first || elsewhere != first {
		t.Errorf("epochs %q, %q, and on another hub %q", first, second, elsewhere)
	}
}

// TestAnotherHistory: a bucket that was deleted, and made anew with nothing in it, ends every
// session, and the next login names another history. What was there is not there any more, whatever
// Seq a client names, and what is made now under the old names is read and told.
func TestAnotherHistory(t *testing.T) {
	w := hubtest.Start(t)
	ada := w.Login("ada")
	before := ada.Epoch
	group := object{"name": "Book club", "type": "Public", "groupID": "club"}
	ada.Must("createGroup", group, nil)
	letter, post := ada.Send("C2C", "bo").ID, ada.Send("GROUP", "club").ID
	var last uint64
	for i := range 20 {
		pair, _ := ada.Set(post, fmt.Sprint("k", i), "old", 0)
		last = pair.Seq
	}

	js, err := jetstream.New(w.NATS)
	if err != nil {
		t.Fatal(err)
	}
	// The hub makes it anew
	if err := js.DeleteStream(t.Context(), "KV_ext_0"); err != nil {
		t.Fatal(err)
	}
	if code := ada.Closed(); code != socket.CloseLost {
		t.Fatalf("closed with %d", code)
	}

	ada = w.Login("ada")
	if after := ada.Epoch; after == before || after == "" {
		t.Errorf("the epoch was %q and is %q", before, after)
	}
	for _, startSeq := range []uint64{0, 1, last, last + 1} {
		ada.Refused(23004, "getMessageExtensions", object{"messageID": letter, "startSeq": startSeq})
		ada.Refused(10010, "getMessageExtensions", object{"messageID": post, "startSeq": startSeq})
	}
	ada.Refused(23004, "setMessageExtensions", object{"messageID": letter,
		"extensions": []object{{"key": "k", "value": "v", "seq": last}}})
	ada.Refused(10010, "getMessageList", object{"conversationID": "GROUPclub"})
	var list struct{ MessageList []json.RawMessage }
	if ada.Must("getMessageList", object{"conversationID": "C2Cbo"}, &list); len(list.MessageList) != 0 {
		t.Errorf("%d messages of another history", len(list.MessageList))
	}

	ada.Must("createGroup", group, nil)
	if again := ada.Send("GROUP", "club").ID; again != post {
		t.Fatalf("the first message is %s, was %s", again, post)
	}
	pair, _ := ada.Set(post, "k0", "new", 0)
	ada.Next("MESSAGE_EXTENSIONS_UPDATED", nil)
	if got := ada.Get(post, 0); len(got.Extensions) != 1 || got.Extensions[0].Seq != pair.Seq || got.LatestSeq >= last {
		t.Errorf("read %+v", got)
	}
	// This is what the epoch is for: nothing else tells a client with the last Seq that it saw.
	if got := ada.Get(post, last+1); len(got.Extensions) != 0 || got.LatestSeq >= last {
		t.Errorf("from %d on: %+v", last+1, got)
	}
}
