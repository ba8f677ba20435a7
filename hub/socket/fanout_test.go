package socket

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"exthub/events"
	"exthub/hub/hubtest/raw"
	"exthub/kv"
)

// Whatever else a session is told meanwhile, the events of each of its groups come whole and in
// order, several fan-outs at a time or one; and the session that sent a message does not hear of
// it.
func TestFanoutKeepsOrder(t *testing.T) {
	for _, secure := range []bool{false, true} {
		t.Run(fmt.Sprint("tls=", secure), func(t *testing.T) {
			const audience, published = 2 * writerShare, 500
			w := StartWriters(20*time.Second, writerShare+1)
			t.Cleanup(w.Stop)
			broker := events.New(events.Options{Wrap: Wrap, Deliverer: w})
			came := make(chan *Conn)
			server := serveConnsOf(t, w, secure, func(c *Conn) {
				came <- c
				for _, err := c.Read(); err == nil; _, err = c.Read() {
					c.Reply(answer("0", "{}"))
				}
				broker.Detach(c, c.ID)
				c.Abort()
			})
			var viewers sync.WaitGroup
			for i := range audience {
				client, reader := dialRaw(t, server)
				c := <-came
				c.ID = fmt.Sprint("s", i)
				c.SetBatch(i%4 == 0)
				broker.Attach(c, c.ID)
				broker.Join(c, c.ID, groupsOf(i))
				viewers.Go(func() {
					if err := newViewer(i, published).watch(client, reader); err != nil {
						t.Errorf("viewer %d: %v", i, err)
					}
				})
			}
			// Somebody comes and goes all the time.
			there, leave := context.WithCancel(t.Context())
			var passing sync.WaitGroup
			passing.Go(func() {
				passer := &Conn{outbox: outbox{closed: true}}
				for there.Err() == nil {
					broker.Attach(passer, "passer")
					broker.Join(passer, "passer", []string{"many"})
					broker.Detach(passer, "passer")
				}
			})
			for n := range uint64(published) {
				broker.Publish(numbered(n + 1))
			}
			viewers.Wait()
			leave()
			passing.Wait()
		})
	}
}

// groupsOf returns the groups of a viewer: one with everybody, and one that a few are in too.
func groupsOf(viewer int) []string {
	if viewer < 5 {
		return []string{"many", "few"}
	}
	return []string{"many"}
}

// numbered is the nth change: now and then one for the few, or a message of somebody's.
func numbered(n uint64) kv.Delta {
	ref := kv.Ref{GroupID: "many", MsgSeq: n}
	if n%7 == 0 {
		ref.GroupID = "few"
	}
	d := kv.Delta{ID: ref.ID(), Ref: ref, Revision: n}
	if n%10 == 0 {
		d.Origin = fmt.Sprint("s", n/10)
		d.Record = &kv.Record{Ref: ref, GroupID: ref.GroupID, From: "ann", Payload: json.RawMessage("{}"), Sequence: n}
	} else {
		d.Pairs = []kv.Pair{{Key: "k", Value: "v", Seq: n}}
	}
	return d
}

// viewer is a client that knows what it has to get.
type viewer struct {
	number          int
	want            map[string][]uint64 // by group, what has yet to come
	left            int                 // of all groups
	asked, answered int
}

// newViewer returns the viewer of this number, who waits for the changes up to the last.
func newViewer(number int, last uint64) *viewer {
	v := &viewer{number: number, want: make(map[string][]uint64)}
	for n := uint64(1); n <= last; n++ {
		d := numbered(n)
		group := d.Ref.GroupID
		if slices.Contains(groupsOf(number), group) && d.Origin != fmt.Sprint("s", number) {
			v.want[group] = append(v.want[group], n)
			v.left++
		}
	}
	return v
}

// watch reads until everything has come, that of each group in order. Now and then it asks for
// something.
func (v *viewer) watch(client io.Writer, r raw.Reader) error {
	for v.left > 0 || v.asked > v.answered {
		_, payload, err := r.Next()
		if err != nil {
			return fmt.Errorf("waiting for %v, and %d of %d answers came: %w", v.want, v.answered, v.asked, err)
		}
		if payload[0] != '[' {
			payload = append(append([]byte("["), payload...), ']')
		}
		var list []viewed
		if err := json.Unmarshal(payload, &list); err != nil {
			return fmt.Errorf("%s: %w", payload, err)
		}
		for _, x := range list {
			if err := v.receive(client, x); err != nil {
				return err
			}
		}
	}
	return nil
}

// viewed is an answer or a numbered notification.
type viewed struct {
	Result *struct{}
	Params struct {
		LatestSeq uint64
		Messages  []struct{ Sequence uint64 }
	}
}

func (v *viewer) receive(client io.Writer, x viewed) error {
	if x.Result != nil {
		v.answered++
		return nil
	}
	n := x.Params.LatestSeq
	if len(x.Params.Messages) > 0 {
		n = x.Params.Messages[0].Sequence
	}
	group := numbered(n).Ref.GroupID
	if next := v.want[group]; len(next) == 0 || n != next[0] {
		return fmt.Errorf("got %d instead of %d", n, next[:min(1, len(next))])
	}
	v.want[group] = v.want[group][1:]
	v.left--
	if n%5 > 0 {
		return nil
	}
	v.asked++
	_, err := client.Write(masked(1, "hello"))
	return err
}

// stalledWriters are Writers of which none runs until the test starts one.
func stalledWriters(fanoutFrom int) *Writers { return newWriters(time.Second, fanoutFrom) }

// sink is a subscriber that counts what it gets.
type sink struct {
	got  []uint64 // numbers of the events, as they were delivered
	lost int
}

func (s *sink) Session() string { return "" }
func (s *sink) Lost()           { s.lost++ }

func (s *sink) Notify(e *events.Event) {
	var n struct{ Params struct{ LatestSeq uint64 } }
	if err := json.Unmarshal(e.Frames()[0].Payload, &n); err != nil {
		panic(err)
	}
	s.got = append(s.got, n.Params.LatestSeq)
}

func sinks(n int) (list []*sink, to []events.Subscriber) {
	for range n {
		s := new(sink)
		list, to = append(list, s), append(to, s)
	}
	return list, to
}

// TestPublishingWaitsForNobody: while not one byte leaves the hub, publishing goes on, for the
// group that is behind, for others and for those who come and go, and what waits for a group is
// bounded: its sessions are told that they may have missed changes, once there is too much.
func TestPublishingWaitsForNobody(t *testing.T) {
	w := stalledWriters(10)
	broker := events.New(events.Options{Wrap: Wrap, Deliverer: w})
	attach := func(n int, group string) []*sink {
		list, _ := sinks(n)
		for i, s := range list {
			user := fmt.Sprint(group, i)
			broker.Attach(s, user)
			broker.Join(s, user, []string{group})
		}
		return list
	}
	hall, room := attach(20, "hall"), attach(5, "room")
	publish := func(group string, n uint64) {
		ref := kv.Ref{GroupID: group, MsgSeq: 1}
		broker.Publish(kv.Delta{ID: ref.ID(), Ref: ref, Pairs: []kv.Pair{
			{Key: "k", Value: strings.Repeat("v", 900), Seq: n},
		}})
	}
	last := uint64(2 * maxOutbox / 900)
	for n := range last {
		publish("hall", n+1)
	}
	publish("room", 1)
	if got := room[4].got; len(got) != 1 {
		t.Errorf("a small group got %d while a large one is behind", got)
	}
	if waiting := w.groups["hall"].bytes; waiting > maxOutbox+2000 {
		t.Errorf("%d bytes wait for one group", waiting)
	}
	if hall[0].lost == 0 || room[0].lost > 0 {
		t.Errorf("lost: %d times in the hall, %d in the room", hall[0].lost, room[0].lost)
	}
	broker.Detach(hall[0], "hall0")
	w.done.Go(w.run)
	w.Stop()
	if len(w.groups) != 0 {
		t.Errorf("%d groups are left", len(w.groups))
	}
	if got := hall[1].got; !slices.IsSorted(got) || got[0] != 1 || len(got) < int(last)/3 {
		t.Errorf("the hall got %d events: %d", len(got), got[:min(10, len(got))])
	}
}

// TestGroupsTakeTurns: a group behind which a long queue has built up does not hold up another one.
func TestGroupsTakeTurns(t *testing.T) {
	w := stalledWriters(1)
	_, hall := sinks(10 * writerShare)
	others, other := sinks(writerShare)
	for n := range uint64(50) {
		w.Deliver("hall", update(n+1, "k", "v"), hall, "", nil)
	}
	written := make(chan struct{})
	w.Deliver("other", update(1, "k", "v"), other, "", func() { close(written) })
	before := 0
	for len(others[0].got) == 0 {
		before++
		w.mu.Lock()
		f, share := w.groupShareLocked()
		w.mu.Unlock()
		w.deliverShare(f, share, nil)
	}
	<-written
	if before > 2 {
		t.Errorf("the other group came after %d shares", before)
	}
	w.done.Go(w.run)
	w.Stop()
}

// TestWrittenIsToldOnce: whoever published hears of the end of each event's writing once, also if
// several events went out in one write, and never if the event was not queued.
func TestWrittenIsToldOnce(t *testing.T) {
	w := stalledWriters(3)
	_, to := sinks(3 * writerShare)
	var told [3]int
	for i := range told {
		if !w.Deliver("hall", update(uint64(i+1), "k", "v"), to, "", func() { told[i]++ }) {
			t.Error("not pending")
		}
	}
	if w.Deliver("room", update(1, "k", "v"), to[:2], "", func() { t.Error("told of two sessions") }) {
		t.Error("pending, and straight to the outboxes")
	}
	w.done.Go(w.run)
	w.Stop()
	if told != [3]int{1, 1, 1} {
		t.Errorf("told %d times", told)
	}
}
