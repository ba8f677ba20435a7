package main

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
)

// link is the connection to NATS, and the server itself if it is embedded.
type link struct {
	conn   *nats.Conn
	server *embedded // nil with --nats-url
	closed chan struct{}
}

// openLink starts the embedded server in dir, or connects to the cluster. A cluster that does not
// answer yet is no error: the connection is retried for as long as the hub runs.
func openLink(c *Config, dir *dataDir) (*link, error) {
	l, refused := &link{closed: make(chan struct{})}, new(refusedLog)
	options := []nats.Option{
		nats.Name("exthub"),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(200 * time.Millisecond),
		// Hubs that lost the same node don't come back in step
		nats.ReconnectJitter(200*time.Millisecond, time.Second),
		nats.RetryOnFailedConnect(true),
		// A node that refuses the hub's password twice would be given up for good. Passwords are
		// changed, not always here first.
		nats.IgnoreAuthErrorAbort(),
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) { refused.explains(err) }),
		// While disconnected, a write fails at once. From a buffer it could be sent much later,
		// after its caller was told that it failed.
		nats.ReconnectBufSize(-1),
		// A silent connection is given up after 4 to 6 s, not after minutes
		nats.PingInterval(2 * time.Second),
		nats.MaxPingsOutstanding(2),
		// A node that takes nothing holds up whoever publishes, and whoever asks whether there is a
		// connection
		nats.FlusherTimeout(2 * time.Second),
		nats.ReconnectOnFlusherError(),
		nats.DrainTimeout(5 * time.Second),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				slog.Warn("lost NATS, trying to come back", "error", err)
			}
		}),
		nats.ReconnectHandler(func(nc *nats.Conn) {
			refused.last = ""
			slog.Info("connected to NATS again", "node", nc.ConnectedServerName())
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			if !refused.explains(err) {
				slog.Warn("NATS", "error", err)
			}
		}),
		nats.ClosedHandler(func(*nats.Conn) { close(l.closed) }),
	}
	if c.NATSURL == "" {
		var err error
		if l.server, err = startEmbedded(c, dir); err != nil {
			return nil, err
		}
		// There is no network that a write could hang in, and the deadline would cost a timer for
		// each.
		options = append(options, nats.InProcessServer(l.server), nats.FlusherTimeout(0))
	}
	if c.NATSCreds != "" {
		options = append(options, nats.UserCredentials(c.NATSCreds))
	}
	if c.NATSCA != "" {
		options = append(options, nats.RootCAs(c.NATSCA))
	}
	var err error
	if l.conn, err = nats.Connect(c.NATSURL, options...); err != nil {
		l.stopServer()
		return nil, fmt.Errorf("connect to NATS: %w", err)
	}
	if !l.conn.IsConnected() {
		slog.Warn("NATS does not answer yet, trying on")
	}
	return l, nil
}

// why returns why NATS can't be asked right now, or nil.
func (l *link) why() error {
	if !l.conn.IsConnected() {
		return errors.New("not connected")
	}
	return nil
}

// close drains the connection, stops the embedded server, and returns when its files are closed.
func (l *link) close() error {
	err := l.conn.Drain()
	if err != nil { // not connected, so nothing to drain
		l.conn.Close()
	}
	<-l.closed
	l.stopServer()
	if err != nil && l.server != nil {
		return fmt.Errorf("drain NATS: %w", err)
	}
	return nil
}

func (l *link) stopServer() {
	if l.server != nil {
		l.server.close()
	}
}
