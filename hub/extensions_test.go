package hub_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"exthub/hub"
	"exthub/hub/hubtest"
)

// conflict is what the hub says of a pair that is not changed, because the Seq was not its own.
func conflict(key, value string, seq uint64) hubtest.Pair {
	return hubtest.Pair{Code: 23001, Key: key, Value: value, Seq: seq}
}

// TestSeq: a change needs the Seq of what it changes, or for a pair that is gone 0 or that of its
// deletion.
func TestSeq(t *testing.T) {
	w := hubtest.Start(t)
	ada, bo := w.Login("ada"), w.Login("bo")
	id := ada.Send("C2C", "bo").ID

	first, _ := ada.Set(id, "k", "1", 0)
	if stale, latest := bo.Set(id, "k", "2", 0); stale != conflict("k", "1", first.Seq) || latest != first.Seq {
		t.Fatalf("stale set: %+v, latest %d", stale, latest)
	}
	if wrong, _ := bo.Set(id, "k", "2", first.Seq+1); wrong.Code != 23001 {
		t.Fatalf("set with a Seq that is not there yet: %+v", wrong)
	}
	second, _ := bo.Set(id, "k", "2", first.Seq)
	if second.Code != 0 || second.Seq <= first.Seq {
		t.Fatalf("set: %+v after %+v", second, first)
	}
	if same, latest := ada.Set(id, "k", "2", second.Seq); same != second || latest != second.Seq {
		t.Fatalf("set of what is there: %+v, latest %d, want %+v", same, latest, second)
	}
	late := ada.Delete(id, object{"key": "k", "seq": first.Seq}).Extensions[0]
	if late != conflict("k", "2", second.Seq) {
		t.Fatalf("stale deletion: %+v", late)
	}
	gone := ada.Delete(id, object{"key": "k", "seq": second.Seq}).Extensions[0]
	if gone.Code != 0 || gone.Value != "" || gone.Seq <= second.Seq {
		t.Fatalf("deletion: %+v", gone)
	}
	for _, seq := range []uint64{0, gone.Seq, second.Seq, first.Seq} {
		if again := ada.Delete(id, object{"key": "k", "seq": seq}); again.Extensions[0] != gone ||
			again.LatestSeq != gone.Seq {
			t.Fatalf("deletion of what is gone, by Seq %d: %+v", seq, again)
		}
	}
	for _, seq := range []uint64{0, 5} {
		never := ada.Delete(id, object{"key": "never", "seq": seq}).Extensions[0]
		if never != (hubtest.Pair{Key: "never"}) {
			t.Fatalf("deletion of what never was, by Seq %d: %+v", seq, never)
		}
	}
	if stale, _ := ada.Set(id, "k", "3", second.Seq); stale != conflict("k", "", gone.Seq) {
		t.Fatalf("set of what is gone, by its last Seq: %+v", stale)
	}
	third, _ := ada.Set(id, "k", "3", gone.Seq)
	ada.Delete(id, object{"key": "k", "seq": third.Seq})
	if fourth, _ := ada.Set(id, "k", "4", 0); third.Code != 0 || fourth.Code != 0 {
		t.Fatalf("set after a deletion: %+v and %+v", third, fourth)
	}
}

// TestSentAgainAfterALostAnswer: a client that got no answer sends the same again, with the Seq
// that was right the first time, and is told 23001 by its own write. What a request asks for is
// there already, so it is no conflict, and nothing is written or told.
func TestSentAgainAfterALostAnswer(t *testing.T) {
	w := hubtest.Start(t)
	ada := w.Login("ada")
	id := ada.Send("C2C", "bo").ID
	set := func(seq uint64) hubtest.Pair {
		p, _ := ada.Set(id, "k", "1", seq)
		return p
	}
	remove := func(seq uint64) hubtest.Pair {
		return ada.Delete(id, object{"key": "k", "seq": seq}).Extensions[0]
	}
	first := set(0)
	if again := set(0); again != first || first.Code != 0 {
		t.Fatalf("set %+v, sent again %+v", first, again)
	}
	gone := remove(first.Seq)
	if again := remove(first.Seq); again != gone || gone.Code != 0 {
		t.Fatalf("deleted %+v, sent again %+v", gone, again)
	}
	if page := ada.Get(id, 0); page.LatestSeq != gone.Seq {
		t.Fatalf("something was written: %+v", page)
	}
}

// TestItemsAreDecidedOneByOne: what is right in a request is done, what is stale is not, and all
// that is done is done in one step.
func TestItemsAreDecidedOneByOne(t *testing.T) {
	w := hubtest.Start(t)
	ada := w.Login("ada")
	id := ada.Send("C2C", "bo").ID
	a, _ := ada.Set(id, "a", "1", 0)
	var got hubtest.Changed
	ada.Must("setMessageExtensions", object{"messageID": id, "extensions": []object{
		{"key": "b", "value": "1", "seq": 0}, {"key": "a", "value": "2", "seq": 0},
		{"key": "c", "value": "1", "seq": 0}, {"key": "a2", "value": "1", "seq": 9},
	}}, &got)
	codes := []int{}
	for _, p := range got.Extensions {
		codes = append(codes, p.Code)
	}
	if !slices.Equal(codes, []int{0, 23001, 0, 23001}) || got.Extensions[1].Value != "1" ||
		got.Extensions[1].Seq != a.Seq || got.LatestSeq != got.Extensions[2].Seq {
		t.Fatalf("%+v", got)
	}
	if p := ada.Get(id, 0); len(p.Extensions) != 3 || p.LatestSeq != got.LatestSeq {
		t.Fatalf("%+v", p)
	}
}

// TestAdminNamesNoSeq: an app admin acts on any conversation and any pair, and is bound by the
// limits alone.
func TestAdminNamesNoSeq(t *testing.T) {
	w := hubtest.Start(t, func(o *hub.Options) { o.MaxExtensions = 2 })
	ada, admin := w.Login("ada"), w.Login("admin")
	id := ada.Send("C2C", "bo").ID
	ada.Set(id, "a", "1", 0)
	if got, _ := admin.Set(id, "a", "2", 0); got.Code != 0 || got.Value != "2" {
		t.Fatalf("set: %+v", got)
	}
	if got, _ := admin.Set(id, "b", "2", 77); got.Code != 0 {
		t.Fatalf("set: %+v", got)
	}
	admin.Refused(10004, "setMessageExtensions", object{"messageID": id, "extensions": pairs("k", 1)})
	if got := admin.Delete(id, object{"key": "a"}, object{"key": "never", "seq": 5}); got.Extensions[0].Code != 0 ||
		got.Extensions[1].Code != 0 {
		t.Fatalf("deletion: %+v", got)
	}
	if p := admin.Get(id, 0); len(p.Extensions) != 1 || p.Extensions[0].Key != "b" {
		t.Fatalf("get: %+v", p)
	}
}

// TestClear: all pairs go in one step, whatever their Seq, and everybody hears of all of them.
func TestClear(t *testing.T) {
	w := hubtest.Start(t)
	ada, bo := w.Login("ada"), w.Login("bo")
	id := ada.Send("C2C", "bo").ID
	bo.Next("MESSAGE_RECEIVED", nil)
	if got := bo.Delete(id); len(got.Extensions) != 0 || got.LatestSeq != 0 {
		t.Fatalf("clear of nothing: %+v", got)
	}
	ada.Must("setMessageExtensions", object{"messageID": id, "extensions": pairs("k", 20), "atomic": true}, nil)
	bo.Next("MESSAGE_EXTENSIONS_UPDATED", nil)
	cleared := bo.Delete(id)
	var event struct {
		KeyList             []string
		LatestSeq, ClearSeq uint64
	}
	bo.Next("MESSAGE_EXTENSIONS_DELETED", &event)
	if len(event.KeyList) != 20 || event.ClearSeq != cleared.LatestSeq || event.LatestSeq != cleared.LatestSeq {
		t.Fatalf("event %+v of %+v", event, cleared)
	}
	if p := ada.Get(id, 0); len(p.Extensions) != 0 || p.ClearSeq != cleared.LatestSeq || p.CompleteFlag != 1 {
		t.Fatalf("get: %+v", p)
	}
	if again := bo.Delete(id); again.LatestSeq != cleared.LatestSeq {
		t.Fatalf("second clear: %+v", again)
	}
	if p, _ := ada.Set(id, "k0", "new", 0); p.Code != 0 || p.Seq <= cleared.LatestSeq {
		t.Fatalf("set after the clear: %+v", p)
	}
}

// TestPages: 300 pairs come in two pages, in rising Seq, and a client that was away gets what it
// missed.
func TestPages(t *testing.T) {
	w := hubtest.Start(t)
	ada := w.Login("ada")
	id := ada.Send("C2C", "bo").ID
	for i := range 15 {
		ada.Must("setMessageExtensions", object{"messageID": id, "extensions": pairs(fmt.Sprint("k", i, "-"), 20)}, nil)
	}
	said := ada.Refused(10004, "setMessageExtensions", object{"messageID": id, "extensions": pairs("more", 1)})
	if !strings.Contains(said, "has 300 pairs and may hold 300") {
		t.Errorf("beyond the limit: %q", said)
	}
	first := ada.Get(id, 0)
	if len(first.Extensions) != 200 || first.CompleteFlag != 0 {
		t.Fatalf("first page: %d pairs, completeFlag %d", len(first.Extensions), first.CompleteFlag)
	}
	last := first.Extensions[199].Seq
	second := ada.Get(id, last+1)
	all := append(first.Extensions, second.Extensions...)
	if len(all) != 300 || second.CompleteFlag != 1 || second.LatestSeq != all[299].Seq {
		t.Fatalf("second page: %d pairs, completeFlag %d, latest %d", len(second.Extensions), second.CompleteFlag,
			second.LatestSeq)
	}
	if !slices.IsSortedFunc(all, func(a, b hubtest.Pair) int { return int(a.Seq) - int(b.Seq) }) {
		t.Error("pages are not in rising Seq")
	}

	gone := ada.Delete(id, object{"key": all[0].Key, "seq": all[0].Seq})
	if missed := ada.Get(id, second.LatestSeq+1); len(missed.Extensions) != 1 ||
		missed.Extensions[0] != (hubtest.Pair{Key: all[0].Key, Seq: gone.LatestSeq}) {
		t.Fatalf("missed: %+v", missed)
	}
	if nothing := ada.Get(id, gone.LatestSeq+1); len(nothing.Extensions) != 0 || nothing.CompleteFlag != 1 ||
		nothing.LatestSeq != gone.LatestSeq {
		t.Fatalf("nothing missed: %+v", nothing)
	}
	if p, _ := ada.Set(id, "new", "1", 0); p.Code != 0 {
		t.Fatalf("a deletion makes room: %+v", p)
	}
}

// TestAnyText: a key and a value are any text; what means something to the store, to JSON or to
// JavaScript means nothing here.
func TestAnyText(t *testing.T) {
	w := hubtest.Start(t)
	ada, bo := w.Login("ada"), w.Login("bo")
	id := ada.Send("C2C", "bo").ID
	bo.Next("MESSAGE_RECEIVED", nil)
	for _, s := range []string{
		"*", ">", "a.b", ".", " ", "\x00", "\n", `"`, `\`, "=2E", "=", "$KV", "__proto__", "constructor", "<b>", "🙂",
		"键", "\ufffd", "\u2028", "_", "m", "c", "x",
	} {
		if got, _ := ada.Set(id, s, s, 0); got.Code != 0 || got.Key != s || got.Value != s {
			t.Fatalf("set %q: %+v", s, got)
		}
		var event hubtest.Changed
		bo.Next("MESSAGE_EXTENSIONS_UPDATED", &event)
		if event.Extensions[0].Key != s || event.Extensions[0].Value != s {
			t.Fatalf("event of %q: %+v", s, event)
		}
	}
	for _, p := range bo.Get(id, 0).Extensions {
		if p.Key != p.Value {
			t.Errorf("%q has the value %q", p.Key, p.Value)
		}
	}
}
