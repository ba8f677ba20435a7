package kv

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"exthub/kv/ballot"
	"exthub/kv/bucket"
)

// plainMessage is a Message as simple as can be: a map of its pairs, sorted for each reader.
type plainMessage struct {
	pairs   map[string]Pair
	control control
	latest  uint64
}

func newPlainMessage() *plainMessage { return &plainMessage{pairs: make(map[string]Pair)} }

func (p *plainMessage) apply(suffix string, e bucket.Entry) error {
	if key, err := pairKey(suffix); err == nil {
		p.pairs[key] = Pair{Key: key, Value: e.Value, Seq: e.Revision, Deleted: e.Deleted, Created: e.Created, By: e.By}
		p.latest = max(p.latest, e.Revision)
	}
	if suffix != "c" {
		return nil
	}
	c, err := parseControl(e)
	p.control, p.latest = c, max(p.latest, c.ClearSeq)
	maps.DeleteFunc(p.pairs, func(_ string, pair Pair) bool {
		return pair.Deleted && pair.Seq <= c.PurgedSeq || !pair.Deleted && pair.Seq <= c.ClearSeq
	})
	return err
}

func (p *plainMessage) list(from uint64) []Pair {
	list := []Pair{}
	for _, pair := range p.pairs {
		if pair.Seq >= from && !(pair.Deleted && from == 0) {
			list = append(list, pair)
		}
	}
	slices.SortFunc(list, bySeq)
	return list
}

// trial makes changes of one message at random. The bucket keeps the last entry of each key, so a
// hub whose tail is behind gets the others never.
type trial struct {
	t        *testing.T
	random   *rand.Rand
	revision uint64
	bucket   map[string]bucket.Entry
	truth    map[string]Pair // the last change of each pair
	hoard    *hoard
	hubs     []*trialHub
	readers  []trialReader
}

// trialHub is a hub that follows the bucket, and the same message beside it as a plain map.
type trialHub struct {
	slot  *slot
	plain *plainMessage
}

// trialReader is a client that knows the live pairs as they were at a Seq.
type trialReader struct {
	seq   uint64
	pairs map[string]Pair
}

const (
	trialTombstones = 6
	trialRecord     = `{"from":"ann","groupID":"team","type":"T","payload":{},"rules":` +
		`{"write":"own","questions":[{"choices":3,"choose":1}]}}`
)

func newTrial(t *testing.T, seed uint64) *trial {
	r := &trial{
		t: t, random: rand.New(rand.NewPCG(seed, 1)), bucket: make(map[string]bucket.Entry),
		truth: make(map[string]Pair), hoard: newHoard(), readers: make([]trialReader, 1),
	}
	r.store(bucket.Entry{Key: string(fuzzedPost.ID()) + ".m", Value: trialRecord})
	r.hubs = []*trialHub{r.newHub(), r.newHub()}
	return r
}

// newHub returns a hub that starts now.
func (r *trial) newHub() *trialHub {
	h := &trialHub{&slot{key: string(fuzzedPost.ID())}, newPlainMessage()}
	h.slot.object = newMessage(fuzzedPost)
	r.deliver(h, len(r.bucket))
	return h
}

// deliver gives a hub the next entries, as far as they are still there.
func (r *trial) deliver(h *trialHub, most int) {
	var entries []bucket.Entry
	for _, e := range r.bucket {
		if e.Revision > h.slot.upTo {
			entries = append(entries, e)
		}
	}
	slices.SortFunc(entries, func(a, b bucket.Entry) int { return cmp.Compare(a.Revision, b.Revision) })
	for _, e := range entries[:min(most, len(entries))] {
		if err := cmp.Or(h.slot.apply(e), h.plain.apply(e.Key[len(h.slot.key)+1:], e)); err != nil {
			r.t.Fatal(err)
		}
	}
}

func (r *trial) store(e bucket.Entry) {
	r.revision++
	e.Revision = r.revision
	r.bucket[e.Key] = e
}

// change commits a change that was decided on the message as it is.
func (r *trial) change() {
	object := string(fuzzedPost.ID())
	m := r.newHub().slot.object.(*Message)
	change := r.choose()
	writes, _ := m.writes(object, change, trialTombstones)
	for _, w := range writes {
		e := bucket.Entry{Key: w.Key, Value: w.Value, Deleted: w.Delete, By: w.By}
		if w.Mark != nil && !w.Delete {
			e.Created = cmp.Or(w.Mark.Created, r.revision+1)
		}
		r.store(e)
		if key, err := pairKey(w.Key[len(object)+1:]); err == nil {
			r.truth[key] = Pair{
				Key: key, Value: w.Value, Seq: r.revision, Deleted: w.Delete, By: w.By, Created: e.Created,
			}
		}
	}
	if change.Clear && m.Live() > len(writes) { // it speaks for more pairs than a commit can delete
		for key := range r.truth {
			r.truth[key] = Pair{Key: key, Seq: r.revision, Deleted: true}
		}
	}
}

func (r *trial) choose() Change {
	n := r.random.IntN(100)
	if n < 12 {
		return Change{Clear: true}
	}
	var change Change
	many := 12
	if r.random.IntN(300) == 0 {
		n, many = 50, bucket.MaxBatch+100
	}
	for _, k := range r.random.Perm(many)[:1+r.random.IntN(4)+many-12] {
		w := Write{Key: fmt.Sprint("k", k), Delete: n < 40}
		if !w.Delete {
			w.Value, w.By = fmt.Sprint(1+r.random.IntN(3)), fmt.Sprint("user", r.random.IntN(3))
		}
		change.Writes = append(change.Writes, w)
	}
	return change
}

// sweep removes what the hubs have found to mean nothing any more.
func (r *trial) sweep() {
	sweeper := r.hoard.sh.sweeper
	for _, h := range append(r.hubs, r.newHub()) {
		sweeper.collect(h.slot)
	}
	for _, left := range sweeper.queue {
		maps.DeleteFunc(r.bucket, func(key string, e bucket.Entry) bool {
			prefix, all := strings.CutSuffix(left.key, "*")
			return (key == left.key || all && strings.HasPrefix(key, prefix)) && e.Revision <= left.revision
		})
	}
	sweeper.queue = nil
}

// compare compares a hub's message with the plain one.
func (r *trial) compare(h *trialHub) {
	m := h.slot.object.(*Message)
	tally := ballot.NewTally(m.record.Rules)
	by := make(map[string]int)
	for key, p := range h.plain.pairs {
		if got := m.Pair(key); got != p {
			r.t.Fatalf("at %d: %+v, want %+v", h.slot.upTo, got, p)
		}
		if !p.Deleted {
			tally.Add(p.Value, 1)
			by[p.By]++
		}
	}
	for _, from := range []uint64{0, 1, 1 + r.random.Uint64N(r.revision+2)} {
		if got := m.Pairs(from); !slices.Equal(got, h.plain.list(from)) {
			r.t.Fatalf("at %d, from %d: %+v, want %+v", h.slot.upTo, from, got, h.plain.list(from))
		}
	}
	s := m.Summary()
	if live := h.plain.list(0); m.Live() != len(live) || s.Pairs != len(live) ||
		m.LatestSeq() != h.plain.latest || m.ClearSeq() != h.plain.control.ClearSeq ||
		m.PurgedSeq() != h.plain.control.PurgedSeq || !reflect.DeepEqual(s.Answers, tally.Answers()) {
		r.t.Fatalf("at %d: %+v, want %+v with %v", h.slot.upTo, s, h.plain, tally.Answers())
	}
	for user := range 3 {
		if name := fmt.Sprint("user", user); m.By(name) != by[name] {
			r.t.Fatalf("at %d: %d pairs of %s, want %d", h.slot.upTo, m.By(name), name, by[name])
		}
	}
}

// compareWithTruth compares what a hub says that has everything with what was written: every pair
// that is there, and every deletion since PurgedSeq.
func (r *trial) compareWithTruth(h *trialHub) {
	m := h.slot.object.(*Message)
	want := newPlainMessage()
	for key, p := range r.truth {
		if !p.Deleted || p.Seq > m.PurgedSeq() {
			want.pairs[key] = p
		} else {
			delete(r.truth, key) // it is not listed any more, nor will it be
		}
	}
	if got := m.Pairs(1); !slices.Equal(got, want.list(1)) {
		r.t.Fatalf("at %d, cleared at %d, purged up to %d: %+v, want %+v", r.revision, m.ClearSeq(), m.PurgedSeq(),
			got, want.list(1))
	}
	live := want.list(0)
	known := r.readers[r.random.IntN(len(r.readers))]
	if got := r.catchUp(m, known); !slices.Equal(got, live) {
		r.t.Fatalf("who came back with %d has %+v, want %+v", known.seq, got, live)
	}
}

// catchUp returns the live pairs as a client has them that knew the message at a Seq and reads,
// page by page, what has changed since.
func (r *trial) catchUp(m *Message, known trialReader) []Pair {
	p := newPlainMessage()
	from := known.seq + 1
	if maps.Copy(p.pairs, known.pairs); from <= m.PurgedSeq() || known.seq == 0 {
		p.pairs, from = make(map[string]Pair), 0
	}
	maps.DeleteFunc(p.pairs, func(_ string, pair Pair) bool { return pair.Seq <= m.ClearSeq() })
	for n := 3; n == 3; {
		n = 0
		for pair := range m.Each(from) {
			p.pairs[pair.Key], from = pair, pair.Seq+1
			if n++; n == 3 {
				break
			}
		}
	}
	return p.list(0)
}

// step makes a change, lets hubs follow or not, and looks at what they say.
func (r *trial) step() {
	r.change()
	for i, h := range r.hubs {
		if r.random.IntN(4) == 0 {
			r.deliver(h, r.random.IntN(6))
		}
		if r.compare(h); r.random.IntN(8) == 0 {
			r.deliver(h, len(r.bucket))
			r.compare(h)
			r.compareWithTruth(h)
		}
		if r.random.IntN(200) == 0 {
			r.hubs[i] = r.newHub()
		}
	}
	now := r.newHub()
	r.compareWithTruth(now)
	if r.random.IntN(10) == 0 && len(r.readers) < 40 {
		m := now.slot.object.(*Message)
		known := trialReader{m.LatestSeq(), make(map[string]Pair)}
		for _, p := range m.Pairs(0) {
			known.pairs[p.Key] = p
		}
		r.readers = append(r.readers, known)
	}
	if r.random.IntN(30) == 0 {
		for _, h := range r.hubs { // a hub that is behind for longer reads everything anew
			r.deliver(h, len(r.bucket))
		}
		r.sweep()
		r.compareWithTruth(r.newHub())
	}
}

// A message is what a plain map would be that is sorted for each reader: for a hub that has
// followed every change, for one that was behind and never gets what was overwritten meanwhile,
// and for one that starts now, before and after a sweep. That goes for pairs, deletions that are
// listed, with their Seq, tallies, pages, and what a client is told that comes back.
func TestMessageIsAPlainMap(t *testing.T) {
	for seed := range uint64(4) {
		r := newTrial(t, seed)
		for range 500 {
			r.step()
		}
	}
}
