package kv

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"exthub/kv/bucket"
	"exthub/kv/kvtest"
)

func makeGroup(t testing.TB, s *Store, id string, members ...string) {
	t.Helper()
	if err := s.UpdateGroup(t.Context(), id, func(g *Group) (GroupChange, error) {
		change := GroupChange{Info: &GroupInfo{Type: "Public", Name: id}}
		for _, m := range members {
			change.Add = append(change.Add, Member{UserID: m, Role: "Member"})
		}
		return change, nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestGroup(t *testing.T) {
	hubs := stores(t, 2)
	makeGroup(t, hubs[0], "team", "ann", "bob")
	if err := hubs[1].UpdateGroup(t.Context(), "team", func(g *Group) (GroupChange, error) {
		if _, ok := g.Member("bob"); !ok || g.Info() == nil || g.Info().GroupID != "team" {
			t.Errorf("the other hub sees %+v", g)
		}
		return GroupChange{Add: []Member{{UserID: "cat"}}, Remove: []string{"bob"}}, nil
	}); err != nil {
		t.Fatal(err)
	}
	for user, want := range map[string]int{"ann": 1, "bob": 0, "cat": 1, "dan": 0} {
		for i, s := range hubs {
			if groups, err := s.Groups(t.Context(), user); err != nil || len(groups) != want {
				t.Errorf("hub %d: %s is in %v, %v", i, user, groups, err)
			}
		}
	}
	if err := hubs[0].UpdateGroup(t.Context(), "team", func(*Group) (GroupChange, error) {
		return GroupChange{Dissolve: true}, nil
	}); err != nil {
		t.Fatal(err)
	}
	if groups, err := hubs[1].Groups(t.Context(), "ann"); err != nil || len(groups) != 0 {
		t.Errorf("after the end ann is in %v, %v", groups, err)
	}
	// A new group of the same name does not inherit the members of the old one.
	makeGroup(t, hubs[1], "team", "dan")
	for _, s := range hubs {
		s.shards[0].cache.reset()
		if err := s.ReadGroup(t.Context(), "team", func(g *Group) {
			if names := g.Members(); len(names) != 1 || names[0].UserID != "dan" {
				t.Errorf("the new group has %v", names)
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// Message numbers of a group rise by one, with many senders on two hubs.
func TestSendNumbersWithoutGaps(t *testing.T) {
	hubs := stores(t, 2)
	var mu sync.Mutex
	var seqs []int
	var wg sync.WaitGroup
	for sender := range 20 {
		wg.Go(func() {
			r, err := hubs[sender%2].Send(context.Background(), Record{
				From: fmt.Sprint(sender), GroupID: "team", Ref: Ref{GroupID: "team"}, Type: "TIMTextElem",
				Payload: []byte(`{"text":"hi"}`), Random: uint32(sender), Time: 1,
			}, "", time.Minute)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			seqs = append(seqs, int(r.Sequence))
		})
	}
	wg.Wait()
	slices.Sort(seqs)
	for i, seq := range seqs {
		if seq != i+1 {
			t.Fatalf("numbers %v", seqs)
		}
	}
	page, err := hubs[1].History(t.Context(), GroupConversation("team"), Ref{}, 15)
	if list := page.Records; err != nil || len(list) != 15 || list[0].Sequence != 6 || list[14].Sequence != 20 ||
		page.Next != list[0].Ref {
		t.Fatalf("newest page: %d records, next %v, %v", len(list), page.Next, err)
	}
	page, err = hubs[0].History(t.Context(), GroupConversation("team"), page.Next, 15)
	if list := page.Records; err != nil || len(list) != 5 || list[0].Sequence != 1 || page.Next != (Ref{}) {
		t.Fatalf("oldest page: %+v, %v", page, err)
	}
}

// A message that is sent twice within the time is the same message, on every hub.
func TestSendTwice(t *testing.T) {
	hubs := stores(t, 2)
	send := func(s *Store, at int64, key string) (Record, error) {
		return s.Send(t.Context(), Record{
			From: "ann", To: "bob", Ref: Ref{From: "ann", To: "bob", MsgKey: key}, Sequence: 7, Random: 9,
			Type: "TIMTextElem", Payload: []byte(`{"text":"hi"}`), Time: at,
		}, "", 2*time.Minute)
	}
	first, err := send(hubs[0], 1000, "7_9_1000")
	if err != nil {
		t.Fatal(err)
	}
	for _, hub := range hubs { // in the same second, so with the same key
		if again, err := send(hub, 1000, "7_9_1000"); !errors.Is(err, ErrDuplicate) || again.Ref != first.Ref {
			t.Fatalf("sent again at once: %+v, %v", again.Ref, err)
		}
	}
	other := Record{
		From: "ann", To: "bob", Ref: first.Ref, Sequence: 7, Random: 9,
		Type: "TIMTextElem", Payload: []byte(`{"text":"ho"}`), Time: 1000,
	}
	if _, err := hubs[1].Send(t.Context(), other, "", 2*time.Minute); !errors.Is(err, ErrTaken) {
		t.Fatalf("another message with the same key: %v", err)
	}
	again, err := send(hubs[1], 1100, "7_9_1100")
	if !errors.Is(err, ErrDuplicate) || again.Ref != first.Ref {
		t.Fatalf("sent again: %+v, %v", again.Ref, err)
	}
	later, err := send(hubs[1], 1121, "7_9_1121")
	if err != nil || later.Ref == first.Ref {
		t.Fatalf("sent after the time: %+v, %v", later.Ref, err)
	}
	expectRefs(t, walk(t, hubs[0], C2CConversation("bob", "ann"), 15), []Ref{first.Ref, later.Ref})
}

func TestCount(t *testing.T) {
	hubs := stores(t, 3)
	now := time.Unix(1_700_000_000, 0)
	ref := Ref{GroupID: "team", MsgSeq: 1}
	var wg sync.WaitGroup
	var mu sync.Mutex
	passed := 0
	for i := range 90 {
		wg.Go(func() {
			n, err := hubs[i%3].Count(context.Background(), ref, now, 1)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			} else if n <= 50 {
				passed++
			}
		})
	}
	wg.Wait()
	if passed != 50 {
		t.Fatalf("%d of 50 passed", passed)
	}
	count := func(want int64, what string, n int64, err error) {
		t.Helper()
		if err != nil || n != want {
			t.Fatalf("%s: %d, %v, want %d", what, n, err, want)
		}
	}
	n, err := hubs[0].Count(t.Context(), ref, now, -1)
	count(89, "taken back", n, err)
	n, err = hubs[0].Count(t.Context(), ref, now.Add(time.Minute), 1)
	count(1, "the next minute", n, err)
	n, err = hubs[0].CountUser(t.Context(), ref, "ann.*>", now)
	count(1, "a user", n, err)
	n, err = hubs[1].CountUser(t.Context(), ref, "ann.*>", now)
	count(2, "a user on another hub", n, err)
	n, err = hubs[0].CountUser(t.Context(), ref, "bob", now)
	count(1, "another user", n, err)
	n, err = hubs[0].Count(t.Context(), ref, now, 1)
	count(90, "the message, beside its users", n, err)
}

func TestShardsAreFixed(t *testing.T) {
	nc := kvtest.Server(t)
	s, _ := open(t, nc, Options{Shards: 3})
	makeGroup(t, s, "team", "ann")
	makeGroup(t, s, "other", "ann")
	if groups, err := s.Groups(t.Context(), "ann"); err != nil || len(groups) != 2 {
		t.Fatalf("groups over shards: %v, %v", groups, err)
	}
	if _, err := Open(t.Context(), nc, Options{Shards: 2}); err == nil {
		t.Fatal("another number of shards was accepted")
	}
	again, _ := open(t, nc, Options{NewShards: 2})
	if groups, err := again.Groups(t.Context(), "ann"); err != nil || len(groups) != 2 {
		t.Fatalf("opened with no number of its own: %v, %v", groups, err)
	}
	if other, _ := open(t, nc, Options{Bucket: "new", NewShards: 2}); len(other.shards) != 2 {
		t.Fatalf("%d new shards, want 2", len(other.shards))
	}
}

// Every user learns the groups that were made before the call, and no others'.
func TestGroupsOfManyAtOnce(t *testing.T) {
	s, _ := open(t, kvtest.Server(t), Options{Shards: 4})
	var users sync.WaitGroup
	for i := range 64 {
		users.Go(func() {
			user := fmt.Sprint("user", i)
			for n := range 5 {
				makeGroup(t, s, fmt.Sprintf("%s-%d", user, n), user)
				if groups, err := s.Groups(t.Context(), user); err != nil || len(groups) != n+1 {
					t.Errorf("%s after %d groups: %v, %v", user, n+1, groups, err)
				}
			}
		})
	}
	users.Wait()
}

// Somebody makes a user a member of thousands of groups, so that logins take long: the user's, and
// those of everybody who comes at the same time. The user is in all of them; once they are gone, a
// login costs as if they had never been.
func TestMemberOfThousandsOfGroups(t *testing.T) {
	const groups = 3000
	nc := kvtest.Server(t)
	s, _ := open(t, nc, Options{})
	b := s.shards[0].bucket
	put := func(key, value string, deleted bool) {
		t.Helper()
		write := []bucket.Write{{Key: key, Value: value, Delete: deleted}}
		if _, err := b.Publish(t.Context(), write, bucket.PublishOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range groups {
		group := fmt.Sprint("g", i)
		put("u.eve."+group, "", false)
		put(groupObject(group)+".i", `{"type":"Public"}`, false)
		put(groupObject(group)+".u.eve", `{"role":"Member"}`, false)
	}
	makeGroup(t, s, "team", "ann", "eve")
	var logins sync.WaitGroup
	for _, login := range []struct {
		user string
		want int
	}{{"eve", groups + 1}, {"ann", 1}, {"eve", groups + 1}, {"ann", 1}, {"bob", 0}} {
		logins.Go(func() {
			begin := time.Now()
			got, err := s.Groups(t.Context(), login.user)
			if err != nil || len(got) != login.want {
				t.Errorf("%s is in %d groups, want %d: %v", login.user, len(got), login.want, err)
			}
			t.Logf("%s: %v", login.user, time.Since(begin).Round(time.Millisecond))
		})
	}
	logins.Wait()
	in, err := s.InGroups(t.Context(), 2, "ann", "bob", "eve")
	if err != nil || len(in) != 1 || !in["eve"] {
		t.Errorf("in two groups or more: %v, %v", in, err)
	}

	for i := range groups {
		put(groupObject(fmt.Sprint("g", i))+".i", "", true)
	}
	if got, err := s.Groups(t.Context(), "eve"); err != nil || len(got) != 1 {
		t.Errorf("eve is in %v, %v", got, err)
	}
	s.shards[0].sweeper.sweep(t.Context(), time.Now().Add(2*sweepDelay))
	if n, err := b.Count(t.Context(), "u.eve.*"); err != nil || n != 1 {
		t.Errorf("%d hints are left, %v", n, err)
	}
	before := nc.Stats().InBytes
	if got, err := s.Groups(t.Context(), "eve"); err != nil || len(got) != 1 {
		t.Errorf("eve is in %v, %v", got, err)
	}
	if read := nc.Stats().InBytes - before; read > 4096 {
		t.Errorf("a login of a member of one group reads %d bytes", read)
	}
}
