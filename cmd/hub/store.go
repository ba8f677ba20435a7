package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"exthub/kv"
)

const (
	// writeTimeout is how long a client waits at most to hear that a cluster did not commit a
	// write.
	writeTimeout = 2 * time.Second
	// idleProbe is how long nobody may write before the hub looks whether the cluster could.
	idleProbe = 5 * time.Second
)

// openStore opens the store, once it is certain that nothing is missing from it, or that the loss
// is accepted.
func (p *process) openStore(ctx context.Context) (err error) {
	c := p.config
	var history mark // of the embedded store
	if p.dir != nil {
		p.watermark, err = openWatermark(ctx, c, p.dir, p.nats.conn)
		var loss *lossError
		if errors.As(err, &loss) && !c.Sync.Always {
			// The operator has chosen that a power cut may lose what was not synced
			err = p.acceptLoss(ctx)
		}
		if err != nil {
			return err
		}
		history = p.watermark.mark
	}
	options := kv.Options{
		Shards:        c.Shards,
		NewShards:     c.newShards(),
		Replicas:      c.Replicas,
		SyncAlways:    c.NATSURL == "" && c.Sync.Always,
		MaxPairs:      c.MaxExtensions,
		MaxTombstones: c.MaxTombstones,
		Generation:    history.Generation,
		Kept:          history.Kept,
		Alone:         c.NATSURL == "",
	}
	if c.NATSURL != "" {
		// A cluster may be without quorum, or cut off from its leader; what is embedded is not
		options.WriteTimeout, options.IdleProbe = writeTimeout, idleProbe
	}
	if err := p.openBuckets(ctx, options); err != nil {
		return fmt.Errorf("open the store: %w", err)
	}
	if p.watermark != nil {
		p.watermark.start(p.store)
	}
	return nil
}

// openBuckets opens the store. While JetStream is not ready for that, it says why, and tries again.
func (p *process) openBuckets(ctx context.Context, options kv.Options) (err error) {
	var why atomic.Pointer[error]
	p.readiness.add("store", func() error {
		if err := why.Load(); err != nil {
			return *err
		}
		return nil
	})
	for most := 5 * time.Second; ; most *= 2 {
		trying, cancel := context.WithTimeout(ctx, most)
		p.store, err = kv.Open(trying, p.nats.conn, options)
		late := trying.Err() != nil
		cancel()
		if err == nil || !late || ctx.Err() != nil {
			why.Store(nil)
			return err
		}
		err = withoutQuorum(err)
		why.Store(&err)
	}
}

// newShards returns the number of buckets for a new store without --shards. NATS syncs the writes
// of one bucket one after the other, so with --sync always several buckets are several times as
// fast; a cluster syncs many writes at once.
func (c *Config) newShards() int {
	if c.NATSURL == "" {
		return 4
	}
	return 1
}

// acceptLoss restarts the embedded server as --accept-loss does, and goes on with the store as it
// is then.
func (p *process) acceptLoss(ctx context.Context) (err error) {
	accepting := *p.config
	accepting.AcceptLoss = true
	if err := p.nats.close(); err != nil {
		return err
	}
	if p.nats, err = openLink(&accepting, p.dir); err != nil {
		return err
	}
	p.watermark, err = openWatermark(ctx, &accepting, p.dir, p.nats.conn)
	return err
}
