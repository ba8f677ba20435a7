package torture

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"exthub/hub/hubtest"
)

const (
	writers          = 5
	messagesPerWorld = 3 // messages that the writers share, in the groups by turns
)

// world is a running installation with the members that use it.
type world struct {
	t             testing.TB
	fault         string
	writeInterval time.Duration // between two requests of one writer
	instances     []*instance
	// bucket reads everything that is stored, without a hub.
	bucket func(context.Context) (map[string]entry, error)

	started  time.Time
	messages []string
	leaver   string // the member that is removed from all groups halfway
	watchers []*watcher
	journal  journal
	club     *membership
	hall     *hall
	sheet    *sheet

	mu         sync.Mutex
	violations []string

	lossExpected bool         // the fault loses what was committed
	wiped        atomic.Bool  // nothing is there, and nothing has been made anew
	past         run          // what was counted before the world began anew
	epochChanges atomic.Int64 // logins that found another epoch

	cancel       context.CancelFunc
	writing      sync.WaitGroup
	watching     sync.WaitGroup
	stopWatchers context.CancelFunc
}

// newWorld adds members to the hubs: a group in every bucket, messages, a watcher on every hub and
// one that roams. No writer runs yet.
func newWorld(t testing.TB, fault string, interval time.Duration, instances []*instance,
	bucket func(context.Context) (map[string]entry, error)) *world {
	t.Helper()
	w := &world{
		t: t, fault: fault, writeInterval: interval, instances: instances, bucket: bucket,
		started: time.Now(), leaver: "leaver",
	}
	w.populate()
	looking, blind := context.WithCancel(context.Background())
	w.stopWatchers = blind
	for i := range instances {
		w.watchers = append(w.watchers, newWatcher(w, fmt.Sprint("watcher", i), false, i))
	}
	w.watchers = append(w.watchers, newWatcher(w, "rover", true, w.allHubs()...),
		newWatcher(w, w.leaver, false, len(instances)-1))
	for _, o := range w.watchers {
		w.watching.Go(func() { o.run(looking) })
	}
	t.Cleanup(func() {
		blind()
		if w.cancel != nil {
			w.cancel()
		}
		w.writing.Wait()
		w.watching.Wait()
	})
	return w
}

// populate makes the groups and the messages, of which nobody knows anything yet.
func (w *world) populate() {
	w.t.Helper()
	w.journal = journal{history: make(map[string][]porcupine.Operation)}
	users := []string{w.leaver, "rover", "closer"}
	for i := range writers {
		users = append(users, fmt.Sprint("writer", i))
	}
	for i := range w.instances {
		users = append(users, fmt.Sprint("watcher", i), voterName(i))
	}
	for _, group := range groupIn {
		w.makeGroup(group, users)
	}
	w.messages = nil
	for i := range messagesPerWorld {
		w.messages = append(w.messages, w.send(groupIn[i%len(groupIn)]))
	}
	w.club = newMembership(w)
	w.hall = newHall(w)
	w.sheet = newSheet(w)
}

func (w *world) makeGroup(group string, users []string) {
	w.t.Helper()
	var members []object
	for _, user := range users {
		members = append(members, object{"userID": user})
	}
	w.withSession("owner", func(ctx context.Context, s *hubtest.Session) error {
		params := object{"groupID": group, "name": group, "type": "Public", "memberList": members}
		err := s.Call(ctx, "createGroup", params, nil)
		if code := hubtest.Code(err); code == 10021 || code == 10025 {
			return nil // the first try went unanswered
		}
		return err
	})
}

// send sends a message to a group and returns its ID.
func (w *world) send(group string) string { return w.sendPoll(group, nil) }

// sendPoll sends a message with rules, unless they are nil.
func (w *world) sendPoll(group string, rules object) string {
	w.t.Helper()
	message := object{
		"to": group, "conversationType": "GROUP", "type": "TIMCustomElem",
		"payload": object{"data": "x"}, "isSupportExtension": true,
	}
	if rules != nil {
		message["extensionRules"] = rules
	}
	var sent struct{ Message struct{ ID string } }
	w.withSession("owner", func(ctx context.Context, s *hubtest.Session) error {
		return s.Call(ctx, "sendMessage", message, &sent)
	})
	return sent.Message.ID
}

func (w *world) elapsed() time.Duration { return time.Since(w.started) }

func (w *world) violation(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.violations = append(w.violations, fmt.Sprintf(format, args...))
}

// withSession calls do with a new session, on one hub after the other, until it succeeds.
func (w *world) withSession(user string, do func(context.Context, *hubtest.Session) error) {
	w.t.Helper()
	n := 0
	err := waitUntil(w.t.Context(), "answer for "+user, func() error {
		n++
		s, err := login(w.t.Context(), w.instances[n%len(w.instances)].addr(), user, nil)
		if err != nil {
			return err
		}
		defer s.Close()
		return do(w.t.Context(), s)
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// start starts the writers, and returns when n writes were acknowledged on every hub.
func (w *world) start(n int) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	w.cancel = cancel
	for i := range writers {
		wr := newWriter(w, i, i%len(w.instances), fmt.Sprint("writer", i))
		w.writing.Go(func() { wr.run(ctx) })
	}
	w.club.start(ctx, &w.writing)
	w.hall.start(ctx, &w.writing)
	w.sheet.start(ctx, &w.writing)
	w.awaitWrites(0, n, w.allHubs()...)
}

// act calls do with a session of the user on a hub, at an interval, until ctx ends.
func (w *world) act(ctx context.Context, interval time.Duration, hub int, user string,
	do func(context.Context, *hubtest.Session)) {
	var s *hubtest.Session
	tick := time.NewTicker(max(interval, 20*time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			if s != nil {
				s.Close()
			}
			return
		case <-tick.C:
		}
		if s != nil {
			select {
			case <-s.Gone():
				s.Close()
				s = nil
			default:
			}
		}
		if s == nil {
			var err error
			if s, err = login(ctx, w.instances[hub].addr(), user, nil); err != nil {
				s = nil
				continue
			}
		}
		do(context.WithoutCancel(ctx), s)
	}
}

// awaitWrites waits until n writes that began after a moment have been acknowledged on each of
// these hubs.
func (w *world) awaitWrites(moment time.Duration, n int, hubs ...int) {
	w.t.Helper()
	for _, h := range hubs {
		if err := waitUntil(w.t.Context(), fmt.Sprintf("%d writes on hub %d", n, h), func() error {
			if _, got := w.journal.acknowledgedSince(moment, []int{h}); got < n {
				return fmt.Errorf("%d were acknowledged", got)
			}
			return nil
		}); err != nil {
			w.t.Fatalf("%s: violation: %v; before that: %v", w.fault, err, w.violations)
		}
	}
}

// allHubs returns the indexes of all hubs.
func (w *world) allHubs() []int {
	list := make([]int, len(w.instances))
	for i := range list {
		list[i] = i
	}
	return list
}

// removeLeaver removes the leaver from the groups.
func (w *world) removeLeaver() {
	w.t.Helper()
	for _, group := range groupIn {
		w.withSession("owner", func(ctx context.Context, s *hubtest.Session) error {
			return s.Call(ctx, "deleteGroupMember", object{"groupID": group, "userIDList": []string{w.leaver}}, nil)
		})
	}
}

// finish stops the writers, makes one last write on every message and waits until every watcher has
// seen it. Nothing that is still under way can be committed after that: its precondition does not
// hold any more.
func (w *world) finish() {
	w.t.Helper()
	w.cancel()
	w.writing.Wait()
	w.hall.close()
	closer := newWriter(w, writers, 0, "closer")
	rest, cancel := context.WithTimeout(w.t.Context(), testTimeout)
	defer cancel()
	for i := range closer.messages {
		m := &closer.messages[i]
		if err := waitUntil(w.t.Context(), "last write", func() error {
			if err := closer.connect(w.t.Context()); err != nil {
				return err
			}
			if m.stale {
				closer.do(w.t.Context(), m, call{kind: "get", minLatest: m.latest})
				return errors.New("the last one went unanswered")
			}
			closer.requests++
			last := call{kind: "set", value: fmt.Sprint("last-", closer.requests), seq: m.seqs[0]}
			if !closer.do(w.t.Context(), m, last) {
				return errors.New("conflict")
			}
			return nil
		}); err != nil {
			w.violation("%s: %v", m.id, err)
		}
		for _, o := range w.watchers {
			if o.user == w.leaver {
				continue
			}
			reached := func() error { return o.checkReached(m.id, m.seqs[0]) }
			if err := waitUntil(rest, "last event", reached); err != nil {
				w.violation("%v", err)
			}
		}
	}
	closer.disconnect()
}
