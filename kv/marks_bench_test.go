package kv

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"exthub/kv/kvtest"
)

// benchHubs returns n Stores of one store, each with a connection of its own over TCP.
func benchHubs(b *testing.B, url string, n int, options Options) []*Store {
	b.Helper()
	hubs := make([]*Store, n)
	options.MaxPairs = 300
	for i := range hubs {
		nc, err := nats.Connect(url)
		if err != nil {
			b.Fatal(err)
		}
		s, err := Open(b.Context(), nc, options)
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
			nc.Close()
		})
		hubs[i] = s
	}
	return hubs
}

// clusters are what the hubs are measured on.
var clusters = []struct {
	name string
	url  func(*testing.B) string
	kv   Options
}{
	{"R1", func(b *testing.B) string { return kvtest.Start(b, kvtest.Listening).URL() }, Options{}},
	{"R3", func(b *testing.B) string { return kvtest.NewCluster(b, 3).URL() }, Options{Replicas: 3}},
}

// latencies reports the median and the 99th percentile of what each op took.
func latencies(b *testing.B, op func(i int) error) {
	b.Helper()
	took := make([]time.Duration, 0, 1024)
	for i := 0; b.Loop(); i++ {
		begin := time.Now()
		if err := op(i); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

// BenchmarkGroupChange adds a member to a group and removes it, by turns, through one of several
// hubs: until every hub knows. "alone" is a hub that need not ask.
func BenchmarkGroupChange(b *testing.B) {
	onHubs(b, func(b *testing.B, hubs []*Store) {
		makeGroup(b, hubs[0], "team", "ann")
		latencies(b, func(i int) error {
			return hubs[0].UpdateGroup(b.Context(), "team", func(*Group) (GroupChange, error) {
				if i%2 == 0 {
					return GroupChange{Add: []Member{{UserID: "bob", Role: "Member"}}}, nil
				}
				return GroupChange{Remove: []string{"bob"}}, nil
			})
		})
	})
}

// BenchmarkSetBesideHubs sets a pair through one of several hubs, as a member of a group does: a
// look at the group, then the commit. No number of hubs should make a difference.
func BenchmarkSetBesideHubs(b *testing.B) {
	onHubs(b, func(b *testing.B, hubs []*Store) {
		makeGroup(b, hubs[0], "team", "ann")
		ref := benchMessages(b, hubs[0], 1)[0]
		seq := uint64(0)
		latencies(b, func(i int) error {
			if err := hubs[0].ReadGroup(b.Context(), "team", func(*Group) {}); err != nil {
				return err
			}
			var err error
			seq, err = set(hubs[0], ref, "k", fmt.Sprint(i), seq)
			return err
		})
	})
}

func onHubs(b *testing.B, run func(b *testing.B, hubs []*Store)) {
	for _, cluster := range clusters {
		for _, n := range []int{0, 1, 2, 4} {
			name, options := fmt.Sprint(cluster.name, "/hubs=", n), cluster.kv
			if options.Alone = n == 0; n == 0 {
				name = cluster.name + "/alone"
			}
			b.Run(name, func(b *testing.B) { run(b, benchHubs(b, cluster.url(b), max(n, 1), options)) })
		}
	}
}
