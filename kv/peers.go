package kv

import (
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nuid"

	"exthub/kv/bucket"
)

// peers are the hubs that are alive, as their marks say. A hub is not alive any more when it said
// so, or when its mark is gone and nothing was heard of it for a TTL by this hub's own clock: the
// server's clock may jump, and remove a mark too early.
type peers struct {
	own string // the name of this hub: another one after each start
	ttl time.Duration

	mu      sync.Mutex
	hubs    map[string]*peer // besides this one
	listing mark             // this hub's own mark, stored before the marks were last listed
	changed chan struct{}    // closed when any of it has changed
}

// peer is another hub.
type peer struct {
	mark
	heard  time.Time
	listed bool // its mark was in the last listing
}

func newPeers(ttl time.Duration) *peers {
	return &peers{own: nuid.Next(), ttl: ttl, hubs: make(map[string]*peer), changed: make(chan struct{})}
}

// hear takes over a mark that was just sent. It need not have been stored: it is the hub itself
// that says how far it is.
func (p *peers) hear(e bucket.Entry, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.take(e, now)
	p.wake()
}

// take takes over a mark, unless a later one is known. The caller holds p.mu.
func (p *peers) take(e bucket.Entry, now time.Time) *peer {
	name := e.Key[len(hubPrefix):]
	if name == p.own {
		return nil
	}
	var m mark
	if err := json.Unmarshal([]byte(e.Value), &m); err != nil {
		slog.Warn("mark that can't be read", "key", e.Key, "error", err)
		return nil
	}
	known := p.hubs[name]
	if known == nil {
		known = &peer{}
		p.hubs[name] = known
	}
	if m.Number > known.Number {
		known.mark, known.heard = m, now
	}
	return known
}

func (p *peers) wake() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// listed takes over the marks of all hubs, read after own was stored.
func (p *peers) listed(all []bucket.Entry, own mark, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, known := range p.hubs {
		known.listed = false
	}
	for _, e := range all {
		if known := p.take(e, now); known != nil {
			known.listed = true
		}
	}
	for name, known := range p.hubs {
		if !known.listed && now.Sub(known.heard) >= p.ttl {
			delete(p.hubs, name)
		}
	}
	p.listing = own
	p.wake()
}

// past reports whether every hub that is alive has come to this revision of a shard's history, and
// returns what is closed when that may have changed. This hub's own mark says that it has, and was
// stored before the others were listed: so a hub that is not among them comes in later, and knows.
func (p *peers) past(shard int, created int64, revision uint64) (bool, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.listing.past(shard, created, revision) {
		return false, p.changed
	}
	for _, known := range p.hubs {
		if !known.Gone && !known.past(shard, created, revision) {
			return false, p.changed
		}
	}
	return true, nil
}

// past reports whether the hub has come to this revision of a history.
func (m *mark) past(shard int, created int64, revision uint64) bool {
	return shard < len(m.Applied) && m.Created[shard] == created && m.Applied[shard] >= revision
}

// furthest returns the revision that the tails of the others have come to in a shard's history.
func (p *peers) furthest(shard int, created int64) (revision uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, known := range p.hubs {
		if known.past(shard, created, 0) {
			revision = max(revision, known.Applied[shard])
		}
	}
	return revision
}

// isAlive reports whether another hub of this name is alive.
func (p *peers) isAlive(name string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	known := p.hubs[name]
	return known != nil && !known.Gone && (known.listed || now.Sub(known.heard) < p.ttl)
}

// len returns how many other hubs are alive.
func (p *peers) len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, known := range p.hubs {
		if !known.Gone {
			n++
		}
	}
	return n
}
