package kv

import (
	"errors"
	"slices"
	"testing"

	"exthub/kv/bucket"
	"exthub/kv/kvtest"
)

// recent returns a page of a user's conversations: the groups and users, the newest first.
func recent(t *testing.T, s *Store, q RecentQuery) (names []string, list []Recent, next *Cursor) {
	t.Helper()
	if q.Count == 0 {
		q.Count = 100
	}
	list, next, err := s.Recent(t.Context(), q, func(GroupInfo) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		if r.Group != nil {
			names = append(names, "GROUP"+r.Group.Group.GroupID)
		} else {
			names = append(names, "C2C"+r.Peer)
		}
	}
	return names, list, next
}

func expectNames(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func post(t *testing.T, s *Store, group, text string) Ref {
	t.Helper()
	return mail(t, s, Record{
		From: "ann", GroupID: group, Ref: Ref{GroupID: group}, Type: "TIMTextElem",
		Payload: []byte(`{"text":"` + text + `"}`), Time: 1000,
	})
}

// A stranger writes, and somebody posts in a group in which nothing was ever said, while a user is
// away. Who comes back asks for what is new since a position, and is told of both and of nothing
// else, the newest first, on any hub and over any number of buckets.
func TestRecentSince(t *testing.T) {
	nc := kvtest.Server(t)
	here, _ := open(t, nc, Options{Shards: 3})
	there, _ := open(t, nc, Options{Shards: 3})
	for _, group := range []string{"old", "quiet", "team", "void"} {
		makeGroup(t, here, group, "ann", "bob")
	}
	makeGroup(t, here, "others", "ann")
	post(t, here, "old", "before")
	mail(t, here, letter("cyd", "bob", 1, "before"))
	names, _, _ := recent(t, here, RecentQuery{User: "bob"})
	expectNames(t, names, "C2Ccyd", "GROUPold")

	away := here.Position()
	names, _, _ = recent(t, here, RecentQuery{User: "bob", Since: away})
	expectNames(t, names)
	post(t, there, "quiet", "the first")
	mail(t, there, letter("dan", "bob", 1, "the first"))
	mail(t, there, letter("bob", "eve", 1, "one's own"))
	post(t, there, "others", "not for bob")
	mail(t, there, letter("dan", "cyd", 1, "not for bob"))
	post(t, there, "team", "the first")
	for _, s := range []*Store{there, here} {
		// As long as it takes until this hub has heard of it
		for _, sh := range s.shards {
			if err := sh.tail.applied.wait(t.Context(), there.shards[sh.index].bucket.Seen()); err != nil {
				t.Fatal(err)
			}
		}
		names, list, next := recent(t, s, RecentQuery{User: "bob", Since: away})
		expectNames(t, names, "GROUPteam", "C2Ceve", "C2Cdan", "GROUPquiet")
		if next != nil {
			t.Error("there is more:", next)
		}
		for _, r := range list {
			if r.Newest == nil || r.Last != 1 || r.Read != 0 {
				t.Errorf("%+v, want one message, which is not read", r)
			}
		}
		names, _, _ = recent(t, s, RecentQuery{User: "bob"})
		expectNames(t, names, "GROUPteam", "C2Ceve", "C2Cdan", "GROUPquiet", "C2Ccyd", "GROUPold")
	}
}

// A user has more conversations than a page has. Page after page names each of them once, and none
// costs the others' messages.
func TestRecentPages(t *testing.T) {
	s, _ := open(t, kvtest.Server(t), Options{Shards: 2})
	var want []string
	for _, peer := range []string{"dan", "cyd", "eve", "Fay O'Hara", "gus"} {
		mail(t, s, letter(peer, "bob", 1, "hello"))
		want = append([]string{"C2C" + peer}, want...)
	}
	var got []string
	q := RecentQuery{User: "bob", Count: 2}
	for {
		names, _, next := recent(t, s, q)
		got = append(got, names...)
		if next == nil {
			break
		}
		var err error
		if q.Before, err = ParseCursor(next.String()); err != nil {
			t.Fatal(err)
		}
	}
	expectNames(t, got, want...)
}

// What was read is kept, in whatever order two devices say it, and only of messages that there are.
func TestMarkRead(t *testing.T) {
	s, _ := open(t, kvtest.Server(t), Options{})
	makeGroup(t, s, "team", "ann", "bob")
	first, second := post(t, s, "team", "one"), post(t, s, "team", "two")
	post(t, s, "team", "three")
	letters := []Ref{mail(t, s, letter("cyd", "bob", 1, "one")), mail(t, s, letter("bob", "cyd", 2, "two"))}
	for _, ref := range []Ref{second, first, letters[0]} {
		if err := s.MarkRead(t.Context(), "bob", ref); err != nil {
			t.Fatal(err)
		}
	}
	_, list, _ := recent(t, s, RecentQuery{User: "bob"})
	if list[0].Last != 2 || list[0].Read != 1 || list[1].Last != 3 || list[1].Read != 2 {
		t.Errorf("got %d of %d and %d of %d, want 1 of 2 and 2 of 3",
			list[0].Read, list[0].Last, list[1].Read, list[1].Last)
	}
	if _, list, _ = recent(t, s, RecentQuery{User: "ann"}); list[0].Read != 0 {
		t.Error("what bob has read counts for ann")
	}
	for _, none := range []Ref{{GroupID: "team", MsgSeq: 9}, {From: "cyd", To: "bob", MsgKey: "9_9_9"}} {
		if err := s.MarkRead(t.Context(), "bob", none); !errors.Is(err, ErrMessageID) {
			t.Errorf("%v: %v", none, err)
		}
	}
}

// The newest message of a group is recalled, which writes its record anew: nothing new was said.
func TestRecentAfterRecall(t *testing.T) {
	nc := kvtest.Server(t)
	s, _ := open(t, nc, Options{})
	makeGroup(t, s, "team", "ann", "bob")
	post(t, s, "team", "one")
	two := post(t, s, "team", "two")
	recent(t, s, RecentQuery{User: "bob"})
	away := s.Position()
	if _, _, err := s.Recall(t.Context(), two, "ann", 1001, func(*Record) error { return nil }); err != nil {
		t.Fatal(err)
	}
	other, _ := open(t, nc, Options{}) // which has to find out
	for _, s := range []*Store{s, other} {
		names, _, _ := recent(t, s, RecentQuery{User: "bob", Since: away})
		expectNames(t, names)
		if _, list, _ := recent(t, s, RecentQuery{User: "bob"}); list[0].Last != 2 || list[0].Newest.Recalled == nil {
			t.Errorf("got %+v", list[0])
		}
	}
	post(t, s, "team", "three")
	names, _, _ := recent(t, s, RecentQuery{User: "bob", Since: away})
	expectNames(t, names, "GROUPteam")
}

// A bucket was used before there were lists. The first hub that opens it lists what is there.
func TestListOld(t *testing.T) {
	nc := kvtest.Server(t)
	s, _ := open(t, nc, Options{})
	for _, peer := range []string{"cyd", "dan"} {
		for n := range maxPart + 1 {
			mail(t, s, letter(peer, "bob", n+1, "hello"))
		}
	}
	b := s.shards[0].bucket
	for _, key := range []string{listedKey, "l.bob.cyd", "l.cyd.bob", "l.bob.dan", "l.dan.bob"} {
		if err := b.Purge(t.Context(), key, b.Seen()); err != nil {
			t.Fatal(err)
		}
	}
	names, _, _ := recent(t, s, RecentQuery{User: "bob"})
	expectNames(t, names)
	again, _ := open(t, nc, Options{})
	names, list, _ := recent(t, again, RecentQuery{User: "bob"})
	expectNames(t, names, "C2Cdan", "C2Ccyd")
	if list[0].Last != maxPart+1 {
		t.Errorf("the last number is %d", list[0].Last)
	}
	names, _, _ = recent(t, again, RecentQuery{User: "dan"})
	expectNames(t, names, "C2Cbob")
}

// All messages of a conversation expire, and what lists it goes with the last of them.
func TestRecentExpires(t *testing.T) {
	t.Parallel()
	s, _ := open(t, kvtest.Server(t), brief(Options{}))
	mail(t, s, dying(letter("cyd", "bob", 1, "hello")))
	mail(t, s, letter("dan", "bob", 1, "for ever"))
	mail(t, s, dying(letter("dan", "bob", 2, "hello")))
	awaitNone(t, s, "l.bob.cyd")
	names, _, _ := recent(t, s, RecentQuery{User: "bob"})
	expectNames(t, names, "C2Cdan")
}

// The end of a letter's commit belongs to no message, and may be overwritten before it is read. The
// letter is handed out at once all the same.
func TestLetterIsHandedOutAtOnce(t *testing.T) {
	s, _ := open(t, kvtest.Server(t), Options{})
	write := (&Record{From: "ann", To: "bob", Ref: letter("ann", "bob", 1, "").Ref, Payload: []byte(`{}`)}).write()
	at, err := parseKey(write.Key)
	if err != nil {
		t.Fatal(err)
	}
	for _, after := range []bucket.Delivery{
		{Entry: bucket.Entry{Key: "l.bob.ann"}, Batch: "1", EndBatch: true},
		{Entry: bucket.Entry{Key: "l.bob.ann"}, Batch: "2"},
		{Entry: bucket.Entry{Key: "u.bob.team"}},
	} {
		var got []Delta
		sink := func(d Delta) { got = append(got, d) }
		b := deltaBuilder{cache: s.shards[0].cache}
		b.add(at, bucket.Delivery{
			Entry: bucket.Entry{Key: write.Key, Value: write.Value, Revision: 1}, Batch: "1",
		}, sink)
		b.pass(bucket.Delivery{Entry: bucket.Entry{Key: "l.ann.bob"}, Batch: "1"})
		if b.flush(sink); len(got) > 0 {
			t.Fatal("half of a commit was handed out")
		}
		b.pass(after)
		if b.flush(sink); len(got) != 1 || got[0].Record == nil {
			t.Errorf("after %+v: got %v", after, got)
		}
	}
}
