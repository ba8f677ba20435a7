package torture

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"exthub/hub/hubtest"
)

// hall is two polls on which a voter of each hub votes all the while. One is closed by hand when
// nobody writes any more, and the other by the server, at a second at which the fault may be. The
// tally that every hub has of them at the end must be what counting the bucket's pairs gives.
type hall struct {
	w      *world
	byHand string // the message that is closed by hand
	onTime string // the one that closes by itself
	closed uint64 // the revision at which that was acknowledged
	voters []*voter
	// The fault may take what was committed since: also a close
	mayBeLost func() bool
}

// choices is how many answers a poll takes.
const choices = 3

// voter is a member with one pair on each poll.
type voter struct {
	h       *hall
	user    string
	hub     int
	ballots map[string]*ballot // by message
	votes   int
}

// ballot is what a voter knows of the pair on one poll.
type ballot struct {
	seq          uint64 // to be named
	acknowledged hubtest.Pair
	doubts       []string // answers whose votes went unanswered
}

// summary is what a hub says of a poll.
type summary struct {
	Pairs     int     `json:"pairs"`
	Answers   [][]int `json:"answers"`
	LatestSeq uint64  `json:"latestSeq"`
	ClosedSeq uint64  `json:"closedSeq"`
}

// newHall sends the two polls, to different groups.
func newHall(w *world) *hall {
	anew := w.lossExpected // what was lost was lost before
	h := &hall{w: w, mayBeLost: func() bool { return w.lossExpected && !anew }}
	soon := time.Now().Unix() + 4 + rand.Int64N(6)
	h.byHand = w.sendPoll(groupIn[0], rules(0))
	h.onTime = w.sendPoll(groupIn[1], rules(soon))
	for hub := range w.instances {
		v := &voter{h: h, user: voterName(hub), hub: hub, ballots: make(map[string]*ballot)}
		for _, id := range h.polls() {
			v.ballots[id] = new(ballot)
		}
		h.voters = append(h.voters, v)
	}
	return h
}

func voterName(hub int) string { return fmt.Sprint("voter", hub) }

func (h *hall) polls() []string { return []string{h.byHand, h.onTime} }

// rules are those of a poll. Its pairs are not told to everybody, so watchers don't hear of them.
func rules(closeAt int64) object {
	rules := object{"write": "own", "show": "summary", "questions": []object{{"choices": choices}}}
	if closeAt > 0 {
		rules["closeAt"] = closeAt
	}
	return rules
}

// start lets the voters vote until ctx ends.
func (h *hall) start(ctx context.Context, running *sync.WaitGroup) {
	for _, v := range h.voters {
		running.Go(func() { h.w.act(ctx, 4*h.w.writeInterval, v.hub, v.user, v.vote) })
	}
}

// vote sets the voter's pair on one of the polls.
func (v *voter) vote(ctx context.Context, s *hubtest.Session) {
	w, polls := v.h.w, v.h.polls()
	id := polls[rand.N(len(polls))]
	b := v.ballots[id]
	answer := fmt.Sprint(1 + rand.N(choices))
	var got hubtest.Changed
	err := s.Call(ctx, "setMessageExtensions", hubtest.SetParams(id, v.user, answer, b.seq), &got)
	switch {
	case nothingWritten(err), hubtest.Code(err) == codeClosed, w.wiped.Load() && isGone(err):
	case outcomeUnknown(err):
		b.doubts = append(b.doubts, answer)
	case err != nil:
		w.violation("a vote of %s on %s was refused: %v", v.user, id, err)
	default:
		p := got.Extensions[0]
		if b.seq = p.Seq; p.Code != 0 {
			return // the vote before went unanswered, and was stored
		}
		b.acknowledged = p
		v.votes++
	}
}

// close closes the first poll.
func (h *hall) close() {
	h.w.withSession("owner", func(ctx context.Context, s *hubtest.Session) error {
		var got struct{ Summary summary }
		err := s.Call(ctx, "closeMessageExtensions", object{"messageID": h.byHand}, &got)
		h.closed = got.Summary.ClosedSeq
		return err
	})
}

// summaries asks every hub what it has of the polls, and waits until both are closed there.
func (h *hall) summaries() map[string][]summary {
	all := make(map[string][]summary)
	if h.mayBeLost() {
		return all
	}
	for i, u := range h.w.instances {
		for _, id := range h.polls() {
			if err := waitUntil(h.w.t.Context(), "close of "+id, func() error {
				got, err := readSummary(h.w.t.Context(), u, id)
				if err == nil && got.ClosedSeq == 0 {
					err = errors.New("it is open")
				}
				if err == nil {
					all[id] = append(all[id], got)
				}
				return err
			}); err != nil {
				h.w.violation("hub %d: %v", i, err)
			}
		}
	}
	return all
}

func readSummary(ctx context.Context, u *instance, id string) (summary, error) {
	s, err := login(ctx, u.addr(), "owner", nil)
	if err != nil {
		return summary{}, err
	}
	defer s.Close()
	var got struct{ Summary summary }
	err = s.Call(ctx, "getMessageExtensionSummary", object{"messageID": id}, &got)
	return got.Summary, err
}

// count returns what the pairs of a poll come to in the bucket.
func (h *hall) count(id string, bucket map[string]entry) summary {
	counted := summary{Answers: [][]int{make([]int, choices)}, ClosedSeq: bucket[id+".s"].seq}
	for key, e := range pairsOf(bucket, id) {
		counted.LatestSeq = max(counted.LatestSeq, e.seq)
		if e.seq > counted.ClosedSeq {
			h.w.violation("%s is closed at %d, and %s has %+v", id, counted.ClosedSeq, key, e)
		}
		for choice := range choices {
			if !e.deleted && e.value == fmt.Sprint(choice+1) {
				counted.Pairs++
				counted.Answers[0][choice]++
			}
		}
	}
	return counted
}

// verify compares what the hubs and the voters say of the polls with the bucket, and returns how
// many votes there were.
func (h *hall) verify(told map[string][]summary, bucket map[string]entry) (votes int) {
	if h.mayBeLost() {
		return 0
	}
	for _, id := range h.polls() {
		counted := h.count(id, bucket)
		for _, s := range told[id] {
			if fmt.Sprint(s) != fmt.Sprint(counted) {
				h.w.violation("a hub has %+v of %s, but counted it is %+v", s, id, counted)
			}
		}
		if id == h.byHand && h.closed != counted.ClosedSeq {
			h.w.violation("%s was closed at %d, but the bucket says %d", id, h.closed, counted.ClosedSeq)
		}
		for _, v := range h.voters {
			h.checkBallot(v, id, bucket[id+".x."+v.user])
		}
	}
	for _, v := range h.voters {
		votes += v.votes
	}
	return votes
}

// checkBallot checks that a voter's last acknowledged vote is in the bucket, or one that went
// unanswered.
func (h *hall) checkBallot(v *voter, id string, e entry) {
	b := v.ballots[id]
	switch last := b.acknowledged; {
	case e.seq < last.Seq, e.seq == last.Seq && e.value != last.Value:
		h.w.violation("acknowledged was %+v on %s, but the bucket has %+v", last, id, e)
	case e.seq > last.Seq && !slices.Contains(b.doubts, e.value):
		h.w.violation("%s did not vote %+v on %s: unanswered were %s", v.user, e, id, strings.Join(b.doubts, " "))
	}
}
