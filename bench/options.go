package bench

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"time"
)

// Options are the settings of a run. URL and SecretKey are required; any other zero is the
// scenario's default.
type Options struct {
	URL        string // ws:// or wss://
	MetricsURL string // of the hub's /metrics; "" if it can't be reached
	SDKAppID   uint64
	SecretKey  string
	Admin      string // an app admin, who makes the group

	Clients  int // connections that do something; of a hall, those of the audience who vote
	Audience int // connections that only watch; of a hall, all
	Stalled  int // connections besides these that never read
	// Messages of each writer, changed one after the other, or read at a time
	Messages int
	Rate     float64       // sets, reads or logins a second of all clients together; 0: as fast as it goes
	Pairs    int           // pairs of a message that is read
	Bytes    int           // of an event on the wire
	Rules    string        // of the messages that are written to, in JSON; "": none
	Poll     string        // the ID of a poll that is there, for hall and summaries; "": they make one
	Duration time.Duration // of the part that is measured

	Progress io.Writer // a line a second, or nil
}

// These are the bounds of a run: a typing error is refused and not carried out.
const (
	maxClients  = 100_000
	maxDuration = time.Hour
	maxRate     = 1e6
	maxPairs    = 10_000
	maxMessages = 10_000
	minBytes    = 180
	maxBytes    = 1000
)

func (o *Options) check() error {
	if u, err := url.Parse(o.URL); err != nil || u.Host == "" || u.Scheme != "ws" && u.Scheme != "wss" {
		return fmt.Errorf("%q is not the address of a hub, like ws://127.0.0.1:8080/ws", o.URL)
	}
	if o.SecretKey == "" {
		return errors.New("without the hub's secret key nobody can log in")
	}
	for _, b := range []struct {
		name          string
		n, least, top float64
	}{
		{"clients", float64(o.Clients), 1, maxClients},
		{"audience", float64(o.Audience), 0, maxClients},
		{"stalled", float64(o.Stalled), 0, maxClients},
		{"messages", float64(o.Messages), 1, maxMessages},
		{"rate", o.Rate, 0, maxRate},
		{"pairs", float64(o.Pairs), 1, maxPairs},
		{"bytes", float64(o.Bytes), minBytes, maxBytes},
		{"duration", o.Duration.Seconds(), 1, maxDuration.Seconds()},
	} {
		if b.n < b.least || b.n > b.top {
			return fmt.Errorf("%s %v is out of range: %v to %v", b.name, b.n, b.least, b.top)
		}
	}
	return nil
}

// scenario is a kind of load with its defaults.
type scenario struct {
	name     string
	defaults Options
	run      func(*run) error
}

var scenarios = []scenario{
	{"connect", Options{Clients: 1000}, connect},
	{"idle", Options{Clients: 1000}, idle},
	{"fanout", Options{Clients: 1, Audience: 1000, Messages: 32}, fanout},
	{"write", Options{Clients: 128}, write},
	{"ruled", Options{Clients: 128, Rules: TextRules}, write},
	{"batch", Options{Clients: 16, Messages: 200}, batch},
	{"hot", Options{Clients: 64}, hot},
	{"read", Options{Clients: 128}, read},
	{"storm", Options{Clients: 20, Audience: 1000, Rate: 20}, storm},
	{"mixed", Options{Clients: 50, Audience: 1000, Messages: 10, Rate: 100}, mixed},
	{"hall", Options{Clients: 1000, Audience: 1000, Rate: 200, Rules: hallRules}, hall},
	{"summaries", Options{Clients: 20, Audience: 1000, Rules: hallRules}, summaries},
}

// Scenarios returns the names that Run takes.
func Scenarios() []string {
	names := make([]string, len(scenarios))
	for i, s := range scenarios {
		names[i] = s.name
	}
	return names
}

// findScenario returns the scenario of this name, and o with the scenario's defaults in place of
// zeros.
func findScenario(name string, o Options) (scenario, Options, error) {
	i := slices.IndexFunc(scenarios, func(s scenario) bool { return s.name == name })
	if i < 0 {
		return scenario{}, o, fmt.Errorf("there is no scenario %q: choose one of %v", name, Scenarios())
	}
	d := scenarios[i].defaults
	o.Clients = cmp.Or(o.Clients, d.Clients)
	o.Audience = cmp.Or(o.Audience, d.Audience)
	o.Messages = cmp.Or(o.Messages, d.Messages, 1)
	o.Pairs = cmp.Or(o.Pairs, 300)
	o.Bytes = cmp.Or(o.Bytes, 200)
	o.Rules = cmp.Or(o.Rules, d.Rules)
	o.Rate = cmp.Or(o.Rate, d.Rate)
	o.Duration = cmp.Or(o.Duration, 10*time.Second)
	return scenarios[i], o, o.check()
}
