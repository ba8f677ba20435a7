package bucket

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Lookups read keys for whoever asks, with one request for all who ask while another request is under way: when ten thousand come back at once, asking NATS for each of
// them costs more than all else that they want.
type Lookups struct {
	b    *Bucket
	turn chan struct{} // held by the one who asks NATS

	mu      sync.Mutex
	waiting []*Lookup
}

// Lookup is what somebody wants to know.
type Lookup struct {
	filters []string
	found   Snapshot
	err     error
	done    chan struct{}
}

const (
	MaxLookup  = 500  // filters of one Lookup
	maxLookups = 1000 // filters of one request: as many keys fit into one snapshot
)

func NewLookups(b *Bucket) *Lookups { return &Lookups{b: b, turn: make(chan struct{}, 1)} }

// Begin asks for the entries that match the filters, at most MaxLookup of them: keys, or keys with a * at the end. Wait has to follow.
func (l *Lookups) Begin(filters ...string) *Lookup {
	me := &Lookup{filters: filters, done: make(chan struct{})}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = append(l.waiting, me)
	return me
}

// Wait returns what Bucket.Read would, as it was after Begin.
func (l *Lookups) Wait(ctx context.Context, me *Lookup) (Snapshot, error) {
	for {
		select {
		case <-me.done:
			return me.found, me.err
		case <-ctx.Done():
			return Snapshot{}, ctx.Err()
		case l.turn <- struct{}{}:
		}
		l.ask(ctx)
		<-l.turn
	}
}

// ask makes one request for those who wait.
func (l *Lookups) ask(ctx context.Context) {
	round := l.next()
	if len(round) == 0 {
		return
	}
	asked := make(map[string][]*Lookup)
	for _, one := range round {
		for _, filter := range one.filters {
			asked[filter] = append(asked[filter], one)
		}
	}
	// Others wait for it: it does not end with whoever happened to have the turn.
	found, err := l.b.Read(context.WithoutCancel(ctx), l.b.seen.Load(), slices.Collect(maps.Keys(asked))...)
	for _, e := range found.Entries {
		parent := e.Key[:strings.LastIndexByte(e.Key, '.')+1]
		for _, one := range slices.Concat(asked[e.Key], asked[parent+"*"]) {
			one.found.Entries = append(one.found.Entries, e)
		}
	}
	for _, one := range round {
		one.found.UpTo, one.err = found.UpTo, err
		close(one.done)
	}
}

// next takes the first who wait, as many as one request may ask for.
func (l *Lookups) next() []*Lookup {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, filters := 0, 0
	for n < len(l.waiting) && filters+len(l.waiting[n].filters) <= maxLookups {
		filters += len(l.waiting[n].filters)
		n++
	}
	round := l.waiting[:n]
	l.waiting = slices.Clone(l.waiting[n:])
	return round
}
