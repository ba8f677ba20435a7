package torture

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"

	"exthub/hub/hubtest"
)

// journal is what the writers did, to be checked at the end.
type journal struct {
	mu      sync.Mutex
	history map[string][]porcupine.Operation // by message
	acks    []ack
	lost    int
}

// ack is an acknowledged write, with what it should have left in the bucket.
type ack struct {
	message, key string
	pair         register
	hub          int
	from, to     time.Duration
	what         string
	wrote        bool // false if there was nothing to write
}

// sameDeletion reports whether both answers may be about one deletion: deleting what is gone
// already gives the revision of the deletion, and no answer tells which of them wrote it.
func (a ack) sameDeletion(b ack) bool {
	return a.what == "delete" && b.what == "delete" && a.message == b.message && a.key == b.key && a.pair == b.pair
}

// writer is a member that makes one request after the other, naming the Seq that it knows, and
// after a conflict the Seq that the answer told.
type writer struct {
	w        *world
	id, hub  int
	user     string
	session  *hubtest.Session
	messages []knownMessage
	requests int
}

// knownMessage is what a writer knows of a message.
type knownMessage struct {
	id     string
	seqs   [keys]uint64
	live   [keys]bool
	latest uint64
	stale  bool // its last write went unanswered
}

func keyName(i int) string { return fmt.Sprint("k", i) }

func newWriter(w *world, id, hub int, user string) *writer {
	wr := &writer{w: w, id: id, hub: hub, user: user}
	for _, m := range w.messages {
		wr.messages = append(wr.messages, knownMessage{id: m})
	}
	return wr
}

// run makes requests at the world's interval until ctx ends.
func (wr *writer) run(ctx context.Context) {
	tick := time.NewTicker(wr.w.writeInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			wr.disconnect()
			return
		case <-tick.C:
		}
		if wr.connect(ctx) != nil {
			continue
		}
		m := &wr.messages[rand.N(len(wr.messages))]
		// A request that has begun runs to its end: only the fault may leave a write unanswered.
		wr.do(context.WithoutCancel(ctx), m, wr.nextCall(m))
	}
}

// connect logs in unless there is a session already.
func (wr *writer) connect(ctx context.Context) (err error) {
	if wr.session != nil {
		select {
		case <-wr.session.Gone():
			wr.disconnect()
		default:
			return nil
		}
	}
	wr.session, err = login(ctx, wr.w.instances[wr.hub].addr(), wr.user, nil)
	return err
}

func (wr *writer) disconnect() {
	if wr.session != nil {
		wr.session.Close()
		wr.session = nil
	}
}

func (wr *writer) nextCall(m *knownMessage) call {
	wr.requests++
	c := call{kind: "set", key: rand.N(keys), value: fmt.Sprintf("%d-%d", wr.id, wr.requests), minLatest: m.latest}
	switch n := rand.N(100); {
	case n < 20 || m.stale:
		return call{kind: "get", minLatest: m.latest}
	case n < 22:
		return call{kind: "clear"}
	case n < 38:
		c.kind, c.value = "delete", ""
	}
	c.seq = m.seqs[c.key]
	if !m.live[c.key] && rand.N(2) == 0 {
		c.seq = 0 // both are right for a pair that is gone
	}
	return c
}

// do makes a request and adds it and its answer to the journal. It reports whether the request did
// what it asked for.
func (wr *writer) do(ctx context.Context, m *knownMessage, c call) bool {
	params := object{"messageID": m.id}
	method := map[string]string{"set": "setMessageExtensions", "get": "getMessageExtensions"}[c.kind]
	if c.kind == "set" || c.kind == "delete" {
		params["extensions"] = []object{{"key": keyName(c.key), "value": c.value, "seq": c.seq}}
	}
	if method == "" {
		method = "deleteMessageExtensions"
	}
	if c.kind == "clear" {
		params["clear"] = true
	}
	var p hubtest.Page
	from := wr.w.elapsed()
	err := wr.session.Call(ctx, method, params, &p)
	to := wr.w.elapsed()
	out := result{latest: p.LatestSeq}
	switch {
	case nothingWritten(err), wr.w.wiped.Load() && isGone(err):
		return false // left out of the history, which is wrong if the write shows up after all
	case outcomeUnknown(err):
		out.lost = true
		m.stale = m.stale || c.kind != "get"
	case err != nil:
		wr.w.violation("%s of %s was refused: %v", c.kind, m.id, err)
		return false
	case c.kind == "get":
		out.cells = m.update(p.Extensions)
		m.stale = false
	case c.kind != "clear":
		if len(p.Extensions) != 1 {
			wr.w.violation("%s of %s was answered with %+v", c.kind, m.id, p)
			return false
		}
		e := p.Extensions[0]
		out.conflict, out.pair = e.Code == codeConflict, register{value: e.Value, seq: e.Seq}
		m.seqs[c.key], m.live[c.key] = e.Seq, e.Value != ""
	}
	if err == nil {
		m.latest = max(m.latest, p.LatestSeq)
	}
	wr.w.journal.add(wr, m.id, c, out, from, to)
	return err == nil && !out.conflict
}

func (m *knownMessage) update(pairs []hubtest.Pair) (cells [keys]register) {
	m.live = [keys]bool{}
	for _, p := range pairs {
		for i := range keys {
			if p.Key == keyName(i) {
				cells[i] = register{value: p.Value, seq: p.Seq}
				m.seqs[i], m.live[i] = p.Seq, true
			}
		}
	}
	return cells
}

func (b *journal) add(wr *writer, message string, c call, out result, from, to time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if out.lost && c.kind == "get" {
		return // an unanswered get proves nothing
	}
	b.history[message] = append(b.history[message], porcupine.Operation{
		ClientId: wr.id, Input: c, Call: int64(from), Output: out, Return: int64(to),
	})
	if out.lost {
		b.lost++
	}
	if c.kind == "get" || out.lost || out.conflict {
		return
	}
	a := ack{
		message: message, pair: out.pair, hub: wr.hub, from: from, to: to, what: c.kind,
		wrote: c.kind != "delete" || out.pair.seq > c.seq && c.seq > 0,
	}
	if c.kind == "clear" {
		a.pair.seq = out.latest
	} else {
		a.key = keyName(c.key)
	}
	b.acks = append(b.acks, a)
}

// isAcknowledged reports whether the write of this pair was acknowledged.
func (b *journal) isAcknowledged(message string, p hubtest.Pair) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.ContainsFunc(b.acks, func(a ack) bool {
		return a.message == message && a.key == p.Key && a.pair == register{value: p.Value, seq: p.Seq}
	})
}

// acknowledgedSince returns how many writes were acknowledged that began on one of these hubs after
// a moment, and when the first of them was.
func (b *journal) acknowledgedSince(moment time.Duration, hubs []int) (first time.Duration, n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, a := range b.acks {
		if a.from >= moment && slices.Contains(hubs, a.hub) {
			if n++; first == 0 || a.to < first {
				first = a.to
			}
		}
	}
	return first, n
}

func (b *journal) count() (operations, acknowledged int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, h := range b.history {
		operations += len(h)
	}
	return operations, len(b.acks)
}
