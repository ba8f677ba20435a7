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
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"exthub/hub"
	"exthub/kv"
)

// serveCommand runs the hub.
type serveCommand struct{}

// Run serves until ctx ends, and stops everything in order. It returns an error if the start
// failed, if a part ended by itself, or if the stop was not clean.
func (serveCommand) Run(ctx context.Context, c *Config, out io.Writer) error {
	running, stop := context.WithCancel(ctx)
	var aside sync.WaitGroup
	aside.Go(func() { manageHeap(running) })
	defer aside.Wait()
	defer stop()
	for _, sentence := range c.warnings() {
		slog.Warn(sentence)
	}
	p := &process{config: c, failed: make(chan error, 3), readiness: newReadiness(), front: &front{}}
	aside.Go(func() { p.readiness.report(running, p.front.trouble.Store) })
	err := p.start(ctx)
	switch {
	case err == nil:
		p.printBanner(out)
		select {
		case <-ctx.Done():
			err = p.leave()
		case err = <-p.failed:
		}
	case ctx.Err() != nil:
		slog.Info("stopped before it served", "while", err)
		err = nil // it was asked to
	}
	return errors.Join(err, p.stop())
}

// process holds the parts of a running hub in the order in which they are started. A part that was
// not started is nil.
type process struct {
	config    *Config
	failed    chan error // gets the error of a part that ended by itself; has room for all of them
	readiness *readiness
	front     *front

	publicAddr, adminAddr net.Listener
	dir                   *dataDir // nil with --nats-url
	secretKeys            []string // the first signs, all verify
	admin, public         *httpServer
	nats                  *link
	watermark             *watermark // nil with --nats-url
	store                 *kv.Store
	hub                   *hub.Hub
	tail                  *tail
	webhooks              *webhooks // nil without --webhook-url
}

// start starts the parts from the bottom up. Ports come first: a second hub on them ends before it
// has touched anything. Both answer from the beginning, so that a hub that waits for NATS is seen
// to be alive by its operator, and not to be ready by a balancer.
func (p *process) start(ctx context.Context) (err error) {
	c := p.config
	if err := p.listen(); err != nil {
		return err
	}
	if err := p.openData(); err != nil {
		return err
	}
	metrics := newMetrics()
	all := p.serve(metrics)
	if p.nats, err = openLink(c, p.dir); err != nil {
		return err
	}
	p.readiness.add("nats", p.nats.why)
	if err := p.nats.await(ctx); err != nil {
		return err
	}
	if err := p.openStore(ctx); err != nil {
		return err
	}
	p.readiness.add("tail", p.store.Ready)
	p.readiness.add("writes", p.store.Writable)
	if p.hub, err = hub.New(c.hubOptions(p.secretKeys), p.store); err != nil {
		return err
	}
	registerStats(metrics, p.store, p.hub)
	p.tail = startTail(p.store, p.hub.Publish, p.failed)
	if p.webhooks, err = startWebhooks(ctx, c, p.store, metrics); err != nil {
		return err
	}
	p.front.open(publicHandler(c, p.secretKeys[0], p.hub, all))
	p.readiness.phase.Store(serving)
	return nil
}

// serve lets both ports answer.
func (p *process) serve(metrics *prometheus.Registry) *connections {
	c := p.config
	all := newConnections(maxConnections(c.MaxConnections), c.MaxConnectionsPerAddress, c.trustedProxies())
	metrics.MustRegister(append(all.metrics(), p.readiness)...)
	p.public = serveHTTP(p.publicAddr, all, p.front, p.failed)
	at := []any{"public", p.publicAddr.Addr()}
	if p.adminAddr != nil {
		p.admin = serveHTTP(p.adminAddr, newConnections(maxAdminConnections, 0, nil),
			adminHandler(metrics, p.readiness.errIn, c.adminHosts()), p.failed)
		at = append(at, "admin", p.adminAddr.Addr())
	}
	slog.Info("answering, and starting", at...)
	return all
}

// leave serves on for --lame-duck, but says that the hub is not ready: balancers that ask send
// nobody new by then, and connections on which nobody knows whether a call was carried out run out.
// It returns the error of a part that ended meanwhile.
func (p *process) leave() error {
	wait := p.config.lameDuck()
	slog.Info("stopping", "serves on for", wait, "then at most", p.config.Drain)
	p.readiness.phase.Store(leaving)
	p.front.leave()
	select {
	case <-time.After(wait):
		return nil
	case err := <-p.failed:
		return err
	}
}

// stop stops the parts from the top down, however far start got: sessions are sent away while
// events still reach them, and calls are carried out; then the public port; then the events; then
// their source. The admin port tells why the hub is not ready until all of that is done.
//
// Sessions come first also because a single call that sends its body byte by byte would use up all
// of the time, and every session would be cut off without the code that tells it to come back.
func (p *process) stop() error {
	p.readiness.phase.Store(stopping)
	p.front.leave()
	ctx, cancel := context.WithTimeout(context.Background(), p.config.Drain)
	defer cancel()
	// Calls that are in flight then need some of the time too
	sessions, cancel := context.WithTimeout(ctx, p.config.Drain*3/4)
	defer cancel()

	if p.hub != nil {
		_ = p.hub.Drain(sessions) // Shutdown waits for those that are left
	}
	if p.public != nil {
		warnCutOff("calls", p.public.close(ctx))
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
	if p.publicAddr, err = listenPublic(p.config.Addr); err != nil {
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
	if c.Guests {
		fmt.Fprintf(out, "  guests     make them a poll: hub poll QUESTION OPTION... --url http://127.0.0.1:%d\n",
			port(at))
	}
	if c.LAN {
		for _, host := range lanHosts() {
			fmt.Fprintf(out, "  network    http://%s:%d\n", host, port(at))
		}
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

// port returns the port of a TCP address.
func port(a net.Addr) uint16 { return a.(*net.TCPAddr).AddrPort().Port() }
