package kvtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// account is the account of all clients of a server without accounts.
const account = "$G"

// Cluster is a JetStream cluster inside the test process. Its nodes talk over loopback sockets and
// store in files.
type Cluster struct {
	Nodes []*Node
}

// NewCluster starts size nodes (3 for R3) and returns when every node is a current member. opts may
// change the options of each node before the start.
func NewCluster(t testing.TB, size int, opts ...func(*server.Options)) *Cluster {
	t.Helper()
	// JetStream wants to know its routes before it starts, so the ports are taken first and given
	// up right before use.
	ports := make([]net.Listener, size)
	routes := make([]*url.URL, size)
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatalf("kvtest: %v", err)
		}
		ports[i], routes[i] = l, &url.URL{Scheme: "nats-route", Host: l.Addr().String()}
	}
	c := &Cluster{}
	for i, l := range ports {
		c.Nodes = append(c.Nodes, newNode(t, append([]func(*server.Options){Listening, func(o *server.Options) {
			o.ServerName = fmt.Sprintf("n%d", i+1)
			o.Cluster.Name = "kvtest"
			o.Cluster.Host = "127.0.0.1"
			o.Cluster.Port = l.Addr().(*net.TCPAddr).Port
			o.Routes = routes
		}}, opts...)...))
		l.Close()
		c.Nodes[i].launch()
	}
	for _, n := range c.Nodes {
		if err := n.ready(); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Ready(); err != nil {
		t.Fatal(err)
	}
	return c
}

// Connect returns a connection over TCP to any of the nodes, which moves to another one when its
// node stops. It is closed when the test ends.
func (c *Cluster) Connect(t testing.TB, opts ...nats.Option) *nats.Conn {
	t.Helper()
	return connect(t, c.URL(), opts...)
}

// URL lists the addresses of all nodes as nats.Connect and the hub's --nats-url take them.
func (c *Cluster) URL() string {
	var urls []string
	for _, n := range c.Nodes {
		urls = append(urls, n.URL())
	}
	return strings.Join(urls, ",")
}

// Ready waits until the running nodes have elected a leader and all have caught up with it.
func (c *Cluster) Ready() error {
	return until("a current cluster", func() bool {
		leaders := 0
		for _, n := range c.Nodes {
			if !n.srv.Load().Running() {
				continue
			}
			if !n.srv.Load().JetStreamIsCurrent() {
				return false
			}
			if n.srv.Load().JetStreamIsLeader() && len(n.srv.Load().JetStreamClusterPeers()) == len(c.Nodes) {
				leaders++
			}
		}
		return leaders == 1
	})
}

// Current waits until every running node holds all of a stream, which a node that was just
// restarted does not.
func (c *Cluster) Current(stream string) error {
	return until("current replicas of "+stream, func() bool {
		for _, n := range c.Nodes {
			if n.srv.Load().Running() && !n.srv.Load().JetStreamIsStreamCurrent(account, stream) {
				return false
			}
		}
		return c.leader(stream) != nil
	})
}

// Leader waits for the node that leads a stream.
func (c *Cluster) Leader(stream string) (*Node, error) {
	var n *Node
	err := until("a leader of "+stream, func() bool {
		n = c.leader(stream)
		return n != nil
	})
	return n, err
}

// Follower waits for a leader and returns a running node that follows it.
func (c *Cluster) Follower(stream string) (*Node, error) {
	leader, err := c.Leader(stream)
	if err != nil {
		return nil, err
	}
	for _, n := range c.Nodes {
		if n != leader && n.srv.Load().Running() {
			return n, nil
		}
	}
	return nil, errors.New("kvtest: no follower is running")
}

func (c *Cluster) leader(stream string) *Node {
	for _, n := range c.Nodes {
		if n.srv.Load().Running() && n.srv.Load().JetStreamIsStreamLeader(account, stream) {
			return n
		}
	}
	return nil
}

// StepDown makes the leader of a stream give up, as an operator would, and returns when the cluster
// has answered; the new leader is not there yet, see Leader.
func (c *Cluster) StepDown(nc *nats.Conn, stream string) error {
	msg, err := nc.Request("$JS.API.STREAM.LEADER.STEPDOWN."+stream, nil, timeout)
	if err != nil {
		return fmt.Errorf("kvtest: step down %s: %w", stream, err)
	}
	var reply struct {
		Success bool
		Error   *struct{ Description string }
	}
	if err := json.Unmarshal(msg.Data, &reply); err != nil {
		return fmt.Errorf("kvtest: step down %s: %w", stream, err)
	}
	if !reply.Success {
		return fmt.Errorf("kvtest: step down %s: %s", stream, msg.Data)
	}
	return nil
}

// until polls: the server has no event for an election.
func until(what string, holds func() bool) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(timeout)
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			return fmt.Errorf("kvtest: waited %v in vain for %s", timeout, what)
		}
	}
	return nil
}
