package kvtest

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func stream(t *testing.T, nc *nats.Conn, replicas int) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	config := jetstream.StreamConfig{Name: "S", Subjects: []string{"s"}, Replicas: replicas}
	_, err = js.CreateStream(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// publish stores one message, and tries again while there is no leader. A request that a falling
// leader swallowed is never answered, hence the short timeout. The ID makes a second try of a
// stored message harmless.
func publish(t *testing.T, js jetstream.JetStream, want uint64) {
	t.Helper()
	err := until("an acknowledgement", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		ack, err := js.Publish(ctx, "s", nil, jetstream.WithMsgID(strconv.FormatUint(want, 10)))
		return err == nil && ack.Sequence == want
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestNodeKeepsDataAndConnectionsOverRestart(t *testing.T) {
	n := Start(t)
	back := make(chan struct{}, 1)
	nc := n.Connect(t, nats.ReconnectHandler(func(*nats.Conn) { back <- struct{}{} }))
	js := stream(t, nc, 1)
	publish(t, js, 1)
	n.Stop()
	if err := n.Restart(); err != nil {
		t.Fatal(err)
	}
	<-back
	publish(t, js, 2)
}

func TestListening(t *testing.T) {
	n := Start(t, Listening)
	url := n.URL()
	publish(t, stream(t, connect(t, url), 1), 1)
	n.Stop()
	if err := n.Restart(); err != nil {
		t.Fatal(err)
	}
	if n.URL() != url {
		t.Fatalf("came back at %s, was at %s", n.URL(), url)
	}
}

func TestCluster(t *testing.T) {
	c := NewCluster(t, 3)
	nc := c.Connect(t)
	js := stream(t, nc, 3)
	publish(t, js, 1)

	if err := c.StepDown(nc, "S"); err != nil {
		t.Fatal(err)
	}
	publish(t, js, 2)

	leader, err := c.Leader("S")
	if err != nil {
		t.Fatal(err)
	}
	leader.Stop()
	publish(t, js, 3)
	if err := leader.Restart(); err != nil {
		t.Fatal(err)
	}
	if err := c.Ready(); err != nil {
		t.Fatal(err)
	}
	if err := c.Current("S"); err != nil {
		t.Fatal(err)
	}

	follower, err := c.Follower("S")
	if err != nil {
		t.Fatal(err)
	}
	follower.Stop()
	publish(t, js, 4)
}
