package bench

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// summaries lets the whole audience connect, log in and ask for the summary of one poll, all at the
// same moment. Each has to get what counting the votes gives.
func summaries(r *run) error {
	voting, err := r.accounts(r.Clients, "w")
	if err != nil {
		return err
	}
	coming, err := r.accounts(r.Audience, "v")
	if err != nil {
		return err
	}
	return r.withHall(voting, coming, func(h *hallRun) error {
		for _, v := range h.voters {
			if err := h.vote(v); err != nil {
				return err
			}
		}
		return h.openAtOnce(coming)
	})
}

// openAtOnce measures how long it takes until all have the summary.
func (h *hallRun) openAtOnce(accounts []account) error {
	took, want := newHistogram(), h.counted()
	h.setPhase("log in and read")
	if err := h.startMeasuring(); err != nil {
		return err
	}
	start := time.Now()
	clients := make([]*client, len(accounts))
	failed := make([]error, len(accounts))
	var all sync.WaitGroup
	for i, a := range accounts {
		all.Go(func() {
			if clients[i], failed[i] = h.readFirst(a, want); failed[i] == nil {
				took.record(i, time.Since(start))
				h.done.Add(1)
			}
		})
	}
	all.Wait()
	back := time.Since(start)
	defer closeAll(clients)
	for _, err := range failed {
		if err != nil {
			return err
		}
	}
	if err := h.stopMeasuring(int64(len(accounts)), "summary"); err != nil {
		return err
	}
	h.result.add("all have it after", back.Seconds(), "s")
	h.result.Latencies = append(h.result.Latencies, took.latency("connect to summary"))
	return nil
}

// readFirst logs a viewer in and compares the summary with the votes.
func (h *hallRun) readFirst(a account, want []int) (*client, error) {
	c, err := h.target.login(h.ctx, a, false)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", a.user, err)
	}
	var got struct {
		Summary struct{ Answers [][]int }
	}
	err = c.call("getMessageExtensionSummary", map[string]any{"messageID": h.message}, &got)
	if err == nil && (len(got.Summary.Answers) == 0 || !slices.Equal(got.Summary.Answers[0], want)) {
		err = fmt.Errorf("%s: the summary is %v, but the votes come to %v", a.user, got.Summary.Answers, want)
	}
	return c, err
}
