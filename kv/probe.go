package kv

import (
	"context"
	"log/slog"
	"time"
)

// probe finds out whether a bucket can be written to, when no news and no write of others tell. It
// writes the bucket's own entry, which means nothing to anybody: whenever a write has failed, until
// one goes through, and after Options.IdleProbe without news.
type probe struct {
	sh       *shard
	seen     uint64    // when it last looked
	since    time.Time // when that was new
	failures int       // in a row
}

// probeInterval is how often a probe looks.
const probeInterval = time.Second

func newProbe(sh *shard) *probe { return &probe{sh: sh, since: time.Now()} }

func (p *probe) run(ctx context.Context) error {
	tick := time.NewTicker(probeInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			p.look(ctx)
		}
	}
}

// look writes if it has to.
func (p *probe) look(ctx context.Context) {
	if seen := p.sh.bucket.Seen(); seen != p.seen {
		p.seen, p.since = seen, time.Now()
	}
	idle := p.sh.options.IdleProbe > 0 && time.Since(p.since) >= p.sh.options.IdleProbe
	if p.sh.bucket.Writable() == nil && !idle {
		p.failures = 0
		return
	}
	_, err := p.sh.bucket.Barrier(ctx)
	if err == nil {
		p.failures = 0
		return
	}
	// The node that we are connected to may be cut off from the others, and lead a stream that it
	// can't write to any more. Another node may be better off: the second failure in a row is a
	// reason to ask it, and then the fourth, the eighth and so on.
	if p.failures++; p.failures > 1 && p.failures&(p.failures-1) == 0 && p.sh.bucket.Reconnect() {
		slog.Warn("writes fail, trying another node", "bucket", p.sh.bucket.Name(), "error", err)
	}
}
