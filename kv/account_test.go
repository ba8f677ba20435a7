package kv

import (
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"exthub/kv/kvtest"
)

// revoked returns what a Delta of a Revocation says.
func revoked(t *testing.T, deltas <-chan Delta) Revocation {
	t.Helper()
	return *until(t, deltas, func(d Delta) bool { return d.Revoked != nil }).Revoked
}

// TestRevoke: a revocation is told on every hub, is known to a hub that is opened later, and is
// never taken back, not even by a clock that is behind.
func TestRevoke(t *testing.T) {
	node := kvtest.Start(t)
	options := Options{Shards: 3}
	one, told := open(t, node.Connect(t), options)
	two, toldToo := open(t, node.Connect(t), options)
	at := time.Unix(1_700_000_000, 0)
	users := []string{"ann", "a.b*>", "cy d"}
	for _, user := range users {
		if err := one.Revoke(t.Context(), user, at); err != nil {
			t.Fatal(err)
		}
		if got := revokedUpTo(t, one, user); got != at.Unix() {
			t.Errorf("%s, right after: %d", user, got)
		}
		want := Revocation{UserID: user, UpTo: at.Unix()}
		for i, got := range []Revocation{revoked(t, told), revoked(t, toldToo)} {
			if got != want {
				t.Errorf("hub %d was told %+v, want %+v", i, got, want)
			}
		}
	}
	if err := two.Revoke(t.Context(), "ann", at.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	three, _ := open(t, node.Connect(t), options)
	for i, s := range []*Store{one, two, three} {
		for _, user := range users {
			if got := revokedUpTo(t, s, user); got != at.Unix() {
				t.Errorf("hub %d, %s: %d", i, user, got)
			}
		}
		if got := revokedUpTo(t, s, "bob"); got != 0 {
			t.Errorf("hub %d, who was not revoked: %d", i, got)
		}
	}
}

// More users are revoked than one snapshot holds.
func TestRevokeMany(t *testing.T) {
	node := kvtest.Start(t)
	s, _ := open(t, node.Connect(t), Options{})
	const many = 1100
	for i := range many {
		if err := s.Revoke(t.Context(), fmt.Sprint("user", i), time.Unix(int64(i+1), 0)); err != nil {
			t.Fatal(err)
		}
	}
	later, _ := open(t, node.Connect(t), Options{})
	for i := range many {
		if got := revokedUpTo(t, later, fmt.Sprint("user", i)); got != int64(i+1) {
			t.Fatalf("user %d: %d", i, got)
		}
	}
}

// Somebody writes into the bucket what is no account, or deletes one.
func TestForeignAccounts(t *testing.T) {
	node := kvtest.Start(t)
	nc := node.Connect(t)
	s, deltas := open(t, nc, Options{})
	if err := s.Revoke(t.Context(), "ann", time.Unix(1_700_000_000, 0)); err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	bucket, err := js.KeyValue(t.Context(), "exthub_0")
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range map[string]string{
		"a.bob": "not JSON", "a.cy": `{"revokedUpTo":"soon"}`, "a.dee": "", "a.=zz": "{}", "a.x.y": "{}", "a.eve": "[]",
	} {
		if _, err := bucket.PutString(t.Context(), key, value); err != nil {
			t.Fatal(err)
		}
	}
	if err := bucket.Delete(t.Context(), "a.ann"); err != nil {
		t.Fatal(err)
	}
	if err := s.Revoke(t.Context(), "zoe", time.Unix(1_700_000_001, 0)); err != nil {
		t.Fatal(err)
	}
	until(t, deltas, func(d Delta) bool { return d.Revoked != nil && d.Revoked.UserID == "zoe" })
	later, _ := open(t, node.Connect(t), Options{})
	if got := revokedUpTo(t, later, "zoe"); got != 1_700_000_001 {
		t.Errorf("zoe: %d", got)
	}
	if got := revokedUpTo(t, s, "ann"); got != 1_700_000_000 {
		t.Errorf("ann, whose entry was deleted: %d", got)
	}
}

func revokedUpTo(t *testing.T, s *Store, userID string) int64 {
	t.Helper()
	upTo, err := s.RevokedUpTo(t.Context(), userID)
	if err != nil {
		t.Fatal(err)
	}
	return upTo
}
