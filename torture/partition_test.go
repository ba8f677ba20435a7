package torture

import (
	"slices"
	"testing"
)

// partition cuts a node of three off from the other two, and makes it whole again when the hubs on
// the other side write. The first hub is connected to the node that is cut off. It is cut off with
// it, from all other nodes, or reaches them but has no reason to connect to one. By turns,
// connections are reset and refused, or look alive but carry nothing.
func partition(t *testing.T, i int, fault string, leads, withHub bool) {
	how := []impairment{refusing, silent}[i%2]
	c := startProxied(t)
	w, nc := onCluster(t, c, fault, 3)
	w.start(5)
	leader, follower, err := c.awaitLeader(t.Context(), nc)
	if err != nil {
		t.Fatal(err)
	}
	victim := slices.Index(c.nodes, follower)
	if leads {
		victim = slices.Index(c.nodes, leader)
	}
	for hub, u := range w.instances {
		u.nats.moveTo(t, (victim+min(hub, 1))%len(c.nodes))
	}
	w.awaitWrites(w.elapsed(), 5, w.allHubs()...)
	c.isolate(victim, how)
	if withHub {
		for hub, u := range w.instances {
			if hub == 0 {
				u.nats.failBut(victim, how)
			} else {
				u.nats[victim].fail(how)
			}
		}
	}
	w.awaitWrites(w.elapsed(), 8, 1, 2)
	w.removeLeaver()
	w.awaitWrites(w.elapsed(), 8, 1, 2)
	c.heal()
	for _, u := range w.instances {
		u.nats.heal()
	}
	recovery := w.awaitRecovery(w.elapsed(), 0)
	if err := c.awaitCurrent(t.Context(), nc); err != nil {
		t.Fatal(err)
	}
	w.finish()
	w.verify(recovery)
}

func TestNATSFollowerCutOff(t *testing.T) {
	repeat(t, func(t *testing.T, i int) {
		partition(t, i, "NATS follower cut off from the nodes (R3)", false, false)
	})
}

func TestNATSLeaderCutOff(t *testing.T) {
	repeat(t, func(t *testing.T, i int) {
		partition(t, i, "NATS leader cut off from the nodes (R3)", true, false)
	})
}

// TestMinorityCutOff: a node and a hub are on one side, all others on the other. The node leads in
// every second run.
func TestMinorityCutOff(t *testing.T) {
	repeat(t, func(t *testing.T, i int) {
		partition(t, i/2, "NATS node and a hub cut off from the rest (R3)", i%2 == 0, true)
	})
}
