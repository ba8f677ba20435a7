//go:build torture

package torture

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"exthub/hub/hubtest"
)

var (
	outageHub    = flag.String("outage-hub", "", "the hub whose outages are timed; built from this tree if empty")
	outageLength = flag.Duration("outage-length", 10*time.Second, "how long a fault of TestOutages lasts")
)

// outages are the faults, each with what it does and what undoes it.
var outages = []struct {
	name      string
	do, undo  func(*site)
	onLeader  bool // the first hub is connected to the leader of the stream
	onAnother bool // it is connected to another node
}{
	{name: "a hub is killed", do: func(s *site) { s.hubs[0].kill() }, undo: func(s *site) { s.startHub(0) }},
	{name: "a hub is stopped (SIGSTOP)",
		do:   func(s *site) { s.hubs[0].signal(syscall.SIGSTOP) },
		undo: func(s *site) { s.hubs[0].signal(syscall.SIGCONT) }},
	{name: "a hub is cut off from NATS, reset", do: func(s *site) { s.links[0].fail(refusing) },
		undo: func(s *site) { s.heal() }},
	{name: "a hub is cut off from NATS, silent",
		do:   func(s *site) { s.links[0].fail(silent) },
		undo: func(s *site) { s.heal() }},
	{name: "a NATS follower is killed", do: func(s *site) { s.kill(s.follower) }, undo: func(s *site) { s.restart() }},
	{name: "the NATS leader is killed", do: func(s *site) { s.kill(s.leader) }, undo: func(s *site) { s.restart() }},
	{name: "the NATS leader is stopped (SIGSTOP)",
		do:   func(s *site) { s.freeze(s.leader) },
		undo: func(s *site) { s.thaw() }},
	{name: "the leader is cut off from the nodes, reset", onLeader: true,
		do:   func(s *site) { s.isolate(s.leader, refusing) },
		undo: func(s *site) { s.heal() }},
	{name: "the leader is cut off from the nodes, silent", onLeader: true,
		do:   func(s *site) { s.isolate(s.leader, silent) },
		undo: func(s *site) { s.heal() }},
	{name: "a follower with a hub is cut off from the nodes", onAnother: true,
		do:   func(s *site) { s.isolate(s.follower, refusing) },
		undo: func(s *site) { s.heal() }},
	{name: "the leader and a hub are cut off from the rest", onLeader: true,
		do: func(s *site) {
			s.links[0].failBut(s.leader, refusing)
			s.isolate(s.leader, refusing)
		},
		undo: func(s *site) { s.heal() }},
	{name: "quorum is lost: two nodes are killed", do: func(s *site) { s.kill(s.leader, s.follower) },
		undo: func(s *site) { s.restart() }},
	{name: "all nodes are killed", do: func(s *site) { s.kill(0, 1, 2) }, undo: func(s *site) { s.restart() }},
}

// TestOutages times what members see of each fault, with two hubs as processes on three NATS nodes
// as processes, and prints it as a table. It measures, and fails only if a site does not recover.
func TestOutages(t *testing.T) {
	fmt.Println("| fault | longest without an acknowledgement | longest answer that failed | " +
		"not ready after | longest without news | everybody hears again |")
	fmt.Println("|---|---|---|---|---|---|")
	for _, o := range outages {
		t.Run(o.name, func(t *testing.T) {
			s := newSite(t)
			if o.onLeader {
				s.links[0].moveTo(t, s.leader)
			}
			if o.onAnother {
				s.links[0].moveTo(t, s.follower)
			}
			fmt.Println("| " + o.name + " | " + s.measure(o.do, o.undo) + " |")
		})
	}
}

// site is a small installation, whose every connection can be impaired.
type site struct {
	*cluster
	t                *testing.T
	links            [2]links // of each hub
	hubs             [2]*process
	admin            [2]string
	leader, follower int
	message          string

	mu     sync.Mutex
	begun  map[string]time.Time   // when each value began to be written
	newest map[string]time.Time   // when the newest value that each listener heard began
	acks   map[string][]time.Time // of each writer
	news   map[string][]time.Time // of each listener
	failed time.Duration          // the longest answer that failed
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{
		cluster: startProxied(t), t: t,
		begun: map[string]time.Time{}, newest: map[string]time.Time{}, acks: map[string][]time.Time{},
		news: map[string][]time.Time{},
	}
	ports := freePorts(t, 2)
	for h := range 2 {
		s.links[h] = newLinks(t, s.url())
		s.admin[h] = fmt.Sprintf("127.0.0.1:%d", ports[h])
		s.hubs[h] = &process{binary: cmp.Or(*outageHub, s.build()), addr: "127.0.0.1:0", args: []string{
			"--admin-addr", s.admin[h], "--nats-url", s.links[h].url(), "--replicas", "3",
			"--secret-key", secretKey, "--no-demo", "--message-rate", "0", "--drain", "1s",
		}}
		t.Cleanup(s.hubs[h].kill)
		s.startHub(h)
	}
	leader, _, err := s.awaitLeader(t.Context(), connect(t, s.url()))
	s.must(err)
	s.leader = slices.Index(s.nodes, leader)
	s.follower = (s.leader + 1) % 3
	s.must(waitUntil(t.Context(), "group", s.makeGroup))
	return s
}

func (s *site) build() string {
	path, err := hubBinary()
	s.must(err)
	return path
}

func (s *site) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) startHub(h int) { s.must(s.hubs[h].start()) }

func (s *site) makeGroup() error {
	owner, err := login(s.t.Context(), s.hubs[0].addr, "owner", nil)
	if err != nil {
		return err
	}
	defer owner.Close()
	var members []object
	for _, user := range outageUsers() {
		members = append(members, object{"userID": user})
	}
	err = owner.Call(s.t.Context(), "createGroup", object{
		"groupID": "hall", "name": "hall", "type": "Public", "memberList": members,
	}, nil)
	if code := hubtest.Code(err); err != nil && code != 10021 && code != 10025 {
		return err
	}
	var sent struct{ Message struct{ ID string } }
	err = owner.Call(s.t.Context(), "sendMessage", object{
		"to": "hall", "conversationType": "GROUP", "type": "TIMCustomElem",
		"payload": object{"data": "x"}, "isSupportExtension": true,
	}, &sent)
	s.message = sent.Message.ID
	return err
}

// outageUsers are two writers and two listeners for each hub.
func outageUsers() (users []string) {
	for i := range 4 {
		users = append(users, fmt.Sprint("writer", i), fmt.Sprint("listener", i))
	}
	return users
}

func (s *site) kill(nodes ...int) {
	for _, i := range nodes {
		s.nodes[i].kill()
	}
}

func (s *site) restart() {
	for _, n := range s.nodes {
		if n.cmd == nil {
			s.must(n.start())
		}
	}
}

func (s *site) freeze(i int) { s.must(s.nodes[i].cmd.Process.Signal(syscall.SIGSTOP)) }

func (s *site) thaw() {
	for _, n := range s.nodes {
		s.must(n.cmd.Process.Signal(syscall.SIGCONT))
	}
}

// heal ends all impairments.
func (s *site) heal() {
	s.cluster.heal()
	for _, l := range s.links {
		l.heal()
	}
}

// measure lets users write and listen, does the fault, undoes it after a while, and returns the row
// of the table.
func (s *site) measure(do, undo func(*site)) string {
	ctx, stop := context.WithCancel(s.t.Context())
	var all sync.WaitGroup
	defer all.Wait()
	defer stop()
	for i := range 4 {
		all.Go(func() { s.write(ctx, fmt.Sprint("writer", i), i%2) })
		all.Go(func() { s.listen(ctx, fmt.Sprint("listener", i), i%2) })
	}
	s.awaitNews(time.Now())
	from := time.Now()
	do(s)
	unready := s.awaitUnready(ctx, from)
	over := time.NewTimer(time.Until(from.Add(*outageLength)))
	<-over.C
	undone := time.Now()
	undo(s)
	s.awaitNews(undone)
	again := time.Since(undone)
	to := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprintf("%.1f s | %.1f s | %s | %.1f s | %.1f s", longestGap(s.acks, from, to).Seconds(),
		s.failed.Seconds(), unready(), longestGap(s.news, from, to).Seconds(), again.Seconds())
}

// longestGap returns the longest time between two moments of one user.
func longestGap(moments map[string][]time.Time, from, to time.Time) (longest time.Duration) {
	for _, list := range moments {
		last := from
		for _, at := range append(list, to) {
			if at.After(from) && !at.After(to) {
				longest = max(longest, at.Sub(last))
				last = at
			}
		}
	}
	return longest
}

// awaitUnready watches /readyz of both hubs. What it returns tells after how long one of them said
// that it is not ready.
func (s *site) awaitUnready(ctx context.Context, from time.Time) func() string {
	first := make(chan time.Duration, 1)
	for h := range s.hubs {
		go func() {
			client := http.Client{Timeout: 20 * time.Second}
			tick := time.NewTicker(50 * time.Millisecond)
			defer tick.Stop()
			for ctx.Err() == nil && time.Since(from) < *outageLength {
				res, err := client.Get("http://" + s.admin[h] + "/readyz")
				if err == nil {
					res.Body.Close()
				}
				if err == nil && res.StatusCode == http.StatusServiceUnavailable {
					select {
					case first <- time.Since(from):
					default:
					}
					return
				}
				<-tick.C
			}
		}()
	}
	return func() string {
		select {
		case after := <-first:
			return fmt.Sprintf("%.1f s", after.Seconds())
		default:
			return "-"
		}
	}
}

// awaitNews waits until every listener has heard of a change that began after a time.
func (s *site) awaitNews(after time.Time) {
	s.t.Helper()
	s.must(waitUntil(s.t.Context(), "news for everybody", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		for i := range 4 {
			if user := fmt.Sprint("listener", i); !s.newest[user].After(after) {
				return fmt.Errorf("none for %s", user)
			}
		}
		return nil
	}))
}

// connect logs a user in at its hub, or at the other one if that does not let it in.
func (s *site) connect(ctx context.Context, user string, hub int, notify func(hubtest.Frame)) *hubtest.Session {
	for n := hub; ctx.Err() == nil; n++ {
		trying, cancel := context.WithTimeout(ctx, 5*time.Second)
		session, err := login(trying, s.hubs[n%2].addr, user, notify)
		cancel()
		if err == nil {
			return session
		}
		<-time.After(50*time.Millisecond + rand.N(50*time.Millisecond))
	}
	return nil
}

// write sets a pair of the user's own again and again, as the SDK does: what failed is tried again,
// and after a lost connection the other hub is tried.
func (s *site) write(ctx context.Context, user string, hub int) {
	seq := uint64(0)
	for n := 0; ctx.Err() == nil; hub++ {
		session := s.connect(ctx, user, hub, nil)
		for session != nil && ctx.Err() == nil {
			<-time.After(20*time.Millisecond + rand.N(20*time.Millisecond))
			value := fmt.Sprint(user, "-", n)
			n++
			began := time.Now()
			s.mu.Lock()
			s.begun[value] = began
			s.mu.Unlock()
			var got hubtest.Changed
			err := session.Call(ctx, "setMessageExtensions", hubtest.SetParams(s.message, user, value, seq), &got)
			if err == nil {
				seq = got.Extensions[0].Seq // after a conflict too: an earlier write has got there
			}
			if s.note(ctx, user, began, err); err != nil && hubtest.Code(err) == 0 {
				break
			}
		}
		if session != nil {
			session.Close()
		}
	}
}

// note notes how a write ended.
func (s *site) note(ctx context.Context, user string, began time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err == nil:
		s.acks[user] = append(s.acks[user], time.Now())
	case ctx.Err() == nil:
		s.failed = max(s.failed, time.Since(began))
	}
}

// listen notes which changes a user hears of.
func (s *site) listen(ctx context.Context, user string, hub int) {
	for ; ctx.Err() == nil; hub++ {
		session := s.connect(ctx, user, hub, func(f hubtest.Frame) {
			var event hubtest.Changed
			if json.Unmarshal(f.Params, &event) != nil {
				return
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			s.news[user] = append(s.news[user], time.Now())
			for _, p := range event.Extensions {
				if began := s.begun[p.Value]; began.After(s.newest[user]) {
					s.newest[user] = began
				}
			}
		})
		if session == nil {
			return
		}
		select {
		case <-session.Gone():
		case <-ctx.Done():
		}
		session.Close()
	}
}
