package kv_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"exthub/kv"
)

var errVoted = errors.New("voted already")

// Each user votes once, however many others vote at the same time, on this hub or on another one.
func ExampleStore_Update() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	store, stop := open(ctx)
	defer stop()
	poll, err := store.Send(ctx, kv.Record{
		From: "ann", GroupID: "team", Ref: kv.Ref{GroupID: "team"},
		Type: "TIMTextElem", Payload: []byte(`{"text":"Tea or coffee?"}`), IsSupportExtension: true,
	}, "", 0)
	if err != nil {
		log.Fatal(err)
	}

	vote := func(user, choice string) error {
		_, err := store.Update(ctx, poll.Ref, func(t *kv.Txn) (kv.Change, error) {
			if t.Pair(user).Value != "" {
				return kv.Change{}, errVoted
			}
			return kv.Change{Writes: []kv.Write{{Key: user, Value: choice}}}, nil
		})
		return err
	}
	fmt.Println(vote("ann", "tea"))
	fmt.Println(vote("bob", "coffee"))
	fmt.Println(vote("ann", "coffee"))

	err = store.Read(ctx, poll.Ref, 0, func(m *kv.Message) {
		for _, p := range m.Pairs(0) {
			fmt.Println(p.Key, "takes", p.Value)
		}
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// <nil>
	// <nil>
	// voted already
	// ann takes tea
	// bob takes coffee
}

// open opens a Store on a NATS server in this process and runs it until stop is called.
func open(ctx context.Context) (store *kv.Store, stop func()) {
	dir, err := os.MkdirTemp("", "kv")
	if err != nil {
		log.Fatal(err)
	}
	srv, err := server.NewServer(&server.Options{
		DontListen: true, JetStream: true, StoreDir: dir, NoLog: true, NoSigs: true,
	})
	if err != nil {
		log.Fatal(err)
	}
	srv.Start()
	nc, err := nats.Connect("", nats.InProcessServer(srv))
	if err != nil {
		log.Fatal(err)
	}
	store, err = kv.Open(ctx, nc, kv.Options{MaxPairs: 300})
	if err != nil {
		log.Fatal(err)
	}
	running, end := context.WithCancel(ctx)
	var tail sync.WaitGroup
	tail.Go(func() {
		if err := store.Run(running, func(kv.Delta) {}); err != nil {
			log.Print(err)
		}
	})
	return store, func() {
		end()
		tail.Wait()
		store.Close()
		nc.Close()
		srv.Shutdown()
		srv.WaitForShutdown()
		os.RemoveAll(dir)
	}
}
