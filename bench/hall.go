package bench

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// hallRules are those of a poll that a hall answers by the hundreds a second.
const hallRules = `{"write":"own","show":"summary","questions":[{"choices":4}],"max":100000}`

// hallChoices is how many choices a voter takes one after the other. The first question of the
// rules has to have as many.
const hallChoices = 4

// hall is a poll with rules: those who watch answer at a rate, each in their own name. In the end
// every one of them has to have what counting the acknowledged votes gives, and has it when the
// poll is closed, too. By rules that show pairs it is a fanout whose writers are many.
func hall(r *run) error {
	var rules struct{ Show string }
	if err := json.Unmarshal([]byte(r.Rules), &rules); err != nil {
		return fmt.Errorf("rules: %w", err)
	}
	watching, err := r.accounts(max(r.Audience, r.Clients), "v")
	if err != nil {
		return err
	}
	return r.withHall(watching, nil, func(h *hallRun) error {
		h.summaries = h.summaries || rules.Show == "summary"
		return h.measure()
	})
}

// withHall calls fn with a poll and with those who watch it, of whom the first ones vote. Those who
// come later are in its group, too.
func (r *run) withHall(watching, later []account, fn func(*hallRun) error) error {
	return r.withGroup(func(g *group) (err error) {
		h := &hallRun{run: r, message: r.Poll, late: newHistogram()}
		if h.message == "" {
			h.message, err = g.poll(r)
		} else {
			err = h.readBefore()
		}
		if err != nil {
			return err
		}
		b := newScoreboard(r.Bytes)
		b.event = h.event
		if h.audience, err = r.newAudience(b, watching, 0); err != nil {
			return err
		}
		defer h.audience.close()
		for _, v := range h.audience.viewers[:r.Clients] {
			h.voters = append(h.voters, &voter{viewer: v})
		}
		return fn(h)
	}, watching, later)
}

// poll sends a message with the run's rules and returns its ID.
func (g *group) poll(r *run) (id string, err error) {
	err = r.asAdmin(r.ctx, func(admin *client) (err error) {
		id, err = admin.sendMessage(g.id, "GROUP", r.Rules)
		return err
	})
	return id, err
}

// hallRun is a hall while it votes.
type hallRun struct {
	*run
	audience  *audience
	message   string
	summaries bool  // viewers get summaries, and no pairs
	before    []int // what others have answered, of a poll that was there
	voters    []*voter
	turn      atomic.Uint64
	received  atomic.Int64 // bytes of events
	latest    atomic.Uint64
	late      *histogram
	acked     [1 << 16]struct{ seq, at atomic.Uint64 } // a ring, by Seq; at in Unix nanoseconds
}

// readBefore reads what others have answered. They have to leave it at that.
func (h *hallRun) readBefore() error {
	var got struct {
		Summary struct{ Answers [][]int }
	}
	if err := h.asAdmin(h.ctx, func(admin *client) error {
		return admin.call("getMessageExtensionSummary", map[string]any{"messageID": h.message}, &got)
	}); err != nil {
		return err
	}
	if answers := got.Summary.Answers; len(answers) != 1 || len(answers[0]) < hallChoices {
		return fmt.Errorf("%s does not ask one question with at least %d choices", h.message, hallChoices)
	}
	h.before, h.summaries = got.Summary.Answers[0], true
	return nil
}

// voteHead begins the request of a vote, and voteAnswer what the hub answers. A voter has one at a
// time, and its pings have another ID.
const (
	voteHead   = `{"jsonrpc":"2.0","id":1,"method":"setMessageExtensions","params":{"messageID":"`
	voteAnswer = `{"jsonrpc":"2.0","id":1,`
)

// voter is a viewer who votes more than once, one choice after the other.
type voter struct {
	*viewer
	voting sync.Mutex
	ballot []byte // the request
	choice int
	stored uint64 // the Seq of its pair
}

// vote lets a voter take another choice, and waits for the answer.
func (h *hallRun) vote(v *voter) error {
	v.voting.Lock()
	defer v.voting.Unlock()
	choice := (v.number+int(v.stored))%hallChoices + 1
	if choice == v.choice {
		choice = choice%hallChoices + 1
	}
	b := append(append(append(v.ballot[:0], voteHead...), h.message...), `","extensions":[{"key":"`...)
	b = strconv.AppendInt(append(append(b, v.user...), `","value":"`...), int64(choice), 10)
	b = strconv.AppendUint(append(b, `","seq":`...), v.stored, 10)
	v.ballot = append(b, "}]}}"...)
	if err := v.post(v.ballot); err != nil {
		return fmt.Errorf("vote: %w", err)
	}
	var answer []byte
	select {
	case answer = <-v.answers:
	case <-time.After(timeout):
		return fmt.Errorf("vote: %s has no answer after %v", v.user, timeout)
	case <-h.ctx.Done():
		return h.ctx.Err()
	}
	if code, n := leadingNumber(after(answer, `"code":`)); code != 0 || n == 0 {
		return fmt.Errorf("vote: %s", answer)
	}
	seq, _ := leadingNumber(after(answer, `"seq":`))
	v.stored, v.choice = seq, choice
	slot := &h.acked[seq%uint64(len(h.acked))]
	slot.at.Store(uint64(time.Now().UnixNano()))
	slot.seq.Store(seq)
	for latest := h.latest.Load(); seq > latest && !h.latest.CompareAndSwap(latest, seq); {
		latest = h.latest.Load()
	}
	return nil
}

// event takes over a frame, and reports whether it was an event of the poll.
func (h *hallRun) event(v *viewer, frame []byte) bool {
	if bytes.HasPrefix(frame, []byte(voteAnswer)) {
		select {
		case v.answers <- bytes.Clone(frame):
		default: // nobody has asked
		}
		return false
	}
	if !bytes.HasPrefix(frame, []byte(`{"jsonrpc":"2.0","method":"MESSAGE_EXTENSIONS_`)) {
		return false
	}
	now := time.Now()
	v.mu.Lock()
	defer v.mu.Unlock()
	if summary := after(frame, `"summary":`); summary != nil {
		v.summary = append(v.summary[:0], summary...)
	}
	before := v.seq
	if at := bytes.LastIndex(frame, []byte(`"latestSeq":`)); at >= 0 {
		v.seq, _ = leadingNumber(frame[at+len(`"latestSeq":`):])
	}
	h.received.Add(int64(len(frame)))
	v.pairs.Add(1)
	h.record(v.number, before, v.seq, now)
	return true
}

// record notes how late the oldest vote of those between two Seqs comes. One whose acknowledgement
// is on its way is not late.
func (h *hallRun) record(viewer int, before, latest uint64, now time.Time) {
	for seq := before + 1; before > 0 && seq <= latest && seq < before+64; seq++ {
		if slot := &h.acked[seq%uint64(len(h.acked))]; slot.seq.Load() == seq {
			h.late.record(viewer, now.Sub(time.Unix(0, int64(slot.at.Load()))))
			return
		}
	}
	if latest > before && before > 0 {
		h.late.record(viewer, 0)
	}
}

// measure lets the hall vote, and compares what the viewers have with the votes.
func (h *hallRun) measure() error {
	h.setPhase("vote")
	if err := h.startMeasuring(); err != nil {
		return err
	}
	if err := h.voteAtRate(); err != nil {
		return err
	}
	last := time.Now()
	if err := h.awaitExact(); err != nil {
		return err
	}
	exactAfter := time.Since(last)
	if err := h.stopMeasuring(int64(h.turn.Load()), "vote"); err != nil {
		return err
	}
	frames, _ := h.audience.counts()
	viewers := float64(max(len(h.audience.viewers), 1))
	h.result.add("viewers", float64(len(h.audience.viewers)), "")
	h.result.add("events per viewer", float64(frames)/viewers, "")
	h.result.add("bytes per viewer", float64(h.received.Load())/viewers, "B")
	h.result.add("all exact after", exactAfter.Seconds()*1000, "ms")
	h.result.Latencies = append(h.result.Latencies, h.late.latency("acknowledgement to receipt"))
	if h.Poll != "" {
		return nil // it is not ours to close
	}
	return h.close()
}

// hallWorkers is how many votes are on their way at a time.
const hallWorkers = 256

// voteAtRate lets one voter after the other vote, for the run's duration.
func (h *hallRun) voteAtRate() error {
	end := time.Now().Add(h.Duration)
	workers := min(hallWorkers, len(h.voters))
	failed := make(chan error, workers)
	for worker := range workers {
		go func() {
			failed <- h.repeat(h.Rate/float64(workers), 1, worker, workers, end, func() error {
				turn := h.turn.Add(1) - 1
				h.done.Add(1)
				return h.vote(h.voters[turn%uint64(len(h.voters))])
			})
		}()
	}
	var all []error
	for range workers {
		all = append(all, <-failed)
	}
	return errors.Join(all...)
}

// counted is what the acknowledged votes come to, with those before them.
func (h *hallRun) counted() []int {
	counts := make([]int, max(hallChoices, len(h.before)))
	copy(counts, h.before)
	for _, v := range h.voters {
		if v.choice > 0 {
			counts[v.choice-1]++
		}
	}
	return counts
}

// awaitExact waits until every viewer has what the votes come to.
func (h *hallRun) awaitExact() error {
	want := h.counted()
	return h.audience.awaitAll("what the votes come to", func(v *viewer) bool {
		v.mu.Lock()
		defer v.mu.Unlock()
		if v.seq < h.latest.Load() || !h.summaries {
			return v.seq >= h.latest.Load()
		}
		var summary struct{ Answers [][]int }
		err := json.NewDecoder(bytes.NewReader(v.summary)).Decode(&summary)
		return err == nil && len(summary.Answers) > 0 && slices.Equal(summary.Answers[0], want)
	})
}

// close closes the poll, and waits until every viewer was told what it came to.
func (h *hallRun) close() error {
	if err := h.asAdmin(h.ctx, func(admin *client) error {
		return admin.call("closeMessageExtensions", map[string]any{"messageID": h.message}, nil)
	}); err != nil {
		return err
	}
	if err := h.audience.awaitAll("the close", func(v *viewer) bool {
		v.mu.Lock()
		defer v.mu.Unlock()
		return bytes.Contains(v.summary, []byte(`"closedSeq":`))
	}); err != nil {
		return err
	}
	return h.awaitExact()
}
