package torture

import (
	"fmt"
	"strings"
	"testing"
)

// links are the ways from a hub to NATS: a proxy for each node. What a test does to all of them, it
// does to the hub's network.
type links []*proxy

// newLinks starts a proxy for every node that natsURL lists, as nats.Connect takes them.
func newLinks(t testing.TB, natsURL string) (l links) {
	t.Helper()
	for node := range strings.SplitSeq(natsURL, ",") {
		l = append(l, newProxy(t, strings.TrimPrefix(node, "nats://")))
	}
	return l
}

// url lists the addresses of the proxies, as nats.Connect and the hub's --nats-url take them.
func (l links) url() string {
	var list []string
	for _, p := range l {
		list = append(list, "nats://"+p.addr())
	}
	return strings.Join(list, ",")
}

func (l links) impair(how impairment) {
	for _, p := range l {
		p.impair(how)
	}
}

func (l links) cut() {
	for _, p := range l {
		p.cut()
	}
}

func (l links) fail(how impairment) {
	for _, p := range l {
		p.fail(how)
	}
}

func (l links) heal() {
	for _, p := range l {
		p.heal()
	}
}

// failBut cuts the hub off from all nodes but one.
func (l links) failBut(node int, how impairment) {
	for i, p := range l {
		if i != node {
			p.fail(how)
		}
	}
}

// moveTo makes the hub connect to one of the nodes. It may move on if it loses that connection.
func (l links) moveTo(t testing.TB, node int) {
	t.Helper()
	l.failBut(node, refusing)
	if err := waitUntil(t.Context(), "hub on the node", func() error {
		if !l[node].connected() {
			return fmt.Errorf("no connection to node %d", node)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	l.impair(impairment{})
}
