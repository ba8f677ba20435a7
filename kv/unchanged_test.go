package kv

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"exthub/kv/ballot"
	"exthub/kv/kvtest"
)

// duringDecision casts bob's vote, of which the value says how many pairs it was decided on. What
// meanwhile does happens after the first decision, and before its commit. It returns how often was
// decided.
func duringDecision(t *testing.T, s *Store, ref Ref, meanwhile func()) (decided int, err error) {
	t.Helper()
	_, err = s.Update(t.Context(), ref, func(m *Txn) (Change, error) {
		if decided++; decided == 1 {
			meanwhile()
		}
		if m.ClosedSeq() > 0 {
			return Change{}, errClosed
		}
		return Change{Writes: []Write{{Key: "bob", Value: fmt.Sprint(m.Live())}}}, nil
	})
	return decided, err
}

// Another hub writes to the message while a commit of it is on its way that names the end of the
// bucket, which that hub's entry may reach again: whatever was written, the decision is made anew.
func TestShortcutSeesEveryWriter(t *testing.T) {
	node := kvtest.Start(t)
	here, _ := open(t, node.Connect(t), Options{ShortcutFrom: 1})
	there, _ := open(t, node.Connect(t), Options{})
	update := func(ref Ref, change Change) {
		if _, err := there.Update(t.Context(), ref, func(*Txn) (Change, error) { return change, nil }); err != nil {
			t.Error(err)
		}
	}
	for name, change := range map[string]Change{
		"another pair":    {Writes: []Write{{Key: "eve", Value: "1"}}},
		"the newest pair": {Writes: []Write{{Key: "ann", Value: "2"}}},
		"a retraction":    {Writes: []Write{{Key: "ann", Delete: true}}},
		"two pairs":       {Writes: []Write{{Key: "eve", Value: "1"}, {Key: "mia", Value: "1"}}},
		"a clear":         {Clear: true},
		"the close":       {Close: true},
	} {
		t.Run(name, func(t *testing.T) {
			ref := sendPoll(t, here, ballot.Rules{})
			for _, voter := range []string{"joe", "ann"} {
				if _, err := cast(t.Context(), here, ref, voter, "1"); err != nil {
					t.Fatal(err)
				}
			}
			decided, err := duringDecision(t, here, ref, func() { update(ref, change) })
			if decided != 2 || err != nil && !(change.Close && errors.Is(err, errClosed)) {
				t.Errorf("decided %d times: %v", decided, err)
			}
			agreeOn(t, here, there, ref)
		})
	}
}

// agreeOn fails the test unless both hubs have what counting the pairs anew gives.
func agreeOn(t *testing.T, here, there *Store, ref Ref) {
	t.Helper()
	want := recount(t, here, ref)
	if err := there.shardFor(ref).tail.applied.wait(t.Context(), here.shardFor(ref).bucket.Seen()); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*Store{here, there} {
		if diff := cmp.Diff(want, summary(t, s, ref)); diff != "" {
			t.Errorf("counted anew (-) and kept (+):\n%s", diff)
		}
	}
}

// What is written to other messages is nobody's conflict, and while nothing is written a vote on a
// large message does not make the server walk its subjects: the entry names the end of the bucket.
func TestShortcutIsTakenInQuiet(t *testing.T) {
	node := kvtest.Start(t)
	nc := node.Connect(t)
	here, _ := open(t, nc, Options{ShortcutFrom: 2})
	there, _ := open(t, node.Connect(t), Options{})
	ref, other := sendPoll(t, here, ballot.Rules{}), sendPoll(t, there, ballot.Rules{})
	took := func(key string) bool {
		t.Helper()
		return took(t, nc, here, ref, key)
	}
	for i, voter := range []string{"ann", "joe", "eve"} {
		if _, err := cast(t.Context(), here, ref, voter, "1"); err != nil {
			t.Fatal(err)
		}
		if got := took(voter); got != (i == 2) {
			t.Errorf("with %d pairs: shortcut taken: %t", i, got)
		}
	}
	decided, err := duringDecision(t, here, ref, func() {
		if _, err := cast(t.Context(), there, other, "ann", "1"); err != nil {
			t.Error(err)
		}
	})
	if err != nil || decided != 1 || took("bob") {
		t.Errorf("beside another message decided %d times, took it: %t, %v", decided, took("bob"), err)
	}
	delete := func(*Txn) (Change, error) { return Change{Writes: []Write{{Key: "eve", Delete: true}}}, nil }
	if err := here.shardFor(ref).tail.applied.wait(t.Context(), here.shardFor(ref).bucket.Seen()); err != nil {
		t.Fatal(err)
	}
	if _, err := here.Update(t.Context(), ref, delete); err != nil {
		t.Fatal(err)
	}
	if _, err := cast(t.Context(), here, ref, "ann", "2"); err != nil || !took("eve") || !took("ann") {
		t.Errorf("a deletion took it: %t, what follows: %t, %v", took("eve"), took("ann"), err)
	}
}

// took reports whether the server stored a pair because nothing had changed in the whole bucket.
func took(t *testing.T, nc *nats.Conn, s *Store, ref Ref, key string) bool {
	t.Helper()
	sh := s.shardFor(ref)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), "KV_"+sh.bucket.Name())
	if err != nil {
		t.Fatal(err)
	}
	msg, err := stream.GetLastMsgForSubject(t.Context(), sh.bucket.Prefix()+string(ref.ID())+".x."+encodeToken(key))
	if err != nil {
		t.Fatal(err)
	}
	return msg.Header.Get(jetstream.ExpectedLastSeqHeader) != ""
}
