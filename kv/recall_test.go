package kv

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"exthub/kv/kvtest"
)

// secret is the content of messages that are recalled. It must be nowhere afterwards.
const secret = "what-nobody-may-read"

// send sends a message with a secret in it, which takes pairs. While the store is in trouble, as on
// a machine that is too busy, it sends again, and returns the first. Any goroutine may call it.
func send(t *testing.T, s *Store, r Record) Record {
	t.Helper()
	r.Type, r.Payload, r.CloudCustomData = "TIMTextElem", []byte(`{"text":"`+secret+`"}`), secret
	r.IsSupportExtension, r.Time = true, time.Now().Unix()
	for {
		sent, err := s.Send(t.Context(), r, "", time.Minute)
		switch {
		case err == nil, errors.Is(err, ErrDuplicate):
			return sent
		case !inTrouble(t, err):
			t.Error(err)
			return r
		}
	}
}

// inTrouble reports whether a failed call is to be made again.
func inTrouble(t *testing.T, err error) bool {
	return t.Context().Err() == nil && (errors.Is(err, ErrUnavailable) || errors.Is(err, ErrUnknown))
}

func inTeam(random uint32) Record {
	return Record{From: "ann", GroupID: "team", Ref: Ref{GroupID: "team"}, Random: random}
}

func toBob(key string) Record {
	return Record{From: "ann", To: "bob", Ref: Ref{From: "ann", To: "bob", MsgKey: key}}
}

// recall recalls a message that is there, and reports whether it was this call, as far as that is
// known. Any goroutine may call it.
func recall(t *testing.T, s *Store, ref Ref, by string) (r Record, done bool) {
	t.Helper()
	for unsure := false; ; {
		r, done, err := s.Recall(t.Context(), ref, by, 1_700_000_000, func(*Record) error { return nil })
		switch {
		case err == nil:
			return r, done || unsure
		case !inTrouble(t, err):
			t.Error(err)
			return r, done
		}
		unsure = unsure || errors.Is(err, ErrUnknown)
	}
}

// TestRecall: somebody reads what was recalled: from another hub, from one that was started later,
// or out of the bucket. There is neither the content nor a pair, not even a key once it was swept.
func TestRecall(t *testing.T) {
	node := kvtest.Start(t)
	one, _ := open(t, node.Connect(t), Options{Shards: 2})
	two, told := open(t, node.Connect(t), Options{Shards: 2})
	for _, sent := range []Record{send(t, one, inTeam(1)), send(t, one, toBob("1_2_3"))} {
		ref := sent.Ref
		if _, err := set(one, ref, secret+"-key", secret, 0); err != nil {
			t.Fatal(err)
		}
		if _, done := recall(t, one, ref, "ann"); !done {
			t.Errorf("%s: recalled before it was", ref.ID())
		}
		d := until(t, told, func(d Delta) bool { return d.Ref == ref && d.Recalled != nil })
		if d.Recalled.Recalled.By != "ann" || d.ClearSeq == 0 || d.Record != nil || len(d.Recalled.Payload) != 2 {
			t.Errorf("the other hub was told %+v", d)
		}
		// Once more, by another user through another hub: it stays as it was.
		if r, done := recall(t, two, ref, "admin"); done || r.Recalled.By != "ann" {
			t.Errorf("%s, again: %v, %+v", ref.ID(), done, r.Recalled)
		}
		later, _ := open(t, node.Connect(t), Options{Shards: 2})
		for i, s := range []*Store{one, two, later} {
			t.Log("hub", i)
			inspect(t, s, ref, d.Revision, func(m *Message) { checkRecalled(t, m, sent, d.ClearSeq) })
		}
		one.shardFor(ref).sweeper.sweep(t.Context(), time.Now().Add(2*sweepDelay))
		snap, err := one.shardFor(ref).bucket.Read(t.Context(), 0, ">")
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range snap.Entries {
			if strings.Contains(e.Key+e.Value, secret) {
				t.Errorf("the bucket still holds %s = %s", e.Key, e.Value)
			}
		}
	}
}

// checkRecalled checks that there is nothing of what was sent but that it was.
func checkRecalled(t *testing.T, m *Message, sent Record, clearSeq uint64) {
	t.Helper()
	r := m.Record()
	if r.Recalled == nil || string(r.Payload) != "{}" || r.CloudCustomData != "" || m.Live() != 0 {
		t.Errorf("%+v, %d pairs", r, m.Live())
	}
	if m.ClearSeq() != clearSeq || len(m.Pairs(1)) != 0 {
		t.Errorf("cleared at %d, not %d, with %v", m.ClearSeq(), clearSeq, m.Pairs(1))
	}
	if r.Time != sent.Time || r.From != "ann" || r.Sequence != sent.Sequence {
		t.Errorf("%+v is not what is left of %+v", r, sent)
	}
}

// TestRecallRefused: whoever may not recall a message, or names one that is not there, changes
// nothing.
func TestRecallRefused(t *testing.T) {
	s, _ := open(t, kvtest.Server(t), Options{})
	ref := send(t, s, inTeam(1)).Ref
	refused := errors.New("refused")
	for ref, want := range map[Ref]error{ref: refused, {GroupID: "team", MsgSeq: 9}: ErrNoMessage} {
		_, done, err := s.Recall(t.Context(), ref, "eve", 1, func(*Record) error { return refused })
		if !errors.Is(err, want) || done {
			t.Errorf("%s: %v, %v", ref.ID(), done, err)
		}
	}
	inspect(t, s, ref, 0, func(m *Message) {
		if !strings.Contains(string(m.Record().Payload), secret) {
			t.Errorf("%+v", m.Record())
		}
	})
}

// TestRecallKeepsNumbers: a message of a group gets the number of another one, because somebody
// recalled an old message right before, or while it was sent. Every message has a number of its
// own, without gaps.
func TestRecallKeepsNumbers(t *testing.T) {
	t.Run("one node", func(t *testing.T) { recallKeepsNumbers(t, stores(t, 2)) })
	t.Run("three nodes", func(t *testing.T) {
		cluster, hubs := kvtest.NewCluster(t, 3), make([]*Store, 2)
		for i := range hubs {
			hubs[i], _ = open(t, cluster.Nodes[i].Connect(t), Options{Replicas: 3})
		}
		recallKeepsNumbers(t, hubs)
	})
}

func recallKeepsNumbers(t *testing.T, hubs []*Store) {
	t.Helper()
	numbers := make(map[uint64]uint32)
	var mu sync.Mutex
	note := func(r Record) {
		mu.Lock()
		defer mu.Unlock()
		if other, taken := numbers[r.Ref.MsgSeq]; taken {
			t.Errorf("%d and %d both have the number %d", other, r.Random, r.Ref.MsgSeq)
		}
		numbers[r.Ref.MsgSeq] = r.Random
	}
	for i := range uint32(5) {
		note(send(t, hubs[0], inTeam(i)))
	}
	for _, seq := range []uint64{5, 1, 3} {
		recall(t, hubs[1], Ref{GroupID: "team", MsgSeq: seq}, "ann")
		note(send(t, hubs[0], inTeam(uint32(100+seq))))
	}
	const senders, each = 4, 25
	var all sync.WaitGroup
	for sender := range senders {
		all.Go(func() {
			for i := range each {
				r := send(t, hubs[sender%2], inTeam(uint32(1000*(sender+1)+i)))
				note(r)
				// An early one: no sender still waits to hear of it.
				recall(t, hubs[(sender+1)%2], Ref{GroupID: "team", MsgSeq: 1 + r.Ref.MsgSeq%8}, "ann")
			}
		})
	}
	all.Wait()
	if n := uint64(len(numbers)); n != 8+senders*each || numbers[n] == 0 {
		t.Errorf("%d messages, the last of them %d", n, numbers[n])
	}
	for seq, random := range numbers {
		inspect(t, hubs[0], Ref{GroupID: "team", MsgSeq: seq}, 0, func(m *Message) {
			if m.Record() == nil || m.Record().Random != random {
				t.Errorf("%d is not what was sent as %d: %+v", seq, random, m.Record())
			}
		})
	}
}

// TestHistoryAfterRecall: an old message that is recalled comes to the end of its conversation, or
// a page that begins at one leaves others out. It stays in its place, as what is left of it.
func TestHistoryAfterRecall(t *testing.T) {
	s, _ := open(t, kvtest.Server(t), Options{})
	group, pair := make([]Ref, 7), make([]Ref, 7)
	for i := range uint32(6) {
		group[i+1] = send(t, s, inTeam(i+1)).Ref
		r := toBob(fmt.Sprint(i+1, "_0_0"))
		r.Random = i + 1
		pair[i+1] = send(t, s, r).Ref
	}
	for _, c := range []struct {
		in  Conversation
		ref []Ref
	}{{GroupConversation("team"), group}, {C2CConversation("ann", "bob"), pair}} {
		recall(t, s, c.ref[5], "ann")
		recall(t, s, c.ref[1], "ann")
		var got []string
		for before, complete := (Ref{}), false; !complete; {
			page, err := s.History(t.Context(), c.in, before, 2)
			if err != nil || len(page.Records) != 2 {
				t.Fatalf("%s: %d records, %v", c.in, len(page.Records), err)
			}
			for _, r := range slices.Backward(page.Records) {
				got = append(got, fmt.Sprintf("%d%v", r.Random, r.Recalled != nil))
			}
			before, complete = page.Next, page.Next == Ref{}
		}
		if want := "6false 5true 4false 3false 2false 1true"; strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", c.in, got, want)
		}
	}
}

// TestSentAgainAfterRecall: a client that got no answer sends its message again, after somebody has
// recalled the first one. It must not be there again.
func TestSentAgainAfterRecall(t *testing.T) {
	s, _ := open(t, kvtest.Server(t), Options{})
	for _, r := range []Record{inTeam(7), toBob("1_2_3")} {
		r.Payload, r.Time = []byte(`{"text":"`+secret+`"}`), time.Now().Unix()
		first, err := s.Send(t.Context(), r, "", time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		recall(t, s, first.Ref, "admin")
		if again, err := s.Send(t.Context(), r, "", time.Minute); !errors.Is(err, ErrRecalled) {
			t.Errorf("%s, sent again: %+v, %v", first.Ref.ID(), again, err)
		}
	}
}

// TestSetsAgainstRecall: members of two hubs set pairs at the moment of a recall, some of them for
// the first time and some again. What was acknowledged came before the recall, and nothing is left.
func TestSetsAgainstRecall(t *testing.T) {
	hubs := stores(t, 2)
	gone := errors.New("recalled")
	write := func(s *Store, ref Ref, key, value string) (uint64, error) {
		c, err := s.Update(context.Background(), ref, func(tx *Txn) (Change, error) {
			if tx.Pair(key); tx.Record().Recalled != nil {
				return Change{}, gone
			}
			return Change{Writes: []Write{{Key: key, Value: value}}}, nil
		})
		return c.Seq, err
	}
	for round := range 20 {
		ref := send(t, hubs[0], inTeam(uint32(round))).Ref
		var acknowledged [6]uint64
		// Writes until the message is recalled.
		writeOn := func(writer int) {
			for i := 0; ; i++ {
				key := fmt.Sprint(writer, i%3)
				seq, err := write(hubs[writer%2], ref, key, fmt.Sprint("v", i))
				switch {
				case errors.Is(err, gone):
					return
				case inTrouble(t, err):
				case err != nil:
					t.Error(err)
					return
				default:
					acknowledged[writer] = seq
				}
			}
		}
		var all sync.WaitGroup
		for writer := range acknowledged {
			all.Go(func() { writeOn(writer) })
		}
		recall(t, hubs[round%2], ref, "ann")
		all.Wait()
		highest := slices.Max(acknowledged[:])
		for _, s := range hubs {
			inspect(t, s, ref, highest, func(m *Message) {
				if m.Live() > 0 || m.ClearSeq() < highest || m.LatestSeq() != m.ClearSeq() {
					t.Fatalf("round %d: %d pairs, set up to %d, recalled at %d", round, m.Live(), highest, m.ClearSeq())
				}
			})
		}
	}
}

// TestFollowersHearOfRecalls: of a message with pairs, and of one that takes none.
func TestFollowersHearOfRecalls(t *testing.T) {
	s, _ := open(t, kvtest.Server(t), Options{})
	heard := make(chan News, 100)
	following, err := s.Follow(t.Context(), Follower{
		Name: "f", Hear: func(_ context.Context, n News) (uint64, error) {
			heard <- n
			return max(n.ClearSeq, 1), nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() { following.Run(ctx) })
	defer all.Wait()
	defer stop()
	timeout := time.After(20 * time.Second)
	for _, r := range []Record{inTeam(1), toBob("1_2_3")} {
		ref := send(t, s, r).Ref
		recall(t, s, ref, "ann")
		select {
		case n := <-heard:
			if n.Ref != ref || n.Recalled == nil || n.Recalled.By != "ann" || n.ClearSeq == 0 || len(n.Pairs) > 0 {
				t.Errorf("%s: heard %+v", ref.ID(), n)
			}
		case <-timeout:
			t.Fatal("nothing was heard")
		}
	}
}
