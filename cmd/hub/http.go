package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"exthub/hub"
	"exthub/hub/socket"
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

	maxAdminConnections = 256
)

// publicHandler routes what --addr serves. A mux cleans a path by sending the client to the clean
// one, which would turn a call into another: REST is routed before it.
func publicHandler(c *Config, secretKey string, h *hub.Hub, all *connections) http.Handler {
	mux, doors := http.NewServeMux(), h.Handler()
	mux.Handle("/ws", doors)
	sdk := newStatic("/sdk/", forAnyOrigin, web.SDK())
	mux.Handle("/sdk/", sdk)
	widgets := newStatic("/", forAnyOrigin, web.Widgets())
	for path := range widgets.files {
		mux.Handle(path, widgets)
	}
	if c.Guests || c.demo() {
		mux.HandleFunc("GET /qr.svg", serveQR)
	}
	if c.Guests {
		mux.Handle("/guest", doors)
		newPages(h.OpenMessage, widgets).handle(mux)
	}
	if c.demo() {
		mux.Handle("GET /demo/usersig", demoUserSig(c.SDKAppID, secretKey, c.Admin))
		mux.Handle("/", newStatic("/", forOwnPages, web.Demo(), sdk, widgets))
	}
	return all.countForwarded(closeAfterChunks(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if hub.IsREST(r.URL.Path) {
			doors.ServeHTTP(w, r)
		} else {
			mux.ServeHTTP(w, r)
		}
	})))
}

// closeAfterChunks closes the connection behind a request with chunks. If it had a length too,
// net/http has removed that and believes the chunks, but a proxy in front may have believed the
// length, and taken the next request for a part of this one. What comes behind is not read.
func closeAfterChunks(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.TransferEncoding) > 0 {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// listenPublic listens for clients. A listener that also speaks multipath TCP, as Go's do by
// default, can't be told to refuse, see refuseNew.
func listenPublic(addr string) (net.Listener, error) {
	plain := net.ListenConfig{Control: socket.BoundUnsent}
	plain.SetMultipathTCP(false)
	return plain.Listen(context.Background(), "tcp", addr)
}

// httpServer is an http.Server that knows when its Serve has returned.
type httpServer struct {
	http.Server
	listener *limitedListener
	done     chan struct{}
}

// serveHTTP starts to serve on l, as many connections as all admits. If serving ends by itself,
// failed gets the reason.
func serveHTTP(l net.Listener, all *connections, h http.Handler, failed chan<- error) *httpServer {
	s := &httpServer{listener: &limitedListener{Listener: l, all: all}, done: make(chan struct{}), Server: http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       requestTimeout,
		WriteTimeout:      replyTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ConnState:         all.observe,
		ConnContext:       all.remember,
		// Malformed requests of strangers are not errors of the hub.
		ErrorLog: slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug),
	}}
	go func() {
		defer close(s.done)
		if err := s.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
			failed <- fmt.Errorf("serve %s: %w", l.Addr(), err)
		}
	}()
	return s
}

// backlogTime is how long a connection that has begun may take to come in: some round trips, and a
// busy machine.
const backlogTime = 100 * time.Millisecond

// close takes the connections that have begun, stops accepting, waits for calls in flight until ctx
// ends, and then closes their connections. Sessions are not affected: they have left the server at
// their handshake.
func (s *httpServer) close(ctx context.Context) error {
	if s.listener.refuseNew() {
		select {
		case <-time.After(backlogTime):
		case <-ctx.Done():
		}
	}
	err := s.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.Close())
	}
	<-s.done
	return err
}
