package torture

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// counter counts the pairs of a message after every write, with nothing but the NATS client: it
// depends on no hub. Entries that the stream did not deliver, because they were overwritten at
// once, are filled in from the acknowledgements.
type counter struct {
	mu     sync.Mutex
	writes map[uint64]write // by revision
	failed error
}

type write struct {
	key     string
	deleted bool
}

func (c *counter) record(seq uint64, key string, deleted bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writes[seq] = write{key, deleted}
}

func (c *counter) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.writes)
}

// startCounter follows the message until stop is called. stop returns the highest number of pairs
// that there ever was, and the number of writes.
func startCounter(t testing.TB, nc *nats.Conn, message string) (c *counter, stop func() (most, writes int)) {
	t.Helper()
	c = &counter{writes: make(map[uint64]write)}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		err := readStream(ctx, nc, bucketOf(message), jetstream.DeliverAllPolicy, func(e entry, _ uint64) bool {
			if key, ok := strings.CutPrefix(e.subject, message+".x."); ok {
				c.record(e.seq, key, e.deleted)
			}
			return true
		})
		if ctx.Err() == nil {
			c.failed = err
		}
	}()
	return c, func() (int, int) {
		t.Helper()
		bucket, err := bucketReader(nc)(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		<-done
		if c.failed != nil {
			t.Fatalf("the counter failed: %v", c.failed)
		}
		for key, e := range pairsOf(bucket, message) { // what it had not been told of yet
			c.record(e.seq, key, e.deleted)
		}
		return c.maxPairs(), len(c.writes)
	}
}

// maxPairs replays the writes in the order of their revisions and returns the highest number of
// pairs.
func (c *counter) maxPairs() (most int) {
	last := uint64(0)
	for seq := range c.writes {
		last = max(last, seq)
	}
	live := make(map[string]bool)
	for seq := uint64(1); seq <= last; seq++ {
		if w, ok := c.writes[seq]; ok && w.deleted {
			delete(live, w.key)
		} else if ok {
			live[w.key] = true
			most = max(most, len(live))
		}
	}
	return most
}
