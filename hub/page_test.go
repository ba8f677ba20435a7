package hub_test

import (
	"fmt"
	"strings"
	"testing"

	"exthub/hub/hubtest"
)

// A member fills a message with control characters, of which JSON makes six bytes each: whoever
// opens it is meant to be sent away for an answer that is too large, again and again. It comes in
// pages that a client reads to their end.
func TestMessageOfControlCharacters(t *testing.T) {
	w := hubtest.Start(t)
	c := w.Login("ada")
	id := c.Send("C2C", "bo").ID
	const all, perRequest = 200, 8
	for n := 0; n < all; n += perRequest {
		var list []object
		for i := range perRequest {
			list = append(list, object{"key": fmt.Sprint("k", n+i), "value": strings.Repeat("\x01", 1000), "seq": 0})
		}
		c.Must("setMessageExtensions", object{"messageID": id, "extensions": list}, nil)
	}
	reader := w.Login("bo")
	var got []hubtest.Pair
	pages := 0
	for start := uint64(0); ; pages++ {
		page := reader.Get(id, start)
		if len(page.Extensions) == 0 {
			t.Fatalf("page %d from %d has nothing", pages, start)
		}
		got = append(got, page.Extensions...)
		if page.CompleteFlag == 1 {
			break
		}
		start = page.Extensions[len(page.Extensions)-1].Seq + 1
	}
	if len(got) != all || pages < 2 {
		t.Errorf("%d pairs in %d pages before the last", len(got), pages)
	}
	expectAlive(t, reader)
}

// A member asks for as much as the hub gives, many times and at once, and does not read: that waits
// with the client, not in the hub. When it reads, all comes.
func TestManyLargeAnswers(t *testing.T) {
	w := hubtest.Start(t)
	c := w.Login("ada")
	createGroup(c, "Public", "club")
	for i := range 15 {
		c.Must("sendMessage", object{
			"to": "club", "conversationType": "GROUP", "type": "TIMTextElem",
			"payload": object{"text": strings.Repeat("\x01", 2000)}, "random": i,
		}, nil)
	}
	const requests = 30
	for range requests {
		c.Write(c.Request("getMessageList", object{"conversationID": "GROUPclub"}))
	}
	size := 0
	for range requests {
		f := c.Answer()
		if f.Error != nil {
			t.Fatalf("%s", f.Raw)
		}
		size += len(f.Raw)
	}
	if size < requests*150_000 {
		t.Errorf("the answers have %d bytes", size)
	}
	expectAlive(t, c)
}
