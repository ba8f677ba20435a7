package kv

import (
	"context"
	"fmt"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"exthub/kv/ballot"
	"exthub/kv/kvtest"
)

// A large message beside a small one, and beside a plain consumer. What is said of them: a page at
// most twice, a vote at most one and a half times as much as on a small message, 200 bytes a pair,
// and a cold load at most twice the time in which the consumer reads the same entries. The vote
// holds that by a bucket.Shortcut: the filter of its precondition alone costs 3.5 ms.
const small, large = 300, 100_000

func benchPage(b *testing.B, n int) {
	m := benchMessage(n)
	b.ReportAllocs()
	from := 0
	for b.Loop() {
		page := make([]Pair, 0, 200)
		for p := range m.Each(uint64(from)) {
			if page = append(page, p); len(page) == cap(page) {
				break
			}
		}
		from = (from + 7919) % (n - 200)
	}
}

func BenchmarkPageOf300(b *testing.B)    { benchPage(b, small) }
func BenchmarkPageOf100000(b *testing.B) { benchPage(b, large) }

// benchHall returns a message with rules and so many votes.
func benchHall(b *testing.B, s *Store, votes int) Ref {
	b.Helper()
	rules := &ballot.Rules{
		Write: ballot.WriteOwn, Questions: []ballot.Question{{Choices: 3, Choose: 1}}, Max: large,
	}
	r, err := s.Send(b.Context(), Record{
		From: "ann", GroupID: "hall", Ref: Ref{GroupID: "hall"}, Type: "TIMCustomElem", Payload: []byte(`{}`),
		IsSupportExtension: true, Rules: rules,
	}, "", 0)
	if err != nil {
		b.Fatal(err)
	}
	for first := 0; first < votes; first += 900 {
		if _, err := s.Update(b.Context(), r.Ref, func(*Txn) (Change, error) {
			var change Change
			for i := first; i < min(first+900, votes); i++ {
				w := Write{Key: fmt.Sprintf("voter%05d", i), Value: fmt.Sprint(i%3 + 1)}
				change.Writes = append(change.Writes, w)
			}
			return change, nil
		}); err != nil {
			b.Fatal(err)
		}
	}
	return r.Ref
}

func benchVote(b *testing.B, votes int) {
	s := benchStore(b, kvtest.Server(b))
	ref := benchHall(b, s, votes)
	voter := 0
	b.ReportAllocs()
	for b.Loop() {
		voter = (voter + 7919) % votes
		if _, err := s.Update(b.Context(), ref, func(m *Txn) (Change, error) {
			key := fmt.Sprintf("voter%05d", voter)
			return Change{Writes: []Write{{Key: key, Value: fmt.Sprint(m.Pair(key).Seq%3 + 1)}}}, nil
		}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVoteOnOneOf300(b *testing.B)    { benchVote(b, small) }
func BenchmarkVoteOnOneOf100000(b *testing.B) { benchVote(b, large) }

func BenchmarkClearOf100000(b *testing.B) {
	s := benchStore(b, kvtest.Server(b))
	for b.Loop() {
		b.StopTimer()
		ref := benchHall(b, s, large)
		b.StartTimer()
		_, err := s.Update(b.Context(), ref, func(*Txn) (Change, error) { return Change{Clear: true}, nil })
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLoadOf100000 reads a message into an empty cache, which BenchmarkPlainLoadOf100000 does
// with the client's own consumer, and keeps nothing.
func BenchmarkLoadOf100000(b *testing.B) {
	s := benchStore(b, kvtest.Server(b))
	ref := benchHall(b, s, large)
	sh := s.shardFor(ref)
	held := 0
	for b.Loop() {
		b.StopTimer()
		sh.cache.reset()
		before := heap()
		b.StartTimer()
		if err := s.Read(b.Context(), ref, 0, func(m *Message) {
			if m.Live() != large {
				b.Fatalf("%d pairs", m.Live())
			}
		}); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		held = heap() - before
		b.StartTimer()
	}
	b.ReportMetric(float64(held)/large, "B/pair")
}

func BenchmarkPlainLoadOf100000(b *testing.B) {
	nc := kvtest.Server(b)
	s := benchStore(b, nc)
	ref := benchHall(b, s, large)
	for b.Loop() {
		plainLoad(b, nc, bucketName(s.options, 0), string(ref.ID()))
	}
}

func plainLoad(b *testing.B, nc *nats.Conn, name, object string) {
	b.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		b.Fatal(err)
	}
	consumer, err := js.OrderedConsumer(context.Background(), "KV_"+name, jetstream.OrderedConsumerConfig{
		FilterSubjects: []string{"$KV." + name + "." + object + ".>"},
	})
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan struct{})
	read := 0
	running, err := consumer.Consume(func(msg jetstream.Msg) {
		if meta, err := msg.Metadata(); err == nil && meta.NumPending == 0 {
			close(done)
		}
		read++
	})
	if err != nil {
		b.Fatal(err)
	}
	<-done
	running.Stop()
	<-running.Closed()
	if read < large {
		b.Fatalf("%d entries", read)
	}
}
