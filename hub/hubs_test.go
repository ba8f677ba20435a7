package hub_test

import (
	"flag"
	"fmt"
	"testing"

	"exthub/hub/hubtest"
	"exthub/kv/kvtest"
)

var rounds = flag.Int("rounds", 20, "how often each sequence between two hubs is tried")

// between are two hubs on one NATS with users that are logged in at both, and what went wrong
// between them.
type between struct {
	t     *testing.T
	here  *hubtest.Client // the owner, on the hub that changes things
	admin *hubtest.Backend
	there map[string]*hubtest.Client // on the hub that is asked at once
	other *hubtest.Backend
	wrong map[string]int
}

func newBetween(t *testing.T) *between {
	nc := kvtest.Server(t)
	one, two := hubtest.StartOn(t, nc), hubtest.StartOn(t, nc)
	b := &between{
		t: t, here: one.Login("ada"), admin: one.Backend(), other: two.Backend(),
		there: make(map[string]*hubtest.Client), wrong: make(map[string]int),
	}
	for _, user := range []string{"ada", "bo", "cy"} {
		b.there[user] = two.Login(user)
	}
	return b
}

func (b *between) check(what string, right bool) {
	if !right {
		b.wrong[what]++
	}
}

// TestReadYourWritesThroughABalancer: a backend reads over REST from one hub what it has just
// written through another, and a client names as startSeq a Seq that the hub which it asks has not
// seen yet. Neither is answered from before that.
func TestReadYourWritesThroughABalancer(t *testing.T) {
	b := newBetween(t)
	key := b.admin.SendC2C("ada", "bo", 1)
	pair := func(key, value string) []object { return []object{{"Key": key, "Value": value}} }
	message := b.here.Send("C2C", "bo").ID
	seq := uint64(0)
	for i := range *rounds {
		named := object{"From_Account": "ada", "To_Account": "bo", "MsgKey": key}
		b.admin.Must("openim_msg_ext_http_svc/set_key_values", object{"From_Account": "ada", "To_Account": "bo",
			"MsgKey": key, "OperateType": 1, "ExtensionList": pair("k", fmt.Sprint(i))}, nil)
		var got struct{ ExtensionList []struct{ Value string } }
		b.other.Must("openim_msg_ext_http_svc/get_key_values", named, &got)
		b.check("a REST read is older than a REST write", len(got.ExtensionList) == 1 &&
			got.ExtensionList[0].Value == fmt.Sprint(i))

		wrote, _ := b.here.Set(message, "k", fmt.Sprint(i), seq)
		seq = wrote.Seq
		page := b.there["bo"].Get(message, seq)
		b.check("naming a Seq as startSeq gives an answer from before it",
			len(page.Extensions) == 1 && page.Extensions[0] == wrote)
		wrote, _ = b.here.Set(message, "k", fmt.Sprint(i, "again"), seq)
		seq = wrote.Seq
		page = b.there["bo"].Get(message, seq+1)
		b.check("naming the next Seq gives an answer from before the last", page.LatestSeq == seq)
	}
	b.report()
}

// report fails the test if there were wrong answers.
func (b *between) report() {
	b.t.Helper()
	for what, n := range b.wrong {
		b.t.Errorf("%s: %d times in %d rounds", what, n, *rounds)
	}
	b.t.Logf("%d rounds", *rounds)
}
