package webhook

import (
	"context"
	"math"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"exthub/kv"
)

// metrics show whether the backend accepts what it is sent, and how far it is behind.
type metrics struct {
	requests *prometheus.CounterVec
	lag      prometheus.Gauge
	behind   prometheus.GaugeFunc
}

func newMetrics(f *kv.Following) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "exthub_webhook_requests_total",
			Help: "Requests to the webhook's receiver, by outcome: taken or failed.",
		}, []string{"outcome"}),
		lag: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "exthub_webhook_lag_seconds",
			Help: "Age of the change that this hub told the receiver last, or tried to.",
		}),
		behind: prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "exthub_webhook_pending_changes",
			Help: "Changes that the receiver has not been told yet, on all hubs together.",
		}, func() float64 {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			n, err := f.Behind(ctx)
			if err != nil {
				return math.NaN()
			}
			return float64(n)
		}),
	}
	for _, outcome := range []string{"taken", "failed"} {
		m.requests.WithLabelValues(outcome) // so that both are there from the beginning
	}
	return m
}

func (m *metrics) record(lag time.Duration, err error) {
	outcome := "taken"
	if err != nil {
		outcome = "failed"
	}
	m.requests.WithLabelValues(outcome).Inc()
	m.lag.Set(lag.Seconds())
}

// Describe makes a Sender a prometheus.Collector.
func (s *Sender) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(s, ch) }

// Collect sends the metrics of this Sender.
func (s *Sender) Collect(ch chan<- prometheus.Metric) {
	s.metrics.requests.Collect(ch)
	s.metrics.lag.Collect(ch)
	s.metrics.behind.Collect(ch)
}
