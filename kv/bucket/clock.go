package bucket

import (
	"sync"
	"time"
)

// clock is how late it is at the servers at least, whatever the clock of this machine says: the
// newest time that one of them has told, and what has passed here since. What lives for a time is
// removed by the servers' clocks.
type clock struct {
	mu         sync.Mutex
	told, here time.Time
}

func (c *clock) saw(told time.Time) {
	here := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if told.After(c.at(here)) {
		c.told, c.here = told, here
	}
}

func (c *clock) at(here time.Time) time.Time {
	if c.told.IsZero() {
		return c.told
	}
	return c.told.Add(here.Sub(c.here))
}

func (c *clock) now() time.Time {
	here := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at(here)
}

// Now returns how late it is at the servers at least.
func (b *Bucket) Now() time.Time { return b.clock.now() }
