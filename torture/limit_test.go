package torture

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"exthub/hub"
	"exthub/kv"
	"exthub/kv/kvtest"
)

const (
	limit     = 40
	attackers = 9
	attack    = 4 * time.Second // how long they are at it
)

// counter counts the pairs of a message after every write, with nothing but the NATS client: it knows no hub. What the stream has skipped for it, because it was
// overwritten at once, is filled in from the acknowledgements.
type counter struct {
	mu     sync.Mutex
	writes map[uint64]write // by revision
	failed error
}

type write struct {
	key     string
	deleted bool
}

func (c *counter) note(seq uint64, key string, deleted bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writes[seq] = write{key, deleted}
}

// count follows the message until stop is called, which returns the highest number of pairs there ever was, and how many writes it saw.
func count(t testing.TB, nc *nats.Conn, message string) (c *counter, stop func() (most, writes int)) {
	t.Helper()
	c = &counter{writes: make(map[uint64]write)}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		err := follow(ctx, nc, jetstream.DeliverAllPolicy, func(e entry, _ uint64) bool {
			if key, ok := strings.CutPrefix(e.subject, message+".x."); ok {
				c.note(e.seq, key, e.deleted)
			}
			return true
		})
		if ctx.Err() == nil {
			c.failed = err
		}
	}()
	return c, func() (int, int) {
		t.Helper()
		bucket, err := from(nc)(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		<-done
		if c.failed != nil {
			t.Fatalf("the counter failed: %v", c.failed)
		}
		for key, e := range pairsOf(bucket, message) { // what it had not been told of yet
			c.note(e.seq, key, e.deleted)
		}
		return c.most(), len(c.writes)
	}
}

// most replays the writes in the order of their revisions.
func (c *counter) most() (most int) {
	last := uint64(0)
	for seq := range c.writes {
		last = max(last, seq)
	}
	live := make(map[string]bool)
	for seq := uint64(1); seq <= last; seq++ {
		if w, ok := c.writes[seq]; ok && w.deleted {
			delete(live, w.key)
		} else if ok {
			live[w.key] = true
			most = max(most, len(live))
		}
	}
	return most
}

// attacked lets nine members on three hubs create, delete and create again what they can of one message, as long as the attack lasts. The message must reach
// its limit and never exceed it, and nobody may be refused and written all the same.
func attacked(t *testing.T, fault string, units []*unit, nc *nats.Conn) {
	w := newWorld(t, fault, 0, units, nil)
	message := w.messages[0]
	counter, stop := count(t, nc, message)
	ctx, cancel := context.WithTimeout(t.Context(), attack)
	defer cancel()
	var all sync.WaitGroup
	var mu sync.Mutex
	operations, acknowledged, full, unanswered := 0, 0, 0, 0
	for i := range attackers {
		all.Go(func() {
			a := &attacker{addr: units[i%len(units)].addr(), user: fmt.Sprint("writer", i%writers), message: message, prefix: fmt.Sprint("a", i, "-"), counter: counter}
			a.run(ctx)
			mu.Lock()
			defer mu.Unlock()
			operations, acknowledged, full, unanswered = operations+a.operations, acknowledged+a.acknowledged, full+a.full, unanswered+a.unanswered
		})
	}
	all.Wait()
	most, writes := stop()
	if most > limit {
		w.violation("the message held %d pairs, limit %d", most, limit)
	}
	if writes > acknowledged+unanswered {
		w.violation("%d writes are in the bucket, but only %d were acknowledged and %d went unanswered", writes, acknowledged, unanswered)
	}
	if most < limit || full == 0 {
		t.Errorf("the attack was too weak: %d pairs at most, %d refusals", most, full)
	}
	t.Logf("%d requests, %d acknowledged, %d unanswered, %d refused because the message was full; %d writes counted, %d pairs at most",
		operations, acknowledged, unanswered, full, writes, most)
	ledger.add(run{fault: fault, operations: operations, acknowledged: acknowledged, violations: len(w.violations)})
	for _, v := range w.violations {
		t.Errorf("%s: violation: %s", fault, v)
	}
}

// attacker fills a message with its own keys. Its mirror of them is only a guess after a request that went unanswered, so it believes what it is told.
type attacker struct {
	addr, user, message, prefix                string
	counter                                    *counter
	operations, acknowledged, full, unanswered int
}

func (a *attacker) run(ctx context.Context) {
	seqs, live := make(map[string]uint64), make(map[string]bool)
	var s *session
	defer func() {
		if s != nil {
			s.close()
		}
	}()
	for ctx.Err() == nil {
		if s == nil {
			var err error
			if s, err = login(ctx, a.addr, a.user, nil); err != nil {
				s = nil
				continue
			}
		}
		key := a.prefix + fmt.Sprint(rand.N(10))
		// Twice as eager to fill as to make room, so that the limit is where they meet.
		remove := live[key] && rand.N(3) > 0
		method, e := "setMessageExtensions", object{"key": key, "value": fmt.Sprint(rand.Uint32()), "seq": seqs[key]}
		if remove {
			method = "deleteMessageExtensions"
		}
		var p page
		err := s.ask(context.WithoutCancel(ctx), method, object{"messageID": a.message, "extensions": []object{e}}, &p)
		a.operations++
		if unknown(err) && !undone(err) {
			a.unanswered++
		}
		switch {
		case refused(err) == codeParameter:
			a.full++
		case errors.Is(err, errLost):
			s.close()
			s = nil
		case err == nil:
			x := p.Extensions[0]
			if x.Code == 0 && x.Seq > 0 {
				a.acknowledged++
				a.counter.note(x.Seq, key, x.Value == "")
			}
			seqs[key], live[key] = x.Seq, x.Value != ""
		}
	}
}

func limited(o *hub.Options) { o.MaxExtensions = limit }

// The limit is reached, and never exceeded, on one node.
func TestLimitUnderAttack(t *testing.T) {
	often(t, func(t *testing.T, i int) {
		server := kvtest.Start(t, kvtest.Listening)
		var units []*unit
		for range 3 {
			units = append(units, startUnit(t, server.URL(), unitOptions{hub: limited}))
		}
		attacked(t, "limit of 40 under attack (R1)", units, connect(t, server.URL()))
	})
}

// The same on three nodes, whose leader gives up every 0.7 s.
func TestLimitUnderAttackReplicated(t *testing.T) {
	often(t, func(t *testing.T, i int) {
		c := startCluster(t)
		var units []*unit
		for range 3 {
			units = append(units, startUnit(t, c.url(), unitOptions{kv: kv.Options{Replicas: 3}, hub: limited}))
		}
		nc := connect(t, c.url())
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() {
			defer close(done)
			tick := time.NewTicker(700 * time.Millisecond)
			defer tick.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
					_ = stepDown(nc) // there may be none right now
				}
			}
		}()
		attacked(t, "limit of 40 under attack (R3, step-down every 0.7 s)", units, nc)
		cancel()
		<-done
	})
}

// The same attack by clients that count first and write then, as one would without a fence, is seen to break the limit: the counter can tell.
func TestLimitWithoutFence(t *testing.T) {
	t.Parallel()
	server := kvtest.Start(t, kvtest.Listening)
	startUnit(t, server.URL(), unitOptions{}) // makes the bucket
	nc := connect(t, server.URL())
	const message = "g.arena.1"
	_, stop := count(t, nc, message)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	bucket, err := js.KeyValue(t.Context(), strings.TrimPrefix(stream, "KV_"))
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range attackers {
		all.Go(func() {
			for n := range 10 {
				has, err := from(nc)(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				if len(pairsOf(has, message)) < limit {
					if _, err := bucket.PutString(t.Context(), fmt.Sprintf("%s.x.a%d-%d", message, i, n), "v"); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	most, _ := stop()
	if most <= limit {
		t.Errorf("nine writers without a fence kept to %d pairs: the attack proves nothing", most)
	}
	t.Logf("without a fence: %d pairs, limit %d", most, limit)
}

// Of 300 attempts to set pairs of one message in a minute, on three hubs at once, exactly 200 pass.
func TestRateLimit(t *testing.T) {
	often(t, func(t *testing.T, i int) {
		now := time.Now() // the minute must not end in between
		const rate, attempts = 200, 300
		w, _, _ := onOneNode(t, "rate limit of 200 a minute over 3 hubs", 0, 3, func(_ int, o *hub.Options) {
			o.MessageRate = rate
			o.MaxExtensions = attempts
			o.Now = func() time.Time { return now }
		})
		var all sync.WaitGroup
		var mu sync.Mutex
		passed, refusals := 0, 0
		for i := range attempts / 10 {
			all.Go(func() {
				s, err := login(t.Context(), w.units[i%3].addr(), fmt.Sprint("writer", i%writers), nil)
				if err != nil {
					t.Error(err)
					return
				}
				defer s.close()
				for n := range 10 {
					err := s.ask(t.Context(), "setMessageExtensions", object{"messageID": w.messages[0],
						"extensions": []object{{"key": fmt.Sprint(i, "-", n), "value": "v", "seq": 0}}}, nil)
					mu.Lock()
					switch {
					case err == nil:
						passed++
					case refused(err) == codeRate:
						refusals++
					default:
						t.Error(err)
					}
					mu.Unlock()
				}
			})
		}
		all.Wait()
		wrong := 0
		if passed != rate || refusals != attempts-rate {
			wrong = 1
			t.Errorf("violation: %d passed and %d were refused", passed, refusals)
		}
		ledger.add(run{fault: w.fault, operations: attempts, acknowledged: passed, violations: wrong})
	})
}
