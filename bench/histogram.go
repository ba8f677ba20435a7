package bench

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// histogram counts durations of a microsecond to a minute with three significant digits. It is
// striped, because thousands of connections record at the same time.
type histogram struct {
	stripes [16]struct {
		mu     sync.Mutex
		counts *hdrhistogram.Histogram
	}
}

func newHistogram() *histogram {
	h := new(histogram)
	for i := range h.stripes {
		h.stripes[i].counts = hdrhistogram.New(1, int64(time.Minute/time.Microsecond), 3)
	}
	return h
}

// record adds a duration. The stripe may be any number that spreads the callers.
func (h *histogram) record(stripe int, d time.Duration) {
	s := &h.stripes[stripe%len(h.stripes)]
	s.mu.Lock()
	defer s.mu.Unlock()
	micros := min(max(d.Microseconds(), 1), s.counts.HighestTrackableValue())
	_ = s.counts.RecordValue(micros) // it is within the bounds
}

// Latency is a histogram's summary, in milliseconds.
type Latency struct {
	What  string  `json:"what"`
	Count int64   `json:"count"`
	P50   float64 `json:"p50"`
	P99   float64 `json:"p99"`
	P999  float64 `json:"p999"`
	Max   float64 `json:"max"`
}

func (h *histogram) latency(what string) Latency {
	all := hdrhistogram.New(1, int64(time.Minute/time.Microsecond), 3)
	for i := range h.stripes {
		s := &h.stripes[i]
		s.mu.Lock()
		all.Merge(s.counts)
		s.mu.Unlock()
	}
	millis := func(micros int64) float64 { return float64(micros) / 1000 }
	return Latency{
		What: what, Count: all.TotalCount(), P50: millis(all.ValueAtQuantile(50)), P99: millis(all.ValueAtQuantile(99)),
		P999: millis(all.ValueAtQuantile(99.9)), Max: millis(all.Max()),
	}
}
