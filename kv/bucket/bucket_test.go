package bucket

import (
	"testing"

	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open opens a bucket of one replica until the test ends.
func open(t *testing.T, nc *nats.Conn) *Bucket {
	t.Helper()
	b, err := Open(t.Context(), nc, Options{Name: "test", Replicas: 1, Shards: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// put writes an entry under each key, one after the other.
func put(t *testing.T, b *Bucket, keys ...string) {
	t.Helper()
	for _, key := range keys {
		if _, err := b.Publish(t.Context(), []Write{{Key: key, Value: "v"}}, PublishOptions{}); err != nil {
			t.Fatal(err)
		}
	}
}
