// Package kvtest starts real NATS servers with JetStream inside a test: one without any port, or a
// cluster on loopback. Everything is stopped, and its data deleted, when the test ends. It is the
// only package below cmd/hub that links the server, so only tests may import it.
package kvtest

import (
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// timeout is long enough for machines that run many tests at once. Nothing waits that long unless
// something is broken.
const timeout = 30 * time.Second

// Node is a NATS server that can be stopped and started again on the same data and the same ports.
// Its methods may be called from any goroutine, but Stop and Restart not at the same time.
type Node struct {
	opts server.Options
	srv  atomic.Pointer[server.Server] // the latest; connections look at it while it is replaced
}

// Server starts a node of its own and returns a connection to it.
func Server(t testing.TB, opts ...func(*server.Options)) *nats.Conn {
	t.Helper()
	return Start(t, opts...).Connect(t)
}

// Start starts a node without a listening port: file storage in t.TempDir(), no sync on every
// write. opts may change the options before the start.
func Start(t testing.TB, opts ...func(*server.Options)) *Node {
	t.Helper()
	n := newNode(t, append([]func(*server.Options){func(o *server.Options) { o.DontListen = true }}, opts...)...)
	if err := n.Restart(); err != nil {
		t.Fatal(err)
	}
	return n
}

// Listening is an option for Start: serve clients at a loopback port too, for tests of what must go
// through a socket. See URL.
func Listening(o *server.Options) {
	o.DontListen, o.Host, o.Port = false, "127.0.0.1", server.RANDOM_PORT
}

func newNode(t testing.TB, opts ...func(*server.Options)) *Node {
	n := &Node{opts: server.Options{
		JetStream: true,
		StoreDir:  t.TempDir(),
		NoLog:     true,
		NoSigs:    true,
	}}
	for _, opt := range opts {
		opt(&n.opts)
	}
	t.Cleanup(n.Stop)
	return n
}

// Restart starts a node that is stopped. It returns once the node takes connections; a node of a
// cluster may not have caught up by then, see Cluster.Ready.
func (n *Node) Restart() error {
	n.launch()
	return n.ready()
}

func (n *Node) launch() {
	opts := n.opts.Clone()
	srv, err := server.NewServer(opts)
	if err != nil {
		panic("kvtest: the server's options are wrong: " + err.Error())
	}
	srv.Start()
	n.srv.Store(srv)
}

func (n *Node) ready() error {
	if !n.srv.Load().ReadyForConnections(timeout) {
		return errors.New("kvtest: the NATS server did not start")
	}
	// Clients find a restarted node at its old port.
	if addr, ok := n.srv.Load().Addr().(*net.TCPAddr); ok {
		n.opts.Port = addr.Port
	}
	return nil
}

// Stop shuts the node down in order and returns when its files are closed. It does nothing to a
// node that is stopped.
func (n *Node) Stop() {
	if srv := n.srv.Load(); srv != nil {
		srv.Shutdown()
		srv.WaitForShutdown()
	}
}

// InProcessConn makes a Node a nats.InProcessConnProvider whose connections survive Stop and
// Restart. A plain *server.Server would be asked for connections after its end.
func (n *Node) InProcessConn() (net.Conn, error) { return n.srv.Load().InProcessConn() }

// Connect returns a connection inside the process that comes back after every restart and is closed
// when the test ends.
func (n *Node) Connect(t testing.TB, opts ...nats.Option) *nats.Conn {
	t.Helper()
	return connect(t, "", append([]nats.Option{nats.InProcessServer(n)}, opts...)...)
}

// URL is the address for clients of a node that listens.
func (n *Node) URL() string { return n.srv.Load().ClientURL() }

func connect(t testing.TB, url string, opts ...nats.Option) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect(url, append([]nats.Option{
		nats.MaxReconnects(-1),
		nats.ReconnectWait(10 * time.Millisecond),
		nats.ReconnectJitter(10*time.Millisecond, 10*time.Millisecond),
	}, opts...)...)
	if err != nil {
		t.Fatalf("kvtest: connect: %v", err)
	}
	t.Cleanup(nc.Close)
	return nc
}
