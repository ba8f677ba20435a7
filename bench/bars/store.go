package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"
)

// storeCommand is the floor of the store: a server embedded as the hub's is, and the plain NATS
// client.
type storeCommand struct {
	What     string        `arg:"" help:"update: each caller updates its own key; last: multi_last of many keys."`
	Callers  int           `default:"1"`
	Apart    bool          `help:"Each caller has a connection of its own, through a socket."`
	Pairs    int           `default:"300"`
	Sync     string        `default:"always"`
	Duration time.Duration `default:"4s"`
}

// Run prints how often a second the work was done.
func (s *storeCommand) Run(ctx context.Context) error {
	ns, stop, err := s.startServer()
	if err != nil {
		return err
	}
	defer stop()
	nc, js, err := connect("", nats.InProcessServer(ns))
	if err != nil {
		return err
	}
	defer nc.Close()
	bucket, err := js.CreateKeyValue(ctx,
		jetstream.KeyValueConfig{Bucket: "floor", History: 1, Storage: jetstream.FileStorage})
	if err != nil {
		return err
	}
	var work func(int) error
	switch s.What {
	case "update":
		buckets, closeAll, err := s.callerBuckets(ctx, ns, bucket)
		if err != nil {
			return err
		}
		defer closeAll()
		work, err = updates(ctx, buckets)
		if err != nil {
			return err
		}
	case "last":
		if work, err = snapshots(ctx, nc, bucket, s.Pairs); err != nil {
			return err
		}
	default:
		return fmt.Errorf("no floor %q: choose update or last", s.What)
	}
	return s.measure(ctx, work)
}

// startServer starts a server in this process, with its data in a directory that stop removes.
func (s *storeCommand) startServer() (ns *server.Server, stop func(), err error) {
	dir, err := os.MkdirTemp("", "bars-")
	if err != nil {
		return nil, nil, err
	}
	stop = func() { _ = os.RemoveAll(dir) }
	options := &server.Options{
		ServerName: "floor", Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true,
		JetStream: true, StoreDir: dir, SyncAlways: s.Sync == "always",
	}
	if !options.SyncAlways {
		options.SyncInterval, err = time.ParseDuration(s.Sync)
	}
	if err == nil {
		ns, err = server.NewServer(options)
	}
	if err != nil {
		stop()
		return nil, nil, err
	}
	ns.Start()
	stop = func() {
		ns.Shutdown()
		ns.WaitForShutdown()
		_ = os.RemoveAll(dir)
	}
	if !ns.ReadyForConnections(timeout) {
		stop()
		return nil, nil, errors.New("NATS did not start")
	}
	return ns, stop, nil
}

// callerBuckets returns the bucket for each caller. With Apart each comes by a connection of its
// own, and closeAll closes these.
func (s *storeCommand) callerBuckets(
	ctx context.Context, ns *server.Server, shared jetstream.KeyValue,
) (buckets []jetstream.KeyValue, closeAll func(), err error) {
	var conns []*nats.Conn
	closeAll = func() {
		for _, nc := range conns {
			nc.Close()
		}
	}
	for range s.Callers {
		bucket := shared
		if s.Apart {
			nc, js, err := connect(ns.ClientURL())
			if err == nil {
				conns = append(conns, nc)
				bucket, err = js.KeyValue(ctx, "floor")
			}
			if err != nil {
				closeAll()
				return nil, nil, err
			}
		}
		buckets = append(buckets, bucket)
	}
	return buckets, closeAll, nil
}

// measure has every caller do the work again and again for the duration, and prints the rate.
func (s *storeCommand) measure(ctx context.Context, work func(caller int) error) error {
	var done atomic.Int64
	start := time.Now()
	var g errgroup.Group
	for i := range s.Callers {
		g.Go(func() error {
			for time.Since(start) < s.Duration && ctx.Err() == nil {
				if err := work(i); err != nil {
					return err
				}
				done.Add(1)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return printRate(done.Load(), time.Since(start))
}

func connect(url string, options ...nats.Option) (*nats.Conn, jetstream.JetStream, error) {
	nc, err := nats.Connect(url, options...)
	if err != nil {
		return nil, nil, err
	}
	js, err := jetstream.New(nc)
	return nc, js, err
}

// updates makes a key for each caller and returns the function that updates the key of caller i.
func updates(ctx context.Context, buckets []jetstream.KeyValue) (func(int) error, error) {
	revisions := make([]uint64, len(buckets))
	value := []byte(strings.Repeat("x", 64))
	for i, bucket := range buckets {
		revision, err := bucket.Create(ctx, pairKey(i), value)
		if err != nil {
			return nil, err
		}
		revisions[i] = revision
	}
	return func(i int) (err error) {
		revisions[i], err = buckets[i].Update(ctx, pairKey(i), value, revisions[i])
		return err
	}, nil
}

func pairKey(i int) string { return fmt.Sprintf("c.a%d.b.1_2_3.x.voter-%05d", i, i) }

// snapshots makes the pairs of one message and returns the function that reads them all with one
// request. All answers come to one inbox: a subscription for each would cost more than the request.
func snapshots(ctx context.Context, nc *nats.Conn, bucket jetstream.KeyValue, pairs int) (func(int) error, error) {
	for i := range pairs {
		key := fmt.Sprintf("g.floor.1.x.voter-%05d", i)
		if _, err := bucket.PutString(ctx, key, strings.Repeat("x", 64)); err != nil {
			return nil, err
		}
	}
	inbox := nc.NewInbox()
	var mu sync.Mutex
	waiting := make(map[string]chan struct{})
	_, err := nc.Subscribe(inbox+".*", func(m *nats.Msg) {
		if m.Header.Get("Status") == "204" {
			mu.Lock()
			defer mu.Unlock()
			close(waiting[m.Subject])
			delete(waiting, m.Subject)
		}
	})
	var next atomic.Uint64
	return func(int) error {
		done := make(chan struct{})
		reply := inbox + "." + strconv.FormatUint(next.Add(1), 10)
		mu.Lock()
		waiting[reply] = done
		mu.Unlock()
		request := []byte(`{"multi_last":["$KV.floor.g.floor.1.>"]}`)
		if err := nc.PublishRequest("$JS.API.DIRECT.GET.KV_floor", reply, request); err != nil {
			return err
		}
		select {
		case <-done:
			return nil
		case <-time.After(timeout):
			return errors.New("no answer")
		}
	}, err
}
