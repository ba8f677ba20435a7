package events

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"exthub/kv"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// session is a subscriber that keeps what it gets.
type session struct {
	id   string
	mu   sync.Mutex
	got  []*Event
	lost int
}

func (s *session) Session() string { return s.id }
func (s *session) Lost()           { s.lost++ }

func (s *session) Notify(e *Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, e)
}

// frames returns the notifications that the session got, and forgets them.
func (s *session) frames() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []string
	for _, e := range s.got {
		for _, f := range e.Frames() {
			list = append(list, string(f.Payload))
		}
	}
	s.got = nil
	return list
}

func join(b *Broker, user string, groups ...string) *session {
	s := &session{id: user + "'s"}
	b.Attach(s, user)
	b.Join(s, user, groups)
	return s
}

func pairs(group string, seq uint64, list ...string) kv.Delta {
	ref := kv.Ref{GroupID: group, MsgSeq: 1}
	d := kv.Delta{ID: ref.ID(), Ref: ref, Revision: seq}
	for i, key := range list {
		p := kv.Pair{Key: key, Value: fmt.Sprint("v", seq), Seq: seq - uint64(len(list)-1-i)}
		if name, deleted := strings.CutPrefix(key, "-"); deleted {
			p.Key, p.Value, p.Deleted = name, "", true
		}
		d.Pairs = append(d.Pairs, p)
	}
	return d
}

func TestWhoGetsIt(t *testing.T) {
	b := New(Options{})
	ann, bob, cat := join(b, "ann", "team"), join(b, "bob", "team", "other"), join(b, "cat", "other")
	b.Publish(pairs("team", 5, "k"))
	want := `{"jsonrpc":"2.0","method":"MESSAGE_EXTENSIONS_UPDATED","params":{"messageID":"g.team.1",` +
		`"extensions":[{"key":"k","value":"v5","seq":5}],"latestSeq":5}}`
	for _, s := range []*session{ann, bob} {
		if got := s.frames(); len(got) != 1 || got[0] != want {
			t.Errorf("%s got %s", s.id, got)
		}
	}
	if got := cat.frames(); len(got) != 0 {
		t.Errorf("cat is not in the team and got %s", got)
	}
	b.Publish(kv.Delta{
		Ref:     kv.Ref{GroupID: "team"},
		Members: []kv.MemberChange{{UserID: "bob", By: "ann", Seq: 8}, {UserID: "cat", Joined: true, Seq: 9}},
	})
	b.Publish(pairs("team", 12, "-k"))
	left := `{"jsonrpc":"2.0","method":"GROUP_LEFT","params":{"groupID":"team","reason":"removed","endSeq":8}}`
	if got := bob.frames(); len(got) != 1 || got[0] != left {
		t.Errorf("bob was removed and got %s", got)
	}
	joined := `{"jsonrpc":"2.0","method":"GROUP_JOINED","params":{"groupID":"team","startSeq":9}}`
	want = `{"jsonrpc":"2.0","method":"MESSAGE_EXTENSIONS_DELETED","params":{"messageID":"g.team.1",` +
		`"keyList":["k"],"latestSeq":12}}`
	if got := cat.frames(); len(got) != 2 || got[0] != joined || got[1] != want {
		t.Errorf("cat has joined and got %s", got)
	}
	b.Detach(ann, "ann")
	ann.got = nil
	b.Publish(kv.Delta{Ref: kv.Ref{GroupID: "team"}, Dissolved: true, Revision: 13})
	b.Publish(pairs("team", 14, "k"))
	gone := `{"jsonrpc":"2.0","method":"GROUP_LEFT","params":{"groupID":"team","reason":"dismissed","endSeq":13}}`
	if got := cat.frames(); len(ann.got) != 0 || len(got) != 1 || got[0] != gone {
		t.Errorf("at the end cat got %s", got)
	}
	b.Publish(kv.Delta{Reset: true})
	if ann.lost != 0 || bob.lost != 1 || cat.lost != 1 {
		t.Errorf("a loss was told to %d, %d, %d", ann.lost, bob.lost, cat.lost)
	}
}

func TestBothSidesOfAConversation(t *testing.T) {
	b := New(Options{})
	ann, bob, cat := join(b, "ann"), join(b, "bob"), join(b, "cat")
	other := &session{id: "ann's phone"}
	b.Attach(other, "ann")
	ref := kv.Ref{From: "ann", To: "bob", MsgKey: "1_2_3"}
	b.Publish(kv.Delta{ID: ref.ID(), Ref: ref, Origin: ann.id, Record: &kv.Record{
		Ref: ref, From: "ann", To: "bob", Type: "TIMTextElem", Payload: json.RawMessage(`{"text":"hi"}`),
	}})
	if len(ann.frames()) != 0 || len(cat.frames()) != 0 {
		t.Error("the message went back to its session, or to a stranger")
	}
	for s, peer := range map[*session]string{bob: "ann", other: "bob"} {
		got := s.frames()
		conversation := `"conversationID":"C2C` + peer + `"`
		if len(got) != 1 || !strings.Contains(got[0], conversation) || !strings.Contains(got[0], `"to":"bob"`) {
			t.Errorf("%s got %s", s.id, got)
		}
	}
	b.Publish(kv.Delta{ID: ref.ID(), Ref: ref, Revision: 9, Pairs: []kv.Pair{{Key: "k", Value: "v", Seq: 9}}})
	if len(ann.frames()) != 1 || len(bob.frames()) != 1 || len(other.frames()) != 1 || len(cat.frames()) != 0 {
		t.Error("a pair goes to all sessions of both, its author's too, and to nobody else")
	}
}

// What is published between Attach and Join is newer than the list that Join brings.
func TestJoinKnowsLessThanTheTail(t *testing.T) {
	b := New(Options{})
	s := &session{id: "s"}
	b.Attach(s, "ann")
	b.Publish(kv.Delta{Ref: kv.Ref{GroupID: "left"}, Members: []kv.MemberChange{{UserID: "ann"}}})
	b.Publish(kv.Delta{Ref: kv.Ref{GroupID: "joined"}, Members: []kv.MemberChange{{UserID: "ann", Joined: true}}})
	if got := s.frames(); len(got) != 1 || !strings.Contains(got[0], `"GROUP_JOINED"`) {
		t.Errorf("while logging in ann got %s", got)
	}
	b.Join(s, "ann", []string{"left", "stayed"})
	for group, want := range map[string]int{"left": 0, "joined": 1, "stayed": 1} {
		b.Publish(pairs(group, 3, "k"))
		if got := s.frames(); len(got) != want {
			t.Errorf("%s: got %s", group, got)
		}
	}
}

// Every notification's latestSeq is a safe cursor: nothing at or below it comes later.
func TestMixedChangesKeepTheOrderOfSeq(t *testing.T) {
	b := New(Options{})
	s := join(b, "ann", "team")
	d := pairs("team", 14, "a", "-b", "c", "-d", "-a")
	d.ClearSeq = 15
	b.Publish(d)
	want := []string{
		`"keyList":["b"],"latestSeq":11}}`,
		`"extensions":[{"key":"c","value":"v14","seq":12}],"latestSeq":12}}`,
		`"keyList":["d","a"],"latestSeq":15,"clearSeq":15}}`,
	}
	got := s.frames()
	if len(got) != len(want) {
		t.Fatalf("got %s", got)
	}
	for i := range want {
		if !strings.HasSuffix(got[i], want[i]) {
			t.Errorf("%d: %s, want …%s", i, got[i], want[i])
		}
	}
}

// However events are folded, who applies them in order ends with the newest of each pair.
func TestFoldEndsTheSame(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var list []*Event
		want := make(map[string]uint64)
		for seq := uint64(1); seq < 30; seq++ {
			key := fmt.Sprint("k", random.IntN(5))
			deleted := random.IntN(3) == 0
			d := kv.Delta{ID: "g.g.1", Pairs: []kv.Pair{{Key: key, Seq: seq, Deleted: deleted}}}
			list = append(list, pairEvent(d, nil))
			if want[key] = seq; deleted {
				delete(want, key)
			}
		}
		for len(list) > 1 && random.IntN(10) > 0 {
			i := random.IntN(len(list) - 1)
			j := i + 1 + random.IntN(len(list)-i-1)
			list = slices.Concat(list[:i], []*Event{Fold(list[i:j+1], nil)}, list[j+1:])
		}
		got := make(map[string]uint64)
		cursor := uint64(0)
		for _, e := range list {
			for _, f := range e.Frames() {
				cursor = apply(t, got, f.Payload, cursor)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("ends with %v, want %v", got, want)
		}
	}
}

func apply(t *testing.T, state map[string]uint64, frame []byte, cursor uint64) uint64 {
	t.Helper()
	var n struct {
		Params struct {
			Extensions []struct {
				Key string
				Seq uint64
			}
			KeyList   []string
			LatestSeq uint64
		}
	}
	if err := json.Unmarshal(frame, &n); err != nil {
		t.Fatalf("%s: %v", frame, err)
	}
	if n.Params.LatestSeq <= cursor {
		t.Fatalf("%s after %d", frame, cursor)
	}
	for _, x := range n.Params.Extensions {
		if x.Seq <= cursor {
			t.Fatalf("%s after %d", frame, cursor)
		}
		state[x.Key] = x.Seq
	}
	for _, key := range n.Params.KeyList {
		delete(state, key)
	}
	return n.Params.LatestSeq
}

func FuzzString(f *testing.F) {
	for _, s := range []string{"", "plain", `"\`, "\x00\x1f\x7f", "🙂 用户", "\u2028</script>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var got string
		if err := json.Unmarshal(appendString(nil, s), &got); err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		var reference string
		if err := json.Unmarshal(want, &reference); err != nil || got != reference {
			t.Fatalf("%q comes back as %q, the library says %q", s, got, reference)
		}
	})
}

// FuzzPairs looks for a change whose notification says something else than encoding/json would: a
// key or a value that breaks out of its quotes, a deletion among what is there, a pair or a clear
// that is lost. Read in their order, the notifications are the changes in the order of Seq.
func FuzzPairs(f *testing.F) {
	f.Add("k", "v", "l", uint64(5), uint64(0b0100), false)
	f.Add(`"],"keyList":["`, "\x00\xff\u2028", "\ud7ff🙂", uint64(1)<<63, uint64(0b1010), true)
	f.Add("", `\`, "k", uint64(0), uint64(0), true)
	f.Fuzz(func(t *testing.T, key, value, other string, seq, deleted uint64, cleared bool) {
		if seq > 1<<63 || key == "" || other == "" || key == other {
			return // no revision is so high, and no key empty
		}
		d := kv.Delta{ID: kv.Ref{From: key, To: other, MsgKey: "1_2_3"}.ID()}
		for i, name := range []string{key, other, key + other, other + key + "k"} {
			p := kv.Pair{Key: name, Value: value, Seq: seq + uint64(i) + 1}
			if deleted>>i&1 != 0 {
				p.Value, p.Deleted = "", true
			}
			d.Pairs = append(d.Pairs, p)
		}
		if cleared {
			d.ClearSeq = seq + 9
		}
		frames, rest := pairEvent(d, nil).Frames(), d.Pairs
		for _, frame := range frames {
			want := map[string]any{"messageID": d.ID}
			method := ""
			method, rest = plainRun(rest, want)
			if len(rest) == 0 && cleared && method != "MESSAGE_EXTENSIONS_UPDATED" {
				method, cleared = "MESSAGE_EXTENSIONS_DELETED", false
				want["latestSeq"], want["clearSeq"] = d.ClearSeq, d.ClearSeq
			}
			expectJSON(t, frame.Payload, map[string]any{"jsonrpc": "2.0", "method": method, "params": want})
		}
		if len(rest) > 0 || cleared {
			t.Errorf("%d notifications of %+v, clear %v: %+v is not told", len(frames), d.Pairs, d.ClearSeq > 0, rest)
		}
	})
}

// plainRun puts the first pairs that are all there or all gone into the params of a notification,
// and returns its method and the pairs behind them.
func plainRun(pairs []kv.Pair, params map[string]any) (method string, rest []kv.Pair) {
	if len(pairs) == 0 {
		params["keyList"] = []string{}
		return "", nil
	}
	n := 0
	keys, extensions := []string{}, []map[string]any{}
	for ; n < len(pairs) && pairs[n].Deleted == pairs[0].Deleted; n++ {
		keys = append(keys, pairs[n].Key)
		extensions = append(extensions, map[string]any{
			"key": pairs[n].Key, "value": pairs[n].Value, "seq": pairs[n].Seq,
		})
	}
	params["latestSeq"] = pairs[n-1].Seq
	if pairs[0].Deleted {
		params["keyList"] = keys
		return "MESSAGE_EXTENSIONS_DELETED", pairs[n:]
	}
	params["extensions"] = extensions
	return "MESSAGE_EXTENSIONS_UPDATED", pairs[n:]
}

// expectJSON expects the JSON that encoding/json makes of a value, numbers by their digits.
func expectJSON(t *testing.T, got []byte, value any) {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var read [2]any
	for i, text := range [][]byte{got, text} {
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		if err := d.Decode(&read[i]); err != nil || d.More() {
			t.Fatalf("%q is no JSON: %v", text, err)
		}
	}
	if !reflect.DeepEqual(read[0], read[1]) {
		t.Errorf("%s, want %s", got, text)
	}
}

func BenchmarkEncode(b *testing.B) {
	d := pairs("team", 5, "voter-1_0")
	b.ReportAllocs()
	for b.Loop() {
		pairEvent(d, nil)
	}
}

func BenchmarkFold(b *testing.B) {
	var list []*Event
	for i := range 64 {
		list = append(list, pairEvent(pairs("team", uint64(i+1), fmt.Sprint("voter", i%20)), nil))
	}
	b.ReportAllocs()
	for b.Loop() {
		Fold(list, nil)
	}
}

func BenchmarkDeliver(b *testing.B) {
	broker := New(Options{})
	for i := range 1000 {
		s := &counter{}
		broker.Attach(s, fmt.Sprint(i))
		broker.Join(s, fmt.Sprint(i), []string{"team"})
	}
	d := pairs("team", 5, "voter-1_0")
	b.ReportAllocs()
	for b.Loop() {
		broker.Publish(d)
	}
}

// counter is a subscriber without memory.
type counter struct{ n int }

func (c *counter) Session() string { return "" }
func (c *counter) Notify(*Event)   { c.n++ }
func (c *counter) Lost()           {}

// A user is in so many groups that its login takes several turns at the lock. What is committed in
// between wins over what was read before.
func TestLeavingWhileLoggingIn(t *testing.T) {
	const groups = 20 * joinAtOnce
	b := New(Options{})
	names := make([]string, groups)
	for i := range names {
		names[i] = fmt.Sprint("g", i)
	}
	s := &session{id: "eve's"}
	b.Attach(s, "eve")
	var both sync.WaitGroup
	both.Go(func() { b.Join(s, "eve", names) })
	both.Go(func() {
		for i := range groups / 2 {
			left := kv.MemberChange{UserID: "eve"}
			b.Publish(kv.Delta{Ref: kv.Ref{GroupID: names[2*i]}, Members: []kv.MemberChange{left}})
		}
	})
	both.Wait()
	s.frames() // what it was told of memberships
	for i, name := range names {
		b.Publish(pairs(name, uint64(i+1), "k"))
		if got, want := len(s.frames()), i%2; got != want {
			t.Fatalf("%s: told of %d changes, want %d", name, got, want)
		}
	}
	b.Detach(s, "eve")
	if len(b.groups) > 0 {
		t.Errorf("%d groups are left", len(b.groups))
	}
}
