package bench

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"
)

// audience is the viewers of a group. Each viewer reads in a goroutine of its own.
type audience struct {
	run     *run
	scores  *scoreboard
	viewers []*viewer
	reading sync.WaitGroup
	pinging sync.WaitGroup
	stop    chan struct{}
	mu      sync.Mutex
	failure error // why the first viewer was disconnected
	closing bool
}

// newAudience logs the accounts in as viewers.
func (r *run) newAudience(b *scoreboard, accounts []account, writers int) (*audience, error) {
	r.setPhase("the audience comes")
	clients, err := r.loginAll(accounts, false)
	if err != nil {
		return nil, err
	}
	a := &audience{run: r, scores: b, stop: make(chan struct{})}
	for i, c := range clients {
		a.viewers = append(a.viewers, newViewer(i, c, b, writers))
	}
	for _, v := range a.viewers {
		a.start(v)
	}
	a.pinging.Go(a.keepAlive)
	return a, nil
}

func (a *audience) start(v *viewer) {
	// Clear the login's; a broken connection fails when it is read
	_ = v.SetReadDeadline(time.Time{})
	a.reading.Go(func() {
		err := v.watch()
		a.mu.Lock()
		defer a.mu.Unlock()
		if !a.closing && a.failure == nil {
			a.failure = fmt.Errorf("%s: %w", v.user, err)
		}
	})
}

// keepAlive sends a ping for every viewer, spread over the time after which a hub would end a
// silent session.
func (a *audience) keepAlive() {
	const every = 25 * time.Second
	tick := time.NewTicker(every / 100)
	defer tick.Stop()
	for turn := 0; ; turn++ {
		select {
		case <-a.stop:
			return
		case <-a.run.ctx.Done():
			return
		case <-tick.C:
		}
		a.mu.Lock()
		for i := turn % 100; i < len(a.viewers) && !a.closing; i += 100 {
			v := a.viewers[i]
			v.request = append(append(v.request[:0], `{"jsonrpc":"2.0","method":"ping","id":0`...), '}')
			_ = v.post(v.request) // its reader notices a broken connection
		}
		a.mu.Unlock()
	}
}

// err returns why a viewer was disconnected, or nil if none was.
func (a *audience) err() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.failure
}

// cut ends all connections at once and waits for the readers.
func (a *audience) cut() {
	a.mu.Lock()
	a.closing = true
	a.mu.Unlock()
	for _, v := range a.viewers {
		_ = v.Close() // its reader ends in either case
	}
	a.reading.Wait()
}

func (a *audience) close() {
	close(a.stop)
	a.pinging.Wait()
	a.cut()
}

// counts returns how many frames and pairs the viewers have received together.
func (a *audience) counts() (frames, pairs int64) {
	for _, v := range a.viewers {
		frames += v.frames.Load()
		pairs += v.pairs.Load()
	}
	return frames, pairs
}

// awaitExact waits until every viewer has the last value of every writer's pair. It returns an
// error with the number of those that don't get there.
func (a *audience) awaitExact(writers []*writer) error {
	last := make([]uint64, len(writers))
	for i, w := range writers {
		last[i] = w.last
	}
	return a.awaitAll("the last values", func(v *viewer) bool { return v.has(last) })
}

// awaitAll waits until every viewer has something. It returns an error with the number of those
// that don't get it.
func (a *audience) awaitAll(what string, has func(*viewer) bool) error {
	for deadline := time.Now().Add(timeout); ; {
		behind := 0
		for _, v := range a.viewers {
			if !has(v) {
				behind++
			}
		}
		switch {
		case behind == 0:
			return nil
		case a.err() != nil:
			return a.err()
		case time.Now().After(deadline):
			return fmt.Errorf("%d of %d viewers do not have %s after %v", behind, len(a.viewers), what, timeout)
		}
		if err := a.run.pause(10 * time.Millisecond); err != nil {
			return errors.Join(err, a.err())
		}
	}
}

// has reports whether the viewer has seen these changes, by writer.
func (v *viewer) has(last []uint64) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.EqualFunc(v.last, last, func(has, want uint64) bool { return has >= want })
}

// catchUp reads what has changed in the message since the viewer last saw something.
func (v *viewer) catchUp(message string) error {
	for {
		b := append(append(v.beginRequest("getMessageExtensions"), `{"messageID":"`...), message...)
		b = strconv.AppendUint(append(b, `","startSeq":`...), v.seq, 10)
		page, err := v.roundTrip(append(b, '}'))
		if err != nil {
			return fmt.Errorf("get: %w", err)
		}
		before := v.seq
		v.apply(page)
		if complete, _ := leadingNumber(after(page, `"completeFlag":`)); complete == 1 {
			return nil
		}
		if v.seq == before {
			return fmt.Errorf("get: the page from %d on brings nothing new: %.200s", before, page)
		}
	}
}
