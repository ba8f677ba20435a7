package hub_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"exthub/hub"
	"exthub/hub/hubtest"
	"exthub/kv/kvtest"
)

// history reads a whole conversation page by page and returns the IDs, oldest first.
func history(c *hubtest.Client, conversationID string, count int) []string {
	c.TB.Helper()
	var ids []string
	for next := ""; ; {
		var got struct {
			MessageList      []hubtest.Message
			NextReqMessageID string
			IsCompleted      bool
		}
		c.Must("getMessageList", object{"conversationID": conversationID, "nextReqMessageID": next, "count": count},
			&got)
		var page []string
		for _, m := range got.MessageList {
			page = append(page, m.ID)
		}
		ids = append(page, ids...)
		if got.IsCompleted != (got.NextReqMessageID == "") || !got.IsCompleted && len(page) != count {
			c.TB.Fatalf("page %+v", got)
		}
		if next = got.NextReqMessageID; next == "" {
			return ids
		}
	}
}

// TestHistory: pages of any size give the same messages, the oldest first, to everybody who may
// read them.
func TestHistory(t *testing.T) {
	w := hubtest.Start(t)
	ada, bo := w.Login("ada"), w.Login("bo")
	createGroup(ada, "Public", "club", "bo")
	var letters, posts []string
	for i := range 17 {
		from, to := ada, "bo"
		if i%2 == 1 {
			from, to = bo, "ada"
		}
		letters = append(letters, from.Send("C2C", to).ID)
		posts = append(posts, from.Send("GROUP", "club").ID)
	}
	for _, count := range []int{1, 15} {
		expect(t, history(ada, "C2Cbo", count), letters)
		expect(t, history(bo, "C2Cada", count), letters)
		expect(t, history(bo, "GROUPclub", count), posts)
	}
	if posts[0] != "g.club.1" || posts[16] != "g.club.17" {
		t.Errorf("group messages are numbered %v", posts)
	}
	expect(t, history(ada, "C2Ceve", 15), nil)
	createGroup(ada, "Public", "quiet")
	expect(t, history(ada, "GROUPquiet", 15), nil)

	// A page that has nothing before it says so, also when it is full.
	var got struct {
		MessageList []hubtest.Message
		IsCompleted bool
	}
	ada.Must("getMessageList", object{"conversationID": "GROUPclub", "nextReqMessageID": posts[15], "count": 15}, &got)
	if len(got.MessageList) != 15 || !got.IsCompleted {
		t.Errorf("last page: %d messages, %t", len(got.MessageList), got.IsCompleted)
	}
}

// TestMessageToOneself: a message to oneself is one like any other, and comes once.
func TestMessageToOneself(t *testing.T) {
	w := hubtest.Start(t)
	phone, laptop := w.Login("ada"), w.Login("ada")
	sent := phone.Send("C2C", "ada")
	var got struct{ Messages []hubtest.Message }
	laptop.Next("MESSAGE_RECEIVED", &got)
	phone.Set(sent.ID, "k", "v", 0)
	phone.Next("MESSAGE_EXTENSIONS_UPDATED", nil)
	laptop.Next("MESSAGE_EXTENSIONS_UPDATED", nil)
	if got.Messages[0].ID != sent.ID || sent.ConversationID != "C2Cada" {
		t.Errorf("sent %+v, got %+v", sent, got)
	}
	expect(t, history(laptop, "C2Cada", 15), []string{sent.ID})
}

// TestPayload: the fields of the type are kept as they are, the missing ones are "", others are
// dropped.
func TestPayload(t *testing.T) {
	w := hubtest.Start(t)
	ada := w.Login("ada")
	for _, p := range []struct{ kind, payload, want string }{
		{"TIMTextElem", `{"text":"<b>🙂\u2028","data":"no"}`, "{\"text\":\"<b>🙂\u2028\"}"},
		{"TIMCustomElem", `{"data":"{\"a\":1}","more":{}}`, `{"data":"{\"a\":1}","description":"","extension":""}`},
		{"TIMCustomElem", `{}`, `{"data":"","description":"","extension":""}`},
	} {
		var sent struct {
			Message struct{ Payload json.RawMessage }
		}
		ada.Must("sendMessage", object{"to": "bo", "conversationType": "C2C", "type": p.kind,
			"payload": json.RawMessage(p.payload)}, &sent)
		var got, want any
		if json.Unmarshal(sent.Message.Payload, &got) != nil || json.Unmarshal([]byte(p.want), &want) != nil ||
			fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %s, want %s", p.payload, sent.Message.Payload, p.want)
		}
	}
}

// TestMsgKey: the numbers that the client chose are in the key; those that it did not choose are
// made.
func TestMsgKey(t *testing.T) {
	w := hubtest.Start(t, func(o *hub.Options) { o.Now = func() time.Time { return time.Unix(1700000100, 0) } })
	sig := `"userSig":"` + sigAda + `"`
	ada := w.Dial()
	ada.Must("login", json.RawMessage(`{"sdkAppID":1400000000,"userID":"ada",`+sig+`}`), nil)
	var sent struct{ Message hubtest.Message }
	ada.Must("sendMessage", object{
		"to": "bo", "conversationType": "C2C", "type": "TIMTextElem", "payload": object{"text": "x"}, "random": 0,
		"clientSequence": 4294967295,
	}, &sent)
	if sent.Message.ID != "c.ada.bo.4294967295_0_1700000100" || sent.Message.Sequence != 4294967295 {
		t.Errorf("%+v", sent.Message)
	}
	if id := ada.Send("C2C", "bo").ID; !regexp.MustCompile(`^c\.ada\.bo\.\d+_\d+_1700000100$`).MatchString(id) {
		t.Error(id)
	}
}

// TestSentAgain: a message that is sent again is not stored again, and tells nobody again.
func TestSentAgain(t *testing.T) {
	w := hubtest.Start(t)
	ada, bo := w.Login("ada"), w.Login("bo")
	createGroup(ada, "Public", "club", "bo")
	for _, to := range []object{{"to": "bo", "conversationType": "C2C"}, {"to": "club", "conversationType": "GROUP"}} {
		send := func(text string, random int) string {
			var sent struct{ Message hubtest.Message }
			ada.Must("sendMessage", object{
				"to": to["to"], "conversationType": to["conversationType"], "type": "TIMTextElem",
				"payload": object{"text": text}, "random": random, "clientSequence": 7,
			}, &sent)
			return sent.Message.ID
		}
		first := send("x", 1)
		if again := send("x", 1); again != first {
			t.Errorf("sent again: %s, then %s", first, again)
		}
		if other := send("x", 2); other == first {
			t.Errorf("another random: %s again", other)
		}
		for range 2 {
			bo.Next("MESSAGE_RECEIVED", nil)
		}
	}
	bo.Must("ping", object{}, nil)
	if more := bo.Pending(); len(more) != 0 {
		t.Errorf("also told of %s", more[0].Params)
	}
}

// TestSameKeyOtherContent: two messages of one second that were given the same sequence and random
// are two messages, each with a key of its own.
func TestSameKeyOtherContent(t *testing.T) {
	w := hubtest.Start(t, func(o *hub.Options) { o.Now = func() time.Time { return time.Unix(1700000100, 0) } })
	ada := w.Dial()
	ada.Must("login", json.RawMessage(`{"sdkAppID":1400000000,"userID":"ada","userSig":"`+sigAda+`"}`), nil)
	var ids []string
	for _, text := range []string{"x", "y"} {
		var sent struct{ Message hubtest.Message }
		ada.Must("sendMessage", object{
			"to": "bo", "conversationType": "C2C", "type": "TIMTextElem", "payload": object{"text": text},
			"random": 1, "clientSequence": 1,
		}, &sent)
		ids = append(ids, sent.Message.ID)
	}
	if ids[0] == ids[1] {
		t.Errorf("both are %s", ids[0])
	}
	expect(t, history(ada, "C2Cbo", 15), ids)
}

// TestGroupNumbers: many senders on two hubs number a group's messages from 1 without a gap, and
// everybody gets them in that order.
func TestGroupNumbers(t *testing.T) {
	nc := kvtest.Server(t)
	hubs := []*hubtest.World{hubtest.StartOn(t, nc), hubtest.StartOn(t, nc)}
	reader := hubs[0].Login("reader")
	senders := make([]*hubtest.Client, 10)
	names := make([]string, len(senders))
	for i := range senders {
		names[i] = fmt.Sprint("s", i)
		senders[i] = hubs[i%2].Login(names[i])
	}
	createGroup(reader, "Public", "club", names...)
	var mu sync.Mutex
	var numbers []uint64
	var group sync.WaitGroup
	for _, s := range senders {
		group.Go(func() {
			for range 10 {
				n := s.Send("GROUP", "club").Sequence
				mu.Lock()
				numbers = append(numbers, n)
				mu.Unlock()
			}
		})
	}
	group.Wait()
	slices.Sort(numbers)
	for i, n := range numbers {
		if n != uint64(i+1) {
			t.Fatalf("numbers %v", numbers)
		}
		var got struct{ Messages []hubtest.Message }
		reader.Next("MESSAGE_RECEIVED", &got)
		if got.Messages[0].Sequence != n {
			t.Fatalf("message %d came as number %d", got.Messages[0].Sequence, n)
		}
	}
}

// A member names the message with the largest number there can be, so that the hub would count down
// from it for ever.
func TestHistoryBeforeTheLargestNumber(t *testing.T) {
	w := hubtest.Start(t)
	ann := w.Login("ann")
	createGroup(ann, "Public", "club")
	ann.Send("GROUP", "club")
	for _, number := range []uint64{math.MaxInt64, math.MaxInt64 + 1, math.MaxUint64} {
		before := fmt.Sprint("g.club.", number)
		err := ann.Call("getMessageList", object{"conversationID": "GROUPclub", "nextReqMessageID": before}, nil)
		var refused *hubtest.Refusal
		if err != nil && !errors.As(err, &refused) {
			t.Fatalf("before %s: %v", before, err)
		}
	}
	expectAlive(t, ann)
}
