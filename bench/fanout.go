package bench

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

// fanout shows changes to an audience. Without a rate each writer waits until all viewers have seen
// its change: as many events are in flight as there are writers, and none is folded. With a rate
// the writers don't wait and share the messages, and the hub may fold.
func fanout(r *run) error {
	return r.withAudience(func(a *audience, writers []*writer) error {
		write := func(w *writer) error {
			_, err := w.change(a.scores, 0)
			return err
		}
		if r.Rate == 0 {
			write = a.lockstep
		}
		return a.measureWrites(writers, r.Rate, write)
	})
}

// withAudience calls fn with an audience and with writers, which are members too but don't read
// events. Without a rate each writer has messages of its own, so that no event waits for the
// interval that the hub keeps between two events of a message.
func (r *run) withAudience(fn func(*audience, []*writer) error) error {
	watching, err := r.accounts(r.Audience, "v")
	if err != nil {
		return err
	}
	writing, err := r.accounts(r.Clients, "w")
	if err != nil {
		return err
	}
	stalling, err := r.accounts(r.Stalled, "s")
	if err != nil {
		return err
	}
	return r.withGroup(func(g *group) error {
		own := 0
		if r.Rate == 0 {
			own = r.Messages
		}
		messages, err := g.messages(r, max(r.Messages, own*r.Clients)+1)
		if err != nil {
			return err
		}
		clients, err := r.loginAll(writing, false)
		if err != nil {
			return err
		}
		defer closeAll(clients)
		writers := make([]*writer, len(clients))
		for i, c := range clients {
			writers[i] = newWriter(i, c, messages[own*i:own*i+r.Messages])
		}
		b := newScoreboard(r.Bytes)
		if own > 0 {
			if err := r.createPairs(b, writers); err != nil {
				return err
			}
		}
		a, err := r.newAudience(b, watching, r.Clients)
		if err != nil {
			return err
		}
		defer a.close()
		stalled, err := r.stall(stalling, messages[len(messages)-1])
		if err != nil {
			return err
		}
		defer closeAll(stalled)
		return fn(a, writers)
	}, watching, writing, stalling)
}

// lockstep makes a change and waits until all viewers have seen it.
func (a *audience) lockstep(w *writer) error {
	n, err := w.change(a.scores, len(a.viewers))
	if err != nil || len(a.viewers) == 0 {
		return err
	}
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-a.scores.slot(n).complete:
		return nil
	case <-timer.C:
		remaining := a.scores.slot(n).remaining.Load()
		return errors.Join(fmt.Errorf("change %d has not reached %d of %d viewers after %v",
			n, remaining, len(a.viewers), timeout), a.err())
	case <-a.run.ctx.Done():
		return a.run.ctx.Err()
	}
}

// measureWrites lets the writers write for the run's duration, waits until all viewers are exact,
// and adds the figures to the result.
func (a *audience) measureWrites(writers []*writer, rate float64, write func(*writer) error) error {
	r := a.run
	r.setPhase("write")
	frames, pairs := a.counts()
	if err := r.startMeasuring(); err != nil {
		return err
	}
	if err := r.each(writers, rate, write); err != nil {
		return err
	}
	last := time.Now()
	if err := a.awaitExact(writers); err != nil {
		return err
	}
	exactAfter := time.Since(last)
	framesNow, pairsNow := a.counts()
	if err := r.stopMeasuring(framesNow-frames, "delivery"); err != nil {
		return err
	}
	r.result.add("viewers", float64(len(a.viewers)), "")
	r.result.add("sets", float64(a.scores.next.Load()), "")
	r.result.add("changes per delivery", float64(pairsNow-pairs)/float64(max(framesNow-frames, 1)), "")
	r.result.add("all exact after", exactAfter.Seconds()*1000, "ms")
	r.result.Latencies = append(r.result.Latencies, a.scores.received.latency("set to receipt"),
		a.scores.late.latency("acknowledgement to receipt"))
	return nil
}

// each lets every writer write for the run's duration, at a rate for all writers together.
func (r *run) each(writers []*writer, rate float64, write func(*writer) error) error {
	end := time.Now().Add(r.Duration)
	var g errgroup.Group
	for i, w := range writers {
		g.Go(func() error {
			return r.repeat(rate/float64(len(writers)), 1, i, len(writers), end, func() error {
				r.done.Add(1)
				return write(w)
			})
		})
	}
	return g.Wait()
}
