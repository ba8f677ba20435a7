package kv

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"exthub/kv/bucket"
	"exthub/kv/kvtest"
)

// benchStore returns a Store whose sink does nothing.
func benchStore(b *testing.B, nc *nats.Conn) *Store {
	b.Helper()
	s, err := Open(b.Context(), nc, Options{MaxPairs: 300})
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		if err := s.Run(ctx, func(Delta) {}); err != nil {
			b.Error(err)
		}
	})
	b.Cleanup(func() {
		stop()
		done.Wait()
		s.Close()
	})
	return s
}

func benchMessages(b *testing.B, s *Store, n int) []Ref {
	b.Helper()
	refs := make([]Ref, n)
	for i := range refs {
		r, err := s.Send(b.Context(), Record{
			From: "ann", GroupID: "team", Ref: Ref{GroupID: "team"},
			Type: "TIMCustomElem", Payload: []byte(`{}`), IsSupportExtension: true,
		}, "", 0)
		if err != nil {
			b.Fatal(err)
		}
		refs[i] = r.Ref
	}
	return refs
}

// parallel runs op from n goroutines until all b.N are done.
func parallel(b *testing.B, n int, op func(worker int) error) {
	b.Helper()
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ReportAllocs()
	b.ResetTimer()
	var wg sync.WaitGroup
	for worker := range n {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if err := op(worker); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// The floor is conditional updates by the plain client, 128 at a time.
func BenchmarkPlainUpdate128(b *testing.B) {
	nc := kvtest.Server(b)
	js, err := jetstream.New(nc)
	if err != nil {
		b.Fatal(err)
	}
	bucket, err := js.CreateKeyValue(b.Context(), jetstream.KeyValueConfig{Bucket: "plain"})
	if err != nil {
		b.Fatal(err)
	}
	seqs := make([]uint64, 128)
	parallel(b, len(seqs), func(w int) (err error) {
		seqs[w], err = bucket.Update(b.Context(), fmt.Sprint("key", w), []byte("some-value-of-a-vote"), seqs[w])
		return err
	})
}

func BenchmarkUpdate128(b *testing.B) {
	s := benchStore(b, kvtest.Server(b))
	refs := benchMessages(b, s, 128)
	parallel(b, len(refs), func(w int) error { return vote(b.Context(), s, refs[w], "voter") })
}

// 64 writers change one message, each a pair of its own.
func BenchmarkUpdateHot64(b *testing.B) {
	s := benchStore(b, kvtest.Server(b))
	ref := benchMessages(b, s, 1)[0]
	keys := make([]string, 64)
	for i := range keys {
		keys[i] = fmt.Sprint("voter", i)
	}
	parallel(b, len(keys), func(w int) error { return vote(b.Context(), s, ref, keys[w]) })
}

// The floor of one message is one conditional publish after the other.
func BenchmarkPlainUpdateSequential(b *testing.B) {
	nc := kvtest.Server(b)
	js, err := jetstream.New(nc)
	if err != nil {
		b.Fatal(err)
	}
	bucket, err := js.CreateKeyValue(b.Context(), jetstream.KeyValueConfig{Bucket: "plain"})
	if err != nil {
		b.Fatal(err)
	}
	seq := uint64(0)
	parallel(b, 1, func(int) (err error) {
		seq, err = bucket.Update(b.Context(), "key", []byte("some-value-of-a-vote"), seq)
		return err
	})
}

func vote(ctx context.Context, s *Store, ref Ref, key string) error {
	_, err := s.Update(ctx, ref, func(m *Txn) (Change, error) {
		m.Pair(key)
		return Change{Writes: []Write{{Key: key, Value: time.Now().String()}}}, nil
	})
	return err
}

func BenchmarkDecide(b *testing.B) {
	m := benchMessage(300)
	b.ReportAllocs()
	for b.Loop() {
		t := Txn{m: m, pending: make(map[string]bool)}
		if t.Pair("voter7").Seq == 8 {
			m.writes("g.team.1", Change{Writes: []Write{{Key: "voter7", Value: "2"}}}, 300)
		}
	}
}

func BenchmarkToken(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decodeToken(encodeToken("用户 7_0")); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCacheHit(b *testing.B) {
	s := benchStore(b, kvtest.Server(b))
	ref := benchMessages(b, s, 1)[0]
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		if err := s.Read(b.Context(), ref, 0, func(m *Message) { m.Live() }); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPairs300(b *testing.B) {
	m := benchMessage(300)
	b.ReportAllocs()
	for b.Loop() {
		m.Pairs(0)
	}
}

func benchMessage(n int) *Message {
	m := newMessage(Ref{GroupID: "team", MsgSeq: 1})
	for i := range n {
		e := bucket.Entry{Value: "1", Revision: uint64(i + 1)}
		if err := m.apply("x."+encodeToken(fmt.Sprint("voter", i)), e); err != nil {
			panic(err)
		}
	}
	return m
}
