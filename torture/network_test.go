package torture

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"exthub/hub"
	"exthub/kv/kvtest"
)

// repeat runs a fault as many times as -runs says. i tells the runs apart, for faults that have
// variants.
func repeat(t *testing.T, run func(t *testing.T, i int)) {
	t.Parallel()
	for i := range *runs {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			run(t, i)
		})
	}
}

// onOneNode starts hubs in this process on one NATS node, each behind a network of its own, and a
// world on them.
func onOneNode(
	t *testing.T, fault string, interval time.Duration, n int, change func(i int, o *hub.Options),
) (*world, *kvtest.Node, *nats.Conn) {
	t.Helper()
	server := kvtest.Start(t, kvtest.Listening)
	var instances []*instance
	for i := range n {
		// Groups are treated as if they had thousands of members: half of the hubs fold events, the
		// others write them straight to the sockets.
		o := instanceOptions{hub: func(ho *hub.Options) {
			if i%2 == 0 {
				ho.FanoutFrom = 1
			} else {
				ho.LargeAudience = 2
			}
			if change != nil {
				change(i, ho)
			}
		}}
		instances = append(instances, startInstance(t, server.URL(), o))
	}
	nc := connect(t, server.URL())
	return newWorld(t, fault, interval, instances, bucketReader(nc)), server, nc
}

// bucketReader returns a function that reads the buckets through a plain connection. It tries again
// for a while: a node that has just come back may not answer at first.
func bucketReader(nc *nats.Conn) func(context.Context) (map[string]entry, error) {
	return func(ctx context.Context) (bucket map[string]entry, err error) {
		err = waitUntil(ctx, "content of the bucket", func() error {
			ctx, cancel := context.WithTimeout(ctx, testTimeout/10)
			defer cancel()
			bucket, err = readBuckets(ctx, nc)
			return err
		})
		return bucket, err
	}
}

// awaitRecovery waits until the hubs that a fault struck work again. It returns the time from the
// end of the fault to the first acknowledged write.
func (w *world) awaitRecovery(over time.Duration, hubs ...int) time.Duration {
	w.t.Helper()
	w.awaitWrites(over, 8, hubs...)
	first, _ := w.journal.acknowledgedSince(over, hubs)
	return first - over
}

// cutOffFromNATS separates the first hub from NATS in one of three ways: connections are reset;
// connections look alive but carry nothing, and are reset in the end; requests arrive but their
// answers come much later.
func cutOffFromNATS(t *testing.T, i int, fault string, interval, length time.Duration) {
	w, _, _ := onOneNode(t, fault, interval, 3, nil)
	w.start(5)
	network := w.instances[0].nats
	switch i % 3 {
	case 0:
		network.impair(impairment{refuse: true})
		network.cut()
	case 1:
		network.impair(impairment{freezeUp: true, freezeDown: true, refuse: true})
	case 2:
		network.impair(impairment{freezeDown: true})
	}
	w.removeLeaver()
	<-time.After(length)
	if i%3 == 1 {
		network.cut()
	}
	network.impair(impairment{})
	recovery := w.awaitRecovery(w.elapsed(), 0)
	w.finish()
	w.verify(recovery)
}

func TestHubCutOffFromNATSFor1s(t *testing.T) {
	repeat(t, func(t *testing.T, i int) {
		cutOffFromNATS(t, i, "hub cut off from NATS, 1 s", 25*time.Millisecond, time.Second)
	})
}

// TestHubCutOffFromNATSFor6s: the hub is away for twice as long as its mark lives, so the others
// change groups without it.
func TestHubCutOffFromNATSFor6s(t *testing.T) {
	repeat(t, func(t *testing.T, i int) {
		cutOffFromNATS(t, i, "hub cut off from NATS, 6 s", 25*time.Millisecond, 6*time.Second)
	})
}

func TestHubCutOffFromNATSFor60s(t *testing.T) {
	repeat(t, func(t *testing.T, i int) {
		cutOffFromNATS(t, i, "hub cut off from NATS, 60 s", 250*time.Millisecond, time.Minute)
	})
}

// TestClientsOnABadNetwork: clients are on a slow network whose connections are reset again and
// again, and freeze.
func TestClientsOnABadNetwork(t *testing.T) {
	repeat(t, func(t *testing.T, i int) {
		w, _, _ := onOneNode(t, "clients on a slow network, reset and frozen", 25*time.Millisecond, 2, nil)
		w.start(5)
		network := w.instances[0].clients
		network.impair(impairment{delay: 5 * time.Millisecond, rate: 64 << 10})
		w.removeLeaver()
		for range 4 {
			<-time.After(200 * time.Millisecond)
			network.cut()
		}
		network.impair(impairment{freezeUp: i%2 == 0, freezeDown: true})
		<-time.After(500 * time.Millisecond)
		network.cut()
		network.impair(impairment{})
		recovery := w.awaitRecovery(w.elapsed(), 0)
		w.finish()
		w.verify(recovery)
	})
}

// TestTailConsumersDeleted: an operator deletes the consumers that the hubs' tails read from.
func TestTailConsumersDeleted(t *testing.T) {
	repeat(t, func(t *testing.T, i int) {
		w, _, nc := onOneNode(t, "tail consumers deleted", 25*time.Millisecond, 3, nil)
		w.start(5)
		js, err := jetstream.New(nc)
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			for _, stream := range streams {
				s, err := js.Stream(t.Context(), stream)
				if err != nil {
					t.Fatal(err)
				}
				for name := range s.ConsumerNames(t.Context()).Name() {
					_ = s.DeleteConsumer(t.Context(), name) // it may be gone already
				}
			}
			<-time.After(200 * time.Millisecond)
		}
		over := w.elapsed()
		w.removeLeaver()
		recovery := w.awaitRecovery(over, w.allHubs()...)
		w.finish()
		w.verify(recovery)
	})
}

// TestNATSRestarted: the server stops and comes back, as for an upgrade.
func TestNATSRestarted(t *testing.T) {
	repeat(t, func(t *testing.T, i int) {
		w, server, _ := onOneNode(t, "NATS stopped and started", 25*time.Millisecond, 3, nil)
		w.start(5)
		server.Stop()
		if err := server.Restart(); err != nil {
			t.Fatal(err)
		}
		over := w.elapsed()
		w.removeLeaver()
		recovery := w.awaitRecovery(over, w.allHubs()...)
		w.finish()
		w.verify(recovery)
	})
}

// TestClockSteps: the clocks of the hubs jump an hour ahead and back, each on its own.
func TestClockSteps(t *testing.T) {
	repeat(t, func(t *testing.T, i int) {
		var step [3]atomic.Int64
		w, _, _ := onOneNode(t, "clock steps of one hour", 25*time.Millisecond, 3, func(i int, o *hub.Options) {
			o.Now = func() time.Time { return time.Now().Add(time.Duration(step[i].Load())) }
		})
		w.start(5)
		over := w.elapsed()
		for round := range 6 {
			step[(round+i)%3].Store(int64(time.Hour) * int64(1-round%3))
			<-time.After(100 * time.Millisecond)
			if round == 2 {
				w.removeLeaver()
			}
		}
		recovery := w.awaitRecovery(over, w.allHubs()...)
		w.finish()
		w.verify(recovery)
	})
}
