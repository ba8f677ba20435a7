package socket

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"exthub/events"
	"exthub/kv"
)

// Whatever else a session is told meanwhile, what concerns its groups comes to it whole and in
// order, several fan-outs at a time or one; and who sent a message does not hear of it.
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
				raw, reader := dialRaw(t, server)
				c := <-came
				c.ID = fmt.Sprint("s", i)
				c.SetBatch(i%4 == 0)
				broker.Attach(c, c.ID)
				broker.Join(c, c.ID, groupsOf(i))
				viewers.Go(func() { expectInOrder(t, raw, reader, i, published) })
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

// expectInOrder reads the numbers up to the last as the viewer should get them, and asks for
// something now and then.
func expectInOrder(t *testing.T, raw io.Writer, r frameReader, viewer int, last uint64) {
	var want []uint64
	for n := uint64(1); n <= last; n++ {
		if d := numbered(n); slices.Contains(groupsOf(viewer), d.Ref.GroupID) && d.Origin != fmt.Sprint("s", viewer) {
			want = append(want, n)
		}
	}
	asked, answered := 0, 0
	for len(want) > 0 || asked > answered {
		_, payload, err := r.next()
		if err != nil {
			t.Errorf("viewer %d is waiting for %d, and %d of %d answers came: %v", viewer, want, answered, asked, err)
			return
		}
		if payload[0] != '[' {
			payload = append(append([]byte("["), payload...), ']')
		}
		var list []struct {
			Result *struct{}
			Params struct {
				LatestSeq uint64
				Messages  []struct{ Sequence uint64 }
			}
		}
		if err := json.Unmarshal(payload, &list); err != nil {
			t.Errorf("viewer %d: %s: %v", viewer, payload, err)
			return
		}
		for _, x := range list {
			if x.Result != nil {
				answered++
				continue
			}
			n := x.Params.LatestSeq
			if len(x.Params.Messages) > 0 {
				n = x.Params.Messages[0].Sequence
			}
			if len(want) == 0 || n != want[0] {
				t.Errorf("viewer %d got %d instead of %d", viewer, n, want[:min(1, len(want))])
				return
			}
			want = want[1:]
			if n%5 == 0 {
				if _, err := raw.Write(masked(1, "hello")); err != nil {
					t.Error(err)
					return
				}
				asked++
			}
		}
	}
}

// Who publishes faster than the writers can write waits for them, not for a client, and what waits
// is bounded.
func TestFanoutsThatWaitAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &Writers{}
		w.wake.L, w.room.L = &w.mu, &w.mu
		one, two := make([]events.Subscriber, 2*writerShare), make([]events.Subscriber, 2*writerShare)
		for i := range one {
			one[i] = &Conn{writers: w, outbox: outbox{closed: true}}
			two[i] = one[i]
		}
		const published = 3 * maxFanouts
		taken := 0
		go func() {
			for ; taken < published/2; taken++ {
				e := update(uint64(taken), "k", "v")
				w.Deliver(e, one, "")
				w.Deliver(e, two, "")
			}
		}()
		synctest.Wait()
		if n := len(w.fanouts); n != maxFanouts || taken == published/2 {
			t.Errorf("%d fan-outs wait", n)
		}
		if !w.Busy() {
			t.Error("not busy")
		}
		w.done.Go(w.run)
		synctest.Wait()
		if n := len(w.fanouts); n != 0 || taken != published/2 || w.Busy() {
			t.Errorf("%d fan-outs left, %d taken", n, taken)
		}
		w.Stop()
	})
}
