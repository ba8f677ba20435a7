package kv

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// sweeper removes entries that mean nothing any more: deletions that are no longer listed, pairs
// that a clear had no room to delete, hints of groups that their user has left, and that a closed
// message was due. Another entry says so already, so any hub may do it at any later time. It waits
// for sweepDelay, so that a hub whose tail is behind still sees them.
type sweeper struct {
	sh *shard

	mu    sync.Mutex
	queue []leftover
}

type leftover struct {
	key      string
	revision uint64
	due      time.Time
}

const (
	sweepDelay    = 10 * time.Minute
	sweepInterval = time.Minute

	// maxLeftovers bounds the queue: clients that set and clear as fast as they may would fill it
	// for sweepDelay. What finds no room is found again when its message is next loaded, or
	// its user logs in.
	maxLeftovers = 1 << 15
)

func newSweeper(sh *shard) *sweeper { return &sweeper{sh: sh} }

// collect takes over what the slot's message has found.
func (s *sweeper) collect(sl *slot) {
	sl.mu.Lock()
	m, ok := sl.object.(*Message)
	if !ok {
		sl.mu.Unlock()
		return
	}
	list := make([]leftover, 0, len(m.swept))
	for _, left := range m.swept {
		list = append(list, leftover{key: sl.key + ".x." + encodeToken(left.key), revision: left.seq})
	}
	m.swept = nil
	if m.sweptTo > 0 {
		list = append(list, leftover{key: sl.key + ".x.*", revision: m.sweptTo})
		m.sweptTo = 0
	}
	if p := m.poll; p != nil && p.due > 0 && p.closedSeq > 0 {
		list = append(list, leftover{key: sl.key + "." + dueSuffix, revision: p.due})
		p.due = 0
	}
	sl.mu.Unlock()
	if len(list) == 0 {
		return
	}
	s.add(list)
}

// add queues what is to be swept, as far as there is room.
func (s *sweeper) add(list []leftover) {
	due := time.Now().Add(sweepDelay)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, left := range list[:min(len(list), maxLeftovers-len(s.queue))] {
		left.due = due
		s.queue = append(s.queue, left)
	}
}

func (s *sweeper) run(ctx context.Context) error {
	tick := time.NewTicker(sweepInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case now := <-tick.C:
			s.sweep(ctx, now)
		}
	}
}

// sweep purges what is due. What fails is found again when its message is next loaded.
func (s *sweeper) sweep(ctx context.Context, now time.Time) {
	s.mu.Lock()
	n := 0
	for n < len(s.queue) && !s.queue[n].due.After(now) {
		n++
	}
	due := s.queue[:n]
	s.queue = slices.Clone(s.queue[n:])
	s.mu.Unlock()
	for _, l := range due {
		err := s.sh.bucket.Purge(ctx, l.key, l.revision)
		if err != nil {
			slog.Warn("sweep", "bucket", s.sh.bucket.Name(), "key", l.key, "error", err)
		}
	}
}
