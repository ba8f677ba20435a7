package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// link is the connection to NATS, and the server itself if it is embedded.
type link struct {
	conn   *nats.Conn
	server *embedded // nil with --nats-url
	closed chan struct{}

	lost    atomic.Pointer[error] // why there is no connection; nil while there is one
	trouble atomic.Pointer[error] // what is wrong with what we are connected to
}

// openLink starts the embedded server in dir, or connects to the cluster. A cluster that does not
// answer yet is no error: the connection is retried for as long as the hub runs.
func openLink(c *Config, dir *dataDir) (*link, error) {
	l := &link{closed: make(chan struct{})}
	l.note(errors.New("no answer yet"))
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
			l.note(err)
			if err != nil {
				slog.Warn("lost NATS, trying to come back", "error", err)
			}
		}),
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) { l.note(err) }),
		nats.ConnectHandler(l.connected),
		nats.ReconnectHandler(func(nc *nats.Conn) {
			l.connected(nc)
			slog.Info("connected to NATS again", "node", nc.ConnectedServerName())
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			if refusedReason(err) != "" {
				l.note(err) // the log gets it from there, and not with each try
			} else {
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
	if l.conn.IsConnected() {
		l.connected(l.conn)
	}
	return l, nil
}

// note notes why there is no connection, with what to do about it if a setting is the reason.
func (l *link) note(err error) {
	reason := "not connected"
	if err != nil {
		reason = fmt.Sprintf("not connected: %v", err)
		if advice := refusedReason(err); advice != "" {
			reason = fmt.Sprintf("not connected: %s (%v)", advice, err)
		}
	}
	err = errors.New(reason)
	l.lost.Store(&err)
}

// connected notes that there is a connection, and whether to a server that is new enough.
func (l *link) connected(nc *nats.Conn) {
	l.trouble.Store(nil)
	if err := checkVersion(nc.ConnectedServerVersion()); err != nil {
		l.trouble.Store(&err)
	}
	l.lost.Store(nil)
}

// why returns why NATS can't be asked right now, or nil. It takes no lock of the connection, which
// is held while something is written to a node that takes nothing.
func (l *link) why() error {
	for _, reason := range []*atomic.Pointer[error]{&l.lost, &l.trouble} {
		if err := reason.Load(); err != nil {
			return *err
		}
	}
	return nil
}

// await returns when there is a connection to a server that has what the hub needs, or ctx's error.
// Meanwhile why says what is wrong.
func (l *link) await(ctx context.Context) error {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		if l.lost.Load() == nil {
			err := l.check(ctx)
			if err == nil {
				l.trouble.Store(nil)
				return nil
			}
			l.trouble.Store(&err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// check asks the server that we are connected to for what the hub needs.
func (l *link) check(ctx context.Context) error {
	if err := checkVersion(l.conn.ConnectedServerVersion()); err != nil {
		return err
	}
	js, err := jetstream.New(l.conn)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	_, err = js.AccountInfo(ctx)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, jetstream.ErrJetStreamNotEnabled):
		return errors.New("NATS runs without JetStream: start it with --jetstream or set that in its configuration")
	case errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount):
		return errors.New("JetStream is not enabled for the account of the hub: enable it in the configuration of NATS")
	default:
		return withoutQuorum(err)
	}
}

// withoutQuorum adds to an error of JetStream what it most likely means.
func withoutQuorum(err error) error {
	return fmt.Errorf("JetStream does not answer, as without a quorum of its nodes: %w", err)
}

// oldestNATS is the first server with all that the store needs: commits of several entries, and
// counters. An older one takes the hub's buckets and then refuses what is written to them.
var oldestNATS = [...]int{2, 12}

// checkVersion returns nil if a server's version is new enough.
func checkVersion(version string) error {
	var has [len(oldestNATS)]int
	_, err := fmt.Sscanf(version, "%d.%d", &has[0], &has[1])
	// What has no numbers is a build of somebody's own.
	if err == nil && slices.Compare(has[:], oldestNATS[:]) < 0 {
		return fmt.Errorf("NATS is %s, which is too old: upgrade it to 2.15.2, or at least %d.%d",
			version, oldestNATS[0], oldestNATS[1])
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
