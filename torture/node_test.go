package torture

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// nodeEnv is the variable that makes this test binary a NATS node: a process can be killed with -9,
// a server in the test's own process can't.
const nodeEnv = "TORTURE_NATS_NODE"

// nodeConfig is the configuration of a node's process.
type nodeConfig struct {
	Name, Dir       string
	Port, RoutePort int
	Routes          []string
	SyncAlways      bool
	Alone           bool // tells nobody where it is: all that reaches it comes through proxies
}

// serveNode runs a node in this process. It ends when its parent does, which holds the other end of
// its standard input.
func serveNode(config string) {
	var c nodeConfig
	if err := json.Unmarshal([]byte(config), &c); err != nil {
		panic(err)
	}
	o := &server.Options{
		ServerName: c.Name, Host: "127.0.0.1", Port: c.Port, JetStream: true, StoreDir: c.Dir, SyncAlways: c.SyncAlways,
		NoSigs: true, NoLog: true,
		Cluster: server.ClusterOpts{Name: "torture", Host: "127.0.0.1", Port: c.RoutePort},
	}
	if c.Alone {
		// Nodes tell each other and clients of further addresses. Nobody is at this one.
		o.Cluster.NoAdvertise, o.Cluster.Advertise = true, "127.0.0.1:1"
		// Of several connections between two nodes one may be tried at that address for ever, and
		// carries the hubs' account alone.
		o.Cluster.PoolSize = -1
	}
	for _, r := range c.Routes {
		o.Routes = append(o.Routes, &url.URL{Scheme: "nats-route", Host: r})
	}
	s, err := server.NewServer(o)
	if err != nil {
		panic(err)
	}
	s.Start()
	if !s.ReadyForConnections(time.Minute) {
		// The server itself would go on without a word.
		panic("the node " + c.Name + " does not listen: is somebody else at its ports?")
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

// node is a NATS node in a process of its own.
type node struct {
	config nodeConfig
	binary string   // this test binary, if empty
	env    []string // besides the test's own
	cmd    *exec.Cmd
	input  io.Closer
}

// cluster is three nodes that replicate each other's streams.
type cluster struct {
	nodes  []*node
	routes [3][3]*proxy // from each node to each other one, if it was started with proxies
}

// The ports of nodes are between these two. A node that was killed comes back to its ports, which
// no other program must have got meanwhile. So they are below those that systems give to listeners
// without a port of their own and to outgoing connections: from 32768 on with Linux, from 49152
// elsewhere.
const firstPort, lastPort = 10000, 29999

// The count starts at a random port, so that two test processes don't try the same ones.
var (
	portsFrom = rand.Uint32N(lastPort - firstPort)
	portsUsed atomic.Uint32
)

// freePorts returns ports that are not in use and were not given to another cluster.
func freePorts(t testing.TB, n int) []int {
	t.Helper()
	ports := make([]int, 0, n)
	for range lastPort - firstPort {
		port := firstPort + int((portsFrom+portsUsed.Add(1))%(lastPort-firstPort+1))
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		defer l.Close()
		if ports = append(ports, port); len(ports) == n {
			return ports
		}
	}
	t.Fatal("no ports are free")
	return nil
}

// startCluster starts three nodes, which are killed when the test ends. change may change each of
// them before its start.
func startCluster(t testing.TB, change ...func(*node)) *cluster {
	t.Helper()
	c := newCluster(t)
	for _, n := range c.nodes {
		for _, other := range c.nodes {
			n.config.Routes = append(n.config.Routes, other.routeAddr())
		}
		for _, o := range change {
			o(n)
		}
	}
	c.start(t)
	return c
}

// startProxied starts three nodes that reach each other through proxies alone.
func startProxied(t testing.TB) *cluster {
	t.Helper()
	c := newCluster(t)
	for i, n := range c.nodes {
		n.config.Alone = true
		for j, other := range c.nodes {
			if j != i {
				c.routes[i][j] = newProxy(t, other.routeAddr())
				n.config.Routes = append(n.config.Routes, c.routes[i][j].addr())
			}
		}
	}
	c.start(t)
	return c
}

// newCluster returns three nodes that were not started, and know nothing of each other.
func newCluster(t testing.TB) *cluster {
	t.Helper()
	ports := freePorts(t, 6)
	c := &cluster{}
	for i := range 3 {
		c.nodes = append(c.nodes, &node{config: nodeConfig{
			Name: fmt.Sprint("n", i+1), Dir: t.TempDir(), Port: ports[i], RoutePort: ports[3+i],
		}})
	}
	return c
}

func (c *cluster) start(t testing.TB) {
	t.Helper()
	for _, n := range c.nodes {
		t.Cleanup(n.kill)
		if err := n.start(); err != nil {
			t.Fatal(err)
		}
	}
}

// routeAddr is where a node listens for the others.
func (n *node) routeAddr() string { return fmt.Sprintf("127.0.0.1:%d", n.config.RoutePort) }

func (n *node) start() error {
	config, err := json.Marshal(n.config)
	if err != nil {
		return err
	}
	n.cmd = exec.Command(cmp.Or(n.binary, os.Args[0]))
	n.cmd.Env = slices.Concat(os.Environ(), n.env, []string{nodeEnv + "=" + string(config)})
	n.cmd.Stderr = os.Stderr
	if n.input, err = n.cmd.StdinPipe(); err != nil {
		return err
	}
	return n.cmd.Start()
}

// signal sends a signal to a node that runs.
func (n *node) signal(sig syscall.Signal) { _ = n.cmd.Process.Signal(sig) }

// kill sends SIGKILL. It returns when the process is gone.
func (n *node) kill() {
	if n.cmd == nil {
		return
	}
	_ = n.cmd.Process.Kill()
	_ = n.cmd.Wait()
	n.cmd = nil
}

// url returns the nodes' addresses, separated by commas.
func (c *cluster) url() string {
	var list []string
	for _, n := range c.nodes {
		list = append(list, fmt.Sprintf("nats://127.0.0.1:%d", n.config.Port))
	}
	return strings.Join(list, ",")
}

// isolate cuts a node off from the other nodes.
func (c *cluster) isolate(i int, how impairment) {
	for j := range c.nodes {
		if j != i {
			c.routes[i][j].fail(how)
			c.routes[j][i].fail(how)
		}
	}
}

// heal makes the nodes reach each other again.
func (c *cluster) heal() {
	for i := range c.nodes {
		for j := range c.nodes {
			if j != i {
				c.routes[i][j].heal()
			}
		}
	}
}

// connect returns a plain connection that reconnects through all faults.
func connect(t testing.TB, url string) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect(url, nats.MaxReconnects(-1), nats.ReconnectWait(20*time.Millisecond),
		nats.RetryOnFailedConnect(true))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

// awaitLeader waits for the first stream to have a leader, and returns that node and one that
// follows.
func (c *cluster) awaitLeader(ctx context.Context, nc *nats.Conn) (leader, follower *node, err error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, nil, err
	}
	err = waitUntil(ctx, "a leader", func() error {
		leader, follower = nil, nil
		ctx, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
		defer cancel()
		s, err := js.Stream(ctx, streams[0])
		if err != nil {
			return err
		}
		info := s.CachedInfo().Cluster
		for _, n := range c.nodes {
			switch {
			case info == nil || n.cmd == nil:
			case n.config.Name == info.Leader:
				leader = n
			default:
				follower = n
			}
		}
		if leader == nil || follower == nil {
			return fmt.Errorf("none in %+v", info)
		}
		return nil
	})
	return leader, follower, err
}

// awaitCurrent waits until every replica of every stream has caught up.
func (c *cluster) awaitCurrent(ctx context.Context, nc *nats.Conn) error {
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	for _, name := range streams {
		if err := waitUntil(ctx, "current replicas", func() error {
			ctx, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
			defer cancel()
			s, err := js.Stream(ctx, name)
			if err != nil {
				return err
			}
			return c.checkCurrent(s.CachedInfo().Cluster)
		}); err != nil {
			return err
		}
	}
	return nil
}

// checkCurrent returns nil if every replica of a stream has caught up.
func (c *cluster) checkCurrent(info *jetstream.ClusterInfo) error {
	if info == nil || info.Leader == "" || len(info.Replicas) != len(c.nodes)-1 {
		return fmt.Errorf("cluster is %+v", info)
	}
	for _, r := range info.Replicas {
		if !r.Current || r.Offline {
			return fmt.Errorf("replica %+v", *r)
		}
	}
	return nil
}

// stepDown makes the leader of every stream step down. It may be refused while there is none.
func stepDown(nc *nats.Conn) (err error) {
	for _, name := range streams {
		_, refused := nc.Request("$JS.API.STREAM.LEADER.STEPDOWN."+name, nil, 2*time.Second)
		err = errors.Join(err, refused)
	}
	return err
}
