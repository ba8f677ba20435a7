package main

import (
	"time"

	"exthub/bench"
)

// poll measures ten thousand viewers of one poll with two hundred votes a second. It takes long, so
// it runs in the first round only.
func (a *allCommand) poll(round int) error {
	if round > 0 {
		return nil
	}
	return a.onHub(func(hub *subject) error {
		r, err := hub.load(a.ctx, "fanout",
			bench.Options{Clients: 200, Audience: 10000, Messages: 1, Rate: 200, Duration: 30 * time.Second})
		if err != nil {
			return err
		}
		late, _ := r.Latency("acknowledgement to receipt")
		a.samples.add("poll p50", late.P50)
		a.samples.add("poll p99", late.P99)
		a.samples.addFigures(r, map[string]string{
			"server RSS": "poll rss", "server CPU": "poll cpu", "sets": "poll sets",
			"deliveries a second": "poll deliveries", "changes per delivery": "poll changes",
			"allocations per delivery": "poll allocations",
		})
		return nil
	}, "--sync", "2m")
}

// hallPairs are rules like those of bench's hall, but viewers get the pairs.
const hallPairs = `{"write":"own","questions":[{"choices":4}],"max":100000}`

// hall measures ten thousand viewers of a poll with rules: all of them vote, a thousand a second,
// against the time in which one frame comes to as many viewers by write(2) alone; and two
// hundred votes a second as pairs and by summary, in turns. It takes long, so it runs in the first
// round only.
func (a *allCommand) hall(round int) error {
	if round > 0 {
		return nil
	}
	if err := a.frameToHall(); err != nil {
		return err
	}
	for _, turn := range []struct {
		name string
		bench.Options
	}{
		{"hall", bench.Options{Clients: 10000, Rate: 1000, Duration: 20 * time.Second}},
		{"hall pairs", bench.Options{Clients: 1000, Rate: 200, Rules: hallPairs}},
		{"hall summary", bench.Options{Clients: 1000, Rate: 200}},
		{"hall pairs", bench.Options{Clients: 1000, Rate: 200, Rules: hallPairs}},
		{"hall summary", bench.Options{Clients: 1000, Rate: 200}},
	} {
		turn.Audience = 10000
		if err := a.onHub(func(hub *subject) error {
			r, err := hub.load(a.ctx, "hall", turn.Options)
			if err != nil {
				return err
			}
			late, _ := r.Latency("acknowledgement to receipt")
			a.samples.add(turn.name+" p50", late.P50)
			a.samples.add(turn.name+" p99", late.P99)
			a.samples.addFigures(r, map[string]string{
				"server CPU": turn.name + " cpu", "votes a second": turn.name + " votes",
				"bytes per viewer": turn.name + " bytes",
			})
			return nil
		}, "--sync", "2m", "--own-rate", "0"); err != nil {
			return err
		}
	}
	return nil
}

// frameToHall measures how long the floor takes to bring one frame to ten thousand viewers.
func (a *allCommand) frameToHall() error {
	floor, err := startFloor(a.ctx)
	if err != nil {
		return err
	}
	defer floor.stop()
	r, err := floor.load(a.ctx, "fanout", bench.Options{Clients: 1, Audience: 10000, Duration: 5 * time.Second})
	if err != nil {
		return err
	}
	late, _ := r.Latency("set to receipt")
	a.samples.add("hall floor p99", late.P99)
	return nil
}

// stalled measures how late events reach an audience of which some never read, against the same
// audience without them. The write timeout is raised so that the stalled ones stay to the end.
func (a *allCommand) stalled(int) error {
	return a.onHub(func(hub *subject) error {
		for _, run := range []struct {
			name    string
			stalled int
		}{{"calm", 0}, {"stalled", 100}} {
			r, err := hub.load(a.ctx, "fanout", bench.Options{
				Clients: 4, Audience: 5000, Stalled: run.stalled, Messages: 32, Rate: 8, Duration: 12 * time.Second,
			})
			if err != nil {
				return err
			}
			l, _ := r.Latency("acknowledgement to receipt")
			a.samples.add(run.name+" p50", l.P50)
			a.samples.add(run.name+" p99", l.P99)
		}
		return nil
	}, "--sync", "2m", "--write-timeout", "60s")
}

// storm measures how long ten thousand sessions take to come back when all are cut off at once, and
// how long as many take that come for the first time and read the summary of a poll.
func (a *allCommand) storm(int) error {
	return a.onHub(func(hub *subject) error {
		r, err := hub.load(a.ctx, "storm",
			bench.Options{Audience: 10000, Clients: 20, Rate: 20, Duration: 12 * time.Second})
		if err != nil {
			return err
		}
		a.samples.addFigures(r, map[string]string{"all back after": "storm", "viewers that ended exact": "storm exact"})
		if r, err = hub.load(a.ctx, "summaries", bench.Options{Audience: 10000}); err != nil {
			return err
		}
		a.samples.addFigures(r, map[string]string{"all have it after": "summaries"})
		return nil
	}, "--sync", "2m")
}
