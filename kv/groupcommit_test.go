package kv

import "testing"

// A leader that is done has yet to promote the next. A writer that comes meanwhile waits for that:
// two leaders would commit for the same waiters, and tell one of them to retry whose change is on
// its way.
func TestOneLeaderAtATime(t *testing.T) {
	for name, options := range map[string]Options{
		"CAS": {Replicas: 1, MaxPairs: 300}, "Replicated": {Replicas: 3, MaxPairs: 300},
	} {
		t.Run(name, func(t *testing.T) {
			g := new(groupCommit)
			join := func() *waiter {
				w := &waiter{wake: make(chan wakeup, 1)}
				g.join(w)
				return w
			}
			woken := func(w *waiter) string {
				select {
				case o := <-w.wake:
					return map[wakeup]string{done: "done", lead: "lead", retry: "retry"}[o]
				default:
					return "wait"
				}
			}
			first := join()
			if got := woken(first); got != "lead" {
				t.Fatalf("the first has to %s", got)
			}
			g.finish(first)
			next := join()
			if got := woken(next); got != "wait" {
				t.Fatalf("the next has to %s before the first has promoted the next", got)
			}
			g.promoteNext(options)
			want := "lead"
			if options.hasCAS() {
				want = "retry"
			}
			if got := woken(next); got != want {
				t.Fatalf("then it has to %s, want %s", got, want)
			}
			if options.hasCAS() {
				next = join()
				if got := woken(next); got != "lead" {
					t.Fatalf("and when it comes again, to %s", got)
				}
			}
			g.finish(next)
			g.promoteNext(options)
			if got := woken(join()); got != "lead" {
				t.Fatalf("when all are gone, the first has to %s", got)
			}
		})
	}
}
