package bucket

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Batcher reads keys for many callers: all who ask while a request is in flight share the next one.
// When ten thousand clients come back at once, asking NATS for each costs more than everything else
// that they want.
type Batcher struct {
	b      *Bucket
	asking chan struct{} // held by the caller that asks NATS

	mu      sync.Mutex
	waiting []*Query
}

// Query is what one caller asks for.
type Query struct {
	filters []string
	found   Snapshot
	err     error
	alone   bool // it matches too much to be asked together with others
	done    chan struct{}
}

const (
	// MaxQuery is how many filters a Query may have.
	MaxQuery   = 500
	maxRequest = 1000 // filters of one request: as many keys fit into one snapshot
)

// NewBatcher returns a Batcher of the bucket's keys.
func NewBatcher(b *Bucket) *Batcher { return &Batcher{b: b, asking: make(chan struct{}, 1)} }

// Enqueue asks for the entries that match the filters, at most MaxQuery of them: keys, or keys with
// a * at the end. Await has to follow.
func (r *Batcher) Enqueue(filters ...string) *Query {
	q := &Query{filters: filters, done: make(chan struct{})}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting = append(r.waiting, q)
	return q
}

// Await returns what Bucket.Read would, as of a moment after Enqueue.
func (r *Batcher) Await(ctx context.Context, q *Query) (Snapshot, error) {
	for {
		select {
		case <-q.done:
			if q.alone {
				return r.b.Read(ctx, 0, q.filters...)
			}
			return q.found, q.err
		case <-ctx.Done():
			return Snapshot{}, ctx.Err()
		case r.asking <- struct{}{}:
		}
		r.ask(ctx)
		<-r.asking
	}
}

// ask makes one request for the queries that wait.
func (r *Batcher) ask(ctx context.Context) {
	batch := r.next()
	if len(batch) == 0 {
		return
	}
	asked := make(map[string][]*Query)
	for _, q := range batch {
		for _, filter := range q.filters {
			asked[filter] = append(asked[filter], q)
		}
	}
	// Others wait for it, so it outlives the caller that happens to ask.
	found, err := r.b.read(context.WithoutCancel(ctx), 0, 0, slices.Collect(maps.Keys(asked)), false)
	if errors.Is(err, errTooMany) {
		// Somebody who is in thousands of groups would make all the others wait
		for _, q := range batch {
			q.alone = true
			close(q.done)
		}
		return
	}
	for _, e := range found.Entries {
		parent := e.Key[:strings.LastIndexByte(e.Key, '.')+1]
		for _, q := range slices.Concat(asked[e.Key], asked[parent+"*"]) {
			q.found.Entries = append(q.found.Entries, e)
		}
	}
	for _, q := range batch {
		q.found.UpTo, q.err = found.UpTo, err
		close(q.done)
	}
}

// next takes the first queries, as many as one request may ask for.
func (r *Batcher) next() []*Query {
	r.mu.Lock()
	defer r.mu.Unlock()
	n, filters := 0, 0
	for n < len(r.waiting) && filters+len(r.waiting[n].filters) <= maxRequest {
		filters += len(r.waiting[n].filters)
		n++
	}
	batch := r.waiting[:n]
	r.waiting = slices.Clone(r.waiting[n:])
	return batch
}
