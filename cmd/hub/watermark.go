package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"exthub/kv"
)

// watermark is a file beside the embedded store that says how far each bucket has come. NATS takes
// the end of a truncated or damaged block for a write that was never acknowledged, and drops it
// without a word; it can't know better. The hub can: what the file names was acknowledged, and has
// to be there.
//
// The file is written about once a second, so the loss of nothing but the last second's commits
// goes unnoticed.
type watermark struct {
	path    string
	mark    mark              // what the file holds
	failing bool              // the last write failed
	seen    map[string]uint64 // how far the store was when the file was last written

	store *kv.Store
	stop  context.CancelFunc // nil before start
	done  chan struct{}
}

// mark is the file's content.
type mark struct {
	// Generation is a part of the store's epoch. Each loss that is accepted at a start gives a new
	// one. It is made from the time, as the rest of the epoch is: a counter could repeat itself
	// after the directory was restored from a backup.
	Generation string `json:"generation,omitempty"`
	// Kept is up to which revision each bucket is as it was before the first such loss: from there
	// on, revisions were given out twice.
	Kept map[string]uint64 `json:"kept,omitempty"`

	Revisions map[string]uint64 `json:"revisions"` // by bucket
}

const (
	watermarkInterval = time.Second
	anchorTimeout     = 5 * time.Second
)

// lossError says what the store lacks, what may have happened, and what to do.
type lossError struct{ loss, data string }

func (e *lossError) Error() string {
	return e.loss + ". A block of the store may be truncated or damaged, or a part of " + e.data +
		" was restored from an older copy, or copied while a hub was running. " +
		"Restore the directory as a whole from a backup; or start once with --accept-loss: " +
		"what is gone stays gone, and clients read everything anew"
}

// openWatermark compares the store with the file, if there is one: the directory of an older hub
// has none. It must be called before anything is written to the store, which would hide how far the
// store reached.
//
// If something is missing it returns a *lossError. With AcceptLoss it logs the loss and returns a
// watermark of a new generation instead.
//
// A file that can't be parsed counts as a loss. It is never half written, so something has damaged
// the disk, and to go on as if the file were absent would be silent in the one case that it is made
// for.
func openWatermark(ctx context.Context, c *Config, dir *dataDir, nc *nats.Conn) (*watermark, error) {
	w := &watermark{path: filepath.Join(dir.path, "watermark")}
	text, err := os.ReadFile(w.path)
	if errors.Is(err, fs.ErrNotExist) {
		return w, nil
	}
	if err != nil {
		return nil, fmt.Errorf("watermark: %w", err)
	}
	loss, err := w.compare(ctx, text, nc)
	if err != nil || loss == "" {
		return w, err
	}
	if !c.AcceptLoss {
		return nil, &lossError{loss, dir.path}
	}
	w.mark.keep()
	w.mark.Generation = strconv.FormatInt(time.Now().UnixNano(), 36)
	slog.Warn("going on without what is gone; clients will read everything anew",
		"loss", loss, "generation", w.mark.Generation)
	if err := w.write(); err != nil {
		return nil, fmt.Errorf("watermark: %w", err)
	}
	return w, nil
}

// compare parses the file and returns a sentence that says what the store lacks, or "". The mark is
// then what the store has.
func (w *watermark) compare(ctx context.Context, text []byte, nc *nats.Conn) (loss string, err error) {
	m, ok := parseMark(text)
	if !ok {
		return fmt.Sprintf("the file %s is damaged, so nobody knows whether acknowledged changes are gone", w.path), nil
	}
	w.mark = m
	var losses []string
	for _, bucket := range slices.Sorted(maps.Keys(w.mark.Revisions)) {
		found, err := kv.LastRevision(ctx, nc, bucket)
		if err != nil {
			return "", err
		}
		if was := w.mark.Revisions[bucket]; found < was {
			losses = append(losses, fmt.Sprintf("bucket %s ends at revision %d, but had %d", bucket, found, was))
		}
		w.mark.Revisions[bucket] = found
	}
	if losses == nil {
		return "", nil
	}
	return "acknowledged changes are gone: " + strings.Join(losses, "; "), nil
}

// parseMark returns the content of the file, or false if the file is damaged.
func parseMark(text []byte) (m mark, ok bool) {
	err := json.Unmarshal(text, &m)
	return m, err == nil && m.Revisions != nil
}

// keep notes that a loss is accepted, and what is left: of two losses, what neither has touched.
func (m *mark) keep() {
	kept := maps.Clone(m.Revisions)
	for bucket, before := range m.Kept {
		kept[bucket] = min(kept[bucket], before)
	}
	m.Kept = kept
}

// start updates the file as the store advances, until close.
func (w *watermark) start(store *kv.Store) {
	ctx, stop := context.WithCancel(context.Background())
	w.store, w.stop, w.done = store, stop, make(chan struct{})
	go func() {
		defer close(w.done)
		tick := time.NewTicker(watermarkInterval)
		defer tick.Stop()
		for {
			w.update()
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	}()
}

// close updates the file for the last time. Without start it leaves the file as it is.
func (w *watermark) close() {
	if w.stop == nil {
		return
	}
	w.stop()
	<-w.done
	w.update()
}

// update writes the file if the store has advanced. If that fails the hub goes on: an older file
// notices less, and is never wrong.
func (w *watermark) update() {
	if maps.Equal(w.store.Revisions(), w.seen) {
		return
	}
	err := w.advance()
	if err != nil && !w.failing {
		slog.Warn("watermark can't be written, trying on", "error", err)
	}
	w.failing = err != nil
}

// advance writes how far the store is now. What expires must not look as if it were lost, so it
// asks for revisions that stay.
func (w *watermark) advance() error {
	ctx, cancel := context.WithTimeout(context.Background(), anchorTimeout)
	defer cancel()
	revisions, err := w.store.Anchor(ctx)
	if err != nil {
		return err
	}
	seen := w.store.Revisions()
	before := w.mark.Revisions
	w.mark.Revisions = revisions
	if err := w.write(); err != nil {
		w.mark.Revisions = before
		return err
	}
	w.seen = seen
	return nil
}

func (w *watermark) write() error {
	text, err := json.Marshal(w.mark)
	if err != nil {
		return err
	}
	return writeFile(w.path, string(text)+"\n")
}
