package bench

import (
	"math/rand/v2"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// mixed is a day's work: sets at a rate, as many reads, and every second one in a hundred of the
// audience leaves and comes back.
func mixed(r *run) error {
	return r.withAudience(func(a *audience, writers []*writer) error {
		readers, err := r.accounts(max(1, r.Clients/10), "w") // they are members
		if err != nil {
			return err
		}
		clients, err := r.loginAll(readers, false)
		if err != nil {
			return err
		}
		defer closeAll(clients)
		visitors, err := r.accounts(r.Audience, "v")
		if err != nil {
			return err
		}
		var background errgroup.Group
		end := time.Now().Add(r.Duration)
		readLatency, loginLatency := newHistogram(), newHistogram()
		var reads, visits atomic.Int64
		for i, c := range clients {
			background.Go(func() error {
				return r.repeat(r.Rate/float64(len(clients)), 1, i, len(clients), end, func() error {
					n, start := rand.IntN(r.Messages), time.Now()
					_, err := c.readAll(writers[0].messages[n : n+1])
					readLatency.record(i, time.Since(start))
					reads.Add(1)
					return err
				})
			})
		}
		background.Go(func() error {
			return r.repeat(float64(r.Audience)/100, 1, 0, 1, end, func() error {
				start := time.Now()
				c, err := r.target.login(r.ctx, visitors[rand.IntN(len(visitors))], false)
				if err != nil {
					return err
				}
				loginLatency.record(0, time.Since(start))
				visits.Add(1)
				return c.Close()
			})
		})
		err = a.measureWrites(writers, r.Rate, func(w *writer) error {
			_, err := w.change(a.scores, 0)
			return err
		})
		if failed := background.Wait(); err == nil {
			err = failed
		}
		if err != nil {
			return err
		}
		r.result.add("reads", float64(reads.Load()), "")
		r.result.add("visits", float64(visits.Load()), "")
		r.result.Latencies = append(r.result.Latencies, readLatency.latency("all pages"),
			loginLatency.latency("connect and log in"))
		return nil
	})
}
