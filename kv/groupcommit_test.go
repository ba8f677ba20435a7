package kv

import (
	"errors"
	"testing"

	"exthub/kv/bucket"
)

// joinGroup puts a waiter into the queue.
func joinGroup(g *groupCommit) *waiter {
	w := &waiter{wake: make(chan wakeup, 1)}
	g.join(w)
	return w
}

// expect fails the test unless this is what the waiter has been woken for.
func (w *waiter) expect(t *testing.T, when, want string) {
	t.Helper()
	got := "wait"
	select {
	case o := <-w.wake:
		got = map[wakeup]string{done: "done", lead: "lead", retry: "retry"}[o]
	default:
	}
	if got != want {
		t.Fatalf("%s: told to %s, want %s", when, got, want)
	}
}

// A leader that is done has yet to promote the next. A writer that comes meanwhile waits for that:
// two leaders would commit for the same waiters, and tell one of them to retry whose change is on
// its way.
func TestOneLeaderAtATime(t *testing.T) {
	t.Run("Replicated", func(t *testing.T) {
		g, options := new(groupCommit), Options{Replicas: 3, MaxPairs: 300}
		first := joinGroup(g)
		first.expect(t, "alone", "lead")
		g.finish(first)
		next := joinGroup(g)
		next.expect(t, "before the first has promoted it", "wait")
		g.promoteNext(options.hasCAS())
		next.expect(t, "then", "lead")
		g.finish(next)
		g.promoteNext(options.hasCAS())
		joinGroup(g).expect(t, "when all are gone", "lead")
	})
	t.Run("CAS", func(t *testing.T) {
		g, options := new(groupCommit), Options{Replicas: 1, MaxPairs: 300}
		first := joinGroup(g)
		first.expect(t, "alone", "lead")
		g.finish(first)
		next := joinGroup(g)
		next.expect(t, "before the first has promoted the next", "wait")
		g.promoteNext(options.hasCAS())
		next.expect(t, "then", "retry")
		next = joinGroup(g)
		next.expect(t, "when it comes again", "lead")
		g.finish(next)
		g.promoteNext(options.hasCAS())
		joinGroup(g).expect(t, "when all are gone", "lead")
	})
}

// Somebody takes back the only pair, and somebody else clears the message, in one batch: that there
// is nothing left to clear rests on a commit that may be refused yet, and comes after it. A limit
// that a decision runs into rests on it in the same way.
func TestNothingToDoRestsOnTheBatch(t *testing.T) {
	full := errors.New("full")
	for name, second := range map[string]Decide{
		"a clear of what is there no more": func(m *Txn) (Change, error) { return Change{Clear: m.Live() > 0}, nil },
		"a limit": func(m *Txn) (Change, error) {
			if m.Live() != 1 {
				return Change{}, full
			}
			return Change{Writes: []Write{{Key: "b", Value: "v"}}}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMessage(Ref{GroupID: "team", MsgSeq: 1})
			m.record = &Record{}
			if err := m.apply("x.a", bucket.Entry{Value: "v", Revision: 7}); err != nil {
				t.Fatal(err)
			}
			g := new(groupCommit)
			deletes, rests := joinGroup(g), joinGroup(g)
			deletes.decide = func(m *Txn) (Change, error) {
				return Change{Writes: []Write{{Key: "a", Delete: true}}}, nil
			}
			rests.decide = second
			batch, noops := g.decide(&Txn{m: m}, "g.team.1", Options{Replicas: 3, MaxPairs: 300, MaxTombstones: 300})
			if len(batch) != 1 || batch[0] != deletes || len(noops) != 0 {
				t.Errorf("%d changes and %d without one, want the first alone", len(batch), len(noops))
			}
		})
	}
}

// A leader waits for an answer that does not come, and a writer that gives up meanwhile waits with
// it, for twice its time. The writer goes at once: without an outcome if its write is on its way,
// and with nothing written if it is not. Whoever is gone is never woken to lead, for nobody would.
func TestGiveUp(t *testing.T) {
	g := new(groupCommit)
	leader, sent, waits := joinGroup(g), joinGroup(g), joinGroup(g)
	sent.writes = []bucket.Write{{Key: "k"}}
	if left, _ := g.leave(leader); left {
		t.Error("a leader went, and nobody commits")
	}
	if left, unknown := g.leave(sent); !left || !unknown {
		t.Errorf("its write is on its way: left %v, unknown %v", left, unknown)
	}
	if left, unknown := g.leave(waits); !left || unknown {
		t.Errorf("its write was not sent: left %v, unknown %v", left, unknown)
	}
	g.finish(leader) // with an error; what it had sent for others is to be decided anew
	g.promoteNext(Options{Replicas: 3}.hasCAS())
	if len(g.queue) != 0 || g.led || len(sent.wake)+len(waits.wake) != 0 {
		t.Errorf("%d wait, led %v, and %d who are gone were woken", len(g.queue), g.led, len(sent.wake)+len(waits.wake))
	}
}

// A writer's change is committed, and waits to be told so with the others of its batch, the next of
// which gets no answer from the store. Its time is over, and it learns what is known: that it was
// written. What is known of one is no secret because of another.
func TestGiveUpOnceItIsCommitted(t *testing.T) {
	g := new(groupCommit)
	leader, written := joinGroup(g), joinGroup(g)
	leader.expect(t, "alone", "lead")
	written.writes = []bucket.Write{{Key: "k"}}
	written.settle(Commit{Seq: 7, Latest: 7}, nil)
	if left, unknown := g.leave(written); left || unknown {
		t.Errorf("it is committed: left %v, unknown %v", left, unknown)
	}
	written.expect(t, "when its time is over", "done")
	if written.commit.Seq != 7 || written.err != nil {
		t.Errorf("it was told %+v, %v", written.commit, written.err)
	}
	g.finish(written) // with its batch
	if len(g.queue) != 1 {
		t.Errorf("%d wait", len(g.queue))
	}
}
