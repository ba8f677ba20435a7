package kv

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"exthub/kv/ballot"
	"exthub/kv/kvtest"
)

// oldBucket is a bucket as hubs of before there were rules made it: DiscardNew and no schedules, no
// index of one-to-one messages, no origin or mark on any entry.
type oldBucket struct {
	t  *testing.T
	js jetstream.JetStream
}

func makeOldBucket(t *testing.T, nc *nats.Conn) *oldBucket {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{
		Name: "KV_exthub_0", Description: "Exthub: messages, their pairs and groups",
		Subjects: []string{"$KV.exthub_0.>"}, Storage: jetstream.FileStorage, Replicas: 1, MaxMsgsPerSubject: 1,
		Discard: jetstream.DiscardNew, Duplicates: 5 * time.Minute, AllowDirect: true, AllowAtomicPublish: true,
		AllowMsgTTL: true, AllowRollup: true, DenyDelete: true, Metadata: map[string]string{"exthub-shards": "1"},
	}); err != nil {
		t.Fatal(err)
	}
	return &oldBucket{t, js}
}

// put writes an entry and returns its revision.
func (b *oldBucket) put(key, value string) uint64 {
	b.t.Helper()
	return b.publish(&nats.Msg{Subject: "$KV.exthub_0." + key, Data: []byte(value)})
}

func (b *oldBucket) remove(key string) uint64 {
	b.t.Helper()
	return b.publish(&nats.Msg{Subject: "$KV.exthub_0." + key, Header: nats.Header{"KV-Operation": {"DEL"}}})
}

func (b *oldBucket) publish(msg *nats.Msg) uint64 {
	b.t.Helper()
	ack, err := b.js.PublishMsg(b.t.Context(), msg)
	if err != nil {
		b.t.Fatal(err)
	}
	return ack.Sequence
}

// oldRecord is the record of a message of before.
const oldRecord = `{"from":"ann",%s"type":"TIMCustomElem","payload":{},"time":1,"sequence":%d,"random":1,` +
	`"isSupportExtension":true}`

// A hub starts on the data directory of one of before. What was there is there, at its revisions,
// and what an earlier clear had no room to delete is not, before and after the sweep. The stream is
// the same one, updated in place, and a poll that closes at a time does so.
func TestDataDirectoryOfBefore(t *testing.T) {
	node := kvtest.Start(t)
	old := makeOldBucket(t, node.Connect(t))
	old.put("_", "1")
	old.put("g.team._.i", `{"type":"Public","name":"Team","owner":"ann","createTime":1}`)
	old.put("g.team._.u.ann", `{"role":"Owner","joinTime":1}`)
	old.put("u.ann.team", "")
	old.put("a.eve", `{"revokedUpTo":77}`)
	old.put("g.team.1.m", fmt.Sprintf(oldRecord, `"groupID":"team",`, 1))
	old.put("g.team.1.x.cat", "milk")
	tea := old.put("g.team.1.x.bob", "tea")
	gone := old.remove("g.team.1.x.cat")
	old.put("g.team.2.m", fmt.Sprintf(oldRecord, `"groupID":"team",`, 2))
	for i := range maxDeletions + 20 {
		old.put(fmt.Sprint("g.team.2.x.k", i), "v")
	}
	for i := range maxDeletions {
		old.remove(fmt.Sprint("g.team.2.x.k", i))
	}
	cleared := old.put("g.team.2.c", `{"clear":true}`)
	back := old.put("g.team.2.x.k1", "back")
	old.put("c.ann.bob.1_2_3.m", fmt.Sprintf(oldRecord, `"to":"bob",`, 1))
	letter := old.put("c.ann.bob.1_2_3.x.bob", "yes")
	made, err := old.js.Stream(t.Context(), "KV_exthub_0")
	if err != nil {
		t.Fatal(err)
	}

	node.Stop()
	if err := node.Restart(); err != nil {
		t.Fatal(err)
	}
	nc := node.Connect(t)
	s, deltas := open(t, nc, Options{})
	first, second := Ref{GroupID: "team", MsgSeq: 1}, Ref{GroupID: "team", MsgSeq: 2}
	private := Ref{From: "ann", To: "bob", MsgKey: "1_2_3"}
	for _, want := range []struct {
		ref   Ref
		from  uint64
		pairs []Pair
	}{
		{first, 1, []Pair{{Key: "bob", Value: "tea", Seq: tea}, {Key: "cat", Seq: gone, Deleted: true}}},
		{second, 0, []Pair{{Key: "k1", Value: "back", Seq: back}}},
		{private, 0, []Pair{{Key: "bob", Value: "yes", Seq: letter}}},
	} {
		if got := read(t, s, want.ref, want.from); !slices.Equal(got, want.pairs) {
			t.Errorf("%s: %+v, want %+v", want.ref.ID(), got, want.pairs)
		}
	}
	inspect(t, s, second, 0, func(m *Message) {
		if m.ClearSeq() != cleared || m.Summary().Pairs != 1 || !m.Pair(fmt.Sprint("k", maxDeletions)).Deleted {
			t.Errorf("cleared at %d of %d: %+v", m.ClearSeq(), cleared, m.Summary())
		}
	})
	for conversation, messages := range map[Conversation]int{first.Conversation(): 2, private.Conversation(): 1} {
		page, err := s.History(t.Context(), conversation, Ref{}, 10)
		if err != nil || len(page.Records) != messages {
			t.Errorf("%s: %+v, %v", conversation, page, err)
		}
	}
	if groups, err := s.Groups(t.Context(), "ann"); err != nil || !slices.Equal(groups, []string{"team"}) {
		t.Errorf("groups of ann: %v, %v", groups, err)
	}
	if upTo, err := s.RevokedUpTo(t.Context(), "eve"); err != nil || upTo != 77 {
		t.Errorf("revoked up to %d, %v", upTo, err)
	}
	if _, err := set(s, first, "bob", "coffee", tea); err != nil {
		t.Error(err)
	}
	if _, err := set(s, second, fmt.Sprint("k", maxDeletions), "again", 0); err != nil {
		t.Error(err)
	}
	awaitClose(t, deltas, sendPoll(t, s, ballot.Rules{CloseAt: time.Now().Unix() + 1}))

	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), "KV_exthub_0")
	if err != nil {
		t.Fatal(err)
	}
	now := stream.CachedInfo()
	if !now.Created.Equal(made.CachedInfo().Created) || !now.Config.AllowMsgSchedules ||
		now.Config.Discard != jetstream.DiscardOld {
		t.Errorf("made at %v: %+v", made.CachedInfo().Created, now)
	}
	s.shards[0].sweeper.sweep(t.Context(), time.Now().Add(2*sweepDelay))
	other, _ := open(t, node.Connect(t), Options{})
	if got := read(t, other, second, 0); len(got) != 2 {
		t.Errorf("a second hub reads %+v", got)
	}
}
