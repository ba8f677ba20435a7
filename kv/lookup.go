package kv

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
)

// lookups read keys for whoever asks, with one request for all who ask while another request is under way: when ten thousand come back at once, asking NATS for each of
// them costs more than all else that they want.
type lookups struct {
	reader *reader
	turn   chan struct{} // held by the one who asks NATS

	mu      sync.Mutex
	waiting []*lookup
}

// lookup is what somebody wants to know.
type lookup struct {
	filters []string
	found   snapshot
	err     error
	done    chan struct{}
}

const (
	maxLookup  = 500  // filters of one lookup
	maxLookups = 1000 // filters of one request: as many keys fit into one snapshot
)

func newLookups(r *reader) *lookups { return &lookups{reader: r, turn: make(chan struct{}, 1)} }

// begin asks for the entries that match the filters, at most maxLookup of them: keys, or keys with a * at the end. wait has to follow.
func (l *lookups) begin(filters ...string) *lookup {
	me := &lookup{filters: filters, done: make(chan struct{})}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = append(l.waiting, me)
	return me
}

// wait returns what reader.read would, as it was after begin.
func (l *lookups) wait(ctx context.Context, me *lookup) (snapshot, error) {
	for {
		select {
		case <-me.done:
			return me.found, me.err
		case <-ctx.Done():
			return snapshot{}, ctx.Err()
		case l.turn <- struct{}{}:
		}
		l.ask(ctx)
		<-l.turn
	}
}

// ask makes one request for those who wait.
func (l *lookups) ask(ctx context.Context) {
	round := l.next()
	if len(round) == 0 {
		return
	}
	asked := make(map[string][]*lookup)
	for _, one := range round {
		for _, filter := range one.filters {
			asked[filter] = append(asked[filter], one)
		}
	}
	// Others wait for it: it does not end with whoever happened to have the turn.
	found, err := l.reader.read(context.WithoutCancel(ctx), l.reader.sh.seen.Load(), slices.Collect(maps.Keys(asked))...)
	for _, e := range found.entries {
		parent := e.key[:strings.LastIndexByte(e.key, '.')+1]
		for _, one := range slices.Concat(asked[e.key], asked[parent+"*"]) {
			one.found.entries = append(one.found.entries, e)
		}
	}
	for _, one := range round {
		one.found.upTo, one.err = found.upTo, err
		close(one.done)
	}
}

// next takes the first who wait, as many as one request may ask for.
func (l *lookups) next() []*lookup {
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
