package bench

import (
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// storm cuts the whole audience off at one moment, while a poll goes on. Everybody comes back at
// once, logs in, and asks for what was missed.
func storm(r *run) error {
	r.Messages = 1
	return r.withAudience(func(a *audience, writers []*writer) error {
		accounts, err := r.accounts(len(a.viewers), "v")
		if err != nil {
			return err
		}
		var voting errgroup.Group
		r.setPhase("vote")
		if err := r.startMeasuring(); err != nil {
			return err
		}
		voting.Go(func() error {
			return r.each(writers, r.Rate, func(w *writer) error {
				_, err := w.change(a.scores, 0)
				return err
			})
		})
		if err := r.pause(r.Duration / 4); err != nil {
			return err
		}
		if err := a.err(); err != nil {
			return err
		}
		a.cut()
		r.setPhase("come back")
		start := time.Now()
		took, err := a.reconnect(accounts, writers[0].messages[0])
		if err != nil {
			return err
		}
		back := time.Since(start)
		r.setPhase("vote")
		if err := voting.Wait(); err != nil {
			return err
		}
		if err := a.awaitExact(writers); err != nil {
			return err
		}
		if err := r.stopMeasuring(int64(len(a.viewers)), "return"); err != nil {
			return err
		}
		r.result.add("all back after", back.Seconds(), "s")
		r.result.add("returns a second until then", float64(len(a.viewers))/back.Seconds(), "/s")
		r.result.add("viewers that ended exact", float64(len(a.viewers)), "")
		r.result.add("sets meanwhile", float64(a.scores.next.Load()), "")
		r.result.Latencies = append(r.result.Latencies, took.latency("cut off to exact again"))
		return nil
	})
}

// reconnect connects every viewer anew, all at the same time. It returns how long each took,
// measured from the common start.
func (a *audience) reconnect(accounts []account, message string) (*histogram, error) {
	r := a.run
	start := time.Now()
	took := newHistogram()
	var back sync.WaitGroup
	errs := make(chan error, len(a.viewers))
	for i, v := range a.viewers {
		back.Go(func() {
			c, err := r.target.login(r.ctx, accounts[i], false)
			if err == nil {
				v.client = c
				c.onNotification = func(frame []byte) { v.apply(frame) }
				err = v.catchUp(message)
			}
			if err != nil {
				errs <- fmt.Errorf("%s does not come back: %w", v.user, err)
				return
			}
			took.record(i, time.Since(start))
			r.done.Add(1)
		})
	}
	back.Wait()
	select {
	case err := <-errs:
		return nil, err
	default:
	}
	a.mu.Lock()
	a.closing = false
	a.mu.Unlock()
	for _, v := range a.viewers {
		a.start(v)
	}
	return took, nil
}
