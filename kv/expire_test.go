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

// short is the least time that a message can live. What is written with it is gone when the server
// says so, and nobody looks at the clock.
const (
	short  = 1
	aWhile = 5 // enough to write something to it on a busy machine
)

// brief makes what means nothing without its message live hardly longer.
func brief(o Options) Options {
	o.ttlSlack = time.Second
	return o
}

func groupMessage(ttl uint32) Record {
	return Record{
		From: "ann", GroupID: "team", Ref: Ref{GroupID: "team"}, Type: "TIMCustomElem", Payload: []byte(`{}`),
		Time: time.Now().Unix(), IsSupportExtension: true, TTL: ttl,
	}
}

func dying(r Record) Record {
	r.TTL = short
	return r
}

// awaitNone waits until no entry matches the filter.
func awaitNone(t *testing.T, s *Store, filter string) {
	t.Helper()
	b := s.shards[0].bucket
	for {
		n, err := b.Count(t.Context(), filter)
		if err != nil {
			t.Fatalf("%d entries of %s are left: %v", n, filter, err)
		}
		if n == 0 {
			return
		}
	}
}

// A message lives for a time, and so does all that belongs to it: pairs of any age, deletions, the
// control entry, its place in the index. Nothing is left of it, and every hub says that it is not
// there; one that had it in memory, too.
func TestMessageExpires(t *testing.T) {
	t.Parallel()
	node := kvtest.Start(t)
	s, _ := open(t, node.Connect(t), brief(Options{}))
	other, _ := open(t, node.Connect(t), brief(Options{}))
	hi := letter("ann", "bob", 1, "hi")
	hi.TTL = aWhile
	one, two := mail(t, s, hi), mail(t, s, groupMessage(aWhile))
	for _, ref := range []Ref{one, two} {
		seq, err := set(s, ref, "k", "1", 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := set(other, ref, "k", "2", seq); err != nil {
			t.Fatal(err)
		}
		_, err = s.Update(t.Context(), ref, func(m *Txn) (Change, error) {
			return Change{Writes: []Write{{Key: "k", Delete: true}, {Key: "other", Value: "3"}}}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Update(t.Context(), ref, func(*Txn) (Change, error) { return Change{Clear: true}, nil })
		if err != nil {
			t.Fatal(err)
		}
		if _, err := set(other, ref, "last", "4", 0); err != nil {
			t.Fatal(err)
		}
	}
	awaitNone(t, s, "c.>")
	awaitNone(t, s, "h.>")
	awaitNone(t, s, "g.team.1.>")
	for _, hub := range []*Store{s, other} {
		for _, ref := range []Ref{one, two} {
			err := hub.Read(t.Context(), ref, 0, func(m *Message) {
				if m.Record() != nil {
					t.Errorf("%v is still there", ref)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			page, err := hub.History(t.Context(), ref.Conversation(), Ref{}, 15)
			if err != nil || len(page.Records) > 0 || page.Next != (Ref{}) {
				t.Errorf("history of %s: %v, %v", ref.Conversation(), page, err)
			}
		}
	}
}

// A group's messages have all expired. The next one has a number that none of them had, with a time
// to live or without, on any hub.
func TestNumbersOutliveMessages(t *testing.T) {
	node := kvtest.Start(t)
	hubs := make([]*Store, 2)
	for i := range hubs {
		hubs[i], _ = open(t, node.Connect(t), brief(Options{}))
	}
	last := mail(t, hubs[0], groupMessage(0)).MsgSeq
	for round := range 2 {
		for i := range 3 {
			last++
			r := dying(groupMessage(0))
			r.Random = uint32(last)
			if ref := mail(t, hubs[i%2], r); ref.MsgSeq != last {
				t.Fatalf("round %d: message %d, want %d", round, ref.MsgSeq, last)
			}
		}
		for i := last - 2; i <= last; i++ {
			awaitNone(t, hubs[0], fmt.Sprintf("g.team.%d.m", i))
		}
	}
	final := groupMessage(0)
	final.Random = 1 << 20
	if ref := mail(t, hubs[1], final); ref.MsgSeq != last+1 {
		t.Fatalf("message %d, want %d", ref.MsgSeq, last+1)
	}
	expectRefs(t, pages(t, hubs[0], GroupConversation("team"), 15),
		[]Ref{{GroupID: "team", MsgSeq: 1}, {GroupID: "team", MsgSeq: last + 1}})
}

// Messages of a group are recalled, and those that were sent meanwhile expire. The numbers go on
// all the same, and what is left of a recalled message lives no longer than the message would have.
func TestRecalledMessageExpires(t *testing.T) {
	t.Parallel()
	s, _ := open(t, kvtest.Server(t), brief(Options{}))
	lasting := mail(t, s, groupMessage(0))
	post := func(n int) Ref {
		r := groupMessage(aWhile)
		r.Random = uint32(n)
		return mail(t, s, r)
	}
	gone := post(1)
	if _, err := set(s, gone, "k", "v", 0); err != nil {
		t.Fatal(err)
	}
	recall(t, s, gone, "ann")
	last := post(2)
	recall(t, s, lasting, "ann") // its record is the newest now
	inspect(t, s, gone, 0, func(m *Message) {
		if r := m.Record(); r == nil || r.Recalled == nil || r.TTL > aWhile {
			t.Errorf("recalled: %+v", r)
		}
	})
	for _, ref := range []Ref{gone, last} {
		awaitNone(t, s, string(ref.ID())+".>")
	}
	inspect(t, s, gone, 0, func(m *Message) {
		if m.Record() != nil {
			t.Errorf("%+v is still there", m.Record())
		}
	})
	next := groupMessage(0)
	next.Random = 3
	if ref := mail(t, s, next); ref.MsgSeq != last.MsgSeq+1 {
		t.Errorf("message %d after %d", ref.MsgSeq, last.MsgSeq)
	}
}

// pages reads a whole conversation, of which some pages may be empty.
func pages(t *testing.T, s *Store, c Conversation, count int) (all []Ref) {
	t.Helper()
	for before := (Ref{}); ; {
		page, err := s.History(t.Context(), c, before, count)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range slices.Backward(page.Records) {
			all = append(all, r.Ref)
		}
		if before = page.Next; before == (Ref{}) {
			slices.Reverse(all)
			return all
		}
	}
}

// Senders on two hubs race for the numbers of a group whose messages expire: none is given twice,
// and they come in the order in which they are stored.
func TestRaceForExpiringNumbers(t *testing.T) {
	node := kvtest.Start(t)
	var hubs []*Store
	var deltas []<-chan Delta
	for range 2 {
		s, d := open(t, node.Connect(t), Options{})
		hubs, deltas = append(hubs, s), append(deltas, d)
	}
	var writers sync.WaitGroup
	for i := range 8 {
		writers.Go(func() {
			for range 10 {
				r := groupMessage(3600)
				if i%4 == 0 {
					r.TTL = 0
				}
				if _, err := hubs[i%2].Send(context.Background(), r, "", 0); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	last := uint64(0)
	for n := 0; n < 80; n++ {
		d := until(t, deltas[0], func(d Delta) bool { return d.Record != nil })
		if d.Ref.MsgSeq <= last {
			t.Fatalf("message %d came after %d", d.Ref.MsgSeq, last)
		}
		last = d.Ref.MsgSeq
	}
	if got := pages(t, hubs[1], GroupConversation("team"), 15); len(got) != 80 {
		t.Errorf("%d messages in the history, want 80", len(got))
	}
}

// A client sends a message that expires again and again. It has one number, and so has the next.
func TestDuplicatesUseUpNoNumbers(t *testing.T) {
	s, _ := open(t, kvtest.Server(t), Options{})
	r := groupMessage(3600)
	first := mail(t, s, r)
	for range 20 {
		if _, err := s.Send(t.Context(), r, "", time.Minute); !errors.Is(err, ErrDuplicate) {
			t.Fatal(err)
		}
	}
	r.Random++
	if next := mail(t, s, r); next.MsgSeq != first.MsgSeq+1 {
		t.Errorf("message %d after %d", next.MsgSeq, first.MsgSeq)
	}
}

// A server has yet to put away messages that have expired: it would keep these. No page has one
// that is not there for whoever asks for it alone, nor is it the newest of its conversation.
func TestHistoryOfWhatIsPutAway(t *testing.T) {
	t.Parallel()
	s, _ := open(t, kvtest.Server(t), brief(Options{}))
	for _, r := range []Record{letter("ann", "bob", 1, "hi"), groupMessage(0)} {
		ref := mail(t, s, r)
		if err := s.Read(t.Context(), ref, 0, func(m *Message) { r = dying(*m.Record()) }); err != nil {
			t.Fatal(err)
		}
		anew := []bucket.Write{r.write()}
		if _, err := s.shards[0].bucket.Publish(t.Context(), anew, bucket.PublishOptions{}); err != nil {
			t.Fatal(err)
		}
		for there := true; there; {
			err := s.Read(t.Context(), r.Ref, 0, func(m *Message) { there = m.Record() != nil })
			if err != nil {
				t.Fatal(err)
			}
		}
		if refs := pages(t, s, r.Ref.Conversation(), 15); len(refs) > 0 {
			t.Errorf("history of %s: %v", r.Ref.Conversation(), refs)
		}
		if n, err := s.shards[0].bucket.Count(t.Context(), string(r.Ref.ID())+".m"); n != 1 || err != nil {
			t.Errorf("%d records of %v, %v", n, r.Ref, err)
		}
	}
}

// Between messages that stay lie hundreds that have expired. A page looks at some hundred places,
// and finds all that are there in the end.
func TestHistoryAcrossExpired(t *testing.T) {
	t.Parallel()
	s, _ := open(t, kvtest.Server(t), brief(Options{}))
	var letters, posts []Ref
	n := 0
	send := func(times int, stays bool) {
		t.Helper()
		for range times {
			n++
			l, p := letter("ann", "bob", n, "hi"), groupMessage(0)
			p.Random = uint32(n)
			if !stays {
				l, p = dying(l), dying(p)
			}
			one, two := mail(t, s, l), mail(t, s, p)
			if stays {
				letters, posts = append(letters, one), append(posts, two)
			}
		}
	}
	send(20, true)
	send(300, false)
	send(20, true)
	send(40, false)
	// Until the last of them is gone, and its place in the index
	awaitNone(t, s, fmt.Sprintf("g.team.%d.m", n))
	awaitNone(t, s, "h.ann.bob.22")
	for _, count := range []int{1, 7, 15} {
		expectRefs(t, pages(t, s, C2CConversation("ann", "bob"), count), letters)
		expectRefs(t, pages(t, s, GroupConversation("team"), count), posts)
	}
	sent := mail(t, s, letter("bob", "ann", n+1, "again"))
	expectRefs(t, pages(t, s, C2CConversation("ann", "bob"), 15), append(letters, sent))
}

// The newest entries of a store expire, and it is opened again. That looks like a store whose end
// is missing, but for what Anchor has said; and no revision comes twice.
func TestExpiredIsNotLost(t *testing.T) {
	t.Parallel()
	node := kvtest.Start(t)
	nc := node.Connect(t)
	s, _ := open(t, nc, brief(Options{}))
	ref := mail(t, s, groupMessage(aWhile))
	seq, err := set(s, ref, "k", "v", 0)
	if err != nil {
		t.Fatal(err)
	}
	anchors, err := s.Anchor(t.Context())
	if err != nil || anchors["exthub_0"] <= seq {
		t.Fatalf("anchors %v after %d, %v", anchors, seq, err)
	}
	mail(t, s, dying(letter("ann", "bob", 1, "hi")))
	for _, filter := range []string{"g.team.1.>", "c.>", "h.>"} {
		awaitNone(t, s, filter)
	}
	seen := s.shards[0].bucket.Seen()
	node.Stop()
	if err := node.Restart(); err != nil {
		t.Fatal(err)
	}
	newest, err := LastRevision(t.Context(), node.Connect(t), "exthub_0")
	if err != nil || newest < anchors["exthub_0"] {
		t.Errorf("the newest entry is at %d, below %v, %v", newest, anchors, err)
	}
	again, _ := open(t, node.Connect(t), Options{})
	seq, err = set(again, mail(t, again, groupMessage(0)), "k", "v", 0)
	if err != nil || seq <= seen {
		t.Errorf("a revision %d after %d, %v", seq, seen, err)
	}
}

// On a replicated stream what belongs to a message expires with it, too.
func TestMessageExpiresInACluster(t *testing.T) {
	t.Parallel()
	s, _ := open(t, kvtest.NewCluster(t, 3).Connect(t), brief(Options{Replicas: 3}))
	ref := mail(t, s, groupMessage(aWhile))
	_, err := s.Update(t.Context(), ref, func(m *Txn) (Change, error) {
		return Change{Writes: []Write{{Key: "a", Value: "1"}, {Key: "b", Value: "2"}}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	mail(t, s, dying(letter("ann", "bob", 1, "hi")))
	for _, filter := range []string{"g.team.1.>", "c.>", "h.>"} {
		awaitNone(t, s, filter)
	}
	next := groupMessage(0)
	next.Random = 2 // another message, not the first one again
	if ref := mail(t, s, next); ref.MsgSeq != 2 {
		t.Errorf("message %d, want 2", ref.MsgSeq)
	}
}

// A conversation has as many bytes as it may have. What is sent then is refused, and nothing of it
// is left; what was sent already is found; and there is room again once something has expired.
func TestConversationFull(t *testing.T) {
	const most = 100
	s, _ := open(t, kvtest.Server(t), brief(Options{}))
	for name, make := range map[string]func(n int) Record{
		"one to one": func(n int) Record {
			r := letter("ann", "bob", n, fmt.Sprintf("%020d", n))
			r.MaxTotal = most
			return r
		},
		"group": func(n int) Record {
			r := groupMessage(0)
			r.MaxTotal = most
			r.Random, r.Payload = uint32(n), fmt.Appendf(nil, `{"text":"%020d"}`, n)
			return r
		},
	} {
		t.Run(name, func(t *testing.T) {
			mail(t, s, dying(make(1))) // 31 bytes each
			mail(t, s, make(2))
			third := make(3)
			mail(t, s, third)
			for range 3 {
				_, err := s.Send(t.Context(), make(4), "", time.Minute)
				var full *FullError
				if !errors.As(err, &full) || full.Has != 93 || full.Max != most {
					t.Fatalf("a fourth message: %v", err)
				}
				if _, err := s.Send(t.Context(), third, "", time.Minute); !errors.Is(err, ErrDuplicate) {
					t.Fatalf("the third again: %v", err)
				}
			}
			first := make(1)
			if first.GroupID != "" {
				first.Ref.MsgSeq = 1
			}
			awaitNone(t, s, string(first.Ref.ID())+".m")
			fourth := mail(t, s, make(4))
			if n := len(pages(t, s, fourth.Conversation(), 15)); n != 3 {
				t.Errorf("%d messages", n)
			}
			if _, err := s.Send(t.Context(), make(5), "", time.Minute); err == nil {
				t.Error("a fifth message was stored")
			}
		})
	}
}

// Users race on two hubs to set more pairs than each may have, each with many requests at once.
// None has more, whatever is changed, taken over and deleted in between.
func TestPairsOfOneUser(t *testing.T) {
	const most = 5
	hubs := stores(t, 2)
	ref := poll(t, hubs[0])
	errMost := errors.New("no more")
	give := func(s *Store, user, key string, w Write) error {
		_, err := s.Update(context.Background(), ref, func(m *Txn) (Change, error) {
			p := m.Pair(key)
			if (p.Deleted || p.By != user) && !w.Delete && m.By(user) >= most {
				return Change{}, errMost
			}
			w.Key, w.By = key, user
			return Change{Writes: []Write{w}}, nil
		})
		return err
	}
	var writers sync.WaitGroup
	for i := range 8 {
		writers.Go(func() {
			user := []string{"ann", "bob"}[i%2]
			for n := range 20 {
				key := fmt.Sprint("k", (i*7+n)%24)
				err := give(hubs[i/4], user, key, Write{Value: fmt.Sprint(i, n), Delete: n%5 == 4})
				if err != nil && !errors.Is(err, errMost) {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	for _, hub := range hubs {
		inspect(t, hub, ref, 0, func(m *Message) {
			count := make(map[string]int)
			for _, p := range m.Pairs(0) {
				count[p.By]++
			}
			ann, bob := count["ann"], count["bob"]
			if max(ann, bob) > most || ann != m.By("ann") || bob != m.By("bob") {
				t.Errorf("%d and %d pairs, counted as %d and %d", ann, bob, m.By("ann"), m.By("bob"))
			}
		})
	}
}
