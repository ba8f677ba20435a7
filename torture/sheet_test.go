package torture

import (
	"context"
	"fmt"
	"sync"

	"exthub/hub/hubtest"
)

// sheet is a message of which a signer on each hub writes rows of several pairs, and takes them
// away again. Where pairs are committed one after the other a fault may leave a part of a row. It
// must be the first of them, and a row that was asked for as a whole must be whole, or not there.
type sheet struct {
	w       *world
	id      string
	signers []*signer
	// The fault may take what was committed since
	mayBeLost func() bool
}

const (
	rowPairs = 5  // pairs of a row
	keptRows = 40 // of these a fourth stays; a message takes 300 pairs
)

// signer is a member who writes rows that nobody else knows of.
type signer struct {
	sheet *sheet
	user  string
	hub   int
	rows  []*row
	made  int // requests that were acknowledged
}

// row is what a signer knows of the pairs of one row.
type row struct {
	keys    [rowPairs]string
	seqs    [rowPairs]uint64 // as the set was acknowledged
	atomic  bool
	set     outcome
	deleted outcome
}

// outcome is what became of a request.
type outcome int

const (
	unasked outcome = iota
	refused         // nothing was written
	unknown
	acknowledged
)

func newSheet(w *world) *sheet {
	anew := w.lossExpected // what was lost was lost before
	s := &sheet{w: w, mayBeLost: func() bool { return w.lossExpected && !anew }}
	var users []string
	for hub := range w.instances {
		g := &signer{sheet: s, user: fmt.Sprint("signer", hub), hub: hub}
		s.signers = append(s.signers, g)
		users = append(users, g.user)
	}
	w.makeGroup("sheet", users) // without watchers, who follow other messages
	s.id = w.send("sheet")
	return s
}

// start lets the signers write until ctx ends.
func (s *sheet) start(ctx context.Context, running *sync.WaitGroup) {
	for _, g := range s.signers {
		running.Go(func() { s.w.act(ctx, 4*s.w.writeInterval, g.hub, g.user, g.write) })
	}
}

// write takes away the row that was written last, or writes another one.
func (g *signer) write(ctx context.Context, s *hubtest.Session) {
	if n := len(g.rows); n > 0 && (n%4 != 0 || n > keptRows) {
		if last := g.rows[n-1]; last.set == acknowledged && last.deleted == unasked {
			last.deleted = g.ask(ctx, s, "deleteMessageExtensions", last)
			return
		}
	}
	next := g.add(len(g.rows)%3 == 0)
	next.set = g.ask(ctx, s, "setMessageExtensions", next)
}

// add returns a row that is about to be written.
func (g *signer) add(atomic bool) *row {
	r := &row{atomic: atomic}
	for i := range r.keys {
		r.keys[i] = fmt.Sprintf("%sr%dp%d", g.user, len(g.rows), i)
	}
	g.rows = append(g.rows, r)
	return r
}

// ask makes a request about a row, and says what became of it.
func (g *signer) ask(ctx context.Context, s *hubtest.Session, method string, r *row) outcome {
	w := g.sheet.w
	set := method == "setMessageExtensions"
	params := object{"messageID": g.sheet.id}
	var items []object
	for i, key := range r.keys {
		item := object{"key": key, "seq": r.seqs[i]}
		if set {
			item["value"] = "x"
		}
		items = append(items, item)
	}
	params["extensions"] = items
	if set && r.atomic {
		params["atomic"] = true
	}
	var got hubtest.Changed
	err := s.Call(ctx, method, params, &got)
	switch {
	case nothingWritten(err), w.wiped.Load() && isGone(err):
		return refused
	case outcomeUnknown(err):
		return unknown
	case err != nil:
		w.violation("%s of row %s was refused: %v", method, r.keys[0], err)
		return unknown
	}
	g.made++
	for i, e := range got.Extensions {
		if e.Code != 0 {
			w.violation("%s of row %s, which nobody else writes: %+v", method, r.keys[0], got)
			return unknown
		}
		if set {
			r.seqs[i] = e.Seq
		}
	}
	return acknowledged
}

// verify compares what the signers were told with the bucket, and returns how many requests were
// acknowledged.
func (s *sheet) verify(bucket map[string]entry) (made int) {
	if s.mayBeLost() {
		return 0
	}
	for _, g := range s.signers {
		made += g.made
		for _, r := range g.rows {
			pairs, _ := s.pairsOf(r, bucket)
			if why := r.check(pairs); why != "" {
				s.w.violation("%s: %+v, but the bucket has %+v", why, *r, pairs)
			}
		}
	}
	return made
}

// pairsOf returns the pairs of a row as they are in the bucket.
func (s *sheet) pairsOf(r *row, bucket map[string]entry) (pairs [rowPairs]entry, live int) {
	for i, key := range r.keys {
		pairs[i] = bucket[s.id+".x."+key]
		if pairs[i].seq > 0 && !pairs[i].deleted {
			live++
		}
	}
	return pairs, live
}

// check returns what is wrong with the pairs of a row, or "".
func (r *row) check(pairs [rowPairs]entry) string {
	live := 0
	var is [rowPairs]bool
	for i, e := range pairs {
		if is[i] = e.seq > 0 && !e.deleted; !is[i] {
			continue
		}
		live++
		if r.set == acknowledged && e.seq != r.seqs[i] {
			return "acknowledged at another revision"
		}
		if i > 0 && is[i-1] && pairs[i-1].seq > e.seq {
			return "written in another order"
		}
	}
	// A set that ended early leaves the first of the row, and a deletion the last.
	whole, starts := live == 0 || live == rowPairs, is[0]
	changes := 0
	for i := range rowPairs - 1 {
		if is[i] != is[i+1] {
			changes++
		}
	}
	switch {
	case !whole && (changes > 1 || starts != (r.deleted == unasked)):
		return "what was done of it is not the first part"
	case !whole && r.set == unknown && r.atomic:
		return "a set that was to be whole is not"
	case live > 0 && r.set == refused:
		return "nothing was written, they said"
	case live < rowPairs && r.set == acknowledged && r.deleted < unknown:
		return "a set was acknowledged"
	case live > 0 && r.deleted == acknowledged:
		return "a deletion was acknowledged"
	}
	return ""
}
