package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// readiness tells whether the hub can serve clients right now, and why not: every part that can be
// in trouble has a check, whose name is the same in /readyz, in the log and in the metric.
type readiness struct {
	phase atomic.Int32 // of the hub's life

	mu     sync.Mutex
	checks []check
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
