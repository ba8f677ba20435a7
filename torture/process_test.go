package torture

import (
	"bytes"
	"context"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"exthub/kv/kvtest"
)

// inProcesses starts hubs as processes on one NATS node of this process, and a world on them.
func inProcesses(t *testing.T, fault string, interval time.Duration, n int) *world {
	t.Helper()
	server := kvtest.Start(t, kvtest.Listening)
	var instances []*instance
	for range n {
		instances = append(instances, startProcess(t, server.URL(), ""))
	}
	return newWorld(t, fault, interval, instances, bucketReader(connect(t, server.URL())))
}

// killPoints are the moments of a write at which the hub is killed: just before these bytes pass on
// their way between the hub and NATS, or between the hub and the client. committed says whether the
// write must be in the bucket.
var killPoints = []struct {
	name      string
	client    bool   // on the client's side
	up        bool   // towards NATS, or towards the hub
	bytes     string // what marks the moment; "": anything
	committed bool
}{
	{"the request is about to arrive", true, true, "", false},
	{"the attempt is about to be counted", false, true, "HPUB exthub_rate.", false},
	{"the attempt was counted", false, false, `"val":"`, false},
	{"the write is about to be published", false, true, "HPUB $KV.exthub_0.g.yard.", false},
	{"NATS has acknowledged the write", false, false, `"stream":"KV_exthub_0"`, true},
	{"the answer is about to leave", true, false, `"code":0`, true},
}

// TestHubKilledBetweenSteps: the hub is killed with -9 between two steps of a write. The client
// does not learn the outcome, but after the restart the write is there or not, as the step says,
// and nothing else is lost.
func TestHubKilledBetweenSteps(t *testing.T) {
	repeat(t, func(t *testing.T, i int) {
		for n, step := range killPoints {
			if *runs > 1 && n != i%len(killPoints) {
				continue // many runs share the steps among them
			}
			t.Run(step.name, func(t *testing.T) { killAtPoint(t, n) })
		}
	})
}

func killAtPoint(t *testing.T, n int) {
	step := killPoints[n]
	w := inProcesses(t, "hub killed -9 between steps of a write", 25*time.Millisecond, 2)
	victim := w.instances[0]
	// No other client writes through this hub, so that the bytes are of this write.
	wr := newWriter(w, writers+1, 0, "writer0")
	if err := wr.connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	m := &wr.messages[0]
	if !wr.do(t.Context(), m, call{kind: "set", key: 1, value: "before"}) {
		t.Fatal("the write before was refused")
	}
	network := victim.nats
	if step.client {
		network = links{victim.clients}
	}
	var once sync.Once
	dead := make(chan struct{})
	network.impair(impairment{inspect: func(up bool, chunk []byte) int {
		if up != step.up || !bytes.Contains(chunk, []byte(step.bytes)) {
			return len(chunk)
		}
		once.Do(func() { victim.process.kill(); close(dead) })
		return 0
	}})
	if wr.do(t.Context(), m, call{kind: "set", key: 1, value: "during", seq: m.seqs[1]}) {
		t.Fatal("a killed hub answered")
	}
	<-dead
	network.impair(impairment{})
	bucket, err := w.bucket(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if there := bucket[m.id+".x."+keyName(1)].value == "during"; there != step.committed {
		w.violation("killed when %s: committed is %v", step.name, there)
	}
	over := w.elapsed()
	if err := victim.process.start(); err != nil {
		t.Fatal(err)
	}
	if err := waitUntil(t.Context(), "way back", func() error { return wr.connect(t.Context()) }); err != nil {
		t.Fatal(err)
	}
	if !wr.do(t.Context(), m, call{kind: "get", minLatest: m.latest}) ||
		!wr.do(t.Context(), m, call{kind: "set", key: 1, value: "after", seq: m.seqs[1]}) {
		w.violation("killed when %s: could not go on", step.name)
	}
	recovery := w.elapsed() - over
	wr.disconnect()
	w.start(5)
	w.finish()
	w.verify(recovery)
}

// TestHubKilledBetweenPairs: the hub is killed with -9 when some pairs of a request are published
// and others are not. What is there after that is the first part of what was asked for, and nothing
// of a set that was to be whole.
func TestHubKilledBetweenPairs(t *testing.T) {
	repeat(t, func(t *testing.T, i int) {
		for n, request := range []string{"a set", "a deletion", "a set as a whole"} {
			if *runs > 1 && n != i%3 {
				continue // many runs share the requests among them
			}
			t.Run(request, func(t *testing.T) { killBetweenPairs(t, n == 1, n == 2, 1+i%(rowPairs-1)) })
		}
	})
}

// killBetweenPairs kills the hub when so many pairs are published.
func killBetweenPairs(t *testing.T, deletes, whole bool, published int) {
	w := inProcesses(t, "hub killed -9 between pairs of a request", 25*time.Millisecond, 2)
	victim, g := w.instances[0], w.sheet.signers[0]
	s, err := login(t.Context(), victim.addr(), g.user, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r, left := g.add(whole), published
	if whole {
		left = 0
	}
	if deletes {
		if r.set = g.ask(t.Context(), s, "setMessageExtensions", r); r.set != acknowledged {
			t.Fatal("the set before was refused")
		}
		left = rowPairs - published
	}
	var seen atomic.Int64
	var once sync.Once
	dead := make(chan struct{})
	victim.nats.impair(impairment{inspect: func(up bool, chunk []byte) int {
		for pass := 0; up; { // several may come in one chunk
			next := bytes.Index(chunk[pass:], []byte("HPUB $KV.exthub_1.g.sheet."))
			if next < 0 {
				break
			}
			if seen.Add(1) > int64(published) {
				once.Do(func() { victim.process.kill(); close(dead) })
				return pass + next
			}
			pass += next + 1
		}
		return len(chunk)
	}})
	became, what := &r.set, "setMessageExtensions"
	if deletes {
		became, what = &r.deleted, "deleteMessageExtensions"
	}
	if *became = g.ask(t.Context(), s, what, r); *became != unknown {
		t.Fatalf("a killed hub answered: %d", *became)
	}
	<-dead
	victim.nats.impair(impairment{})
	bucket, err := w.bucket(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if pairs, live := w.sheet.pairsOf(r, bucket); live != left {
		w.violation("killed when %d were published: %d are there: %+v", published, live, pairs)
	}
	over := w.elapsed()
	if err := victim.process.start(); err != nil {
		t.Fatal(err)
	}
	w.start(5)
	recovery := w.elapsed() - over
	w.finish()
	w.verify(recovery)
}

// TestHubStopped: a hub is suspended for half a minute, while the others go on and change groups
// without it, and then continues as if nothing had happened.
func TestHubStopped(t *testing.T) {
	repeat(t, func(t *testing.T, i int) {
		w := inProcesses(t, "hub stopped (SIGSTOP) for 30 s", 150*time.Millisecond, 3)
		w.start(5)
		w.instances[0].process.signal(syscall.SIGSTOP)
		w.removeLeaver()
		<-time.After(30 * time.Second)
		w.instances[0].process.signal(syscall.SIGCONT)
		recovery := w.awaitRecovery(w.elapsed(), 0)
		w.finish()
		w.verify(recovery)
	})
}

// TestEmbeddedHubKilled: a hub with its own NATS is killed with -9 under load and started again on
// what it left.
func TestEmbeddedHubKilled(t *testing.T) {
	repeat(t, func(t *testing.T, i int) {
		dir := t.TempDir()
		u := startProcess(t, "", dir)
		w := newWorld(t, "embedded hub killed -9 under load", 10*time.Millisecond, []*instance{u},
			embeddedBucketReader(t, u, dir))
		w.start(20)
		var over, recovery time.Duration
		for round := range 3 {
			u.process.kill()
			over = w.elapsed()
			if err := u.process.start(); err != nil {
				t.Fatal(err)
			}
			recovery = max(recovery, w.awaitRecovery(over, 0))
			if round == 0 {
				w.removeLeaver()
			}
		}
		w.finish()
		w.verify(recovery)
	})
}

// embeddedBucketReader returns a function that stops a hub with its own NATS and reads its bucket
// with a server of the test.
func embeddedBucketReader(t *testing.T, u *instance, dir string) func(context.Context) (map[string]entry, error) {
	return func(ctx context.Context) (map[string]entry, error) {
		u.process.stop()
		n := kvtest.Start(t, func(o *server.Options) { o.StoreDir = filepath.Join(dir, "nats") })
		defer n.Stop()
		return bucketReader(n.Connect(t))(ctx)
	}
}
