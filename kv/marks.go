package kv

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"exthub/kv/bucket"
)

// marks make what was acknowledged about a group, or about a user, true on every hub. Each hub
// keeps a mark in a bucket in memory that all of them share: how far its tails are. A change is
// acknowledged when every hub that has a mark is past its revision (see peers). A hub whose mark
// may be gone decides nothing (check), so a hub that does not know is one that does not act.
//
// The mark is renewed every second, and each time a change of that kind has passed the tail. It
// counts for two thirds of the TTL by the hub's own monotonic clock, from before it was
// sent; the server removes it after the whole. The third in between is the room for clocks that run
// unevenly. A hub that comes back after that writes into every shard, and decides again when its
// tails are past what it wrote: whatever was acknowledged without it came before.
//
// A hub that is behind, because its tail stands still, takes its mark back: it keeps the others
// waiting no longer than a hub that is dead.
type marks struct {
	bucket   *bucket.Bucket
	listener *bucket.Listener
	shards   []*shard
	ttl      time.Duration
	started  time.Time
	due      chan struct{} // asks run to renew the mark now
	untold   chan []byte   // what is to be told to other hubs, see TellHubs

	validUntil atomic.Int64  // in nanoseconds since started
	entered    chan struct{} // closed when the mark has been valid for the first time

	// Owned by run
	number  uint64        // of the mark that was sent last
	covered time.Duration // the mark is on the server until then, since started
	entry   entry
	lags    []lag
	belief  belief

	peers *peers

	mu      sync.Mutex
	trouble error // why the mark could not be renewed
}

// mark is what a hub says of itself. Numbers rise with each that it sends.
type mark struct {
	Number  uint64   `json:"n"`
	Created []int64  `json:"created"` // of each shard's bucket: another time is another history
	Applied []uint64 `json:"applied"` // how far the tail of each shard is
	Gone    bool     `json:"gone,omitempty"`
}

// entry is how a hub whose mark was not there comes to know what it missed: the revisions that its
// tails have to come to.
type entry struct {
	created []int64
	targets []uint64 // nil: not asked yet
	done    bool
}

// lag tells a tail that stands still from one that has much to do: it has not come to target since
// then.
type lag struct {
	target uint64
	since  time.Time
}

const (
	// defaultHubTTL is how long a hub that is lost is waited for: three times renewal, so that one
	// renewal may fail.
	defaultHubTTL = 3 * time.Second

	renewal = time.Second // how often a mark is renewed, and how long it may take

	hubPrefix = "hub." // of the key of a hub's mark, followed by its name
)

// openMarks opens the bucket of marks. There is no mark of this hub before run.
func openMarks(ctx context.Context, nc *nats.Conn, options Options, shards []*shard) (*marks, error) {
	b, err := bucket.Open(ctx, nc, bucket.Options{
		Name:        options.Bucket + "_hubs",
		Description: "Exthub: which hubs are alive, and how far each has come",
		Replicas:    options.Replicas,
		Shards:      options.Shards,
		Memory:      true,
		// Two tries, for one of which a renewal has time
		WriteTimeout: 2 * renewal / 3,
	})
	if err != nil {
		return nil, err
	}
	m := &marks{
		bucket: b, shards: shards, ttl: options.HubTTL, started: time.Now(), due: make(chan struct{}, 1),
		untold: make(chan []byte, maxUntold), entered: make(chan struct{}),
		lags: make([]lag, len(shards)), peers: newPeers(options.HubTTL),
		trouble: errors.New("not started"),
	}
	if m.listener, err = b.Listen(hubPrefix+"*", func(e bucket.Entry) { m.peers.hear(e, time.Now()) }); err != nil {
		b.Close()
		return nil, err
	}
	return m, nil
}

func (m *marks) close() {
	m.listener.Close()
	m.bucket.Close()
}

// check returns nil while this hub knows everything that was acknowledged about groups and users,
// on whichever hub, and ErrUnavailable otherwise. A hub that was just started is about to know, and
// is waited for. A nil marks is that of the only hub.
func (m *marks) check(ctx context.Context) error {
	if m == nil || m.valid() {
		return nil
	}
	select {
	case <-m.entered:
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
	}
	return m.ready()
}

func (m *marks) valid() bool { return int64(time.Since(m.started)) < m.validUntil.Load() }

// ready returns why check fails now, or nil.
func (m *marks) ready() error {
	if m == nil || m.valid() {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return fmt.Errorf("%w: this hub may not know what others acknowledged: %w", ErrUnavailable, m.trouble)
}

// renewSoon makes run renew the mark now, and look at those of the others.
func (m *marks) renewSoon() {
	if m == nil {
		return
	}
	select {
	case m.due <- struct{}{}:
	default: // it is about to
	}
}

// await returns nil when every hub that is alive knows of what was committed in this shard up to
// revision, or ctx's error.
func (m *marks) await(ctx context.Context, sh *shard, revision uint64) error {
	if m == nil {
		return nil
	}
	again := time.NewTicker(renewal / 10) // a hub that died says nothing more
	defer again.Stop()
	for asked := false; ; asked = true {
		past, changed := m.peers.past(sh.index, sh.tail.created().UnixNano(), revision)
		if past {
			return nil
		}
		if !asked {
			m.renewSoon()
		}
		select {
		case <-changed:
		case <-again.C:
			m.renewSoon()
		case <-ctx.Done():
			return fmt.Errorf("waiting for the other hubs: %w", ctx.Err())
		}
	}
}

// run keeps the mark until ctx ends, and takes it back then.
func (m *marks) run(ctx context.Context) error {
	tick := time.NewTicker(renewal)
	defer tick.Stop()
	for {
		err := m.renew(ctx)
		if ctx.Err() != nil {
			m.withdraw(context.WithoutCancel(ctx))
			return ctx.Err()
		}
		m.mu.Lock()
		m.trouble = err
		m.mu.Unlock()
		if err != nil {
			slog.Warn("the mark of this hub could not be renewed", "bucket", m.bucket.Name(), "error", err)
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-m.due:
		}
	}
}

// renew sends a mark and reads those of all hubs.
func (m *marks) renew(ctx context.Context) error {
	if err := m.behind(time.Now()); err != nil {
		m.withdraw(ctx)
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, renewal)
	defer cancel()
	began := time.Since(m.started)
	own := m.position()
	revision, err := m.send(ctx, own)
	if err != nil {
		return err
	}
	if time.Since(m.started) >= m.covered {
		m.entry = entry{} // the mark may have been gone for a while
	}
	m.covered = began + m.ttl*2/3
	if err := m.enter(ctx, own.Created); err != nil {
		return err
	}
	listed := m.list(ctx, own, revision)
	if m.belief.found == "" {
		return listed // a bucket that has no name can be replaced unseen
	}
	if m.validUntil.Store(int64(m.covered)); m.valid() {
		m.enterOnce()
	}
	return listed
}

func (m *marks) enterOnce() {
	select {
	case <-m.entered:
	default:
		close(m.entered)
	}
}

// position returns the mark to send.
func (m *marks) position() mark {
	m.number++
	own := mark{Number: m.number}
	for _, sh := range m.shards {
		// In this order, see tail.reset
		own.Created = append(own.Created, sh.tail.created().UnixNano())
		own.Applied = append(own.Applied, sh.tail.applied.get())
	}
	return own
}

// send stores a mark and returns its revision. A bucket that is gone is made anew: it was lost with
// the memory of the servers, or deleted.
func (m *marks) send(ctx context.Context, own mark) (uint64, error) {
	value, err := json.Marshal(own)
	if err != nil {
		return 0, err
	}
	write := bucket.Write{Key: hubPrefix + m.peers.own, Value: string(value)}
	options := bucket.PublishOptions{TTL: m.ttl}
	trying, cancel := context.WithTimeout(ctx, renewal/3)
	revision, err := m.bucket.Publish(trying, []bucket.Write{write}, options)
	cancel()
	if err != nil {
		if remake := m.bucket.Remake(ctx); remake != nil {
			return 0, errors.Join(err, remake)
		}
		revision, err = m.bucket.Publish(ctx, []bucket.Write{write}, options)
	}
	if err == nil && revision < m.bucket.Seen() {
		m.bucket.Forget() // another bucket, which has counted from 1
		m.bucket.Saw(revision)
	}
	return revision, err
}

// enter makes sure that the tails are past everything that was acknowledged while the mark was not
// there. It comes after the mark: what is acknowledged from then on waits for this hub.
func (m *marks) enter(ctx context.Context, created []int64) error {
	for i := range m.entry.created {
		if m.entry.created[i] != created[i] {
			m.entry = entry{} // these revisions are of another history
			break
		}
	}
	if m.entry.done {
		return nil
	}
	if m.entry.targets == nil {
		targets := make([]uint64, len(m.shards))
		for i, sh := range m.shards {
			var err error
			if targets[i], err = sh.bucket.Barrier(ctx); err != nil {
				return err
			}
		}
		m.entry.created, m.entry.targets = created, targets
	}
	for i, sh := range m.shards {
		if err := sh.tail.applied.wait(ctx, m.entry.targets[i]); err != nil {
			return fmt.Errorf("the tail of shard %d is at %d, needed is %d: %w",
				i, sh.tail.applied.get(), m.entry.targets[i], err)
		}
	}
	m.entry.done = true
	return nil
}

// behind returns an error if a tail has not come within two thirds of the TTL to what it should:
// what this hub has committed or read, and what the tails of others have come to.
func (m *marks) behind(now time.Time) error {
	for i, sh := range m.shards {
		at, l := sh.tail.applied.get(), &m.lags[i]
		if at >= l.target {
			target := max(sh.bucket.Seen(), m.peers.furthest(i, sh.tail.created().UnixNano()))
			*l = lag{target, now}
		}
		if at < l.target && now.Sub(l.since) > m.ttl*2/3 {
			if sh.bucket.Seen() < l.target && m.peers.furthest(i, sh.tail.created().UnixNano()) < l.target {
				*l = lag{} // it was another history
				continue
			}
			return fmt.Errorf("the tail of shard %d stands at %d, others are at %d", i, at, l.target)
		}
	}
	return nil
}

// withdraw takes the mark back: nobody waits for this hub, and it decides nothing.
func (m *marks) withdraw(ctx context.Context) {
	m.validUntil.Store(0)
	m.entry = entry{}
	if m.covered == 0 {
		return
	}
	m.covered = 0
	ctx, cancel := context.WithTimeout(ctx, renewal)
	defer cancel()
	m.number++
	if _, err := m.send(ctx, mark{Number: m.number, Gone: true}); err != nil {
		slog.Warn("the mark of this hub could not be taken back: others wait until it is gone",
			"bucket", m.bucket.Name(), "error", err)
	}
}

// list takes over the marks of all hubs, as they were when this hub's own was stored or later.
func (m *marks) list(ctx context.Context, own mark, revision uint64) error {
	snap, err := m.bucket.Read(ctx, revision, hubPrefix+"*", incarnationKey)
	if err != nil {
		return err
	}
	if believed, err := m.believes(ctx, snap); err != nil || !believed {
		return err
	}
	var hubs []bucket.Entry
	for _, e := range snap.Entries {
		if strings.HasPrefix(e.Key, hubPrefix) {
			hubs = append(hubs, e)
		}
	}
	m.peers.listed(hubs, own, time.Now())
	return nil
}
