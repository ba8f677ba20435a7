package socket

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"exthub/hub/hubtest/raw"
	"exthub/kv"
)

// The event of a client's own change waits for the reply, to leave in one write with it, and for
// nothing else: it is not lost if no reply comes.
func TestEventWaitsForReply(t *testing.T) {
	o := new(outbox)
	o.cork()
	if wake, _ := o.event(update(1, "k", "v")); wake {
		t.Error("the event did not wait")
	}
	if wake, _ := o.frame(answer("1", "{}")); !wake {
		t.Error("nobody writes the reply")
	}
	out := string(o.drain(nil))
	if !strings.Contains(out, `"seq":1`) || !strings.HasSuffix(out, `{"jsonrpc":"2.0","id":1,"result":{}}`) {
		t.Errorf("written in one: %q", out)
	}
	if !o.idleIfEmpty() {
		t.Error("something is left")
	}
	if wake, _ := o.event(update(2, "k", "v")); !wake {
		t.Error("an event waits for a reply that has gone")
	}
	o.drain(nil)
	o.idleIfEmpty()
	o.cork()
	o.event(update(3, "k", "v"))
	if !o.uncork() || o.uncork() {
		t.Error("nobody writes the event, or two do")
	}
	select {
	case <-o.close(false):
		t.Error("closed before the event was written")
	default:
	}
	if out := string(o.drain(nil)); !strings.Contains(out, `"seq":3`) {
		t.Errorf("written: %q", out)
	}
}

// What is not queued is written only where it overtakes nothing, and nobody else writes meanwhile.
// A client that wants arrays gets them.
func TestBeginOvertakesNothing(t *testing.T) {
	e := update(1, "k", "v")
	for name, prepare := range map[string]func(*outbox){
		"an event waits":        func(o *outbox) { o.event(e) },
		"an event is written":   func(o *outbox) { o.event(e); o.drain(nil) },
		"a reply is to come":    func(o *outbox) { o.cork() },
		"the session has ended": func(o *outbox) { o.close(false) },
		"an array is wanted":    func(o *outbox) { o.batch = true },
	} {
		o := new(outbox)
		prepare(o)
		if o.begin(2) {
			t.Errorf("%s: overtaken", name)
		}
	}
	o := new(outbox)
	if o.batch = true; !o.begin(1) {
		t.Fatal("nothing is there")
	}
	if wake, _ := o.event(e); wake || o.idleIfEmpty() {
		t.Error("two write, or none")
	}
	if len(o.drain(nil)) == 0 || !o.idleIfEmpty() || !o.begin(1) {
		t.Error("the end is not the beginning")
	}
}

// FuzzOutbox puts replies and events into an outbox and takes them out in any order of moves, to
// find one that is lost, doubled, mixed up or put into an array that is none. Every frame is JSON,
// with arrays of notifications alone; the replies and the notifications come out in their order, a
// notification that was there before a reply before it, and what a client makes of all
// notifications is what was put in. In the end nothing is left, of bytes neither.
func FuzzOutbox(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8}, true)
	f.Add(bytes.Repeat([]byte{1, 2, 3}, 40), true)
	f.Add(bytes.Repeat([]byte{1, 2, 3}, 40), false)
	f.Add(append(bytes.Repeat([]byte{1}, 100), 5, 0, 5, 2, 5), true)
	f.Add([]byte{4, 1, 1, 0, 5, 4, 1, 6, 5, 7}, false)
	f.Fuzz(func(t *testing.T, moves []byte, batch bool) {
		m := &outboxModel{t: t, o: &outbox{batch: batch}, put: newPut(), got: newPut()}
		for _, move := range moves[:min(len(moves), 2000)] {
			m.move(move)
			if o := m.o; len(o.items) > 0 && !o.corked && !o.active {
				t.Fatal("nobody was asked to write")
			}
		}
		m.o.uncork()
		idle := m.o.close(false)
		for m.o.active {
			m.drain()
		}
		m.finish(idle)
	})
}

// put is what was put into an outbox, or came out of it.
type put struct {
	replies, received int               // so many, numbered from 0
	seqs              map[string]uint64 // of the newest change of each pair
	live              map[string]bool   // pairs that are there
}

func newPut() put { return put{seqs: make(map[string]uint64), live: make(map[string]bool)} }

// outboxModel is an outbox beside what was put in and what came out.
type outboxModel struct {
	t        *testing.T
	o        *outbox
	put, got put
	seq      uint64
	cursors  [3]uint64 // latestSeq of the last notification about each message
	before   []put     // what was there before each reply
}

// move makes one of eight moves: a reply, a message, three changes, a write, and two that hold
// events back or not.
func (m *outboxModel) move(move byte) {
	message, pair := int(move>>3&3)%len(m.cursors), fmt.Sprint("k", move>>5)
	id := fuzzedID(message)
	m.seq++
	d := kv.Delta{ID: id.ID(), Ref: id, Revision: m.seq}
	switch move % 8 {
	case 0:
		m.before = append(m.before, put{received: m.put.received, seqs: maps.Clone(m.put.seqs)})
		m.o.frame(answer(fmt.Sprint(m.put.replies), `"[{,"`))
		m.put.replies++
	case 1:
		d.Record = &kv.Record{Ref: id, From: "ann", To: "bob", Payload: []byte("{}"), Time: int64(m.put.received)}
		m.put.received++
		m.o.event(eventOf(d))
	case 2, 3, 4:
		p := kv.Pair{Key: pair, Value: fmt.Sprint("[{,", m.seq), Seq: m.seq}
		if move%8 == 4 {
			p.Value, p.Deleted = "", true
		}
		d.Pairs = []kv.Pair{p}
		m.put.seqs[string(d.ID)+pair], m.put.live[string(d.ID)+pair] = m.seq, !p.Deleted
		m.o.event(eventOf(d))
	case 5:
		if m.o.active {
			m.drain()
		}
	case 6:
		m.o.cork()
	case 7:
		m.o.uncork()
	}
}

func fuzzedID(message int) kv.Ref { return kv.Ref{From: "ann", To: "bob", MsgKey: fmt.Sprint(message)} }

// drain writes as a writer does: once, and again unless nothing waits.
func (m *outboxModel) drain() {
	out := raw.Reader{Reader: bufio.NewReader(bytes.NewReader(m.o.drain(nil)))}
	for {
		opcode, payload, err := out.Next()
		if err == io.EOF {
			m.o.idleIfEmpty()
			return
		}
		if err != nil || opcode != raw.Text {
			m.t.Fatalf("frame %x %q: %v", opcode, payload, err)
		}
		list := [][]byte{payload}
		if payload[0] == '[' {
			var items []json.RawMessage
			if err := json.Unmarshal(payload, &items); err != nil || len(items) < 2 || !m.o.batch {
				m.t.Fatalf("%s: %v", payload, err)
			}
			list = nil
			for _, item := range items {
				list = append(list, item)
			}
		}
		for _, item := range list {
			m.read(item, len(list) > 1)
		}
	}
}

// read reads a reply or a notification as a client does.
func (m *outboxModel) read(text []byte, shared bool) {
	var n struct {
		ID     *int
		Params struct {
			MessageID  string
			Messages   []struct{ Time int }
			Extensions []struct {
				Key, Value string
				Seq        uint64
			}
			KeyList   []string
			LatestSeq uint64
		}
	}
	if err := json.Unmarshal(text, &n); err != nil {
		m.t.Fatalf("%s: %v", text, err)
	}
	switch p := n.Params; {
	case n.ID != nil:
		m.readReply(*n.ID, shared)
	case len(p.Messages) == 1:
		if p.Messages[0].Time != m.got.received {
			m.t.Fatalf("%s after %d messages", text, m.got.received)
		}
		m.got.received++
	default:
		message := slices.IndexFunc([]int{0, 1, 2}, func(i int) bool { return string(fuzzedID(i).ID()) == p.MessageID })
		if message < 0 || p.LatestSeq <= m.cursors[message] || len(p.Extensions)+len(p.KeyList) == 0 {
			m.t.Fatalf("%s after %v", text, m.cursors)
		}
		for _, x := range p.Extensions {
			if x.Seq <= m.cursors[message] || x.Seq > p.LatestSeq || x.Value != fmt.Sprint("[{,", x.Seq) {
				m.t.Fatalf("%s after %v", text, m.cursors)
			}
			m.got.seqs[p.MessageID+x.Key], m.got.live[p.MessageID+x.Key] = x.Seq, true
		}
		for _, key := range p.KeyList {
			m.got.seqs[p.MessageID+key], m.got.live[p.MessageID+key] = p.LatestSeq, false
		}
		m.cursors[message] = p.LatestSeq
	}
}

// readReply expects the next reply, after all that was there before it.
func (m *outboxModel) readReply(id int, shared bool) {
	if id != m.got.replies || shared {
		m.t.Fatalf("reply %d after %d, in an array: %v", id, m.got.replies, shared)
	}
	before := m.before[id]
	for pair, seq := range before.seqs {
		if m.got.seqs[pair] < seq {
			m.t.Fatalf("reply %d overtakes the change of %s at %d", id, pair, seq)
		}
	}
	if m.got.received < before.received {
		m.t.Fatalf("reply %d overtakes message %d", id, m.got.received)
	}
	m.got.replies++
}

func (m *outboxModel) finish(idle <-chan struct{}) {
	if m.got.replies != m.put.replies || m.got.received != m.put.received || !maps.Equal(m.got.live, m.put.live) {
		m.t.Errorf("%+v came out, %+v was put in", m.got, m.put)
	}
	if o := m.o; o.bytes != 0 || o.replies != 0 || len(o.items) != 0 {
		m.t.Errorf("%d bytes are left, %d of replies, in %d items", o.bytes, o.replies, len(o.items))
	}
	select {
	case <-idle:
	default:
		m.t.Error("nothing waits, and nobody is told")
	}
}
