package main

import (
	"context"
	"fmt"

	"exthub/kv"
)

// openStore opens the store, once it is certain that nothing is missing from it, or that this is accepted.
func (p *process) openStore(ctx context.Context) (err error) {
	c, generation := p.config, ""
	if p.dir != nil {
		if p.watermark, err = openWatermark(ctx, c, p.dir, p.nats.conn); err != nil {
			return err
		}
		generation = p.watermark.mark.Generation
	}
	p.store, err = kv.Open(ctx, p.nats.conn, kv.Options{
		Shards:        c.Shards,
		Replicas:      c.Replicas,
		SyncAlways:    c.NATSURL == "" && c.Sync.Always,
		MaxTombstones: c.MaxTombstones,
		Generation:    generation,
	})
	if err != nil {
		return fmt.Errorf("open the store: %w", err)
	}
	if p.watermark != nil {
		p.watermark.follow(p.store)
	}
	return nil
}
