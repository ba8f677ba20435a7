package kv

import "testing"

// A leader that is done has yet to hand over. Whoever comes meanwhile waits for that: two leaders would commit for the same callers, and tell one of them to begin again
// whose change is on its way.
func TestOneLeaderAtATime(t *testing.T) {
	for name, options := range map[string]Options{"CAS": {Replicas: 1, MaxPairs: 300}, "Replicated": {Replicas: 3, MaxPairs: 300}} {
		t.Run(name, func(t *testing.T) {
			c := new(cell)
			join := func() *call {
				me := &call{turn: make(chan order, 1)}
				c.join(me)
				return me
			}
			turn := func(me *call) string {
				select {
				case o := <-me.turn:
					return map[order]string{done: "done", lead: "lead", again: "again"}[o]
				default:
					return "wait"
				}
			}
			first := join()
			if got := turn(first); got != "lead" {
				t.Fatalf("the first has to %s", got)
			}
			c.finish(nil, first)
			next := join()
			if got := turn(next); got != "wait" {
				t.Fatalf("the next has to %s before the first has handed over", got)
			}
			c.handOver(options)
			want := "lead"
			if options.hasCAS() {
				want = "again"
			}
			if got := turn(next); got != want {
				t.Fatalf("then it has to %s, want %s", got, want)
			}
			if options.hasCAS() {
				next = join()
				if got := turn(next); got != "lead" {
					t.Fatalf("and when it comes again, to %s", got)
				}
			}
			c.finish(nil, next)
			c.handOver(options)
			if got := turn(join()); got != "lead" {
				t.Fatalf("when all are gone, the first has to %s", got)
			}
		})
	}
}
