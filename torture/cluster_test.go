package torture

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"exthub/kv"
)

// onCluster starts hubs in this process on three NATS nodes in processes of their own, with three
// replicas of everything.
func onCluster(t *testing.T, c *cluster, fault string, hubs int) (*world, *nats.Conn) {
	t.Helper()
	var instances []*instance
	for range hubs {
		instances = append(instances, startInstance(t, c.url(), instanceOptions{kv: kv.Options{Replicas: 3}}))
	}
	nc := connect(t, c.url())
	return newWorld(t, fault, 25*time.Millisecond, instances, bucketReader(nc)), nc
}

// killNode kills the leader of the hubs' stream, or a follower, with -9, and starts it again while
// the clients go on.
func killNode(t *testing.T, fault string, leads bool) {
	c := startCluster(t)
	w, nc := onCluster(t, c, fault, 2)
	w.start(5)
	victim, follower, err := c.awaitLeader(t.Context(), nc)
	if err != nil {
		t.Fatal(err)
	}
	if !leads {
		victim = follower
	}
	victim.kill()
	over := w.elapsed()
	if _, _, err := c.awaitLeader(t.Context(), nc); err != nil {
		t.Fatal(err)
	}
	elected := w.elapsed() - over
	w.removeLeaver()
	recovery := w.awaitRecovery(over, w.allHubs()...)
	t.Logf("a leader was there after %v", elected.Round(time.Millisecond))
	if err := victim.start(); err != nil {
		t.Fatal(err)
	}
	w.awaitWrites(w.elapsed(), 10, w.allHubs()...)
	if err := c.awaitCurrent(t.Context(), nc); err != nil {
		t.Fatal(err)
	}
	w.finish()
	w.verify(recovery)
}

func TestNATSLeaderKilled(t *testing.T) {
	repeat(t, func(t *testing.T, i int) { killNode(t, "NATS leader killed (R3)", true) })
}

func TestNATSFollowerKilled(t *testing.T) {
	repeat(t, func(t *testing.T, i int) { killNode(t, "NATS follower killed (R3)", false) })
}

// TestNATSLeaderFrozen: the leader stands still for longer than an election takes, and comes back
// in the belief that it leads.
func TestNATSLeaderFrozen(t *testing.T) {
	repeat(t, func(t *testing.T, i int) {
		c := startCluster(t)
		w, nc := onCluster(t, c, "NATS leader frozen (SIGSTOP) for 15 s (R3)", 3)
		w.start(5)
		leader, _, err := c.awaitLeader(t.Context(), nc)
		if err != nil {
			t.Fatal(err)
		}
		leader.signal(syscall.SIGSTOP)
		<-time.After(15 * time.Second)
		leader.signal(syscall.SIGCONT)
		over := w.elapsed()
		w.removeLeaver()
		recovery := w.awaitRecovery(over, w.allHubs()...)
		w.finish()
		w.verify(recovery)
	})
}

// TestLeaderStepsDown: the leader of the stream steps down again and again.
func TestLeaderStepsDown(t *testing.T) {
	repeat(t, func(t *testing.T, i int) {
		w, nc := onCluster(t, startCluster(t), "NATS leader steps down (R3)", 3)
		w.start(5)
		var over time.Duration
		for range 4 {
			over = w.elapsed()
			if err := stepDown(nc); err != nil {
				t.Log(fmt.Errorf("step down: %w", err))
			}
			<-time.After(700 * time.Millisecond)
		}
		w.removeLeaver()
		recovery := w.awaitRecovery(over, w.allHubs()...)
		w.finish()
		w.verify(recovery)
	})
}
