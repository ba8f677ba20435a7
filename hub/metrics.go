package hub

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"exthub/events"
	"exthub/hub/refusal"
)

// metrics are the figures of both doors that an operator watches.
type metrics struct {
	requests  *prometheus.CounterVec
	ended     *prometheus.CounterVec
	sessions  prometheus.GaugeFunc
	delivered prometheus.CounterFunc
}

func newMetrics(ss *sessions, b *events.Broker) *metrics {
	return &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "exthub_requests_total",
			Help: "Requests by door (websocket, rest or guest), command and code; 0 is success, " +
				"of the guest door 200.",
		}, []string{"door", "command", "code"}),
		ended: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "exthub_sessions_ended_total",
			Help: "Sessions that the hub ended, by close code; 4002 also without a close frame.",
		}, []string{"code"}),
		sessions: prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "exthub_sessions", Help: "Connections whose sockets are open, logged in or not.",
		}, func() float64 { return float64(ss.len()) }),
		delivered: prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "exthub_events_delivered_total",
			Help: "Events about pairs that were handed to sessions, one for each that got it.",
		}, func() float64 { return float64(b.Delivered()) }),
	}
}

// restAnswered counts a call of the REST door.
func (m *metrics) restAnswered(command string, exists bool, refused *refusal.Error) {
	m.answered("rest", command, exists, refused)
}

// guestAnswered counts a request of the guest door, by its HTTP status.
func (m *metrics) guestAnswered(status int) {
	m.requests.WithLabelValues("guest", "guest", strconv.Itoa(status)).Inc()
}

// answered counts a request. A command that does not exist is counted as "unknown": clients could
// invent any number of names, and each would be a time series.
func (m *metrics) answered(door, command string, exists bool, refused *refusal.Error) {
	code := 0
	if refused != nil {
		code = refused.Code
	}
	if !exists {
		command = "unknown"
	}
	m.requests.WithLabelValues(door, command, strconv.Itoa(code)).Inc()
}

// Describe sends the metrics' descriptions. With Collect it makes a Hub a prometheus.Collector.
func (h *Hub) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(h, ch) }

// Collect sends the hub's metrics.
func (h *Hub) Collect(ch chan<- prometheus.Metric) {
	h.metrics.requests.Collect(ch)
	h.metrics.ended.Collect(ch)
	h.metrics.sessions.Collect(ch)
	h.metrics.delivered.Collect(ch)
}
