package events

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"exthub/kv"
	"exthub/kv/ballot"
)

// hall is a group whose members take two parts of a round, and the author of its poll.
type hall struct {
	*Broker
	slow    slowDeliverer
	members []*session
	author  *session
	ref     kv.Ref
	votes   int
}

func newHall(t *testing.T) *hall {
	t.Helper()
	h := &hall{ref: kv.Ref{GroupID: "hall", MsgSeq: 1}}
	h.Broker = New(Options{Interval: 50 * time.Millisecond, LargeAudience: 2, Deliverer: &h.slow})
	for i := range 2 * roundPart {
		h.members = append(h.members, join(h.Broker, fmt.Sprint("m", i), "hall"))
	}
	h.author = join(h.Broker, "author", "hall")
	return h
}

// vote publishes the next vote, of somebody who is not here.
func (h *hall) vote() { h.publish(kv.Delta{}) }

// publish publishes a vote with more that happens at its revision.
func (h *hall) publish(d kv.Delta) {
	h.votes++
	p := kv.Poll{
		Record: &kv.Record{Ref: h.ref, GroupID: "hall", From: "author", Rules: &ballot.Rules{
			Write: ballot.WriteOwn, Show: ballot.ShowSummary, Reveal: ballot.RevealNever,
		}},
		Summary: kv.Summary{Pairs: h.votes, LatestSeq: uint64(h.votes)},
	}
	d.ID, d.Ref, d.Revision = h.ref.ID(), h.ref, uint64(h.votes)
	d.Pairs = []kv.Pair{{Key: fmt.Sprint("v", h.votes), Value: "1", Seq: uint64(h.votes)}}
	d.Poll = func(context.Context) (kv.Poll, error) { return p, nil }
	h.Publish(d)
}

// beginRound publishes two votes, of which all have been told the first, and the first part the
// second.
func (h *hall) beginRound(t *testing.T) {
	t.Helper()
	h.vote()
	h.expect(t, "the first vote", "1", "1", "1")
	h.slow.finish(2)
	h.vote()
	h.expect(t, "the first part", "2", "", "")
}

// change publishes that a member leaves, or comes back.
func (h *hall) change(member int, joined bool) {
	h.Publish(kv.Delta{Ref: kv.Ref{GroupID: "hall"}, Members: []kv.MemberChange{
		{UserID: fmt.Sprint("m", member), Joined: joined},
	}})
}

// expect waits, and compares what the first member, the last and the author were told with want:
// how many votes there are, or what else.
func (h *hall) expect(t *testing.T, what string, want ...string) {
	t.Helper()
	<-time.After(time.Second)
	synctest.Wait()
	for i, s := range []*session{h.members[0], h.members[len(h.members)-1], h.author} {
		got := ""
		for _, frame := range s.frames() {
			if _, pairs, ok := strings.Cut(frame, `"pairs":`); ok {
				frame, _, _ = strings.Cut(pairs, ",")
			} else {
				frame = strings.Split(frame, `"`)[7]
			}
			got += frame
		}
		if got != want[i] {
			t.Fatalf("%s: of the first member, the last and the author the %dth was told %q, want %q",
				what, i, got, want[i])
		}
	}
}

// TestRound: a hall that is told a summary part by part is told the newest by each part's turn. Who
// came first in one round is told what the others know in the next.
func TestRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t)
		h.vote()
		h.expect(t, "the first vote", "1", "1", "1")
		h.slow.finish(2)
		h.vote()
		h.vote()
		h.expect(t, "the first part", "3", "", "")
		h.vote()
		h.slow.finish(1)
		h.expect(t, "the second part", "", "4", "4")
		h.slow.finish(2)
		h.expect(t, "the next round", "4", "", "")
		h.slow.finish(1)
		h.expect(t, "its second part", "", "4", "4")
		h.slow.finish(2)
		h.expect(t, "when all know", "", "", "")
		if len(h.throttles) != 0 {
			t.Errorf("%d throttles are kept for nothing", len(h.throttles))
		}
	})
}

// TestRoundAndMembers: whoever leaves while a round is under way is told nothing that comes after
// it, and whoever comes back, what the others are; no member who comes or goes lets a whole hall be
// told at once, as a thousand who come within a minute would. Each vote is there before the writing
// is over, since what is to be told next may be due at that very moment.
func TestRoundAndMembers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t)
		last := len(h.members) - 1
		h.beginRound(t)
		h.change(last, false)
		h.vote()
		h.slow.finish(1)
		h.expect(t, "the second part, without the last member", "", "GROUP_LEFT", "3")
		h.slow.finish(2)
		h.expect(t, "the next round", "3", "", "")
		h.change(last, true)
		h.slow.finish(1)
		h.expect(t, "its second part, to who was there when it began", "", "GROUP_JOINED", "3")
		h.slow.finish(2)
		h.expect(t, "when all know", "", "", "")
		h.vote()
		h.expect(t, "a vote after all that", "4", "4", "4")
		h.slow.finish(2)
		h.vote()
		h.expect(t, "the round after it", "5", "", "")
		h.change(last, false)
		h.change(last, true)
		h.slow.finish(1)
		h.expect(t, "who went and came back within a round", "", "GROUP_LEFTGROUP_JOINED5", "5")
		h.vote()
		h.slow.finish(2)
		h.expect(t, "the last round", "6", "", "")
		h.Publish(kv.Delta{Ref: kv.Ref{GroupID: "hall"}, Dissolved: true})
		h.slow.finish(1)
		h.expect(t, "a group that is dissolved", "GROUP_LEFT", "GROUP_LEFT", "GROUP_LEFT")
	})
}

// TestRoundAndClose: what was under way about a poll does not come behind its close.
func TestRoundAndClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t)
		h.beginRound(t)
		h.publish(kv.Delta{ClosedSeq: 3})
		h.expect(t, "the close", "3", "3", "3")
		h.slow.finish(3)
		h.expect(t, "after the close", "", "", "")
	})
}
