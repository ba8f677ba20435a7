package kv

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"exthub/kv/ballot"
	"exthub/kv/bucket"
	"exthub/kv/kvtest"
)

// awaitDue waits until the bucket says that a message is due, whatever hubs there are.
func awaitDue(t *testing.T, nc *nats.Conn, ref Ref) {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	next := func() error {
		consumer, err := js.OrderedConsumer(ctx, "KV_exthub_0", jetstream.OrderedConsumerConfig{
			FilterSubjects: []string{"$KV.exthub_0." + string(ref.ID()) + "." + dueSuffix},
		})
		if err == nil {
			_, err = consumer.Next(jetstream.FetchContext(ctx))
		}
		return err
	}
	err = next()
	for errors.Is(err, nats.ErrNoResponders) && ctx.Err() == nil {
		err = next() // a cluster that the machine starves elects a leader now and then
	}
	if err != nil {
		t.Fatal(err)
	}
}

// visit opens a Store, and closes it when fn has returned.
func visit(t *testing.T, nc *nats.Conn, options Options, fn func(*Store)) {
	t.Helper()
	options.MaxPairs = 300
	s, err := Open(t.Context(), nc, options)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx, func(Delta) {}) }()
	fn(s)
	stop()
	<-done
}

// firstComers are those who may be the first to come to a message that is due.
var firstComers = map[string]func(*testing.T, *Store, Ref){
	"reads": func(t *testing.T, s *Store, ref Ref) {
		if got := summary(t, s, ref); got.ClosedSeq == 0 || got.CloseAt != 0 || got.Pairs != 1 {
			t.Errorf("%+v", got)
		}
	},
	"votes": func(t *testing.T, s *Store, ref Ref) {
		if _, err := cast(t.Context(), s, ref, "cat", "1"); !errors.Is(err, errClosed) {
			t.Errorf("a vote on a message that is due: %v", err)
		}
	},
	"moves the close": func(t *testing.T, s *Store, ref Ref) {
		if err := reschedule(t.Context(), s, ref, time.Now().Unix()+60); !errors.Is(err, errClosed) {
			t.Errorf("a message that is due gets another time: %v", err)
		}
	},
	"closes by hand": func(t *testing.T, s *Store, ref Ref) {
		if err := closePoll(t.Context(), s, ref); err != nil {
			t.Error(err)
		}
	},
	"listens": func(*testing.T, *Store, Ref) {},
}

// Every hub is down when a poll closes. Whoever comes first, to read, to vote, to move the close or
// just to listen, finds it closed; what it holds was there before.
func TestNoHubWhenItCloses(t *testing.T) {
	t.Parallel()
	for _, replicas := range []int{1, 3} {
		checkNoHubWhenItCloses(t, replicas)
	}
}

func checkNoHubWhenItCloses(t *testing.T, replicas int) {
	nc := connector(t, replicas)
	options := Options{Replicas: replicas, Alone: true}
	polls := map[string]Ref{}
	visit(t, nc(t), options, func(s *Store) {
		for name := range firstComers {
			ref := sendPoll(t, s, ballot.Rules{CloseAt: time.Now().Unix() + 2})
			if _, err := cast(t.Context(), s, ref, "bob", "1"); err != nil {
				t.Fatal(err)
			}
			polls[name] = ref
		}
	})
	for _, ref := range polls {
		awaitDue(t, nc(t), ref)
	}
	s, deltas := open(t, nc(t), options)
	told := map[Ref]uint64{}
	for name, act := range firstComers {
		act(t, s, polls[name])
	}
	for len(told) < len(polls) {
		d := until(t, deltas, func(d Delta) bool { return d.ClosedSeq > 0 })
		if told[d.Ref] != 0 {
			t.Errorf("%v was closed twice", d.Ref)
		}
		told[d.Ref] = d.ClosedSeq
	}
	for name, ref := range polls {
		if got := recount(t, s, ref); got.ClosedSeq != told[ref] || got.Pairs != 1 {
			t.Errorf("%d replicas, who comes first %s: %+v, told of %d", replicas, name, got, told[ref])
		}
	}
}

// connector returns what connects to a node, or to a cluster of so many.
func connector(t *testing.T, replicas int) func(t testing.TB, opts ...nats.Option) *nats.Conn {
	t.Helper()
	if replicas == 1 {
		return kvtest.Start(t).Connect
	}
	return kvtest.NewCluster(t, replicas).Connect
}

// A message is recalled, or expires, in the moment in which it is due: nobody closes what is not
// there.
func TestNothingLeftToClose(t *testing.T) {
	s, _ := open(t, kvtest.Server(t), Options{})
	ref := sendPoll(t, s, ballot.Rules{CloseAt: time.Now().Unix() + 3600})
	if _, done, err := s.Recall(t.Context(), ref, "ann", 1, func(*Record) error { return nil }); err != nil || !done {
		t.Fatal(done, err)
	}
	b := s.shardFor(ref).bucket
	due := []bucket.Write{{Key: string(ref.ID()) + "." + dueSuffix, Value: `{"closeAt":1}`}}
	revision, err := b.Publish(t.Context(), due, bucket.PublishOptions{})
	if err != nil {
		t.Fatal(err)
	}
	inspect(t, s, ref, revision, func(m *Message) {
		if m.poll.due != revision || m.due() || m.ClosedSeq() != 0 {
			t.Errorf("due at %d, closed at %d", m.poll.due, m.ClosedSeq())
		}
	})
	if err := s.shardFor(ref).closeDue(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	if m, _ := truth(t, s, ref); m.ClosedSeq() != 0 {
		t.Errorf("closed at %d", m.ClosedSeq())
	}
	gone := Ref{GroupID: "team", MsgSeq: ref.MsgSeq + 1}
	c := newCloser(s.shardFor(gone))
	if err := c.closeAll(t.Context(), []dueMessage{{gone, revision}}); err != nil || len(c.due) != 0 {
		t.Errorf("what is not there is tried again: %v, %v", err, c.due)
	}
}

// A vote is stored above the entry that says that its message is due, as the leader of three
// replicas lets it, and acknowledged before the tail brings that entry. The message is closed all
// the same, and those who listen are told.
func TestVoteAboveDue(t *testing.T) {
	s, deltas := open(t, kvtest.Server(t), Options{})
	ref := sendPoll(t, s, ballot.Rules{CloseAt: time.Now().Unix() + 3600})
	if _, err := cast(t.Context(), s, ref, "bob", "1"); err != nil {
		t.Fatal(err)
	}
	sh, object := s.shardFor(ref), string(ref.ID())
	due := []bucket.Write{{Key: object + "." + dueSuffix, Value: "{}"}}
	vote := []bucket.Write{{Key: object + ".x.cat", Value: "2", Mark: new(bucket.Mark)}}
	func() {
		sh.tail.receiving.Lock() // the tail is a little late
		defer sh.tail.receiving.Unlock()
		if _, err := sh.bucket.Publish(t.Context(), due, bucket.PublishOptions{}); err != nil {
			t.Fatal(err)
		}
		head, err := sh.bucket.Publish(t.Context(), vote, bucket.PublishOptions{})
		if err != nil {
			t.Fatal(err)
		}
		sh.apply(sh.cache.peek(object), vote, committed{head: head})
	}()
	at := awaitClose(t, deltas, ref)
	if got := recount(t, s, ref); got.ClosedSeq != at || got.Pairs != 2 {
		t.Errorf("%+v, want it closed at %d", got, at)
	}
}

// That a message was due means nothing once it is closed: it is swept, and with a message that
// expires the close does too.
func TestDueIsSwept(t *testing.T) {
	s, deltas := open(t, kvtest.Server(t), Options{})
	ref := sendPoll(t, s, ballot.Rules{CloseAt: time.Now().Unix() + 1})
	at := awaitClose(t, deltas, ref)
	sh := s.shardFor(ref)
	eventually(t, "the sweeper has it", func() bool {
		sh.sweeper.mu.Lock()
		defer sh.sweeper.mu.Unlock()
		return len(sh.sweeper.queue) > 0
	})
	sh.sweeper.sweep(t.Context(), time.Now().Add(2*sweepDelay))
	if m, _ := truth(t, s, ref); m.poll.due != 0 || m.ClosedSeq() != at {
		t.Errorf("due at %d, closed at %d, want 0 and %d", m.poll.due, m.ClosedSeq(), at)
	}
}

// The leader of three replicas is lost in the second in which a message closes, with voters at it.
// No vote is above the close, and all hubs agree.
func TestLeaderLostWhenItCloses(t *testing.T) {
	t.Parallel()
	cluster := kvtest.NewCluster(t, 3)
	hubs, deltas := make([]*Store, 2), make([]<-chan Delta, 2)
	for i := range hubs {
		hubs[i], deltas[i] = open(t, cluster.Connect(t), Options{Replicas: 3})
	}
	closeAt := time.Now().Unix() + 3
	ref := sendPoll(t, hubs[0], ballot.Rules{Questions: []ballot.Question{{Choices: 3}}, CloseAt: closeAt})
	var once sync.Once
	var loss sync.WaitGroup
	hall(t, hubs, ref, 200, func(int64) {
		if time.Until(time.Unix(closeAt, 0)) > 50*time.Millisecond {
			return
		}
		once.Do(func() {
			loss.Go(func() {
				leader, err := cluster.Leader("KV_exthub_0")
				if err != nil {
					t.Error(err)
					return
				}
				leader.Stop()
				if err := leader.Restart(); err != nil {
					t.Error(err)
				}
			})
		})
	})
	loss.Wait()
	if err := cluster.Current("KV_exthub_0"); err != nil {
		t.Fatal(err)
	}
	agree(t, hubs, deltas, ref)
}

// A backup of before the close is put back after it, with the hubs of before gone: the message
// closes anew, and holds what the backup had.
func TestBackupOfBeforeTheClose(t *testing.T) {
	dir, backup := t.TempDir(), t.TempDir()
	node := kvtest.Start(t, func(o *server.Options) { o.StoreDir = dir })
	nc := node.Connect(t)
	var ref Ref
	visit(t, nc, Options{Alone: true}, func(s *Store) {
		ref = sendPoll(t, s, ballot.Rules{CloseAt: time.Now().Unix() + 2})
		if _, err := cast(t.Context(), s, ref, "bob", "1"); err != nil {
			t.Fatal(err)
		}
	})
	node.Stop()
	if err := os.CopyFS(backup, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := node.Restart(); err != nil {
		t.Fatal(err)
	}
	visit(t, nc, Options{Alone: true}, func(s *Store) {
		_, _ = cast(t.Context(), s, ref, "cat", "1") // the backup knows nothing of it
		awaitDue(t, nc, ref)
	})
	node.Stop()
	if err := errors.Join(os.RemoveAll(dir), os.CopyFS(dir, os.DirFS(backup)), node.Restart()); err != nil {
		t.Fatal(err)
	}
	s, deltas := open(t, nc, Options{Alone: true})
	at := awaitClose(t, deltas, ref)
	if got := recount(t, s, ref); got.ClosedSeq != at || got.Pairs != 1 {
		t.Errorf("%+v, want it closed at %d", got, at)
	}
}
