package events

import (
	"context"
	"strings"
	"testing"

	"exthub/kv"
	"exthub/kv/ballot"
)

// A session that is behind gets of many summaries the newest, behind its own pairs; and of a close,
// which says the same, nothing twice.
func TestFoldSummaries(t *testing.T) {
	const id = kv.MessageID("g.hall.1")
	summary := func(pairs int) *Event {
		return newPairEvent(id, nil, nil).addSummary(nil, kv.Summary{Pairs: pairs, LatestSeq: uint64(pairs)})
	}
	own := func(value string, seq uint64) *Event {
		return newPairEvent(id, []change{{key: "ann", value: value, seq: seq}}, nil)
	}
	closed := newPairEvent(id, nil, nil).addClose(nil, 9, kv.Summary{Pairs: 8, ClosedSeq: 9})
	said := func(e *Event) string {
		var b strings.Builder
		for _, f := range e.Frames() {
			b.Write(f.Payload)
			b.WriteByte('\n')
		}
		if e.Message() != id || e.Size() != b.Len()-len(e.Frames()) {
			t.Errorf("%d bytes of %s, want %d", e.Size(), e.Message(), b.Len()-len(e.Frames()))
		}
		return b.String()
	}
	behind := Fold([]*Event{summary(1), own("1", 2), summary(2), own("2", 3), summary(3)}, nil)
	for _, e := range []*Event{behind, Fold([]*Event{summary(1), behind}, nil)} {
		if got := said(e); len(e.Frames()) != 2 || !strings.Contains(got, `"value":"2","seq":3`) ||
			!strings.HasSuffix(got, `"summary":{"pairs":3,"latestSeq":3}}}`+"\n") {
			t.Errorf("folded:\n%s", got)
		}
	}
	last := Fold([]*Event{behind, summary(7), closed}, nil)
	if got := said(last); len(last.Frames()) != 2 || strings.Contains(got, "_SUMMARY") ||
		!strings.Contains(got, `"closedSeq":9,"summary":{"pairs":8`) {
		t.Errorf("folded with the close:\n%s", got)
	}
}

// Everybody gets one encoding of an event, and is put together anew only when somebody has come or
// gone: not for each event of a hall.
func TestSplitIsMadeOnce(t *testing.T) {
	b := New(Options{Admins: []string{"admin"}})
	for _, user := range []string{"ann", "bob", "admin", "cat"} {
		s := &counted{id: user}
		b.Attach(s, user)
		b.Join(s, user, []string{"hall"})
	}
	ref := kv.Ref{GroupID: "hall", MsgSeq: 1}
	p := &kv.Poll{Record: &kv.Record{Ref: ref, From: "ann", GroupID: "hall", Rules: &ballot.Rules{
		Write: ballot.WriteOwn, Reveal: ballot.RevealNever,
	}}}
	var sp split
	b.splitFor(ref, p, &sp)
	if len(sp.others) != 2 || len(sp.privileged) != 2 {
		t.Fatalf("%d others, %d privileged", len(sp.others), len(sp.privileged))
	}
	before := &sp.others[0]
	b.splitFor(ref, p, &sp)
	if &sp.others[0] != before {
		t.Error("made anew, and nobody has come or gone")
	}
	dan := &counted{id: "dan"}
	b.Attach(dan, "dan")
	b.Join(dan, "dan", []string{"hall"})
	b.splitFor(ref, p, &sp)
	if len(sp.others) != 3 {
		t.Errorf("%d others after one came", len(sp.others))
	}
}

// counted is a session that nothing is asked of.
type counted struct{ id string }

func (c *counted) Session() string { return c.id }
func (c *counted) Notify(*Event)   {}
func (c *counted) Lost()           {}

// A message expires between a vote and the moment in which members would be told of it. Nobody is
// told anything, and nobody's session ends for it.
func TestVoteOnWhatHasExpired(t *testing.T) {
	b := New(Options{})
	ann := join(b, "ann", "hall")
	vote := pairs("hall", 5, "ann")
	vote.Poll = func(context.Context) (kv.Poll, error) { return kv.Poll{}, kv.ErrNoMessage }
	b.Publish(vote)
	if got := ann.frames(); len(got) != 0 || ann.lost != 0 {
		t.Errorf("told %s, lost %d times", got, ann.lost)
	}
}
