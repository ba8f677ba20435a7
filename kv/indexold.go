package kv

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"exthub/kv/bucket"
)

// indexedKey is the key of the entry that says that every one-to-one message of the bucket is in
// the index.
const indexedKey = "h"

// indexOld makes the index of a bucket that was used before there was one. Several hubs may do so
// at a time, or one after the other if it was interrupted: they write the same, and nothing that is
// there is overwritten. What a hub that is done has numbered since stays as it is.
func (sh *shard) indexOld(ctx context.Context) error {
	snap, err := sh.bucket.Read(ctx, 0, indexedKey)
	if err != nil || len(snap.Entries) > 0 {
		return err
	}
	begin, n := time.Now(), 0
	growing := make(map[c2c]indexPart)
	err = sh.bucket.Keys(ctx, "c.*.*.*.m", func(e bucket.Entry) error {
		ref, ours := refOf(e.Key)
		if !ours {
			return nil
		}
		n++
		c := c2cOf(ref)
		p, ok := growing[c]
		if !ok {
			p.First = 1
		}
		if p.full() {
			if err := sh.publishOld(ctx, c, c.part(partOf(p.First)), p); err != nil {
				return err
			}
			p = indexPart{First: p.next()}
		}
		p.Names = append(p.Names, c.name(ref))
		p.Old, p.OldSeq = p.next()-1, e.Revision
		growing[c] = p
		return nil
	})
	if err != nil {
		return err
	}
	for c, p := range growing {
		if err := sh.publishOld(ctx, c, c.newest(), p); err != nil {
			return err
		}
	}
	if n > 0 {
		slog.Info("one-to-one messages have an index now", "bucket", sh.bucket.Name(), "messages", n,
			"conversations", len(growing), "took", time.Since(begin))
	}
	_, err = sh.bucket.Publish(ctx, []bucket.Write{{Key: indexedKey, Value: "1"}}, bucket.PublishOptions{})
	return err
}

// refOf returns the message of a key, and reports whether it is a key of ours.
func refOf(key string) (Ref, bool) {
	at, err := parseKey(key)
	return at.ref, err == nil
}

// publishOld writes a part of the index, unless there is one.
func (sh *shard) publishOld(ctx context.Context, c c2c, key string, p indexPart) error {
	_, err := sh.publishPart(ctx, c, key, p, bucket.Precondition{Own: true})
	var stale *bucket.StaleError
	if errors.As(err, &stale) {
		return nil
	}
	return err
}
