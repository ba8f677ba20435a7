package bucket

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"exthub/kv/kvtest"
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

// The first question of each kind is lost, as on its way to a node without a leader, and whoever
// asks has a minute. The answer comes to the second one, and nobody waits for the minute.
func TestLostQuestions(t *testing.T) {
	t.Parallel()
	nc := kvtest.Server(t)
	b := open(t, nc)
	put(t, b, "a", "b")
	lost := make(map[string]bool)
	if _, err := nc.Subscribe("lossy.>", func(m *nats.Msg) {
		to := strings.TrimPrefix(m.Subject, "lossy.")
		kind := strings.Join(strings.SplitN(to, ".", 3)[:2], ".")
		if kind != "CONSUMER.MSG" && !lost[kind] {
			lost[kind] = true
			return
		}
		_ = nc.PublishMsg(&nats.Msg{Subject: "$JS.API." + to, Reply: m.Reply, Header: m.Header, Data: m.Data})
	}); err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.NewWithAPIPrefix(nc, "lossy")
	if err != nil {
		t.Fatal(err)
	}
	lost["STREAM.INFO"] = true
	if b.stream, err = js.Stream(t.Context(), b.config.Name); err != nil {
		t.Fatal(err)
	}
	clear(lost)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if state, err := Answered(ctx, b.State); err != nil || state.Last == 0 {
		t.Errorf("%+v, %v", state, err)
	}
	if names, err := b.Names(ctx, "*"); err != nil || len(names) < 2 {
		t.Errorf("%v, %v", names, err)
	}
	if !lost["STREAM.INFO"] || !lost["CONSUMER.CREATE"] {
		t.Errorf("lost were %v", lost)
	}
}

// A group of more keys than one request gives is read by a consumer, which a cluster may place on a
// replica that lags. What that lacks would be missing for good, because the snapshot says that it
// is from after it. The lag is made here by a filter that leaves out what was written last.
func TestScanOnAReplicaThatLags(t *testing.T) {
	nc := kvtest.Server(t)
	b := open(t, nc)
	b.config.Replicas, b.writeTimeout = 3, time.Minute
	put(t, b, "g.a", "g.b")
	tries := 0
	if _, err := nc.Subscribe("lagging.>", func(m *nats.Msg) {
		to, body := "$JS.API."+strings.TrimPrefix(m.Subject, "lagging."), string(m.Data)
		if strings.Contains(to, ".CONSUMER.CREATE.") {
			if tries++; tries == 1 {
				body = strings.ReplaceAll(body, b.Prefix()+OwnKey+`"`, b.Prefix()+`none"`)
				body = strings.ReplaceAll(body, b.Prefix()+"g.*", b.Prefix()+"g.a")
			}
		}
		_ = nc.PublishMsg(&nats.Msg{Subject: to, Reply: m.Reply, Header: m.Header, Data: []byte(body)})
	}); err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.NewWithAPIPrefix(nc, "lagging")
	if err != nil {
		t.Fatal(err)
	}
	if b.stream, err = js.Stream(t.Context(), b.config.Name); err != nil {
		t.Fatal(err)
	}
	snap, err := b.scan(t.Context(), []string{"g.*", "h.*"})
	if err != nil || len(snap.Entries) != 2 || snap.UpTo < snap.Entries[1].Revision || tries != 2 {
		t.Errorf("after %d tries: %+v, %v", tries, snap, err)
	}
}
