package main

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"exthub/hub"
	"exthub/kv"
)

// newMetrics returns the registry that every part of the hub registers with.
func newMetrics() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collectors.NewBuildInfoCollector())
	return r
}

// registerStats adds the figures of store and hub. kv and events know nothing of metrics:
// they are asked at each collection.
func registerStats(r *prometheus.Registry, store *kv.Store, h *hub.Hub) {
	gauge := func(name, help string, value func(kv.Stats) float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help},
			func() float64 { return value(store.Stats()) })
	}
	r.MustRegister(h,
		gauge("exthub_tail_applied", "Revision that the tail has come to, of several shards the sum.",
			func(s kv.Stats) float64 { return float64(s.Applied) }),
		gauge("exthub_cache_objects", "Messages and groups in memory.",
			func(s kv.Stats) float64 { return float64(s.CacheObjects) }),
		gauge("exthub_cache_bytes", "About how much memory they take.",
			func(s kv.Stats) float64 { return float64(s.CacheBytes) }),
		gauge("exthub_knows_all_hubs",
			"1 while this hub knows what was acknowledged on every hub; 0 while it refuses with 10002.",
			func(s kv.Stats) float64 {
				if s.Knows {
					return 1
				}
				return 0
			}),
		gauge("exthub_other_hubs", "Other hubs on this NATS that are alive.",
			func(s kv.Stats) float64 { return float64(s.OtherHubs) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "exthub_tail_restarts_total",
			Help: "How often a tail had to begin again behind the last change that it saw.",
		}, func() float64 { return float64(store.Stats().TailRestarts) }),
	)
}
