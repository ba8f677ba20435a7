package bench

import (
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

// write has every client set a pair of its own message, addressed to a user that is not online, as
// fast as the acknowledgements come.
func write(r *run) error { return r.ownMessages(r.sets) }

// TextRules are rules that what a writer sets keeps.
const TextRules = `{"questions":[{"text":1000}]}`

// ownMessages calls fn with writers that have messages of their own, by the run's rules.
func (r *run) ownMessages(fn func([]*writer) error) error {
	accounts, err := r.accounts(r.Clients, "w")
	if err != nil {
		return err
	}
	r.setPhase("send messages")
	clients, err := r.loginAll(accounts, false)
	if err != nil {
		return err
	}
	defer closeAll(clients)
	writers := make([]*writer, len(clients))
	var g errgroup.Group
	g.SetLimit(parallel)
	for i, c := range clients {
		g.Go(func() error {
			ids := make([]string, r.Messages)
			for j := range ids {
				var err error
				if ids[j], err = c.sendMessage(fmt.Sprintf("bench-%s-absent", r.tag), "C2C", r.Rules); err != nil {
					return err
				}
			}
			writers[i] = newWriter(i, c, ids)
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return fn(writers)
}

// hot has all clients set pairs of one message, each its own pair, as fast as the acknowledgements
// come.
func hot(r *run) error {
	return r.withMessages("w", 1, func(clients []*client, messages []string) error {
		writers := make([]*writer, len(clients))
		for i, c := range clients {
			writers[i] = newWriter(i, c, messages)
		}
		return r.sets(writers)
	})
}

// sets measures acknowledged sets.
func (r *run) sets(writers []*writer) error {
	b := newScoreboard(r.Bytes)
	if err := r.createPairs(b, writers); err != nil {
		return err
	}
	took := newHistogram()
	r.setPhase("write")
	if err := r.startMeasuring(); err != nil {
		return err
	}
	err := r.each(writers, r.Rate, func(w *writer) error {
		start := time.Now()
		if _, err := w.change(b, 0); err != nil {
			return err
		}
		took.record(w.number, time.Since(start))
		return nil
	})
	if err != nil {
		return err
	}
	if err := r.stopMeasuring(int64(b.next.Load()), "set"); err != nil {
		return err
	}
	r.result.Latencies = append(r.result.Latencies, took.latency("set to acknowledgement"))
	return nil
}
