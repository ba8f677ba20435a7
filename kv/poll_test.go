package kv

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"exthub/kv/ballot"
	"exthub/kv/kvtest"
)

// sendPoll sends a group message with these rules.
func sendPoll(t *testing.T, s *Store, rules ballot.Rules) Ref {
	t.Helper()
	normal, err := rules.Normalize(ballot.Limits{Max: 100_000, Text: 1000})
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Send(t.Context(), Record{
		From: "ann", GroupID: "team", Ref: Ref{GroupID: "team"}, Type: "TIMCustomElem", Payload: []byte(`{}`),
		Time: time.Now().Unix(), IsSupportExtension: true, Rules: normal, Random: rand.Uint32(),
	}, "", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return r.Ref
}

var errClosed = errors.New("closed")

// cast writes a pair if the message is open, whatever is there.
func cast(ctx context.Context, s *Store, ref Ref, key, value string) (Commit, error) {
	return s.Update(ctx, ref, func(m *Txn) (Change, error) {
		if m.ClosedSeq() > 0 {
			return Change{}, errClosed
		}
		return Change{Writes: []Write{{Key: key, Value: value, Delete: value == ""}}}, nil
	})
}

func closePoll(ctx context.Context, s *Store, ref Ref) error {
	_, err := s.Update(ctx, ref, func(m *Txn) (Change, error) {
		return Change{Close: m.ClosedSeq() == 0}, nil
	})
	return err
}

func reschedule(ctx context.Context, s *Store, ref Ref, closeAt int64) error {
	_, err := s.Update(ctx, ref, func(m *Txn) (Change, error) {
		if m.ClosedSeq() > 0 {
			return Change{}, errClosed
		}
		return Change{CloseAt: &closeAt}, nil
	})
	return err
}

// awaitClose waits until the tail brings the close of a message, and returns its ClosedSeq.
func awaitClose(t *testing.T, deltas <-chan Delta, ref Ref) uint64 {
	t.Helper()
	return until(t, deltas, func(d Delta) bool { return d.Ref == ref && d.ClosedSeq > 0 }).ClosedSeq
}

func summary(t *testing.T, s *Store, ref Ref) (got Summary) {
	t.Helper()
	inspect(t, s, ref, 0, func(m *Message) { got = m.Summary() })
	return got
}

// recount is the summary as the bucket has it, counted from its pairs, and fails the test if one of
// them is above the close.
func recount(t *testing.T, s *Store, ref Ref) Summary {
	t.Helper()
	m, _ := truth(t, s, ref)
	tally := ballot.NewTally(m.record.Rules)
	for _, p := range m.Pairs(0) {
		tally.Add(p.Value, 1)
		if m.ClosedSeq() > 0 && p.Seq > m.ClosedSeq() {
			t.Errorf("%s was set at %d, and the message closed at %d", p.Key, p.Seq, m.ClosedSeq())
		}
	}
	return Summary{tally.Pairs(), tally.Answers(), m.LatestSeq(), m.ClosedSeq(), m.CloseAt()}
}

// A closed message takes nothing more, on the hub that closed it and on another one, and closing it
// again changes nothing.
func TestCloseByHand(t *testing.T) {
	node := kvtest.Start(t)
	here, deltas := open(t, node.Connect(t), Options{})
	there, _ := open(t, node.Connect(t), Options{})
	for _, closeAt := range []int64{0, time.Now().Unix() + 3600} {
		ref := sendPoll(t, here, ballot.Rules{CloseAt: closeAt})
		if _, err := cast(t.Context(), here, ref, "bob", "1"); err != nil {
			t.Fatal(err)
		}
		if got := summary(t, there, ref); got.CloseAt != closeAt || got.Pairs != 1 {
			t.Fatalf("before: %+v", got)
		}
		if err := closePoll(t.Context(), there, ref); err != nil {
			t.Fatal(err)
		}
		at := awaitClose(t, deltas, ref)
		for _, s := range []*Store{here, there} {
			if _, err := cast(t.Context(), s, ref, "cat", "1"); !errors.Is(err, errClosed) {
				t.Errorf("a vote after the close: %v", err)
			}
			if err := closePoll(t.Context(), s, ref); err != nil {
				t.Error(err)
			}
			if err := reschedule(t.Context(), s, ref, 0); !errors.Is(err, errClosed) {
				t.Errorf("opened again: %v", err)
			}
			if got := summary(t, s, ref); got.ClosedSeq != at || got.CloseAt != 0 || got.Pairs != 1 {
				t.Errorf("after: %+v, want it closed at %d", got, at)
			}
		}
		if diff := cmp.Diff(recount(t, here, ref), summary(t, here, ref)); diff != "" {
			t.Errorf("counted anew (-) and kept (+):\n%s", diff)
		}
	}
}

// A message closes at its time although nobody here looks at it: the server does it. A close that
// is moved comes at the other time, one that is taken back not at all.
func TestCloseBySchedule(t *testing.T) {
	t.Parallel()
	for _, replicas := range []int{1, 3} {
		s, deltas := open(t, connector(t, replicas)(t), Options{Replicas: replicas})
		closeBySchedule(t, s, deltas)
	}
}

func closeBySchedule(t *testing.T, s *Store, deltas <-chan Delta) {
	t.Helper()
	soon := time.Now().Unix() + 2
	onTime := sendPoll(t, s, ballot.Rules{CloseAt: soon})
	moved := sendPoll(t, s, ballot.Rules{CloseAt: soon + 3600})
	given := sendPoll(t, s, ballot.Rules{}) // a time that it did not have when it was sent
	cancelled := sendPoll(t, s, ballot.Rules{CloseAt: soon})
	for ref, closeAt := range map[Ref]int64{moved: soon + 1, given: soon + 1, cancelled: 0} {
		if err := reschedule(t.Context(), s, ref, closeAt); err != nil {
			t.Fatal(err)
		}
		if got := summary(t, s, ref); got.CloseAt != closeAt {
			t.Errorf("closes at %d, want %d", got.CloseAt, closeAt)
		}
	}
	left := map[Ref]bool{onTime: true, moved: true, given: true}
	for len(left) > 0 {
		d := until(t, deltas, func(d Delta) bool { return d.ClosedSeq > 0 })
		if !left[d.Ref] {
			t.Fatalf("%v was closed", d.Ref)
		}
		delete(left, d.Ref)
		if got := summary(t, s, d.Ref); got.ClosedSeq != d.ClosedSeq || got.CloseAt != 0 {
			t.Errorf("closed at %d: %+v", d.ClosedSeq, got)
		}
		if _, err := cast(t.Context(), s, d.Ref, "bob", "1"); !errors.Is(err, errClosed) {
			t.Errorf("a vote after the close: %v", err)
		}
	}
	if _, err := cast(t.Context(), s, cancelled, "bob", "1"); err != nil {
		t.Errorf("a vote on a message whose close was taken back: %v", err)
	}
	if now := time.Now().Unix(); now < soon {
		t.Errorf("closed at %d, before %d", now, soon)
	}
}

// A message closes although every hub, and the server too, is down at its time; and what was
// scheduled survives the restart.
func TestCloseAcrossRestart(t *testing.T) {
	node := kvtest.Start(t)
	nc := node.Connect(t)
	var ref Ref
	var later Ref
	func() {
		s, err := Open(t.Context(), nc, Options{MaxPairs: 300})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.Run(ctx, func(Delta) {}) }()
		now := time.Now().Unix()
		ref = sendPoll(t, s, ballot.Rules{CloseAt: now + 1})
		later = sendPoll(t, s, ballot.Rules{CloseAt: now + 3600})
		if _, err := cast(t.Context(), s, later, "bob", "1"); err != nil {
			t.Fatal(err)
		}
		stop()
		<-done
	}()
	node.Stop()
	if err := node.Restart(); err != nil {
		t.Fatal(err)
	}
	s, deltas := open(t, nc, Options{})
	if summary(t, s, ref).ClosedSeq == 0 {
		awaitClose(t, deltas, ref)
	}
	if _, err := cast(t.Context(), s, ref, "bob", "1"); !errors.Is(err, errClosed) {
		t.Errorf("a vote after the close: %v", err)
	}
	if err := reschedule(t.Context(), s, later, time.Now().Unix()+1); err != nil {
		t.Fatal(err)
	}
	awaitClose(t, deltas, later)
	if got := recount(t, s, later); got.Pairs != 1 {
		t.Errorf("%+v", got)
	}
}

// A message that was recalled does not close any more: nobody is to be told of it.
func TestRecallTakesBackTheClose(t *testing.T) {
	s, _ := open(t, kvtest.Server(t), Options{})
	ref := sendPoll(t, s, ballot.Rules{CloseAt: time.Now().Unix() + 3600})
	if _, err := cast(t.Context(), s, ref, "bob", "1"); err != nil {
		t.Fatal(err)
	}
	if _, done, err := s.Recall(t.Context(), ref, "ann", 1, func(*Record) error { return nil }); err != nil || !done {
		t.Fatal(done, err)
	}
	if m, _ := truth(t, s, ref); m.CloseAt() != 0 || m.poll.scheduled == 0 || m.Live() != 0 {
		t.Errorf("closes at %d, %d pairs", m.CloseAt(), m.Live())
	}
	if got := summary(t, s, ref); got.Pairs != 0 || got.CloseAt != 0 {
		t.Errorf("%+v", got)
	}
}

// The same message sent twice is stored once, and closes once, although the server says of a batch
// only that it holds a duplicate.
func TestScheduledMessageSentTwice(t *testing.T) {
	cluster := kvtest.NewCluster(t, 3)
	for replicas, nc := range map[int]*nats.Conn{1: kvtest.Server(t), 3: cluster.Connect(t)} {
		s, _ := open(t, nc, Options{Replicas: replicas})
		for _, to := range []Ref{{GroupID: "team"}, {From: "ann", To: "bob", MsgKey: "1_7_1"}} {
			r := Record{
				Ref: to, From: "ann", To: to.To, GroupID: to.GroupID, Type: "TIMCustomElem", Payload: []byte(`{}`),
				Time: time.Now().Unix(), IsSupportExtension: true, Random: 7,
				Rules: &ballot.Rules{CloseAt: time.Now().Unix() + 3600},
			}
			first, err := s.Send(t.Context(), r, "", time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			again, err := s.Send(t.Context(), r, "", time.Minute)
			if !errors.Is(err, ErrDuplicate) || again.Ref != first.Ref {
				t.Errorf("%d replicas, sent again: %v %v, want %v", replicas, again.Ref, err, first.Ref)
			}
			r.Rules = &ballot.Rules{Once: true}
			if to.GroupID != "" {
				if other, err := s.Send(t.Context(), r, "", time.Minute); err != nil || other.Ref == first.Ref {
					t.Errorf("with other rules: %v %v", other.Ref, err)
				}
			}
		}
	}
}

// Whatever happened to a message, its tally is what counting the pairs gives: after sets,
// deletions, clears, a reload of the cache, on the hub that wrote and on another.
func TestTallyIsARecount(t *testing.T) {
	node := kvtest.Start(t)
	hubs := make([]*Store, 2)
	for i := range hubs {
		hubs[i], _ = open(t, node.Connect(t), Options{MaxTombstones: 5})
	}
	random := rand.New(rand.NewPCG(3, 4))
	values := []string{"1", "2", "3", "1_3", "2_3", "nothing", ""}
	for range 4 {
		ref := sendPoll(t, hubs[0], ballot.Rules{
			Write: ballot.WriteOwn, Show: ballot.ShowSummary, Questions: []ballot.Question{{Choices: 3, Choose: 2}},
		})
		for step := range 150 {
			s := hubs[random.IntN(2)]
			var err error
			switch random.IntN(20) {
			case 0:
				_, err = s.Update(t.Context(), ref, func(m *Txn) (Change, error) {
					return Change{Clear: m.Live() > 0}, nil
				})
			case 1:
				s.shardFor(ref).cache.reset()
			case 2:
				var writes []Write
				for i := range 5 {
					writes = append(writes, Write{Key: fmt.Sprint("k", i), Value: values[random.IntN(5)]})
				}
				_, err = s.Update(t.Context(), ref, func(*Txn) (Change, error) { return Change{Writes: writes}, nil })
			default:
				_, err = cast(t.Context(), s, ref, fmt.Sprint("k", random.IntN(12)), values[random.IntN(len(values))])
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(recount(t, s, ref), summary(t, s, ref)); diff != "" {
				t.Fatalf("step %d, counted anew (-) and kept (+):\n%s", step, diff)
			}
			m, _ := truth(t, s, ref)
			inspect(t, s, ref, m.LatestSeq(), func(kept *Message) {
				if !slices.Equal(kept.Pairs(0), m.Pairs(0)) {
					t.Fatalf("step %d: kept %v, stored %v", step, kept.Pairs(0), m.Pairs(0))
				}
			})
		}
	}
}

// A pair remembers when it was first set as long as it is there: who changes an entry of a chain
// keeps its place, and who deletes it loses it.
func TestPairRemembersWhenItCame(t *testing.T) {
	node := kvtest.Start(t)
	s, _ := open(t, node.Connect(t), Options{})
	other, deltas := open(t, node.Connect(t), Options{})
	ref := sendPoll(t, s, ballot.Rules{})
	write := func(value string) uint64 {
		t.Helper()
		c, err := cast(t.Context(), s, ref, "bob", value)
		if err != nil {
			t.Fatal(err)
		}
		return c.Latest
	}
	first := write("a")
	check := func(when string, created uint64, seq uint64) {
		t.Helper()
		for _, hub := range []*Store{s, other} {
			inspect(t, hub, ref, seq, func(m *Message) {
				if p := m.Pair("bob"); p.Created != created || p.Seq != seq {
					t.Errorf("%s: %+v, want it created at %d", when, p, created)
				}
			})
		}
		d := until(t, deltas, func(d Delta) bool { return d.Revision == seq })
		if d.Poll == nil || d.Pairs[0].Created != created {
			t.Errorf("%s: the tail brings %+v", when, d.Pairs)
		}
	}
	check("set", first, first)
	check("changed", first, write("b"))
	check("changed again", first, write("c"))
	other.shardFor(ref).cache.reset()
	check("changed after a reload", first, write("d"))
	write("")
	again := write("e")
	check("set after a deletion", again, again)

	free := poll(t, s)
	seq, err := set(s, free, "bob", "a", 0)
	if err != nil {
		t.Fatal(err)
	}
	d := until(t, deltas, func(d Delta) bool { return d.Revision == seq })
	if d.Poll != nil || d.Pairs[0].Created != 0 {
		t.Errorf("a message without rules: %+v", d)
	}
}

// hall lets voters vote on all hubs until they find the message closed, and returns how many votes
// were acknowledged.
func hall(t *testing.T, hubs []*Store, ref Ref, voters int, busy func(acknowledged int64)) int64 {
	t.Helper()
	var acknowledged atomic.Int64
	var wg sync.WaitGroup
	for voter := range voters {
		wg.Go(func() {
			for round := 0; ; round++ {
				c, err := cast(t.Context(), hubs[(voter+round)%len(hubs)], ref, fmt.Sprint("v", voter),
					fmt.Sprint((voter+round)%3+1))
				if errors.Is(err, errClosed) {
					return
				}
				if errors.Is(err, ErrUnknown) {
					continue // a leader was lost; it may have been stored
				}
				if err != nil {
					t.Error(err)
					return
				}
				if c.Latest == 0 {
					t.Error("a vote without a revision")
				}
				busy(acknowledged.Add(1))
			}
		})
	}
	wg.Wait()
	return acknowledged.Load()
}

var closes = flag.Int("closes", 3, "how often voters race with each kind of close")

// A thousand voters race with the close, by hand and on time: no vote is above the close, every hub
// and the bucket have the same final count.
func TestVotersRaceWithClose(t *testing.T) {
	for _, c := range []struct {
		by       string
		replicas int
	}{{"hand", 1}, {"schedule", 1}, {"hand", 3}, {"schedule", 3}} {
		t.Run(fmt.Sprint(c.by, " on ", c.replicas), func(t *testing.T) {
			hubs, deltas := raceStores(t, c.replicas)
			for round := range *closes {
				raceWithClose(t, hubs, deltas, c.by == "schedule", round)
			}
		})
	}
}

func raceStores(t *testing.T, replicas int) ([]*Store, []<-chan Delta) {
	t.Helper()
	connect := connector(t, replicas)
	hubs, deltas := make([]*Store, 2), make([]<-chan Delta, 2)
	for i := range hubs {
		// One commits as on a large message, so that those meet commits with a filter.
		hubs[i], deltas[i] = open(t, connect(t), Options{Replicas: replicas, ShortcutFrom: 1 + i*2000})
	}
	return hubs, deltas
}

func raceWithClose(t *testing.T, hubs []*Store, deltas []<-chan Delta, onTime bool, round int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	rules := ballot.Rules{Write: ballot.WriteOwn, Questions: []ballot.Question{{Choices: 3}}}
	if onTime {
		rules.CloseAt = time.Now().Unix() + 2
	}
	ref := sendPoll(t, hubs[0], rules)
	var once sync.Once
	var closing sync.WaitGroup
	n := hall(t, hubs, ref, 1000, func(acknowledged int64) {
		if !onTime && acknowledged > 400 {
			once.Do(func() {
				closing.Go(func() {
					if err := closePoll(ctx, hubs[round%2], ref); err != nil {
						t.Error(err)
					}
				})
			})
		}
	})
	closing.Wait()
	want := agree(t, hubs, deltas, ref)
	if n == 0 || want.Pairs == 0 {
		t.Fatalf("%d votes, %+v", n, want)
	}
	t.Logf("%d votes of %d pairs, closed at %d", n, want.Pairs, want.ClosedSeq)
}

// agree returns what a closed message comes to, and fails the test unless all hubs say that, were
// told of this close, and no pair is above it.
func agree(t *testing.T, hubs []*Store, deltas []<-chan Delta, ref Ref) Summary {
	t.Helper()
	want := recount(t, hubs[0], ref)
	if want.ClosedSeq == 0 {
		t.Fatalf("not closed: %+v", want)
	}
	for i, s := range hubs {
		if at := awaitClose(t, deltas[i], ref); at != want.ClosedSeq {
			t.Errorf("hub %d was told of a close at %d, not %d", i, at, want.ClosedSeq)
		}
		if diff := cmp.Diff(want, summary(t, s, ref)); diff != "" {
			t.Errorf("hub %d, counted anew (-) and kept (+):\n%s", i, diff)
		}
	}
	return want
}
