package hub_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"exthub/hub"
	"exthub/hub/usersig"
	"exthub/kv"
	"exthub/kv/kvtest"
)

const (
	appID     = 1400000000
	secretKey = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"
	patience  = 20 * time.Second // nothing waits this long unless something is broken
)

// world is a running hub: a NATS server in the process, a store, a broker, and a listener on loopback.
type world struct {
	t      *testing.T
	nc     *nats.Conn
	store  *kv.Store
	hub    *hub.Hub
	server *httptest.Server

	// shutdown stops everything, once; the hub's Shutdown is to return want.
	shutdown func(ctx context.Context, want error)
}

// start runs a hub on a store of its own. change may alter its options.
func start(t *testing.T, change ...func(*hub.Options)) *world {
	t.Helper()
	return startOn(t, kvtest.Server(t), change...)
}

// startOn runs a hub on this NATS: a second one shares the store with the first.
func startOn(t *testing.T, nc *nats.Conn, change ...func(*hub.Options)) *world {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	store, err := kv.Open(ctx, nc, kv.Options{Bucket: "ext", MaxPairs: 300})
	if err != nil {
		t.Fatal(err)
	}
	o := hub.Options{
		SDKAppID: appID, SecretKey: secretKey, Admins: []string{"admin"}, WriteTimeout: 5 * time.Second,
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	for _, c := range change {
		c(&o)
	}
	h, err := hub.New(o, store)
	if err != nil {
		t.Fatal(err)
	}
	running, end := context.WithCancel(context.Background())
	tailed := make(chan error, 1)
	go func() { tailed <- store.Run(running, h.Publish) }()
	w := &world{t: t, nc: nc, store: store, hub: h, server: httptest.NewServer(h.Handler())}
	var once sync.Once
	w.shutdown = func(ctx context.Context, want error) {
		once.Do(func() {
			if err := h.Shutdown(ctx); !errors.Is(err, want) {
				t.Error("shutdown:", err)
			}
			w.server.Close()
			end()
			if err := <-tailed; err != nil && !errors.Is(err, context.Canceled) {
				t.Error("tail:", err)
			}
			store.Close()
		})
	}
	t.Cleanup(w.stop)
	return w
}

// stop stops everything in good order. It happens by itself when the test ends.
func (w *world) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	w.shutdown(ctx, nil)
}

// url is where the WebSocket door is.
func (w *world) url() string { return "ws" + strings.TrimPrefix(w.server.URL, "http") + "/ws" }

// sign makes a UserSig that is valid for an hour.
func (w *world) sign(userID string) string {
	w.t.Helper()
	sig, err := usersig.Sign(appID, secretKey, userID, time.Now(), time.Hour)
	if err != nil {
		w.t.Fatal(err)
	}
	return sig
}
