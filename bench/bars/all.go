package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"exthub/bench"
)

// allCommand measures everything and writes the report.
type allCommand struct {
	Hub    string   `default:"bin/hub" help:"The hub's binary."`
	Rounds int      `default:"3" help:"Rounds; the report has the medians."`
	Only   []string `help:"Measure only these parts: fanout, memory, logins, write, read, poll, hall, stalled, storm."`
	Out    string   `default:"docs" help:"Directory of the report."`

	ctx     context.Context
	samples samples
}

// part is one kind of measurement. Within a round it measures hub and floor alternately.
type part struct {
	name  string
	round func(*allCommand, int) error
}

var parts = []part{
	{"fanout", (*allCommand).fanout},
	{"memory", (*allCommand).memory},
	{"logins", (*allCommand).logins},
	{"write", (*allCommand).write},
	{"read", (*allCommand).read},
	{"poll", (*allCommand).poll},
	{"hall", (*allCommand).hall},
	{"stalled", (*allCommand).stalled},
	{"storm", (*allCommand).storm},
}

// Run measures and writes the report. A missed bar is not an error: the report says so.
func (a *allCommand) Run(ctx context.Context) error {
	a.ctx, a.samples = ctx, samples{}
	start := time.Now()
	for round := range a.Rounds {
		for _, p := range parts {
			if !a.wants(p.name) {
				continue
			}
			fmt.Fprintf(os.Stderr, "%6.0fs  round %d, %s\n", time.Since(start).Seconds(), round+1, p.name)
			if err := p.round(a, round); err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
		}
	}
	return a.report(start)
}

func (a *allCommand) wants(part string) bool {
	for _, name := range a.Only {
		if name == part {
			return true
		}
	}
	return len(a.Only) == 0
}

// onHub calls fn with a hub that is started for it and stopped afterwards.
func (a *allCommand) onHub(fn func(*subject) error, args ...string) error {
	s, err := startHub(a.ctx, a.Hub, args...)
	if err != nil {
		return err
	}
	defer s.stop()
	return fn(s)
}

// audiences are the sizes that fan-out is measured with. Those without a bar are measured once, for
// the plot.
var audiences = []struct {
	size int
	bar  bool
}{{100, false}, {1000, true}, {5000, true}, {10000, false}}

// fanout measures server CPU per delivery, alternately on the floor and on the hub, with one event
// in flight and with sixteen.
func (a *allCommand) fanout(round int) error {
	return a.onHub(func(hub *subject) error {
		floor, err := startFloor(a.ctx)
		if err != nil {
			return err
		}
		defer floor.stop()
		for _, audience := range audiences {
			if !audience.bar && round > 0 {
				continue
			}
			for _, inFlight := range []int{1, 16} {
				for _, turn := range []struct {
					name string
					*subject
				}{{"floor", floor}, {"hub", hub}} {
					r, err := turn.load(a.ctx, "fanout",
						bench.Options{Clients: inFlight, Audience: audience.size, Duration: 3 * time.Second})
					if err != nil {
						return err
					}
					name := fmt.Sprintf("%s %d x%d ", turn.name, audience.size, inFlight)
					a.samples.addFigures(r, map[string]string{
						"server CPU per delivery":  name + "cpu",
						"allocations per delivery": name + "allocations",
					})
				}
			}
		}
		return nil
	}, "--sync", "2m")
}

// sessions are the numbers of connections that memory is measured with. The last one has the bar.
var sessions = []int{1000, 2500, 5000, 10000}

// memory measures idle sessions, each number on a fresh hub.
func (a *allCommand) memory(round int) error {
	for _, n := range sessions {
		if n < sessions[len(sessions)-1] && round > 0 {
			continue
		}
		err := a.onHub(func(hub *subject) error {
			r, err := hub.load(a.ctx, "idle", bench.Options{Clients: n, Duration: 15 * time.Second})
			if err != nil {
				return err
			}
			a.samples.addFigures(r, map[string]string{
				"server RSS per session right after the logins": fmt.Sprintf("idle %d rush", n),
				"server RSS per session":                        fmt.Sprintf("idle %d rss", n),
				"server CPU per 1,000 sessions":                 fmt.Sprintf("idle %d cpu", n),
			})
			return nil
		}, "--sync", "2m")
		if err != nil {
			return err
		}
	}
	return nil
}

// logins measures logins as fast as they are taken, and at a rate at which nobody comes at the same
// time as another. Each is measured on a fresh hub, and on a floor that does no more than verify
// the same UserSigs.
func (a *allCommand) logins(int) error {
	for _, load := range []struct {
		name string
		bench.Options
	}{
		{"", bench.Options{Clients: 10000}},
		{"calm ", bench.Options{Clients: 1500, Rate: 100}},
	} {
		if err := a.floorLogins(load.name, load.Options); err != nil {
			return err
		}
		err := a.onHub(func(hub *subject) error {
			r, err := hub.load(a.ctx, "connect", load.Options)
			if err != nil {
				return err
			}
			a.samples.addFigures(r, map[string]string{
				"logins a second": load.name + "logins", "server CPU per login": load.name + "login cpu",
			})
			return nil
		}, "--sync", "2m")
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *allCommand) floorLogins(name string, load bench.Options) error {
	floor, err := startFloor(a.ctx)
	if err != nil {
		return err
	}
	defer floor.stop()
	r, err := floor.load(a.ctx, "connect", load)
	if err != nil {
		return err
	}
	a.samples.addFigures(r, map[string]string{"server CPU per login": "floor " + name + "login cpu"})
	return nil
}

// write measures acknowledged sets against the plain NATS client on an equal server.
func (a *allCommand) write(int) error {
	for _, sync := range []string{"2m", "always"} {
		if err := a.measureFloor("update "+sync, "store", "update", "--callers", "128", "--sync", sync); err != nil {
			return err
		}
		err := a.onHub(func(hub *subject) error {
			r, err := hub.load(a.ctx, "write", bench.Options{Duration: 4 * time.Second})
			if err != nil {
				return err
			}
			a.samples.addFigures(r,
				map[string]string{"sets a second": "write " + sync, "server CPU per set": "write cpu " + sync})
			l, _ := r.Latency("set to acknowledgement")
			a.samples.add("write p99 "+sync, l.P99)
			if sync == "always" {
				return nil
			}
			// On the hub that they are compared with
			if r, err = hub.load(a.ctx, "ruled", bench.Options{Duration: 4 * time.Second}); err != nil {
				return err
			}
			a.samples.addFigures(r, map[string]string{"sets a second": "ruled", "server CPU per set": "ruled cpu"})
			return nil
		}, "--sync", sync)
		if err != nil {
			return err
		}
	}
	if err := a.batches(); err != nil {
		return err
	}
	err := a.measureFloor("update apart", "store", "update", "--callers", "128", "--apart", "--sync", "2m")
	if err != nil {
		return err
	}
	if err := a.answeredSets(); err != nil {
		return err
	}
	if err := a.measureFloor("sequential", "store", "update", "--callers", "1", "--sync", "2m"); err != nil {
		return err
	}
	return a.onHub(func(hub *subject) error {
		for _, message := range []struct{ name, rules string }{{"hot", ""}, {"hot ruled", bench.TextRules}} {
			r, err := hub.load(a.ctx, "hot", bench.Options{Rules: message.rules, Duration: 4 * time.Second})
			if err != nil {
				return err
			}
			a.samples.addFigures(r, map[string]string{
				"sets a second": message.name, "server CPU per set": message.name + " cpu",
			})
		}
		return nil
	}, "--sync", "2m")
}

// batches measures sets of ten pairs, against callers who update ten keys one after the other.
func (a *allCommand) batches() error {
	if err := a.measureFloor("update x16", "store", "update", "--callers", "16", "--sync", "2m"); err != nil {
		return err
	}
	return a.onHub(func(hub *subject) error {
		r, err := hub.load(a.ctx, "batch", bench.Options{Duration: 4 * time.Second})
		if err != nil {
			return err
		}
		a.samples.addFigures(r, map[string]string{"batches a second": "batches", "server CPU per batch": "batch cpu"})
		return nil
	}, "--sync", "2m")
}

// answeredSets measures sets that are answered from memory, over the sockets of as many clients:
// what a set costs before anything is stored.
func (a *allCommand) answeredSets() error {
	floor, err := startFloor(a.ctx)
	if err != nil {
		return err
	}
	defer floor.stop()
	r, err := floor.load(a.ctx, "write", bench.Options{Duration: 4 * time.Second})
	if err != nil {
		return err
	}
	a.samples.addFigures(r,
		map[string]string{"sets a second": "answered sets", "server CPU per set": "answered set cpu"})
	return nil
}

func (a *allCommand) measureFloor(name string, args ...string) error {
	found, err := runFloor(a.ctx, args...)
	a.samples.add(name, found)
	return err
}

// read measures reads of messages with 300 pairs, one message at a time and fifteen at a time,
// against multi_last of the same pairs and against the same bytes from memory.
func (a *allCommand) read(int) error {
	for _, callers := range []string{"1", "16"} {
		err := a.measureFloor("multi_last x"+callers, "store", "last", "--callers", callers, "--sync", "2m")
		if err != nil {
			return err
		}
	}
	one := bench.Options{Duration: 4 * time.Second}
	many := bench.Options{Clients: 300, Messages: 15, Duration: 4 * time.Second}
	bytes := 0.0
	err := a.onHub(func(hub *subject) error {
		r, err := hub.load(a.ctx, "read", one)
		if err != nil {
			return err
		}
		a.samples.addFigures(r, map[string]string{"reads a second": "reads", "server CPU per read": "read cpu"})
		if r, err = hub.load(a.ctx, "read", many); err != nil {
			return err
		}
		bytes, _ = r.Figure("bytes per read")
		a.samples.addFigures(r,
			map[string]string{"reads a second": "reads of 15", "server CPU per read": "read cpu of 15"})
		return nil
	}, "--sync", "2m")
	if err != nil {
		return err
	}
	floor, err := startFloor(a.ctx)
	if err != nil {
		return err
	}
	defer floor.stop()
	r, err := floor.load(a.ctx, "read", one)
	if err != nil {
		return err
	}
	a.samples.addFigures(r, map[string]string{"reads a second": "answers", "server CPU per read": "answer cpu"})
	return a.measureFloor("copies", "copy", "--bytes", fmt.Sprintf("%.0f", bytes))
}
