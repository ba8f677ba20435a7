package kv

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"exthub/kv/bucket"
	"exthub/kv/kvtest"

	"github.com/nats-io/nats.go"
)

// letter returns the record of a one-to-one message.
func letter(from, to string, n int, text string) Record {
	return Record{
		From: from, To: to, Ref: Ref{From: from, To: to, MsgKey: fmt.Sprintf("%d_%d_1000", n, n)}, Type: "TIMTextElem",
		Payload: json.RawMessage(`{"text":"` + text + `"}`), Time: 1000, Sequence: uint64(n), Random: uint32(n),
	}
}

func mail(t *testing.T, s *Store, r Record) Ref {
	t.Helper()
	sent, err := s.Send(t.Context(), r, "", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return sent.Ref
}

// walk reads a whole conversation in pages of count, and returns the keys, the oldest first.
func walk(t *testing.T, s *Store, c Conversation, count int) []Ref {
	t.Helper()
	var all []Ref
	for before := (Ref{}); ; {
		page, err := s.History(t.Context(), c, before, count)
		if err != nil {
			t.Fatal(err)
		}
		var refs []Ref
		for _, r := range page.Records {
			refs = append(refs, r.Ref)
		}
		all = append(refs, all...)
		if page.Next == (Ref{}) {
			return all
		}
		if len(refs) != count || page.Next != refs[0] {
			t.Fatalf("%d records, but there are more before %v", len(refs), page.Next)
		}
		before = page.Next
	}
}

func expectRefs(t *testing.T, got, want []Ref) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("%d messages, want %d; %v, want %v", len(got), len(want), got, want)
	}
}

// A client asks for one message of a conversation of megabytes, again and again, on many sessions.
// Each costs what one message costs, from the newest to the oldest.
func TestOneMessageOfALongConversation(t *testing.T) {
	const messages, size = 300, 12_000
	nc := kvtest.Server(t)
	s, _ := open(t, nc, Options{})
	var sent []Ref
	for i := range messages {
		from, to := "ann", "bob"
		if i%3 == 0 {
			from, to = to, from
		}
		sent = append(sent, mail(t, s, letter(from, to, i, strings.Repeat("x", size))))
	}
	readers := []struct {
		name   string
		before Ref
		want   Ref
	}{
		{"the newest", Ref{}, sent[messages-1]},
		{"one in the middle", sent[messages/2], sent[messages/2-1]},
		{"the oldest", sent[1], sent[0]},
	}
	for _, r := range readers {
		before := nc.Stats().InBytes
		page, err := s.History(t.Context(), C2CConversation("ann", "bob"), r.before, 1)
		read := nc.Stats().InBytes - before
		if err != nil || len(page.Records) != 1 || page.Records[0].Ref != r.want {
			t.Fatalf("%s: %v, %v", r.name, page, err)
		}
		t.Logf("%s: %d KiB of %d", r.name, read>>10, messages*size>>10)
		if read > 4*size { // with the message that it is before, and the index
			t.Errorf("%s: %d bytes were read for a message of %d", r.name, read, size)
		}
	}
	for _, count := range []int{1, 15, 16, 17, 100} {
		expectRefs(t, walk(t, s, C2CConversation("bob", "ann"), count), sent)
	}
}

// A user writes to itself so often that no snapshot holds the conversation.
func TestLongConversationWithOneself(t *testing.T) {
	s, _ := open(t, kvtest.Server(t), Options{})
	var sent []Ref
	for i := range 1100 {
		sent = append(sent, mail(t, s, letter("ann", "ann", i, "note")))
	}
	expectRefs(t, walk(t, s, C2CConversation("ann", "ann"), 15), sent)
}

// A client sends the same message again and again, so that the index names what is not there, and a
// page would have to look at all of it. It is one name of 16 at most.
func TestDuplicatesFillNoIndex(t *testing.T) {
	s, _ := open(t, kvtest.Server(t), Options{})
	first := mail(t, s, letter("ann", "bob", 0, "again"))
	for i := range 200 {
		again := letter("ann", "bob", 0, "again")
		again.Ref.MsgKey = fmt.Sprintf("0_0_%d", 1001+i)
		if _, err := s.Send(t.Context(), again, "", time.Minute); !errors.Is(err, ErrDuplicate) {
			t.Fatal(err)
		}
		taken := letter("ann", "bob", 0, "another")
		taken.Random = uint32(i)
		if _, err := s.Send(t.Context(), taken, "", time.Minute); !errors.Is(err, ErrTaken) {
			t.Fatal(err)
		}
	}
	p, _, err := s.shards[0].newestPart(t.Context(), c2c{"ann", "bob"}, 0)
	if err != nil || p.next() > 4 {
		t.Errorf("the index goes to %d for one message, %v", p.next(), err)
	}
	sent := []Ref{first}
	for i := 1; i < 40; i++ {
		sent = append(sent, mail(t, s, letter("bob", "ann", i, "other")))
		again := letter("ann", "bob", 0, "again")
		again.Ref.MsgKey = fmt.Sprintf("0_0_%d", 2000+i)
		if _, err := s.Send(t.Context(), again, "", time.Minute); !errors.Is(err, ErrDuplicate) {
			t.Fatal(err)
		}
	}
	p, _, err = s.shards[0].newestPart(t.Context(), c2c{"ann", "bob"}, 0)
	if err != nil || p.next() > 40*maxPart/(maxPart-1)+2 {
		t.Errorf("the index goes to %d for 40 messages, %v", p.next(), err)
	}
	for _, count := range []int{1, 15} {
		expectRefs(t, walk(t, s, C2CConversation("ann", "bob"), count), sent)
	}
}

// Both users write at once, on two hubs. Every message has a place of its own, whoever was faster,
// and both hubs give the same pages.
func TestConversationOnTwoHubs(t *testing.T) {
	hubs := stores(t, 2)
	var wg sync.WaitGroup
	var mu sync.Mutex
	sent := make(map[Ref]bool)
	for writer := range 8 {
		wg.Go(func() {
			from, to := "ann", "bob"
			if writer%2 == 1 {
				from, to = to, from
			}
			for i := range 25 {
				r := letter(from, to, 100*writer+i, "hi")
				r, err := hubs[writer/2%2].Send(context.Background(), r, "", time.Minute)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				sent[r.Ref] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	first := walk(t, hubs[0], C2CConversation("ann", "bob"), 15)
	expectRefs(t, walk(t, hubs[1], C2CConversation("ann", "bob"), 7), first)
	for _, ref := range first {
		if !sent[ref] {
			t.Errorf("%v stands there twice, or was never sent", ref)
		}
		delete(sent, ref)
	}
	if len(sent) > 0 {
		t.Errorf("%d messages are not in the history: %v", len(sent), sent)
	}
}

// oldStore fills a bucket as it was before there was an index, and returns the messages of ann and
// bob.
func oldStore(t *testing.T, nc *nats.Conn, messages int) []Ref {
	t.Helper()
	b, err := bucket.Open(t.Context(), nc, bucket.Options{Name: "exthub_0", Replicas: 1, Shards: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	var refs []Ref
	put := func(r Record) {
		value, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		write := []bucket.Write{{Key: string(r.Ref.ID()) + ".m", Value: string(value)}}
		if _, err := b.Publish(t.Context(), write, bucket.PublishOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range messages {
		from, to := "ann", "bob"
		if i%2 == 1 {
			from, to = to, from
		}
		r := letter(from, to, i, "old")
		put(r)
		put(letter("ann", "ann", i, "old"))
		refs = append(refs, r.Ref)
	}
	return refs
}

// A data directory of the version before has conversations and no index. They are read like any
// other, page by page from any message on, by hubs that open it at once, and grow.
func TestOldConversations(t *testing.T) {
	for _, messages := range []int{1, 16, 17, 40, 64} {
		t.Run(fmt.Sprint(messages), func(t *testing.T) {
			nc := kvtest.Server(t)
			sent := oldStore(t, nc, messages)
			first, _ := open(t, nc, Options{})
			for i := range 20 {
				sent = append(sent, mail(t, first, letter("bob", "ann", 1000+i, "new")))
			}
			// As if it had been interrupted before it was done
			if err := first.shards[0].bucket.Purge(t.Context(), indexedKey, math.MaxInt64); err != nil {
				t.Fatal(err)
			}
			second, _ := open(t, nc, Options{})
			sent = append(sent, mail(t, second, letter("ann", "bob", 2000, "newer")))
			for _, s := range []*Store{first, second} {
				for _, count := range []int{1, 7, 15} {
					expectRefs(t, walk(t, s, C2CConversation("ann", "bob"), count), sent)
				}
				if n := len(walk(t, s, C2CConversation("ann", "ann"), 15)); n != messages {
					t.Errorf("%d messages to oneself", n)
				}
			}
			// Sent again after the change: the first has its place, and keeps it.
			again := letter("ann", "bob", 0, "not the same")
			if _, err := first.Send(t.Context(), again, "", time.Minute); !errors.Is(err, ErrTaken) {
				t.Fatal(err)
			}
			expectRefs(t, walk(t, first, C2CConversation("ann", "bob"), 15), sent)
			// Their records do not say where they stand, and a recall writes them anew.
			for i := 0; i < messages; i += 9 {
				recall(t, first, sent[i], "ann")
			}
			expectRefs(t, walk(t, second, C2CConversation("ann", "bob"), 1), sent)
		})
	}
}

// A member names the message with the largest number there can be, so that the messages before it
// would be counted for ever, or one that is in no conversation of its own.
func TestHistoryBeforeWhatIsNotThere(t *testing.T) {
	s, _ := open(t, kvtest.Server(t), Options{})
	ref := poll(t, s)
	for _, seq := range []uint64{1, 2, 1 << 40, math.MaxInt64, math.MaxInt64 + 1, math.MaxUint64} {
		before := Ref{GroupID: "team", MsgSeq: seq}
		page, err := s.History(t.Context(), GroupConversation("team"), before, 15)
		if list := page.Records; err != nil || len(list) > 1 || len(list) == 1 && list[0].Ref != ref {
			t.Errorf("before %d: %v, %v", seq, page, err)
		}
	}
	sent := mail(t, s, letter("ann", "bob", 1, "hi"))
	mail(t, s, letter("ann", "cat", 1, "hi"))
	for _, before := range []Ref{
		{From: "ann", To: "bob", MsgKey: "2_2_2"}, {From: "bob", To: "ann", MsgKey: sent.MsgKey},
		{From: "ann", To: "cat", MsgKey: "1_1_1000"},
	} {
		page, err := s.History(t.Context(), C2CConversation("ann", "bob"), before, 15)
		if !errors.Is(err, ErrMessageID) {
			t.Errorf("before %v: %v, %v", before, page, err)
		}
	}
}

// One user asks on a hundred sessions at a time, so that the others would stand in the queue behind
// all of them. They wait for one.
func TestTurnsAreFair(t *testing.T) {
	turns := newTurns(4)
	as := func(user string) context.Context { return context.WithValue(t.Context(), ReaderKey{}, user) }
	endFirst, err := turns.take(as("eve"))
	if err != nil {
		t.Fatal(err)
	}
	var others sync.WaitGroup
	for range 100 {
		others.Go(func() {
			end, err := turns.take(as("eve"))
			if err != nil {
				t.Error(err)
				return
			}
			end()
		})
	}
	for _, user := range []string{"ann", "bob", "cat"} {
		end, err := turns.take(as(user))
		if err != nil {
			t.Fatal(err)
		}
		defer end()
	}
	soon, cancel := context.WithTimeout(as("dan"), 10*time.Millisecond)
	defer cancel()
	if _, err := turns.take(soon); !errors.Is(err, ErrUnavailable) {
		t.Errorf("a fifth read of four: %v", err)
	}
	endFirst()
	others.Wait()
	end, err := turns.take(as("dan"))
	if err != nil {
		t.Fatal(err)
	}
	end()
}

// One user asks for objects that others need too, so many that its own reads stand in a long queue.
// The others read them themselves, in their own turns.
func TestTurnsForTheSameObject(t *testing.T) {
	s, _ := open(t, kvtest.Server(t), Options{})
	as := func(user string) context.Context { return context.WithValue(t.Context(), ReaderKey{}, user) }
	endEves, err := s.turns.take(as("eve"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, giveUp := context.WithCancel(as("eve"))
	began := make(chan error, 1)
	go func() { began <- s.ReadGroup(ctx, "team", func(*Group) {}) }()
	for waiting := 0; waiting < 2; runtime.Gosched() { // the read above is in eve's queue
		s.turns.each.mu.Lock()
		waiting = s.turns.each.locks["eve"].users
		s.turns.each.mu.Unlock()
	}
	if err := s.ReadGroup(as("bob"), "team", func(*Group) {}); err != nil {
		t.Errorf("bob waits behind eve: %v", err)
	}
	giveUp()
	if err := <-began; !errors.Is(err, context.Canceled) {
		t.Errorf("eve has read out of turn: %v", err)
	}
	endEves()
}
