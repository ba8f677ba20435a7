package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"exthub/web"
)

// These bounds are for clients that send or read slowly on purpose. A WebSocket leaves them behind
// at its handshake and has bounds of its own.
const (
	headerTimeout  = 5 * time.Second
	requestTimeout = 30 * time.Second // 1 MiB, the most that a REST call may send, at 35 KB/s
	replyTimeout   = 60 * time.Second
	// Longer than a balancer keeps a connection, so that it is the one to close it
	idleTimeout = 90 * time.Second
	maxHeader   = 16 << 10
)

// publicHandler routes what --addr serves.
func publicHandler(c *Config, secretKey string, hub http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/ws", hub)
	mux.Handle("/v4/", hub)
	mux.Handle("/sdk/", allowAnyOrigin(http.StripPrefix("/sdk", static(web.SDK))))
	if c.demo() {
		mux.Handle("GET /demo/usersig", demoUserSig(c.SDKAppID, secretKey, c.Admin))
		mux.Handle("/", static(web.Demo))
	}
	return mux
}

// httpServer is an http.Server that knows when its Serve has returned.
type httpServer struct {
	http.Server
	done chan struct{}
}

// serveHTTP starts to serve on l. If serving ends by itself, failed gets the reason.
func serveHTTP(l net.Listener, h http.Handler, failed chan<- error) *httpServer {
	s := &httpServer{http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       requestTimeout,
		WriteTimeout:      replyTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		// Malformed requests of strangers are not errors of the hub.
		ErrorLog: slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug),
	}, make(chan struct{})}
	go func() {
		defer close(s.done)
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			failed <- fmt.Errorf("serve %s: %w", l.Addr(), err)
		}
	}()
	return s
}

// close stops accepting at once, waits for calls in flight until ctx ends, and then closes their
// connections. Sessions are not affected: they have left the server at their handshake.
func (s *httpServer) close(ctx context.Context) error {
	err := s.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.Close())
	}
	<-s.done
	return err
}
