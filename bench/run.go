package bench

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// run is a scenario that is being carried out.
type run struct {
	Options
	target target
	ctx    context.Context // ends with the run, and ends what the run started
	result *Result
	tag    string // makes the names of users and groups unique to this run

	phase      string       // what the run does now, for the progress line
	done       atomic.Int64 // operations of the phase
	progress   sync.Mutex   // guards phase
	before     usage
	hasMetrics bool // MetricsURL is set and answers
}

// Run carries out a scenario. It returns an error if the hub does not do what it promises.
func Run(ctx context.Context, name string, options Options) (*Result, error) {
	s, options, err := findScenario(name, options)
	if err != nil {
		return nil, err
	}
	if err := raiseFileLimit(); err != nil {
		return nil, err
	}
	r := &run{
		Options: options, tag: strings.ToLower(rand.Text()[:6]),
		result: &Result{Scenario: name, URL: options.URL, Started: time.Now().UTC()},
	}
	if r.target, err = newTarget(options.URL); err != nil {
		return nil, err
	}
	if options.MetricsURL != "" {
		if _, err := scrape(ctx, options.MetricsURL); err != nil {
			return nil, fmt.Errorf("the hub's metrics: %w", err)
		}
		r.hasMetrics = true
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	r.ctx = ctx
	var ticking sync.WaitGroup
	defer ticking.Wait()
	defer stop()
	ticking.Go(r.reportProgress)
	if err := s.run(r); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return r.result, nil
}

// setPhase names what the run does from now on, for the progress line.
func (r *run) setPhase(what string) {
	r.progress.Lock()
	defer r.progress.Unlock()
	r.phase = what
	r.done.Store(0)
}

// reportProgress writes a line a second until the run ends.
func (r *run) reportProgress() {
	if r.Progress == nil {
		return
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	last, phase := int64(0), ""
	for {
		select {
		case <-r.ctx.Done():
			return
		case <-tick.C:
		}
		r.progress.Lock()
		now, done := r.phase, r.done.Load()
		r.progress.Unlock()
		if now != phase {
			last, phase = 0, now
		}
		fmt.Fprintf(r.Progress, "%8.1fs  %s: %d, %d a second\n",
			time.Since(r.result.Started).Seconds(), phase, done, done-last)
		last = done
	}
}

// startMeasuring begins the part of the run that is measured.
func (r *run) startMeasuring() (err error) {
	r.before = usage{at: time.Now()}
	if r.hasMetrics {
		r.before, err = scrape(r.ctx, r.MetricsURL)
	}
	return err
}

// stopMeasuring ends the part that is measured, in which n operations of this kind were done. It
// reports their rate, and the server's CPU, memory and allocations for each.
func (r *run) stopMeasuring(n int64, kind string) error {
	after := usage{at: time.Now()}
	if r.hasMetrics {
		var err error
		if after, err = scrape(r.ctx, r.MetricsURL); err != nil {
			return err
		}
	}
	seconds := after.at.Sub(r.before.at).Seconds()
	r.result.Seconds = seconds
	r.result.add(plural(kind), float64(n), "")
	r.result.add(plural(kind)+" a second", float64(n)/seconds, "/s")
	if r.hasMetrics && n > 0 {
		r.result.add("server CPU per "+kind, (after.cpu-r.before.cpu)*1e6/float64(n), "us")
		r.result.add("server CPU", (after.cpu-r.before.cpu)/seconds, "cores")
		r.result.add("allocations per "+kind, (after.allocs-r.before.allocs)/float64(n), "")
		r.result.add("server RSS", after.rss/(1<<20), "MiB")
	}
	return nil
}

func plural(noun string) string {
	if strings.HasSuffix(noun, "ch") {
		return noun + "es"
	}
	if stem, ok := strings.CutSuffix(noun, "y"); ok {
		return stem + "ies"
	}
	return noun + "s"
}

// accounts returns n users of this run in a role.
func (r *run) accounts(n int, role string) ([]account, error) {
	list := make([]account, n)
	var g errgroup.Group
	g.SetLimit(parallel)
	for i := range list {
		g.Go(func() (err error) {
			list[i], err = r.account(fmt.Sprintf("bench-%s-%s%d", r.tag, role, i))
			return err
		})
	}
	return list, g.Wait()
}

// parallel is how many connections are opened at a time.
const parallel = 64

// loginAll logs all accounts in, several at a time. On an error it closes those that are logged in
// already.
func (r *run) loginAll(accounts []account, stalled bool) ([]*client, error) {
	return r.loginPaced(accounts, stalled, 0, nil)
}

// loginPaced is loginAll at so many logins a second, or as fast as they are taken if rate is 0. How
// long each took is noted, unless took is nil.
func (r *run) loginPaced(accounts []account, stalled bool, rate float64, took *histogram) ([]*client, error) {
	clients := make([]*client, len(accounts))
	g, ctx := errgroup.WithContext(r.ctx)
	g.SetLimit(parallel)
	begun := time.Now()
	for i, a := range accounts {
		var due time.Duration
		if rate > 0 {
			due = time.Duration(float64(i) / rate * float64(time.Second))
		}
		if r.pause(due-time.Since(begun)) != nil || ctx.Err() != nil {
			break // the reason is returned below
		}
		g.Go(func() (err error) {
			start := time.Now()
			if clients[i], err = r.target.login(ctx, a, stalled); err != nil {
				return fmt.Errorf("%s: %w", a.user, err)
			}
			if took != nil {
				took.record(i, time.Since(start))
			}
			r.done.Add(1)
			return nil
		})
	}
	if err := cmp.Or(g.Wait(), r.ctx.Err()); err != nil {
		closeAll(clients)
		return nil, err
	}
	return clients, nil
}

// closeAll closes the connections. An error is logged for debugging only: the hub may have closed
// first.
func closeAll(clients []*client) {
	for _, c := range clients {
		if c == nil {
			continue
		}
		if err := c.Close(); err != nil {
			slog.Debug("close", "user", c.user, "error", err)
		}
	}
}

// pause waits for a duration, or returns an error if the run ends first.
func (r *run) pause(d time.Duration) error {
	if d <= 0 {
		return r.ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-r.ctx.Done():
		return r.ctx.Err()
	}
}
