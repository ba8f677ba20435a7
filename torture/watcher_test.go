package torture

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"sync"
	"time"

	"exthub/hub/hubtest"
)

// watcher is a member that follows by events and, when its session ends, comes back with the last
// Seq that it has seen.
type watcher struct {
	w    *world
	user string
	hubs []int // the hubs that it goes to, one after the other
	roam bool  // leave a hub after a while; otherwise stay while the session lasts

	epoch string // named by the last login

	mu        sync.Mutex
	known     map[string]*mirror
	newest    map[string]uint64 // per message, of all events so far
	snapshots []snapshot        // states of messages, recorded now and then
	events    int
}

// sessionState is what a watcher remembers during one session.
type sessionState struct {
	newest   map[string]uint64 // the newest of each pair
	caughtUp map[string]bool   // messages of which nothing is missing
	// How far the events of the others go, which are not complete up to there
	aheadTo map[string]uint64
}

// mirror is a message as a watcher knows it.
type mirror struct {
	pairs  map[string]register
	latest uint64
}

// snapshot is a message as a watcher knew it at some moment.
type snapshot struct {
	message string
	mirror
}

func newWatcher(w *world, user string, roam bool, hubs ...int) *watcher {
	o := &watcher{w: w, user: user, hubs: hubs, roam: roam, known: make(map[string]*mirror),
		newest: make(map[string]uint64)}
	o.follow(w.messages)
	return o
}

func newMirror() *mirror { return &mirror{pairs: make(map[string]register)} }

// follow makes the watcher follow these messages and no others.
func (o *watcher) follow(messages []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	before := o.known
	o.known = make(map[string]*mirror)
	for _, id := range messages {
		o.known[id] = cmp.Or(before[id], newMirror())
	}
}

// run follows the messages until ctx ends.
func (o *watcher) run(ctx context.Context) {
	for n := 0; ctx.Err() == nil; n++ {
		o.runSession(ctx, o.hubs[n%len(o.hubs)])
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// runSession logs in, which makes the events flow, then catches up from where the last session
// ended, and stays until the session ends.
func (o *watcher) runSession(ctx context.Context, hub int) {
	v := &sessionState{newest: make(map[string]uint64), aheadTo: make(map[string]uint64),
		caughtUp: make(map[string]bool)}
	s, err := login(ctx, o.w.instances[hub].addr(), o.user, func(f hubtest.Frame) { o.onNotification(f, v) })
	if err != nil {
		return
	}
	defer s.Close()
	for id, last := range o.resumePoints(s.Epoch) {
		if err := o.catchUp(ctx, s, v, id, last); err != nil {
			return
		}
	}
	var moveOn <-chan time.Time
	if o.roam {
		moveOn = time.After(300 * time.Millisecond)
	}
	beat := time.NewTicker(10 * time.Second)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.Gone():
			return
		case <-moveOn:
			return
		case <-beat.C:
			if s.Call(ctx, "ping", object{}, nil) != nil {
				return
			}
		}
	}
}

// resumePoints returns, per message, the Seq to come back with. It is 0 in an epoch that the
// watcher has not been in before.
func (o *watcher) resumePoints(epoch string) map[string]uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.epoch != "" && o.epoch != epoch {
		o.w.epochChanges.Add(1)
		if !o.w.lossExpected {
			o.w.violation("%s finds the epoch %s, which was %s", o.user, epoch, o.epoch)
		}
		for id := range o.known {
			o.known[id] = newMirror()
		}
		o.newest, o.snapshots = make(map[string]uint64), nil
	}
	o.epoch = epoch
	from := make(map[string]uint64)
	for id, m := range o.known {
		from[id] = m.latest
	}
	return from
}

// fetchSince gets what has changed after last.
func fetchSince(ctx context.Context, s *hubtest.Session, message string, last uint64) (hubtest.Page, error) {
	var p hubtest.Page
	start := last + 1
	if last == 0 {
		start = 0
	}
	err := s.Call(ctx, "getMessageExtensions", object{"messageID": message, "startSeq": start}, &p)
	return p, err
}

func (o *watcher) catchUp(ctx context.Context, s *hubtest.Session, v *sessionState, message string, last uint64) error {
	p, err := fetchSince(ctx, s, message, last)
	if err != nil {
		code := hubtest.Code(err)
		if code != 0 && code != codeInternal && o.user != o.w.leaver && !(o.w.lossExpected && isGone(err)) {
			o.w.violation("%s may not come back: %v", o.user, err)
		}
		return err
	}
	if p.CompleteFlag != 1 || p.PurgedSeq > 0 || p.LatestSeq < last {
		o.w.violation("%s came back with %d and got %+v", o.user, last, p)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	m := o.known[message]
	m.merge(p)
	m.latest = max(m.latest, v.aheadTo[message])
	v.caughtUp[message] = true
	return nil
}

// merge takes over a page. Events may have brought newer pairs already.
func (m *mirror) merge(p hubtest.Page) {
	for _, e := range p.Extensions {
		m.apply(e.Key, register{value: e.Value, seq: e.Seq})
	}
	for key, c := range m.pairs {
		if c.seq <= p.ClearSeq {
			m.pairs[key] = register{seq: c.seq}
		}
	}
	m.latest = max(m.latest, p.LatestSeq)
}

func (m *mirror) apply(key string, c register) {
	if c.seq > m.pairs[key].seq {
		m.pairs[key] = c
	}
}

// onNotification takes over the pairs of an event, and checks that the Seq of each rises.
func (o *watcher) onNotification(f hubtest.Frame, v *sessionState) {
	if f.Method != "MESSAGE_EXTENSIONS_UPDATED" && f.Method != "MESSAGE_EXTENSIONS_DELETED" {
		return
	}
	var e struct {
		MessageID           string
		Extensions          []hubtest.Pair
		KeyList             []string
		LatestSeq, ClearSeq uint64
	}
	if err := json.Unmarshal(f.Params, &e); err != nil {
		o.w.violation("%s got %s: %v", o.user, f.Raw, err)
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.events++
	m := o.known[e.MessageID]
	if m == nil {
		o.w.violation("%s got an event of %s", o.user, e.MessageID)
		return
	}
	rising := func(key string, seq uint64) {
		if at := e.MessageID + " " + key; seq <= v.newest[at] {
			o.w.violation("%s got %d of %s after %d", o.user, seq, at, v.newest[at])
		} else {
			v.newest[at] = seq
		}
		o.newest[e.MessageID] = max(o.newest[e.MessageID], seq)
	}
	for _, x := range e.Extensions {
		rising(x.Key, x.Seq)
		m.apply(x.Key, register{value: x.Value, seq: x.Seq})
	}
	for _, key := range e.KeyList {
		rising(key, e.LatestSeq)
		m.apply(key, register{seq: e.LatestSeq})
	}
	if !v.caughtUp[e.MessageID] {
		v.aheadTo[e.MessageID] = max(v.aheadTo[e.MessageID], e.LatestSeq)
		return
	}
	m.latest = max(m.latest, e.LatestSeq)
	if o.events%7 == 0 && len(o.snapshots) < 40 {
		o.snapshots = append(o.snapshots, snapshot{e.MessageID, mirror{maps.Clone(m.pairs), m.latest}})
	}
}

// checkReached returns nil if the watcher has seen the message up to a revision.
func (o *watcher) checkReached(message string, seq uint64) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if m := o.known[message]; m.latest < seq {
		return fmt.Errorf("%s has seen %s up to %d, not %d", o.user, message, m.latest, seq)
	}
	return nil
}
