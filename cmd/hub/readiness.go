package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// readiness tells whether the hub can serve clients right now, and why not: every part that can be
// in trouble has a check, whose name is the same in /readyz, in the log and in the metric.
type readiness struct {
	phase atomic.Int32 // of the hub's life

	mu     sync.Mutex
	checks []check

	// When the hub began not to be ready, as report has seen it; zero while it is
	since time.Time
}

// check is one reason for which a hub may not be ready. why returns nil while there is none. It is
// called often, so it looks at what is known, and asks nobody.
type check struct {
	name string
	why  func() error
}

// The phases of a hub's life, in their order.
const (
	starting int32 = iota
	serving
	leaving  // still serves everybody, but is not ready: balancers send nobody new
	stopping // sends its sessions away
)

// newReadiness returns what has one check: that of the hub's life.
func newReadiness() *readiness {
	r := &readiness{}
	r.add("hub", r.why)
	return r
}

func (r *readiness) why() error {
	switch r.phase.Load() {
	case starting:
		return errors.New("starting")
	case serving:
		return nil
	default:
		return errors.New("stopping")
	}
}

// add adds a check. It may be called while the hub is being asked.
func (r *readiness) add(name string, why func() error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.checks = append(r.checks, check{name, why})
}

// all returns the checks in the order in which they were added.
func (r *readiness) all() []check {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clip(r.checks)
}

// err returns nil if the hub is ready, otherwise an error with a line for each check that fails.
func (r *readiness) err() error {
	var lines []string
	for _, c := range r.all() {
		if err := c.why(); err != nil {
			lines = append(lines, fmt.Sprintf("%s: %v", c.name, err))
		}
	}
	if lines == nil {
		return nil
	}
	return errors.New(strings.Join(lines, "\n"))
}

// answerTime is how long /readyz may take. A prober that waits in vain restarts a hub that is well.
const answerTime = 900 * time.Millisecond

// errIn is err, but does not wait for checks that don't answer.
func (r *readiness) errIn(most time.Duration) error {
	answer := make(chan error, 1)
	go func() { answer <- r.err() }() // ends when the check that holds it up does
	select {
	case err := <-answer:
		return err
	case <-time.After(most):
		return errors.New("hub: a check does not answer")
	}
}

const (
	lookEvery = time.Second
	// patience is how long a hub that has served may be in trouble before it refuses: most trouble,
	// as an election, is over by then, and requests only took longer.
	patience = 2 * time.Second
	// A reason that stays is logged again after a pause, which grows up to this.
	longestPause = time.Minute
)

// report logs why the hub is not ready, again and again while it is not, until ctx ends. It calls
// refuse with true when a hub that serves has not been ready for longer than patience, and with
// false when it is again.
func (r *readiness) report(ctx context.Context, refuse func(bool)) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	said := map[string]*spoken{}
	for {
		r.look(said, time.Now(), refuse)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// spoken is what was logged about a check that fails.
type spoken struct {
	next  time.Time     // not before
	pause time.Duration // after that
}

// look looks at each check once.
func (r *readiness) look(said map[string]*spoken, now time.Time, refuse func(bool)) {
	trouble := false
	for _, c := range r.all() {
		if c.name == "hub" {
			continue // the log has it already
		}
		err := c.why()
		trouble = trouble || err != nil
		s := said[c.name]
		switch {
		case err == nil && s != nil:
			slog.Info("in order again", "check", c.name)
			delete(said, c.name)
		case err == nil || s != nil && now.Before(s.next):
		default:
			if s == nil {
				s = &spoken{pause: lookEvery}
				said[c.name] = s
			}
			slog.Warn("not ready", "check", c.name, "reason", err)
			s.next, s.pause = now.Add(s.pause), min(2*s.pause, longestPause)
		}
	}
	switch {
	case !trouble:
		r.since = time.Time{}
	case r.since.IsZero():
		r.since = now
	}
	refuse(trouble && now.Sub(r.since) > patience)
}

// notReady is the metric of a check.
var notReady = prometheus.NewDesc("exthub_not_ready", "1 if this keeps the hub from serving, see /readyz.",
	[]string{"check"}, nil)

// Describe makes readiness a prometheus.Collector.
func (r *readiness) Describe(to chan<- *prometheus.Desc) { to <- notReady }

// Collect tells of each check whether it fails.
func (r *readiness) Collect(to chan<- prometheus.Metric) {
	for _, c := range r.all() {
		fails := 0.0
		if c.why() != nil {
			fails = 1
		}
		to <- prometheus.MustNewConstMetric(notReady, prometheus.GaugeValue, fails, c.name)
	}
}
