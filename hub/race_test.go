package hub_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"exthub/hub"
	"exthub/hub/hubtest"
	"exthub/kv/kvtest"
)

// TestOneWins: two users set the same pair with the same Seq at once, a thousand times. Exactly one
// wins, and the other is told what the winner wrote.
func TestOneWins(t *testing.T) {
	w := hubtest.Start(t)
	racers := []*hubtest.Client{w.Login("ada"), w.Login("bo")}
	id := racers[0].Send("C2C", "bo").ID
	seq := uint64(0)
	for round := range 1000 {
		var results [2]hubtest.Pair
		var group sync.WaitGroup
		for i, c := range racers {
			group.Go(func() { results[i], _ = c.Set(id, "k", fmt.Sprint(round, "by", i), seq) })
		}
		group.Wait()
		if t.Failed() {
			return
		}
		winner, loser := results[0], results[1]
		if winner.Code != 0 {
			winner, loser = loser, winner
		}
		if winner.Code != 0 || loser.Code != 23001 || loser.Value != winner.Value || loser.Seq != winner.Seq ||
			winner.Seq <= seq {
			t.Fatalf("round %d: %+v and %+v", round, winner, loser)
		}
		seq = winner.Seq
	}
}

// TestPlainReader: a program that opens the bucket with nothing but nats.go sees the value of a
// vote, at the revision that the voter got as Seq.
func TestPlainReader(t *testing.T) {
	w := hubtest.Start(t)
	ada := w.Login("ada")
	id := ada.Send("C2C", "bo").ID
	js, err := jetstream.New(w.NATS)
	if err != nil {
		t.Fatal(err)
	}
	bucket, err := js.KeyValue(t.Context(), "ext_0")
	if err != nil {
		t.Fatal(err)
	}
	watch, err := bucket.Watch(t.Context(), id+".x.*", jetstream.UpdatesOnly())
	if err != nil {
		t.Fatal(err)
	}
	defer watch.Stop()

	vote, _ := ada.Set(id, "ada", "2", 0)
	entry, err := bucket.Get(t.Context(), id+".x.ada")
	if err != nil {
		t.Fatal(err)
	}
	if string(entry.Value()) != "2" || entry.Revision() != vote.Seq {
		t.Errorf("the bucket has %q at %d, the voter got %+v", entry.Value(), entry.Revision(), vote)
	}
	if seen := <-watch.Updates(); seen.Key() != id+".x.ada" || seen.Revision() != vote.Seq {
		t.Errorf("watched %s at %d", seen.Key(), seen.Revision())
	}
	ada.Delete(id, object{"key": "ada", "seq": vote.Seq})
	if _, err := bucket.Get(t.Context(), id+".x.ada"); !errors.Is(err, jetstream.ErrKeyNotFound) {
		t.Errorf("after the deletion: %v", err)
	}
}

// TestReadOnAnotherHub: a client that has seen a Seq sees nothing older on any hub.
func TestReadOnAnotherHub(t *testing.T) {
	nc := kvtest.Server(t)
	here, there := hubtest.StartOn(t, nc).Login("ada"), hubtest.StartOn(t, nc).Login("ada")
	id := here.Send("C2C", "bo").ID
	seq := uint64(0)
	for i := range 200 {
		wrote, _ := here.Set(id, "k", fmt.Sprint(i), seq)
		seq = wrote.Seq
		if p := there.Get(id, seq+1); len(p.Extensions) != 0 || p.LatestSeq != seq {
			t.Fatalf("wrote %+v, read %+v", wrote, p)
		}
		if p := there.Get(id, 0); len(p.Extensions) != 1 || p.Extensions[0] != wrote {
			t.Fatalf("wrote %+v, read %+v", wrote, p)
		}
	}
}

// TestReadersWhileItChanges: every answer is in order and up to its latestSeq, and none is older
// than the one before.
func TestReadersWhileItChanges(t *testing.T) {
	w := hubtest.Start(t, func(o *hub.Options) { o.SessionRate = 1_000_000 })
	writer := w.Login("ada")
	id := writer.Send("C2C", "bo").ID
	var group sync.WaitGroup
	done := make(chan struct{})
	for range 3 {
		c := w.Login("bo")
		group.Go(func() {
			for latest := uint64(0); ; {
				p := c.Get(id, 0)
				if n := len(p.Extensions); p.LatestSeq < latest || n > 0 && p.Extensions[n-1].Seq != p.LatestSeq ||
					n == 2 && p.Extensions[0].Seq >= p.Extensions[1].Seq {
					t.Errorf("read %+v after %d", p, latest)
					return
				}
				latest = p.LatestSeq
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	var seqs [2]uint64
	for i := range 20 {
		var got hubtest.Changed
		writer.Must("setMessageExtensions", object{"messageID": id, "extensions": []object{
			{"key": "a", "value": fmt.Sprint(i), "seq": seqs[0]}, {"key": "b", "value": fmt.Sprint(i), "seq": seqs[1]},
		}}, &got)
		seqs = [2]uint64{got.Extensions[0].Seq, got.Extensions[1].Seq}
	}
	close(done)
	group.Wait()
}
