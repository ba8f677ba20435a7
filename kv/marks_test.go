package kv

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"exthub/kv/bucket"
	"exthub/kv/kvtest"
)

// crew is a group on two hubs of one server, each with a connection of its own.
type crew struct {
	t        *testing.T
	node     *kvtest.Node
	one, two *Store
	twoIsOn  *nats.Conn
}

// newCrew starts two hubs that know a group with ann and bob.
func newCrew(t *testing.T, ttl time.Duration) *crew {
	t.Helper()
	t.Parallel()
	c := &crew{t: t, node: kvtest.Start(t)}
	c.twoIsOn = c.node.Connect(t)
	c.one, _ = open(t, c.node.Connect(t), Options{HubTTL: ttl})
	c.two, _ = open(t, c.twoIsOn, Options{HubTTL: ttl})
	c.change(c.one, GroupChange{
		Info: &GroupInfo{GroupID: "team", Type: "Public", Name: "team"},
		Add:  []Member{{UserID: "ann", Role: "Owner"}, {UserID: "bob", Role: "Member"}},
	})
	if there, err := c.has(c.two, "bob"); !there || err != nil {
		t.Fatalf("bob is a member: %v, %v", there, err)
	}
	return c
}

// change changes the group through a hub.
func (c *crew) change(s *Store, change GroupChange) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), time.Minute)
	defer cancel()
	if err := s.UpdateGroup(ctx, "team", func(*Group) (GroupChange, error) { return change, nil }); err != nil {
		c.t.Fatal(err)
	}
}

// has asks a hub whether the user is a member.
func (c *crew) has(s *Store, user string) (there bool, err error) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 20*time.Second)
	defer cancel()
	err = s.ReadGroup(ctx, "team", func(g *Group) { _, there = g.Member(user) })
	return there, err
}

// refuses fails the test unless the hub says that it can't tell.
func (c *crew) refuses(s *Store) {
	c.t.Helper()
	there, err := c.has(s, "bob")
	if !errors.Is(err, ErrUnavailable) {
		c.t.Errorf("bob is a member: %v, %v; want ErrUnavailable", there, err)
	}
	if err := s.Ready(); err == nil {
		c.t.Error("and it is ready")
	}
}

// returns waits until the hub serves again, and knows that bob is no member any more.
func (c *crew) returns(s *Store) {
	c.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; {
		there, err := c.has(s, "bob")
		if err == nil {
			if there {
				c.t.Error("bob is a member again")
			}
			return
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("does not serve again: %v", err)
		}
	}
}

var withoutBob = GroupChange{Remove: []string{"bob"}}

// A member is removed while a hub is cut off from NATS and goes on serving what it knows. The
// removal is acknowledged, and by then that hub refuses.
func TestHubCutOff(t *testing.T) {
	c := newCrew(t, 3*time.Second)
	c.twoIsOn.Close()
	c.change(c.one, withoutBob)
	c.refuses(c.two)
}

// A member is removed while the tail of a hub stands still, though its mark can be renewed. The
// removal is acknowledged, that hub refuses, and serves again when its tail goes on.
func TestTailStandsStill(t *testing.T) {
	t.Parallel()
	node := kvtest.Start(t)
	c := &crew{t: t, node: node}
	c.one, _ = open(t, node.Connect(t), Options{HubTTL: 3 * time.Second})
	two, err := Open(t.Context(), node.Connect(t), Options{HubTTL: 3 * time.Second, MaxPairs: 300})
	if err != nil {
		t.Fatal(err)
	}
	c.two = two
	ctx, stop := context.WithCancel(context.Background())
	held, release := make(chan struct{}), make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		ended <- two.Run(ctx, func(d Delta) {
			for _, m := range d.Members {
				if m.UserID == "cy" {
					close(held)
					<-release
				}
			}
		})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		two.Close()
	})
	c.change(c.one, GroupChange{
		Info: &GroupInfo{GroupID: "team", Type: "Public", Name: "team"},
		Add:  []Member{{UserID: "ann", Role: "Owner"}, {UserID: "bob", Role: "Member"}},
	})
	if there, err := c.has(two, "bob"); !there || err != nil {
		t.Fatalf("bob is a member: %v, %v", there, err)
	}
	added := make(chan struct{})
	go func() {
		defer close(added)
		c.change(c.one, GroupChange{Add: []Member{{UserID: "cy", Role: "Member"}}})
	}()
	<-held
	c.change(c.one, withoutBob)
	c.refuses(two)
	<-added
	close(release)
	c.returns(two)
}

// A hub that was away has its mark again before its tail has come to what it missed. It decides
// nothing until then: its group has a member who was removed meanwhile. Which of the two comes
// first is luck, so torture shows this now and then at best.
func TestMarkIsBackBeforeTheTail(t *testing.T) {
	t.Parallel()
	node := kvtest.Start(t)
	c := &crew{t: t, node: node}
	c.one, _ = open(t, node.Connect(t), Options{})
	c.change(c.one, GroupChange{
		Info: &GroupInfo{GroupID: "team", Type: "Public", Name: "team"},
		Add:  []Member{{UserID: "ann", Role: "Owner"}, {UserID: "bob", Role: "Member"}},
	})
	two, err := Open(t.Context(), node.Connect(t), Options{HubTTL: time.Minute, MaxPairs: 300})
	if err != nil {
		t.Fatal(err)
	}
	defer two.Close()
	known := func() (there bool) {
		if err := two.shards[0].cache.withGroup(t.Context(), "team", func(sl *slot) {
			_, there = sl.object.(*Group).Member("bob")
		}); err != nil {
			t.Fatal(err)
		}
		return there
	}
	if !known() {
		t.Fatal("bob is no member to begin with")
	}
	c.change(c.one, withoutBob) // two has no mark yet, so nobody waits for it
	for range 2 {
		if err := two.marks.renew(t.Context()); err == nil || two.marks.valid() {
			t.Errorf("it decides, and takes bob for a member: %t; %v", known(), err)
		}
	}
}

// NATS restarts and forgets the marks while a hub is cut off that goes on serving, and a hub that
// was just started removes a member. It finds no mark of the other, and waits all the same until
// that one refuses.
func TestMarksAreForgotten(t *testing.T) {
	c := newCrew(t, 3*time.Second)
	c.twoIsOn.Close()
	c.node.Stop()
	if err := c.node.Restart(); err != nil {
		t.Fatal(err)
	}
	three, _ := open(t, c.node.Connect(t), Options{HubTTL: 3 * time.Second})
	c.change(three, withoutBob)
	c.refuses(c.two)
	c.returns(c.one)
}

// Somebody deletes the bucket of marks. It is made again, and changes are true on every hub as
// before.
func TestMarksAreDeleted(t *testing.T) {
	c := newCrew(t, 3*time.Second)
	js, err := jetstream.New(c.node.Connect(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteStream(t.Context(), "KV_exthub_hubs"); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		user := fmt.Sprint("user", i)
		c.change(c.one, GroupChange{Add: []Member{{UserID: user, Role: "Member"}}})
		if there, err := c.has(c.two, user); err == nil && !there {
			t.Errorf("%s is no member at the other hub", user)
		}
	}
	c.change(c.two, withoutBob)
	c.returns(c.one)
}

// A hub that was stopped in good order is waited for by nobody, and one that starts knows what was
// acknowledged before.
func TestHubsComeAndGo(t *testing.T) {
	c := newCrew(t, 10*time.Minute)
	for i := range 3 {
		ctx, stop := context.WithCancel(context.Background())
		s, err := Open(t.Context(), c.node.Connect(t), Options{HubTTL: 10 * time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx, func(Delta) {}) }()
		user := fmt.Sprint("user", i)
		c.change(c.one, GroupChange{Add: []Member{{UserID: user, Role: "Member"}}})
		if there, err := c.has(s, user); err != nil || !there {
			t.Errorf("%s is a member: %v, %v", user, there, err)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		s.Close()
	}
	c.change(c.one, withoutBob)
	if there, err := c.has(c.two, "bob"); err != nil || there {
		t.Errorf("bob is a member: %v, %v", there, err)
	}
}

// Somebody deletes all buckets under running hubs. They are made again and are another history, of
// which the hubs hear by themselves, and what is acknowledged in it is true on both.
func TestBucketsAreDeleted(t *testing.T) {
	t.Parallel()
	node := kvtest.Start(t)
	c := &crew{t: t, node: node}
	var heard [2]<-chan Delta
	c.one, heard[0] = open(t, node.Connect(t), Options{Shards: 2, HubTTL: 3 * time.Second})
	c.two, heard[1] = open(t, node.Connect(t), Options{Shards: 2, HubTTL: 3 * time.Second})
	made := GroupChange{
		Info: &GroupInfo{GroupID: "team", Type: "Public", Name: "team"},
		Add:  []Member{{UserID: "ann", Role: "Owner"}, {UserID: "bob", Role: "Member"}},
	}
	c.change(c.one, made)
	before := c.one.Epoch()
	js, err := jetstream.New(node.Connect(t))
	if err != nil {
		t.Fatal(err)
	}
	for name := range js.StreamNames(t.Context()).Name() {
		if err := js.DeleteStream(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	for i := range heard {
		for range 2 { // one for each shard
			until(t, heard[i], func(d Delta) bool { return d.Reset })
		}
	}
	if one, two := c.one.Epoch(), c.two.Epoch(); one != two || one == before {
		t.Errorf("the epoch was %s, and is %s and %s", before, one, two)
	}
	c.change(c.two, made)
	for _, s := range []*Store{c.one, c.two} {
		if there, err := c.has(s, "bob"); err != nil || !there {
			t.Errorf("bob is a member: %v, %v", there, err)
		}
	}
	c.change(c.two, withoutBob)
	c.returns(c.one)
	ref := poll(t, c.one)
	if _, err := set(c.two, ref, "k", "v", 0); err != nil {
		t.Error(err)
	}
	if n, err := c.one.Count(t.Context(), ref, time.Now(), 1); err != nil || n != 1 {
		t.Errorf("the count of a minute is %d, %v", n, err)
	}
}

// A mark from before the bucket was made anew says a high revision of a history that is over. It
// counts for nothing in the new one, neither a hub's own nor another's.
func TestMarkOfAnotherHistory(t *testing.T) {
	const before, after = 1, 2
	p := newPeers(time.Minute)
	hear := func(value string) { p.hear(bucket.Entry{Key: hubPrefix + "other", Value: value}, time.Now()) }
	own := mark{Created: []int64{before}, Applied: []uint64{10}}
	p.listed(nil, own, time.Now())
	hear(`{"n":1,"created":[1],"applied":[10]}`)
	if past, _ := p.past(0, before, 10); !past {
		t.Error("both are past 10 of the old history")
	}
	if past, _ := p.past(0, after, 3); past {
		t.Error("neither has come to 3 of the new history")
	}
	p.listed(nil, mark{Created: []int64{after}, Applied: []uint64{3}}, time.Now())
	if past, _ := p.past(0, after, 3); past {
		t.Error("the other has not come to 3 of the new history")
	}
	hear(`{"n":2,"created":[2],"applied":[3]}`)
	if past, _ := p.past(0, after, 3); !past {
		t.Error("both are past 3 of the new history")
	}
}
