package hub_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"exthub/hub"
	"exthub/hub/hubtest"
	"exthub/kv/kvtest"
)

// limitSets allows so many sets of a message, in a minute that does not end.
func limitSets(rate int) func(*hub.Options) {
	now := time.Unix(time.Now().Unix()/60*60+48, 0)
	return func(o *hub.Options) {
		o.MessageRate, o.Now = rate, func() time.Time { return now }
	}
}

// TestMessageRate: what is written to one message is counted, over all hubs; reads, deletions and
// other messages are not, nor is an admin. A user has a fourth of it.
func TestMessageRate(t *testing.T) {
	nc := kvtest.Server(t)
	limit := limitSets(8)
	hubs := []*hubtest.World{hubtest.StartOn(t, nc, limit), hubtest.StartOn(t, nc, limit)}
	ada := hubs[0].Login("ada")
	ada.Must("createGroup", object{"name": "club", "type": "Public", "groupID": "club",
		"memberList": users("m", 4)}, nil)
	id, other := ada.Send("GROUP", "club").ID, ada.Send("GROUP", "club").ID
	members := make([]*hubtest.Client, 4)
	for i := range members {
		members[i] = hubs[i%2].Login(fmt.Sprint("m", i))
		for n := range 2 {
			if p, _ := members[i].Set(id, fmt.Sprint("m", i, n), "v", 0); p.Code != 0 {
				t.Fatalf("member %d, set %d: %+v", i, n, p)
			}
		}
	}
	for _, r := range []struct {
		c    *hubtest.Client
		says string
	}{
		{ada, "message g.club.1 was set 9 times this minute, at most 8 times by all together: try again in 12 s"},
		{members[3], "m3 tried to set message g.club.1 3 times this minute, at most 2 times by one user: " +
			"try again in 12 s"},
	} {
		if got := r.c.Refused(23003, "setMessageExtensions", hubtest.SetParams(id, "k", "v", 0)); got != r.says {
			t.Errorf("%q, want %q", got, r.says)
		}
	}
	last, _ := hubs[1].Login("admin").Set(id, "admin", "v", 0)
	if last.Code != 0 {
		t.Errorf("the admin: %+v", last)
	}
	ada.Set(other, "k", "v", 0)
	ada.Get(id, last.Seq+1) // ada's hub has what was written on the other by then
	if got := ada.Get(id, 0); len(got.Extensions) != 9 {
		t.Errorf("the message has %+v", got)
	}
	ada.Delete(id)
}

// One member's conflicting or unchanging sets use up everybody's sets of a minute, the admin's too.
func TestRateUsedUpByOne(t *testing.T) {
	w := hubtest.Start(t, limitSets(40))
	ada, bo, eve := w.Login("ada"), w.Login("bo"), w.Login("eve")
	ada.Must("createGroup", object{"name": "club", "type": "Public", "groupID": "club",
		"memberList": []object{{"userID": "bo"}, {"userID": "eve"}}}, nil)
	id := ada.Send("GROUP", "club").ID
	first, _ := ada.Set(id, "k", "v", 0)
	for i := range 200 {
		params := hubtest.SetParams(id, "k", "w", first.Seq+1) // a conflict
		if i%2 == 1 {
			params = hubtest.SetParams(id, "k", "v", first.Seq) // what it is already
		}
		err := eve.Call("setMessageExtensions", params, nil)
		if code := hubtest.Code(err); i < 10 && err != nil || i >= 10 && code != 23003 {
			t.Fatalf("attempt %d: %v", i, err)
		}
	}
	got := eve.Refused(23003, "setMessageExtensions", hubtest.SetParams(id, "k", "w", 0))
	if !strings.HasPrefix(got, "eve ") {
		t.Errorf("%q does not say whose limit it was", got)
	}
	for i := range 9 {
		for name, c := range map[string]*hubtest.Client{"ada": ada, "bo": bo} {
			if p, _ := c.Set(id, fmt.Sprint(name, i), "v", 0); p.Code != 0 {
				t.Fatalf("%s's set %d: %+v", name, i, p)
			}
		}
	}
	admin := w.Login("admin")
	for i := range 50 {
		if p, _ := admin.Set(id, fmt.Sprint("admin", i), "v", 0); p.Code != 0 {
			t.Fatalf("the admin's set %d: %+v", i, p)
		}
	}
}

// A set that writes nothing in the end takes nothing from the message's sets of a minute: one that
// turns out to conflict, or for which there is no room.
func TestRateCountsWhatIsWritten(t *testing.T) {
	w := hubtest.Start(t, limitSets(8), func(o *hub.Options) { o.MaxExtensions = 4 })
	ada := w.Login("ada")
	ada.Must("createGroup", object{"name": "club", "type": "Public", "groupID": "club",
		"memberList": users("m", 8)}, nil)
	id := ada.Send("GROUP", "club").ID
	w.Login("admin").Must("setMessageExtensions", object{"messageID": id, "extensions": pairs("k", 4)}, nil)
	members := make([]*hubtest.Client, 8)
	for i := range members {
		members[i] = w.Login(fmt.Sprint("m", i))
		members[i].Refused(10004, "setMessageExtensions", hubtest.SetParams(id, fmt.Sprint("m", i), "v", 0))
	}
	seq := ada.GetAll(id)["k0"].Seq
	for i, c := range members {
		p, _ := c.Set(id, "k0", fmt.Sprint("v", i), seq)
		if p.Code != 0 {
			t.Fatalf("member %d: %+v", i, p)
		}
		seq = p.Seq
	}
	ada.Refused(23003, "setMessageExtensions", hubtest.SetParams(id, "k0", "more", seq))
}
