package events

import (
	"slices"
	"time"
)

// A hall takes a tenth of a second to be written to. Therefore it is told a summary in rounds: some
// sessions at a time, each as the summary is by then, which says all that those before it did. What
// a session has is never older than a round takes, however many votes there are.
//
// A round takes longer than it must, since nearly all that it costs is write(2). While many vote,
// theirs come as early as with events of pairs, which are as old as all the writing when they come
// to their last session; while few do, up to a fifth of a second later. For that a hall costs the
// server less than 0.6 of what events with pairs do. docs/benchmarks.md has it in rows.
const (
	// roundPart is how many sessions are told at a time. The more, the older a summary is when it
	// comes to the last of them. The fewer, the more often the other side is woken for a few: with
	// parts of 512 a round took a quarter more of the server's time than with parts of 5,000.
	roundPart = 3400
	// roundSpan is how many times as long as the writing a round takes, while that is short.
	roundSpan = 5
	// A round of a hall takes as long as it takes until this many have voted, within these bounds:
	// who is told often of little has the server write for nothing. While many vote, it is shorter
	// on a machine that writes faster.
	roundNews    = 80
	shortestHall = 225 * time.Millisecond
	longestHall  = 400 * time.Millisecond
)

// shortest returns the least time that a round of a hall takes whose writing takes so long.
func shortest(writing time.Duration) time.Duration { return min(shortestHall, writing*5/2) }

// round is those who have yet to be told a summary.
type round struct {
	others, privileged []Subscriber
	gone               []Subscriber // those among them who have left the group since

	part, parts int           // how many are told at a time, and how often that is
	due         time.Time     // when the next part is
	cost        time.Duration // of the writing of a part

	began time.Time     // when this one did, or all were told at once
	news  int           // votes since then
	hall  time.Duration // how long this round takes within its bounds, if it is one of a hall
}

// over reports whether everybody has been told.
func (r *round) over() bool { return len(r.others)+len(r.privileged) == 0 }

// end forgets who has yet to be told: all have been, or nobody is to be.
func (r *round) end() {
	r.others, r.privileged, r.gone = nil, nil, nil
	r.began, r.news = time.Now(), 0
}

// begin begins a new round, for those who take part by now.
func (r *round) begin(sp *split) {
	r.hall = time.Since(r.began) * roundNews / time.Duration(max(1, r.news))
	r.end()
	r.others, r.privileged = sp.others, sp.privileged
	r.parts = max(1, (len(r.others)+roundPart-1)/roundPart)
	r.part = (len(r.others) + r.parts - 1) / r.parts
}

// take takes the next part of a round. The privileged, who are few, are told with the last one.
func (r *round) take() (others, privileged []Subscriber) {
	n := min(r.part, len(r.others))
	others, r.others = r.others[:n:n], r.others[n:]
	if len(r.others) == 0 {
		privileged, r.privileged = r.privileged, nil
	}
	return r.present(others), r.present(privileged)
}

// present returns those who have not left.
func (r *round) present(list []Subscriber) []Subscriber {
	if len(r.gone) == 0 {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), func(s Subscriber) bool { return slices.Contains(r.gone, s) })
}

// pause returns for how long to wait after a part whose writing took so long. Parts are due at an
// even pace: one that is late, since the machine does something else, delays none of those behind
// it. That is also why the cost of a part is the least of those lately.
func (r *round) pause(took, interval time.Duration) time.Duration {
	const slowly = 64
	if r.cost += r.cost / slowly; r.cost == 0 || took < r.cost {
		r.cost = took
	}
	writing := r.cost * time.Duration(r.parts)
	hall := max(shortest(writing), min(r.hall, longestHall))
	whole := max(interval, writing*3/2, min(roundSpan*writing, hall))
	gap := whole / time.Duration(r.parts)
	now := time.Now()
	if r.due = r.due.Add(gap); now.Sub(r.due) > gap {
		r.due = now
	}
	return max(0, r.due.Sub(now))
}

// tellRound tells the summary to the next part of a round, or of a new one. The caller holds b.mu.
func (b *Broker) tellRound(t *throttle) {
	if t.round.over() {
		b.splitFor(t.ref, t.poll, &t.split)
		t.round.begin(&t.split)
		t.stale = false
	}
	others, privileged := t.round.take()
	t.timer.Stop()
	t.began, t.inRound = time.Now(), true
	for _, part := range []struct {
		to     []Subscriber
		author bool
	}{{others, false}, {privileged, true}} {
		if len(part.to) == 0 {
			continue
		}
		e := newPairEvent(t.id, nil, b.options.Wrap).addSummary(b.options.Wrap, visible(t.poll, part.author))
		if b.deliverTo(t.ref, e, part.to, t.written) {
			t.pending++
		}
	}
	b.planTick(t)
}

// leaveRounds keeps what a group has yet to be told from a session that leaves it; and from all, if
// it is nil, since there is no group any more.
func (b *Broker) leaveRounds(group string, s Subscriber) {
	for _, t := range b.throttles {
		switch {
		case t.ref.GroupID != group:
		case s == nil:
			t.stale = false
			t.round.end()
		case !t.round.over():
			t.round.gone = append(t.round.gone, s)
		}
	}
}

// joinRounds lets a session that has left a group and comes back be told what the others are.
func (b *Broker) joinRounds(group string, s Subscriber) {
	for _, t := range b.throttles {
		if t.ref.GroupID == group {
			t.round.gone = slices.DeleteFunc(t.round.gone, func(gone Subscriber) bool { return gone == s })
		}
	}
}
