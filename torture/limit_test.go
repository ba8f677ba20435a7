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
	"exthub/hub/hubtest"
	"exthub/kv"
	"exthub/kv/kvtest"
)

const (
	maxPairsUnderAttack = 40
	attackers           = 9
	// The attack lasts at least this long, and until so many requests found the message full: how
	// fast a cluster without a lasting leader takes writes is the machine's affair.
	attackDuration = 4 * time.Second
	attackRefusals = 10
)

// attackLimit lets nine members on three hubs create, delete and create again pairs of one message,
// as many as they can while the attack lasts. The message must reach its limit and never exceed it,
// and no request may be refused and written all the same.
// disturb, which may be nil, goes on all the while.
func attackLimit(t *testing.T, fault string, instances []*instance, nc *nats.Conn,
	disturb func(context.Context, *counter),
) {
	w := newWorld(t, fault, 0, instances, nil)
	message := w.messages[0]
	counter, stop := startCounter(t, nc, message)
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	var all sync.WaitGroup
	if disturb != nil {
		all.Go(func() { disturb(ctx, counter) })
	}
	var mu sync.Mutex
	operations, acknowledged, full, unanswered := 0, 0, 0, 0
	refusals := make(chan struct{}, attackRefusals)
	for i := range attackers {
		all.Go(func() {
			a := &attacker{
				addr: instances[i%len(instances)].addr(), user: fmt.Sprint("writer", i%writers),
				message: message, prefix: fmt.Sprint("a", i, "-"), counter: counter, refusals: refusals,
			}
			a.run(ctx)
			mu.Lock()
			defer mu.Unlock()
			operations += a.operations
			acknowledged += a.acknowledged
			full += a.full
			unanswered += a.unanswered
		})
	}
	<-time.After(attackDuration)
	for range attackRefusals {
		select {
		case <-refusals:
		case <-ctx.Done():
		}
	}
	cancel()
	all.Wait()
	most, writes := stop()
	if most > maxPairsUnderAttack {
		w.violation("the message held %d pairs, limit %d", most, maxPairsUnderAttack)
	}
	if writes > acknowledged+unanswered {
		w.violation("%d writes are in the bucket, but only %d were acknowledged and %d went unanswered",
			writes, acknowledged, unanswered)
	}
	if most < maxPairsUnderAttack || full < attackRefusals {
		t.Errorf("the attack was too weak: %d pairs at most, %d refusals", most, full)
	}
	t.Logf("%d requests, %d acknowledged, %d unanswered, %d refused because the message was full; "+
		"%d writes counted, %d pairs at most",
		operations, acknowledged, unanswered, full, writes, most)
	ledger.add(run{fault: fault, operations: operations, acknowledged: acknowledged, violations: len(w.violations)})
	for _, v := range w.violations {
		t.Errorf("%s: violation: %s", fault, v)
	}
}

// attacker fills a message with its own keys. After a request that went unanswered, what it knows
// of them is only a guess, so it believes the next answer.
type attacker struct {
	addr, user, message, prefix                string
	counter                                    *counter
	refusals                                   chan<- struct{} // gets one for each, while it has room
	operations, acknowledged, full, unanswered int
}

func (a *attacker) run(ctx context.Context) {
	seqs, live := make(map[string]uint64), make(map[string]bool)
	var s *hubtest.Session
	defer func() {
		if s != nil {
			s.Close()
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
		if err := a.attack(ctx, s, seqs, live); errors.Is(err, hubtest.ErrLost) {
			s.Close()
			s = nil
		}
	}
}

// attack makes one request. Filling is twice as likely as deleting, so that the attackers meet at
// the limit. A third of the requests are about several pairs, which may be written one by one.
func (a *attacker) attack(
	ctx context.Context, s *hubtest.Session, seqs map[string]uint64, live map[string]bool,
) error {
	keys := rand.Perm(10)[:1+2*(rand.N(3)/2)]
	method := "setMessageExtensions"
	if live[a.key(keys[0])] && rand.N(3) > 0 {
		method = "deleteMessageExtensions"
	}
	var items []object
	for _, k := range keys {
		key := a.key(k)
		items = append(items, object{"key": key, "value": fmt.Sprint(rand.Uint32()), "seq": seqs[key]})
	}
	var p hubtest.Page
	err := s.Call(context.WithoutCancel(ctx), method, object{"messageID": a.message, "extensions": items}, &p)
	a.operations++
	if outcomeUnknown(err) && !nothingWritten(err) {
		a.unanswered += len(items)
	}
	if hubtest.Code(err) == codeParameter {
		a.full++
		select {
		case a.refusals <- struct{}{}:
		default:
		}
	}
	if err != nil {
		return err
	}
	for _, x := range p.Extensions {
		if x.Code == 0 && x.Seq > 0 {
			a.acknowledged++
			a.counter.record(x.Seq, x.Key, x.Value == "")
		}
		seqs[x.Key], live[x.Key] = x.Seq, x.Value != ""
	}
	return nil
}

func (a *attacker) key(k int) string { return fmt.Sprint(a.prefix, k) }

func setLimit(o *hub.Options) { o.MaxExtensions = maxPairsUnderAttack }

// TestLimitUnderAttack: on one node the limit is reached, and never exceeded.
func TestLimitUnderAttack(t *testing.T) {
	repeat(t, func(t *testing.T, i int) {
		server := kvtest.Start(t, kvtest.Listening)
		var instances []*instance
		for range 3 {
			instances = append(instances, startInstance(t, server.URL(), instanceOptions{hub: setLimit}))
		}
		attackLimit(t, "limit of 40 under attack (R1)", instances, connect(t, server.URL()), nil)
	})
}

// TestLimitUnderAttackReplicated: the same on three nodes whose leader steps down every 0.7 s.
func TestLimitUnderAttackReplicated(t *testing.T) {
	repeat(t, func(t *testing.T, i int) {
		c := startCluster(t)
		var instances []*instance
		for range 3 {
			instances = append(instances,
				startInstance(t, c.url(), instanceOptions{kv: kv.Options{Replicas: 3}, hub: setLimit}))
		}
		nc := connect(t, c.url())
		// A leader leads until a write came through: a slow machine would take none otherwise.
		stepDowns := func(ctx context.Context, c *counter) {
			tick := time.NewTicker(700 * time.Millisecond)
			defer tick.Stop()
			for before := 0; ; {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
				}
				if now := c.count(); now > before {
					before = now
					_ = stepDown(nc) // there may be no leader right now
				}
			}
		}
		attackLimit(t, "limit of 40 under attack (R3, step-down every 0.7 s)", instances, nc, stepDowns)
	})
}

// TestLimitWithoutFence: the same attack by clients that first count and then write, as one would
// without a precondition, is seen to break the limit. So the counter can tell.
func TestLimitWithoutFence(t *testing.T) {
	t.Parallel()
	server := kvtest.Start(t, kvtest.Listening)
	startInstance(t, server.URL(), instanceOptions{}) // makes the bucket
	nc := connect(t, server.URL())
	message := "g." + groupIn[0] + ".1"
	_, stop := startCounter(t, nc, message)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	bucket, err := js.KeyValue(t.Context(), strings.TrimPrefix(streams[0], "KV_"))
	if err != nil {
		t.Fatal(err)
	}
	// In the worst case all have counted before the first one writes.
	each := func(do func(attacker int)) {
		var all sync.WaitGroup
		for i := range attackers {
			all.Go(func() { do(i) })
		}
		all.Wait()
	}
	for round := range 2 * maxPairsUnderAttack / attackers {
		var room [attackers]bool
		each(func(i int) {
			has, err := bucketReader(nc)(t.Context())
			if err != nil {
				t.Error(err)
			}
			room[i] = len(pairsOf(has, message)) < maxPairsUnderAttack
		})
		each(func(i int) {
			if !room[i] {
				return
			}
			if _, err := bucket.PutString(t.Context(), fmt.Sprintf("%s.x.a%d-%d", message, i, round), "v"); err != nil {
				t.Error(err)
			}
		})
	}
	most, _ := stop()
	if most <= maxPairsUnderAttack {
		t.Errorf("nine writers without a precondition kept to %d pairs: the attack proves nothing", most)
	}
	t.Logf("without a precondition: %d pairs, limit %d", most, maxPairsUnderAttack)
}
