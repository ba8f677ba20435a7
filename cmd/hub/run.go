package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"

	"exthub/hub"
	"exthub/kv"
)

// serveCommand runs the hub.
type serveCommand struct{}

// Run serves until ctx ends, and stops everything in order. It returns an error if the start
// failed, if a part ended by itself, or if the stop was not clean.
func (serveCommand) Run(ctx context.Context, c *Config, out io.Writer) error {
	running, stop := context.WithCancel(ctx)
	var memory sync.WaitGroup
	memory.Go(func() { manageHeap(running) })
	defer memory.Wait()
	defer stop()
	for _, sentence := range c.warnings() {
		slog.Warn(sentence)
	}
	p := &process{config: c, failed: make(chan error, 3)}
	err := p.start(ctx)
	if err == nil {
		p.printBanner(out)
		select {
		case <-ctx.Done():
			slog.Info("stopping", "at most", c.Drain)
		case err = <-p.failed:
		}
	}
	return errors.Join(err, p.stop())
}

// process holds the parts of a running hub in the order in which they are started. A part that was
// not started is nil.
type process struct {
	config  *Config
	failed  chan error  // gets the error of a part that ended by itself; has room for all of them
	serving atomic.Bool // between start and stop

	publicAddr, adminAddr net.Listener
	dir                   *dataDir // nil with --nats-url
	secretKeys            []string // the first signs, all verify
	admin                 *httpServer
	nats                  *link
	watermark             *watermark // nil with --nats-url
	store                 *kv.Store
	hub                   *hub.Hub
	tail                  *tail
	webhooks              *webhooks // nil without --webhook-url
	public                *httpServer
}

// start starts the parts from the bottom up. Ports come first: a second hub on them ends before it
// has touched anything. The admin port answers from the beginning, so that a hub that waits for
// NATS is seen to be alive.
func (p *process) start(ctx context.Context) (err error) {
	c := p.config
	if err := p.listen(); err != nil {
		return err
	}
	if err := p.openData(); err != nil {
		return err
	}
	metrics := newMetrics()
	if p.adminAddr != nil {
		p.admin = serveHTTP(p.adminAddr, newConnections(maxAdminConnections, 0, nil),
			adminHandler(metrics, p.ready, c.adminHosts()), p.failed)
	}
	if p.nats, err = openLink(c, p.dir); err != nil {
		return err
	}
	if err := p.openStore(ctx); err != nil {
		return err
	}
	if p.hub, err = hub.New(c.hubOptions(p.secretKeys), p.store); err != nil {
		return err
	}
	registerStats(metrics, p.store, p.hub)
	p.tail = startTail(p.store, p.hub.Publish, p.failed)
	if p.webhooks, err = startWebhooks(ctx, c, p.store, metrics); err != nil {
		return err
	}
	all := newConnections(maxConnections(c.MaxConnections), c.MaxConnectionsPerAddress, c.trustedProxies())
	metrics.MustRegister(all.metrics()...)
	p.public = serveHTTP(p.publicAddr, all, publicHandler(c, p.secretKeys[0], p.hub.Handler(), all), p.failed)
	p.serving.Store(true)
	return nil
}

// stop stops the parts from the top down, however far start got: no new calls; sessions are closed
// while events still reach them; then the events; then their source. Calls in flight have half of
// the time: a single one that sends its body byte by byte would use up all of it, and every session
// would be cut off without the code that tells it to come back.
func (p *process) stop() error {
	p.serving.Store(false)
	ctx, cancel := context.WithTimeout(context.Background(), p.config.Drain)
	defer cancel()

	if p.public != nil {
		half, done := context.WithTimeout(ctx, p.config.Drain/2)
		warnCutOff("calls", p.public.close(half))
		done()
	}
	if p.hub != nil {
		warnCutOff("sessions", p.hub.Shutdown(ctx))
	}
	if p.webhooks != nil {
		p.webhooks.close()
	}
	if p.tail != nil {
		p.tail.close()
	}
	if p.store != nil {
		p.store.Close()
	}
	var errs []error
	if p.nats != nil {
		errs = append(errs, p.nats.close())
	}
	if p.watermark != nil {
		p.watermark.close()
	}
	if p.admin != nil {
		warnCutOff("admin calls", p.admin.close(ctx))
	}
	if p.dir != nil {
		errs = append(errs, p.dir.close())
	}
	for _, l := range []net.Listener{p.publicAddr, p.adminAddr} {
		if l != nil {
			l.Close() // for the second time, if its server has run
		}
	}
	return errors.Join(errs...)
}

// warnCutOff logs that clients had to be cut off. They come back to another hub, so it does not
// make the stop a failure.
func warnCutOff(what string, err error) {
	if err != nil {
		slog.Warn("cut off at the end of --drain: "+what, "error", err)
	}
}

func (p *process) listen() (err error) {
	if p.publicAddr, err = net.Listen("tcp", p.config.Addr); err != nil {
		return fmt.Errorf("--addr: %w", err)
	}
	if p.config.AdminAddr == "" {
		return nil
	}
	if p.adminAddr, err = net.Listen("tcp", p.config.AdminAddr); err != nil {
		return fmt.Errorf("--admin-addr: %w", err)
	}
	return nil
}

func (p *process) openData() (err error) {
	if p.secretKeys, err = p.config.secretKeys(); err != nil {
		return err
	}
	if p.config.NATSURL != "" {
		return nil
	}
	if p.dir, err = openDataDir(p.config.Data); err != nil {
		return err
	}
	if p.secretKeys == nil {
		p.secretKeys, err = p.dir.secretKeys()
	}
	return err
}

// ready returns why the hub can't serve clients right now, or nil.
func (p *process) ready() error {
	if !p.serving.Load() {
		return errors.New("starting or stopping")
	}
	if !p.nats.conn.IsConnected() {
		return errors.New("not connected to NATS")
	}
	return p.store.Ready()
}

// printBanner prints the addresses for people at a terminal. Tests read the ports here.
func (p *process) printBanner(out io.Writer) {
	c, at := p.config, p.publicAddr.Addr()
	fmt.Fprintf(out, "exthub %s\nlistening on http://%s\n", version(), at)
	fmt.Fprintf(out, "  WebSocket  ws://%s/ws\n", at)
	fmt.Fprintf(out, "  REST       http://%s/v4/\n", at)
	fmt.Fprintf(out, "  app        SDKAppID %d, admin %s\n", c.SDKAppID, strings.Join(c.Admin, ", "))
	if c.demo() {
		fmt.Fprintf(out, "  demo       http://%s/     open it in two windows\n", at)
	}
	if p.adminAddr != nil {
		fmt.Fprintf(out, "  admin      http://%s/metrics\n", p.adminAddr.Addr())
	}
	if p.dir != nil {
		fmt.Fprintf(out, "  data       %s, sync %s\n", p.dir.path, c.Sync)
	} else {
		fmt.Fprintf(out, "  data       %s, %d replicas\n", p.nats.conn.ConnectedUrlRedacted(), c.Replicas)
	}
}
