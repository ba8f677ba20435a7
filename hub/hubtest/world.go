package hubtest

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"exthub/hub"
	"exthub/hub/socket"
	"exthub/hub/usersig"
	"exthub/kv"
	"exthub/kv/kvtest"
)

// What the hub of a World is started with. The UserSigs of the golden frames are made with the key.
const (
	AppID     = 1400000000
	SecretKey = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"
	Admin     = "admin"
)

// Timeout bounds every wait for the hub of a World. Nothing waits this long unless something is
// broken.
const Timeout = 20 * time.Second

// World is a running hub: a NATS server in this process, a store with its tail, and a listener on
// 127.0.0.1. It is stopped when the test ends.
type World struct {
	TB     testing.TB
	NATS   *nats.Conn
	Store  *kv.Store
	Hub    *hub.Hub
	server *httptest.Server

	// Shutdown stops everything, once, and fails the test unless the hub's Shutdown returns want.
	Shutdown func(ctx context.Context, want error)
}

// Start runs a hub on a store of its own, which no other hub uses. change may alter its options.
func Start(tb testing.TB, change ...func(*hub.Options)) *World {
	tb.Helper()
	return start(tb, kvtest.Server(tb), kv.Options{Alone: true}, change)
}

// StartOn runs a hub on this NATS. A second hub on it shares the store with the first.
func StartOn(tb testing.TB, nc *nats.Conn, change ...func(*hub.Options)) *World {
	tb.Helper()
	// A machine under load may let a hub stand still for a second, which is no fault of the hub's.
	return start(tb, nc, kv.Options{HubTTL: time.Minute}, change)
}

func start(tb testing.TB, nc *nats.Conn, stored kv.Options, change []func(*hub.Options)) *World {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), Timeout)
	defer cancel()
	stored.Bucket, stored.MaxPairs = "ext", 300
	store, err := kv.Open(ctx, nc, stored)
	if err != nil {
		tb.Fatal(err)
	}
	o := hub.Options{
		SDKAppID: AppID, SecretKey: SecretKey, Admins: []string{Admin}, WriteTimeout: 5 * time.Second,
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	for _, c := range change {
		c(&o)
	}
	h, err := hub.New(o, store)
	if err != nil {
		tb.Fatal(err)
	}
	running, end := context.WithCancel(context.Background())
	tailed := make(chan error, 1)
	go func() { tailed <- store.Run(running, h.Publish) }()
	w := &World{TB: tb, NATS: nc, Store: store, Hub: h, server: serve(tb, h.Handler())}
	var once sync.Once
	w.Shutdown = func(ctx context.Context, want error) {
		once.Do(func() {
			if err := h.Shutdown(ctx); !errors.Is(err, want) {
				tb.Error("shutdown:", err)
			}
			w.server.Close()
			end()
			if err := <-tailed; err != nil && !errors.Is(err, context.Canceled) {
				tb.Error("tail:", err)
			}
			store.Close()
		})
	}
	tb.Cleanup(w.Stop)
	return w
}

// serve serves on a listener as the hub's own.
func serve(tb testing.TB, handler http.Handler) *httptest.Server {
	tb.Helper()
	config := net.ListenConfig{Control: socket.BoundUnsent}
	l, err := config.Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	server := httptest.NewUnstartedServer(handler)
	_ = server.Listener.Close()
	server.Listener = l
	server.Start()
	return server
}

// Stop stops everything in good order.
func (w *World) Stop() {
	ctx, cancel := context.WithTimeout(context.Background(), Timeout)
	defer cancel()
	w.Shutdown(ctx, nil)
}

// URL returns the hub's address for HTTP.
func (w *World) URL() string { return w.server.URL }

// SocketURL returns the address of the WebSocket door.
func (w *World) SocketURL() string { return SocketURL(w.server.URL) }

// SocketURL returns the address of the WebSocket door of the hub at this HTTP address.
func SocketURL(url string) string { return "ws" + strings.TrimPrefix(url, "http") + "/ws" }

// Sign makes a UserSig that is valid for an hour.
func (w *World) Sign(userID string) string {
	w.TB.Helper()
	sig, err := usersig.Sign(AppID, SecretKey, userID, time.Now(), time.Hour)
	if err != nil {
		w.TB.Fatal(err)
	}
	return sig
}

// Dial connects without logging in.
func (w *World) Dial() *Client {
	w.TB.Helper()
	return Dial(w.TB, w.SocketURL(), Timeout, nil)
}

// Login connects and logs in.
func (w *World) Login(userID string) *Client {
	w.TB.Helper()
	c := w.Dial()
	c.Login(w.LoginParams(userID))
	return c
}

// LoginParams returns the params with which a user logs in.
func (w *World) LoginParams(userID string) Object {
	w.TB.Helper()
	return LoginParams(AppID, userID, w.Sign(userID))
}
