package bucket

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"exthub/kv/kvtest"
)

// chainOf returns writes of these keys.
func chainOf(keys ...string) (writes []Write) {
	for _, key := range keys {
		writes = append(writes, Write{Key: key, Value: "v"})
	}
	return writes
}

// there returns the revision of each key, 0 if it has none.
func there(t *testing.T, b *Bucket, keys ...string) []uint64 {
	t.Helper()
	snap, err := b.Read(t.Context(), 0, keys...)
	if err != nil {
		t.Fatal(err)
	}
	found := make([]uint64, len(keys))
	for _, e := range snap.Entries {
		for i, key := range keys {
			if e.Key == key {
				found[i] = e.Revision
			}
		}
	}
	return found
}

// The entries of a chain are right behind each other, and none is written if the precondition of
// the first does not hold.
func TestChain(t *testing.T) {
	b := open(t, kvtest.Server(t))
	put(t, b, "m.a")
	last := b.Seen()
	p := PublishOptions{Precondition: Precondition{Filter: b.Filter("m"), Last: last}, Request: 7}
	first, err := b.PublishChain(t.Context(), chainOf("m.b", "m.c", "m.d"), p)
	if err != nil || first != last+1 {
		t.Fatalf("%d, %v", first, err)
	}
	if got := there(t, b, "m.b", "m.c", "m.d"); got[0] != last+1 || got[1] != last+2 || got[2] != last+3 {
		t.Errorf("they are at %d", got)
	}
	if !b.MayChain(t.Context(), 3) {
		t.Error("no further chain")
	}
	_, err = b.PublishChain(t.Context(), chainOf("m.e", "m.f"), p)
	if !errors.Is(err, ErrNotBegun) {
		t.Errorf("on a message that has changed: %v", err)
	}
	if got := there(t, b, "m.e", "m.f"); got[0] != 0 || got[1] != 0 {
		t.Errorf("written although the message has changed: %d", got)
	}
	if b.MayChain(t.Context(), 3) {
		t.Error("another chain right after one was broken")
	}
}

// An entry of a chain is lost or refused, or comes behind what somebody else wrote: nothing of the
// chain is written behind that.
func TestChainEndsWhereItIsBroken(t *testing.T) {
	b := open(t, kvtest.Server(t))
	writes := chainOf("m.a", "m.b", "m.c", "m.d")
	writes[2].Subject = "elsewhere" // which no stream takes
	_, err := b.PublishChain(t.Context(), writes, PublishOptions{Precondition: Precondition{Filter: b.Filter("m")}})
	if !errors.Is(err, ErrBroken) {
		t.Errorf("%v", err)
	}
	if got := there(t, b, "m.a", "m.b", "m.c", "m.d"); got[0] == 0 || got[1] != got[0]+1 || got[2] != 0 || got[3] != 0 {
		t.Errorf("they are at %d", got)
	}
}

// The connection is lost while a chain is sent, at any of its entries. Sent again it goes on where
// it ended, and writes nothing twice; unless somebody has written in between.
func TestChainSentAgain(t *testing.T) {
	b := open(t, kvtest.Server(t))
	b.writeTimeout = time.Minute
	for i, c := range []struct {
		name    string
		sent    int  // before the connection was lost
		between bool // somebody writes to the bucket before the second try
		whole   bool
	}{
		{"nothing was sent", 0, false, true},
		{"a part was sent", 2, false, true},
		{"all was sent", 4, false, true},
		{"a part, and others wrote", 2, true, false},
		{"all was sent and others wrote", 4, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := "m" + strconv.Itoa(i)
			keys := []string{m + ".a", m + ".b", m + ".c", m + ".d"}
			p := PublishOptions{Precondition: Precondition{Filter: b.Filter(m)}}
			if c.sent > 0 {
				if _, _, err := b.tryChain("id."+m, chainOf(keys[:c.sent]...), p, time.Minute); err != nil {
					t.Fatal(err)
				}
			}
			before := there(t, b, keys...)
			if c.between {
				put(t, b, "other")
			}
			_, ack, err := b.tryChain("id."+m, chainOf(keys...), p, time.Minute)
			if err != nil || (ack.Error == nil) != c.whole {
				t.Fatalf("%+v, %v", ack, err)
			}
			want := before // nothing is written twice, nor behind what others wrote
			if c.whole {
				want = []uint64{ack.Seq - 3, ack.Seq - 2, ack.Seq - 1, ack.Seq}
			}
			after := there(t, b, keys...)
			if !slices.Equal(after, want) || !slices.Equal(after[:c.sent], before[:c.sent]) {
				t.Errorf("they were at %d, and are at %d", before, after)
			}
		})
	}
}

// So much waits for the stream that the server drops the end of a chain, and says so at once, while
// the first entries still wait for their turn. That is no outcome: whoever took it for one would
// not find them yet, and decide anew on its own writes.
func TestChainWithoutItsEnd(t *testing.T) {
	b := open(t, kvtest.Server(t, func(o *server.Options) { o.StreamMaxBufferedMsgs, o.SyncAlways = 20, true }))
	keys := make([]string, 30)
	for round := range 5 {
		m := "m" + strconv.Itoa(round)
		for i := range keys {
			keys[i] = m + "." + strconv.Itoa(i)
		}
		p := PublishOptions{Precondition: Precondition{Filter: b.Filter(m)}}
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond) // it may never find room
		_, err := b.PublishChain(ctx, chainOf(keys...), p)
		cancel()
		found := there(t, b, keys...)
		put(t, b, "behind") // after it nothing waits any more
		if after := there(t, b, keys...); !errors.Is(err, ErrUnknown) && !slices.Equal(found, after) {
			t.Fatalf("%v: they were at %d, and are at %d", err, found, after)
		}
	}
}

// Somebody sets pairs endlessly. The server forgets the IDs of their entries only after minutes, so
// there is an end to what it is made to remember.
func TestChainsAreRationed(t *testing.T) {
	b := open(t, kvtest.Server(t))
	n := 0
	for ; b.MayChain(t.Context(), 990) && n <= 2*maxChainIDs; n += 990 {
	}
	if n < maxChainIDs/2 || n > maxChainIDs+maxChainIDs/10 {
		t.Errorf("chains of %d entries, at most %d are to be remembered", n, maxChainIDs)
	}
	ids, begin := newIDs(), time.Now()
	n = 0
	for at := time.Duration(0); at < DedupWindow; at += 100 * time.Millisecond {
		for ids.AllowN(begin.Add(at), 90) {
			n += 90
		}
	}
	if n > maxChainIDs {
		t.Errorf("%d entries in one window, at most %d are to be remembered", n, maxChainIDs)
	}
}
