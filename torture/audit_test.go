package torture

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"exthub/hub/hubtest"
)

// catchUpReply is the answer to a client that came back with the Seq of a snapshot.
type catchUpReply struct {
	snapshot
	page hubtest.Page
}

// verify compares the journal with the bucket, after all requests have ended, and adds the run to
// the ledger. recovery is how long the fault was felt.
func (w *world) verify(recovery time.Duration) {
	w.t.Helper()
	replies := w.catchUpFromSnapshots()
	summaries := w.hall.summaries()
	w.stopWatchers()
	w.watching.Wait()
	bucket, err := w.bucket(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	w.checkSpread(bucket)
	lost := w.checkAcks(bucket)
	w.checkWatchers(bucket)
	w.checkReplies(replies, bucket)
	w.checkRemoval(bucket)
	w.checkHistories()
	votes := w.hall.verify(summaries, bucket) + w.sheet.verify(bucket)
	if n := duplicateAnswers.Swap(0); n > 0 {
		w.violation("%d requests were answered twice", n)
	}
	changes := w.club.verify()
	operations, acknowledged := w.journal.count()
	operations += changes + votes + w.past.operations
	acknowledged += votes + w.past.acknowledged
	ledger.add(run{w.fault, operations, acknowledged, lost, len(w.violations), recovery})
	for i, v := range w.violations {
		if i == 20 {
			w.t.Errorf("and %d more", len(w.violations)-i)
			break
		}
		w.t.Errorf("%s: violation: %s", w.fault, v)
	}
	if w.journal.lost > 0 || recovery > 0 {
		w.t.Logf("%d operations, %d acknowledged, %d unanswered, recovery %v",
			operations, acknowledged, w.journal.lost, recovery.Round(time.Millisecond))
	}
}

// checkHistories checks that the history of every message is linearizable.
func (w *world) checkHistories() {
	for id, h := range w.journal.history {
		if err := linearizable(h); err != nil {
			w.violation("%s: %v", id, err)
		}
	}
}

// catchUpFromSnapshots asks every hub for what has changed since some of the states that the
// watchers recorded.
func (w *world) catchUpFromSnapshots() (replies []catchUpReply) {
	w.t.Helper()
	for i, u := range w.instances {
		if err := waitUntil(w.t.Context(), "way back", func() error {
			s, err := login(w.t.Context(), u.addr(), fmt.Sprint("watcher", i), nil)
			if err != nil {
				return err
			}
			defer s.Close()
			for _, o := range w.watchers {
				o.mu.Lock()
				path := slices.Clone(o.snapshots)
				o.mu.Unlock()
				for _, f := range path {
					if o.user == w.leaver {
						// Events under way at the removal may be missing from its snapshots
						continue
					}
					p, err := fetchSince(w.t.Context(), s, f.message, f.latest)
					if err != nil {
						return err
					}
					known := snapshot{f.message, mirror{maps.Clone(f.pairs), f.latest}}
					replies = append(replies, catchUpReply{known, p})
				}
			}
			return nil
		}); err != nil {
			w.violation("%v", err)
		}
	}
	return replies
}

// checkAcks checks that what was acknowledged is in the bucket, or something newer that a client
// wrote. It returns how many acknowledged writes are not.
func (w *world) checkAcks(bucket map[string]entry) (lost int) {
	given := make(map[revision]ack)
	for _, a := range w.journal.acks {
		if a.what != "clear" && a.wrote {
			at := revision{bucketOf(a.message), a.pair.seq}
			if other, ok := given[at]; ok && !other.sameDeletion(a) {
				w.violation("revision %+v was given to %+v and to %+v", at, other, a)
			}
			given[at] = a
		}
	}
	for _, a := range w.journal.acks {
		if a.what == "clear" {
			for i := range keys {
				if e := bucket[a.message+".x."+keyName(i)]; !e.deleted && e.seq > 0 && e.seq <= a.pair.seq {
					lost++
					w.violation("clear at %d of %s was acknowledged, but the bucket has %+v", a.pair.seq, a.message, e)
				}
			}
			continue
		}
		e := bucket[a.message+".x."+a.key]
		switch {
		case a.pair.seq == 0: // deleted what never was
		case e.seq < a.pair.seq, e.seq == a.pair.seq && (e.deleted != (a.pair.value == "") || e.value != a.pair.value):
			lost++
			w.violation("acknowledged was %+v, but the bucket has %+v", a, e)
		case e.seq > a.pair.seq && !w.wasWritten(a.message, a.key, e, given):
			w.violation("nobody wrote %+v of %s %s", e, a.message, a.key)
		}
	}
	return lost
}

// revision is a revision of one of the buckets.
type revision struct {
	bucket int
	seq    uint64
}

// wasWritten reports whether a client wrote this entry: its write was acknowledged, or went
// unanswered.
func (w *world) wasWritten(message, key string, e entry, given map[revision]ack) bool {
	a, ok := given[revision{e.bucket, e.seq}]
	if ok && a.message == message && a.key == key && a.pair.value == e.value {
		return true
	}
	for _, op := range w.journal.history[message] {
		in, out := op.Input.(call), op.Output.(result)
		if e.deleted && in.kind == "clear" ||
			out.lost && in.kind != "get" && in.value == e.value && keyName(in.key) == key {
			return true
		}
	}
	return false
}

// pairsOf returns the pairs of a message as the bucket has them, deletions included.
func pairsOf(bucket map[string]entry, message string) map[string]entry {
	pairs := make(map[string]entry)
	for subject, e := range bucket {
		if key, ok := strings.CutPrefix(subject, message+".x."); ok {
			pairs[key] = e
		}
	}
	return pairs
}

// checkWatchers checks that every watcher that was online at the end knows what the bucket holds.
func (w *world) checkWatchers(bucket map[string]entry) {
	for _, o := range w.watchers {
		if o.user == w.leaver {
			continue
		}
		for _, id := range w.messages {
			w.compare(o.user, id, o.known[id].pairs, bucket)
		}
	}
}

func (w *world) compare(reader, id string, known map[string]register, bucket map[string]entry) {
	pairs := pairsOf(bucket, id)
	for key, e := range pairs {
		if c := known[key]; c.value != e.value || c.seq != e.seq && !e.deleted {
			w.violation("%s ended with %+v of %s %s, but the bucket has %+v", reader, c, id, key, e)
		}
	}
	for key, c := range known {
		if _, ok := pairs[key]; !ok {
			w.violation("%s knows %+v of %s %s, which the bucket does not have", reader, c, id, key)
		}
	}
}

// checkReplies checks that a client that came back with a Seq was given exactly what changed after
// it, and that this and what it knew add up to what the bucket has.
func (w *world) checkReplies(replies []catchUpReply, bucket map[string]entry) {
	for _, r := range replies {
		changed := make(map[string]entry)
		for key, e := range pairsOf(bucket, r.message) {
			if e.seq > r.latest {
				changed[key] = e
			}
		}
		for _, x := range r.page.Extensions {
			if e := changed[x.Key]; e.seq != x.Seq || e.value != x.Value {
				w.violation("who came back to %s with %d was given %+v, but the bucket has %+v",
					r.message, r.latest, x, e)
			}
			delete(changed, x.Key)
		}
		for key, e := range changed {
			w.violation("who came back to %s with %d was not told of %s: %+v", r.message, r.latest, key, e)
		}
		r.merge(r.page)
		w.compare("who came back with "+fmt.Sprint(r.latest), r.message, r.pairs, bucket)
	}
}

// checkRemoval checks that the member who was removed heard of nothing that came after the removal.
func (w *world) checkRemoval(bucket map[string]entry) {
	for i, group := range groupIn {
		e, ok := bucket["g."+group+"._.u."+w.leaver]
		if !ok || !e.deleted {
			continue // was never removed
		}
		for _, o := range w.watchers {
			for id, seq := range o.newest {
				if o.user == w.leaver && bucketOf(id) == i && seq > e.seq {
					w.violation("%s was removed at %d and heard of %d of %s", o.user, e.seq, seq, id)
				}
			}
		}
	}
}

// checkSpread checks that the messages are in all buckets.
func (w *world) checkSpread(bucket map[string]entry) {
	for _, id := range w.messages {
		if e, ok := bucket[id+".m"]; !ok || e.bucket != bucketOf(id) {
			w.violation("%s should be in bucket %d, which has %+v", id, bucketOf(id), e)
		}
	}
}
