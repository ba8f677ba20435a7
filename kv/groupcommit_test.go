package kv

import "testing"

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
		g.promoteNext(options)
		next.expect(t, "then", "lead")
		g.finish(next)
		g.promoteNext(options)
		joinGroup(g).expect(t, "when all are gone", "lead")
	})
	t.Run("CAS", func(t *testing.T) {
		g, options := new(groupCommit), Options{Replicas: 1, MaxPairs: 300}
		first := joinGroup(g)
		first.expect(t, "alone", "lead")
		g.finish(first)
		next := joinGroup(g)
		next.expect(t, "before the first has promoted the next", "wait")
		g.promoteNext(options)
		next.expect(t, "then", "retry")
		next = joinGroup(g)
		next.expect(t, "when it comes again", "lead")
		g.finish(next)
		g.promoteNext(options)
		joinGroup(g).expect(t, "when all are gone", "lead")
	})
}
