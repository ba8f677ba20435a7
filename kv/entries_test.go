package kv

import (
	"cmp"
	"encoding/json"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"exthub/kv/bucket"
)

// program reads a fuzzed input as a series of choices.
type program struct{ rest []byte }

func (p *program) done() bool { return len(p.rest) == 0 }

func (p *program) next() byte {
	if p.done() {
		return 0
	}
	b := p.rest[0]
	p.rest = p.rest[1:]
	return b
}

// text returns up to this many bytes of the input.
func (p *program) text(n int) string {
	n = min(n, len(p.rest))
	text := string(p.rest[:n])
	p.rest = p.rest[n:]
	return text
}

// one returns one of these, or some bytes of the input.
func (p *program) one(known []string) string {
	n := int(p.next())
	if n < len(known) {
		return known[n]
	}
	return p.text(n - len(known))
}

var (
	fuzzedLetter = Ref{From: "ann", To: "bob", MsgKey: "1_2_3"}
	fuzzedPost   = Ref{GroupID: "team", MsgSeq: 1}
)

// foreignKeys and foreignValues are what FuzzEntries begins with; it finds the others.
var foreignKeys = []string{
	"c.ann.bob.1_2_3.m", "c.ann.bob.1_2_3.c", "c.ann.bob.1_2_3.x.k", "c.ann.bob.1_2_3.x.l", "c.ann.bob.1_2_3.x.=zz",
	"c.ann.bob.1_2_3.y", "g.team.1.m", "g.team.1.c", "g.team.1.x.k", "g.team._.i", "g.team._.u.ann", "g.team._.u.bob",
	"g.team._.u.=zz", "g.team._.y", "a.ann", "a.=zz", "u.ann.team", bucket.OwnKey,
}

var foreignValues = []string{
	"", "v", "{}", "null", `{"clear":true}`, `{"clearSeq":3}`, `{"purgedSeq":3}`, `{"clear":true,"purgedSeq":9}`,
	`{"from":"ann","to":"bob","type":"T","payload":{"a":1}}`, `{"from":"ann","groupID":"team","payload":[]}`,
	`{"type":"Public","name":"n"}`, `{"role":"Owner","joinTime":1}`, `{"revokedUpTo":7}`, `{"revokedUpTo":-1}`,
}

// delivery reads the next entry of a program, as a consumer would deliver it.
func (p *program) delivery(revision uint64) bucket.Delivery {
	flags := p.next()
	d := bucket.Delivery{
		Entry:   bucket.Entry{Key: p.one(foreignKeys), Value: p.one(foreignValues), Revision: revision},
		Pending: uint64(flags & 1),
	}
	if d.Deleted = flags&2 != 0; d.Deleted {
		d.Value = ""
	}
	d.Batch = []string{"", "", "one", "other"}[flags>>2&3]
	d.EndBatch = d.Batch != "" && flags&16 != 0
	return d
}

// newFuzzedTail returns a tail that receives, with both messages and the group in its cache: loaded
// and empty, or still being loaded.
func newFuzzedTail(t *testing.T, loaded bool, sink func(Delta)) *tail {
	t.Helper()
	h := newHoard()
	h.sh.tail = newTail(h.sh, bucket.State{})
	h.sh.tail.startReceiving(sink)
	t.Cleanup(h.sh.tail.stopReceiving)
	for _, at := range []parsedKey{
		{object: string(fuzzedLetter.ID()), ref: fuzzedLetter}, {object: string(fuzzedPost.ID()), ref: fuzzedPost},
		{object: groupObject("team"), ref: Ref{GroupID: "team"}},
	} {
		if loaded {
			h.load(at.object, at.ref)
		} else {
			h.find([]byte(at.object))
		}
	}
	return h.sh.tail
}

// FuzzEntries writes into the bucket what no hub writes, and looks for a hub that falls over or
// shows it: whatever is tailed, a Delta has only what is in order, and so has a message in the
// cache, which is given up if something in it can't be read.
func FuzzEntries(f *testing.F) {
	log := slog.Default()
	slog.SetDefault(slog.New(slog.DiscardHandler)) // every entry that can't be read is a warning
	f.Cleanup(func() { slog.SetDefault(log) })
	for key := range foreignKeys {
		var all []byte
		for value := range foreignValues {
			all = append(all, 0, byte(key), byte(value))
		}
		f.Add(all, true)
		f.Add(append(all, 2, byte(key), 0, 9, byte(key), 1, 25, byte(key), 4), false)
	}
	f.Fuzz(func(t *testing.T, input []byte, loaded bool) {
		p, last := &program{input}, uint64(0)
		tail := newFuzzedTail(t, loaded, func(d Delta) {
			if d.Revision <= last && d.Revoked == nil {
				t.Errorf("revision %d after %d", d.Revision, last)
			}
			last = max(last, d.Revision)
			checkDelta(t, d)
		})
		for revision := uint64(1); !p.done(); revision++ {
			tail.receive(p.delivery(revision), func(d Delta) { last = max(last, d.Revision); checkDelta(t, d) })
			for _, sl := range tail.sh.cache.slots {
				checkSlot(t, sl)
			}
		}
	})
}

func checkDelta(t *testing.T, d Delta) {
	t.Helper()
	if d.Record != nil {
		checkRecord(t, d.Ref, d.Record)
	}
	for i, p := range d.Pairs {
		if p.Key == "" || p.Seq == 0 || p.Seq > d.Revision || i > 0 && p.Seq <= d.Pairs[i-1].Seq {
			t.Errorf("a change of %+v, in %+v", p, d)
		}
	}
	for _, m := range d.Members {
		if m.UserID == "" {
			t.Error("nobody joined or left")
		}
	}
	if d.ClearSeq > d.Revision || d.Revoked != nil && d.Revoked.UserID == "" {
		t.Errorf("%+v", d)
	}
}

func checkRecord(t *testing.T, ref Ref, r *Record) {
	t.Helper()
	if r.Ref != ref || r.From == "" || r.GroupID != ref.GroupID || ref.GroupID == "" && r.From != ref.From ||
		!utf8.Valid(r.Payload) || len(r.Payload) > 0 && !json.Valid(r.Payload) {
		t.Errorf("%+v is the record of %+v", r, ref)
	}
}

// checkSlot counts what a cached message says of itself anew.
func checkSlot(t *testing.T, sl *slot) {
	t.Helper()
	m, ok := sl.object.(*Message)
	if !ok || sl.gone {
		return
	}
	if m.record != nil {
		checkRecord(t, m.ref, m.record)
	}
	counted := newMessage(m.ref)
	live, gone := 0, 0
	for key, p := range m.pairs {
		counted.count(p.Pair, 1)
		if p.Deleted {
			gone++
		} else {
			live++
		}
		if p.Key != key || key == "" || p.Seq > m.latest || !p.Deleted && p.Seq <= m.control.ClearSeq ||
			p.Deleted && (p.Value != "" || p.Seq <= m.control.PurgedSeq) {
			t.Errorf("%+v in %+v", p, m)
		}
	}
	if live != m.live.len() || gone != m.gone.len() || sl.object.size() < counted.bytes {
		t.Errorf("%d and %d pairs of %d bytes are %d and %d of %d",
			m.live.len(), m.gone.len(), m.bytes, live, gone, counted.bytes)
	}
	listed := m.Pairs(1)
	if len(listed) != len(m.pairs) || !slices.IsSortedFunc(listed, bySeq) || !slices.IsSortedFunc(m.Pairs(0), bySeq) {
		t.Errorf("%d pairs are listed as %+v", len(m.pairs), listed)
	}
}

func bySeq(a, b Pair) int { return cmp.Compare(a.Seq, b.Seq) }

// FuzzChanges makes any changes of a message, as a hub commits them, and looks for a hub that has
// followed them and one that starts now to disagree: about a pair, a deletion that is listed, or
// how far back they are. Both have what a list of all changes says.
func FuzzChanges(f *testing.F) {
	f.Add([]byte{0, 1, 1, 1, 1, 2, 2, 3, 0, 1, 1, 2})
	f.Add([]byte{0, 1, 0, 2, 0, 3, 1, 1, 1, 2, 1, 3, 0, 1, 2, 0, 4})
	f.Add(slices.Repeat([]byte{0, 1, 1, 1, 0, 2, 2}, 9))
	f.Fuzz(func(t *testing.T, input []byte) {
		c := &changes{t: t, stored: make(map[string]bucket.Entry), pairs: make(map[string]Pair)}
		h := newHoard()
		h.load(string(fuzzedPost.ID()), fuzzedPost)
		for p := (&program{input}); !p.done(); {
			sl := h.peek(string(fuzzedPost.ID()))
			h.applyTail(sl.key, c.commit(sl, c.choose(p)))
			checkSlot(t, sl)
			c.compare(sl.object.(*Message))
			c.compare(c.loadAnew())
		}
	})
}

// changes are a message as the bucket has it, and as a list of all changes says it is.
type changes struct {
	t        *testing.T
	revision uint64
	stored   map[string]bucket.Entry // the last entry of each key
	pairs    map[string]Pair         // the last change of each pair
	deleted  int                     // by the last change
}

// fuzzedTombstones is how many deletions a message of FuzzChanges lists, besides those of its last
// change.
const fuzzedTombstones = 4

func (c *changes) choose(p *program) (change Change) {
	kind := p.next()
	if kind%4 == 3 {
		return Change{Clear: true}
	}
	for range 1 + kind>>2%3 {
		key := []string{"a", "b", "c.d", "=", "用户", "f", "g", "h"}[p.next()%8]
		if slices.ContainsFunc(change.Writes, func(w Write) bool { return w.Key == key }) {
			continue
		}
		w := Write{Key: key, Delete: kind%4 == 1}
		if !w.Delete {
			w.Value = p.text(2)
		}
		change.Writes = append(change.Writes, w)
	}
	return change
}

// commit commits a change of the message in a slot, and returns its entries.
func (c *changes) commit(sl *slot, change Change) (entries []bucket.Entry) {
	writes, _ := sl.object.(*Message).writes(sl.key, change, fuzzedTombstones)
	c.deleted = 0
	for _, w := range writes {
		if w.Delete {
			c.deleted++
		}
		c.revision++
		e := bucket.Entry{Key: w.Key, Value: w.Value, Deleted: w.Delete, Revision: c.revision}
		c.stored[e.Key] = e
		entries = append(entries, e)
		if key, err := pairKey(strings.TrimPrefix(e.Key, sl.key+".")); err == nil {
			c.pairs[key] = Pair{Key: key, Value: e.Value, Seq: e.Revision, Deleted: e.Deleted}
		}
	}
	return entries
}

// loadAnew returns the message as a hub reads it that starts now.
func (c *changes) loadAnew() *Message {
	snap := bucket.Snapshot{UpTo: c.revision}
	for _, e := range c.stored {
		snap.Entries = append(snap.Entries, e)
	}
	slices.SortFunc(snap.Entries, func(a, b bucket.Entry) int { return int(a.Revision) - int(b.Revision) })
	sl := &slot{key: string(fuzzedPost.ID())}
	if err := sl.fill(newMessage(fuzzedPost), snap); err != nil {
		c.t.Fatal(err)
	}
	return sl.object.(*Message)
}

// compare compares a message with the list: with what is there, and with the deletions behind the
// revision up to which they are not listed.
func (c *changes) compare(m *Message) {
	c.t.Helper()
	want := make(map[string]Pair)
	for key, p := range c.pairs {
		if !p.Deleted || p.Seq > m.PurgedSeq() {
			want[key] = p
		}
	}
	got := make(map[string]Pair)
	for key, p := range m.pairs {
		got[key] = p.Pair
	}
	if !reflect.DeepEqual(got, want) || m.LatestSeq() > c.revision || m.gone.len() > fuzzedTombstones+c.deleted {
		c.t.Fatalf("at %d, purged up to %d: %+v, want %+v", c.revision, m.PurgedSeq(), got, want)
	}
}
