package torture

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"exthub/hub"
	"exthub/hub/socket"
	"exthub/kv"
)

// instance is one hub with the network on both sides of it.
type instance struct {
	clients *proxy // between clients and the hub
	nats    links  // between the hub and NATS; nil if NATS is in the hub
	process *process
}

func (u *instance) addr() string { return u.clients.addr() }

// instanceOptions are what tests change of a hub in this process.
type instanceOptions struct {
	kv kv.Options

	hub func(*hub.Options)
}

// startInstance runs a hub in this process, as cmd/hub wires it.
func startInstance(t testing.TB, natsURL string, o instanceOptions) *instance {
	t.Helper()
	u := &instance{nats: newLinks(t, natsURL)}
	nc, err := nats.Connect(u.nats.url(),
		nats.MaxReconnects(-1), nats.RetryOnFailedConnect(true), nats.ReconnectBufSize(-1),
		nats.ReconnectWait(200*time.Millisecond), nats.ReconnectJitter(200*time.Millisecond, time.Second),
		nats.PingInterval(5*time.Second), nats.MaxPingsOutstanding(2),
		nats.IgnoreDiscoveredServers()) // otherwise it would connect past the proxy
	if err != nil {
		t.Fatal(err)
	}
	opening, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	o.kv.MaxPairs = 300 // as the hub's default; no test raises it
	o.kv.Shards = len(streams)
	o.kv.ShortcutFrom = 1 // small messages take what large ones do
	store, err := kv.Open(opening, nc, o.kv)
	if err != nil {
		t.Fatal(err)
	}
	options := hub.Options{
		SDKAppID: appID, SecretKey: secretKey, Admins: []string{admin}, MessageRate: 1_000_000,
		EventInterval: 50 * time.Millisecond, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	if o.hub != nil {
		o.hub(&options)
	}
	h, err := hub.New(options, store)
	if err != nil {
		t.Fatal(err)
	}
	running, stop := context.WithCancel(context.Background())
	tailed := make(chan error, 1)
	go func() { tailed <- store.Run(running, h.Publish) }()
	config := net.ListenConfig{Control: socket.BoundUnsent}
	l, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: h.Handler()}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	t.Cleanup(func() {
		ending, cancel := context.WithTimeout(context.Background(), testTimeout)
		defer cancel()
		server.Close()
		<-served
		if err := h.Shutdown(ending); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		stop()
		if err := <-tailed; err != nil {
			t.Errorf("tail: %v", err)
		}
		store.Close()
		nc.Close()
	})
	u.clients = newProxy(t, l.Addr().String())
	return u
}

// hubBinary builds the hub once.
var hubBinary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(scratch, "hub")
	build := exec.Command("go", "build", "-o", path, "exthub/cmd/hub")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

// scratch is a directory that is removed after all tests.
var scratch string

// process is a hub in a process of its own.
type process struct {
	binary string
	args   []string
	env    []string
	addr   string

	mu  sync.Mutex
	cmd *exec.Cmd
	log bytes.Buffer // everything that it logged, over all its starts
}

// startProcess runs a hub as a user does: on a NATS behind a proxy or, without natsURL, on the
// embedded one with its data in dir.
func startProcess(t testing.TB, natsURL, dir string, change ...func(*process)) *instance {
	t.Helper()
	binary, err := hubBinary()
	if err != nil {
		t.Fatal(err)
	}
	u := &instance{}
	p := &process{binary: binary, args: []string{
		"--admin-addr", "", "--secret-key", secretKey, "--no-demo", "--message-rate", "100000", "--own-rate", "0",
		"--lame-duck", "0s", "--shards", strconv.Itoa(len(streams)),
	}}
	for _, c := range change {
		c(p)
	}
	if natsURL != "" {
		u.nats = newLinks(t, natsURL)
		p.args = append(p.args, "--nats-url", u.nats.url())
	} else {
		p.args = append(p.args, "--data", dir)
	}
	u.process, p.addr = p, "127.0.0.1:0"
	t.Cleanup(p.kill)
	if err := p.start(); err != nil {
		t.Fatal(err)
	}
	u.clients = newProxy(t, p.addr)
	return u
}

// start starts the hub, with more flags for this time only, and returns when it serves, at the
// address that it had before.
func (p *process) start(more ...string) error {
	cmd := exec.Command(p.binary, slices.Concat([]string{"--addr", p.addr}, p.args, more)...)
	cmd.Stderr = p
	cmd.Env = append(os.Environ(), p.env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	p.mu.Lock()
	p.cmd = cmd
	p.mu.Unlock()
	up := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if addr, ok := strings.CutPrefix(lines.Text(), "listening on http://"); ok {
				up <- addr
			}
		}
		close(up)
	}()
	select {
	case addr, ok := <-up:
		if !ok {
			return fmt.Errorf("the hub ended at its start: %s", p.output())
		}
		p.addr = addr
		return nil
	case <-time.After(testTimeout):
		return errors.New("the hub does not come up: " + p.output())
	}
}

// Write collects what the hub logs.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.Write(b)
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

func (p *process) signal(s os.Signal) {
	p.mu.Lock()
	cmd := p.cmd
	p.mu.Unlock()
	if cmd != nil {
		_ = cmd.Process.Signal(s)
	}
}

// kill sends SIGKILL. It returns when the process is gone.
func (p *process) kill() {
	p.signal(syscall.SIGKILL)
	p.wait()
}

// stop asks the hub to end in order, and waits for it.
func (p *process) stop() {
	p.signal(syscall.SIGTERM)
	p.wait()
}

func (p *process) wait() {
	p.mu.Lock()
	cmd := p.cmd
	p.cmd = nil
	p.mu.Unlock()
	if cmd != nil {
		_ = cmd.Wait()
	}
}
