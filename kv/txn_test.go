package kv

import (
	"fmt"
	"testing"

	"exthub/kv/bucket"
)

// Decisions of one batch that write the same pair without reading it are counted once: a pair that
// is deleted twice makes room for one.
func TestPendingPairsCountOnce(t *testing.T) {
	m := newMessage(Ref{GroupID: "team", MsgSeq: 1})
	for i := range 3 {
		if err := m.apply(fmt.Sprint("x.old", i), bucket.Entry{Value: "v", Revision: uint64(i + 1)}); err != nil {
			t.Fatal(err)
		}
	}
	txn := Txn{m: m, pending: make(map[string]bool)}
	for i, step := range []struct {
		write Write
		live  int
	}{
		{Write{Key: "old0", Delete: true}, 2},
		{Write{Key: "old0", Delete: true}, 2},
		{Write{Key: "new", Value: "v"}, 3},
		{Write{Key: "new", Value: "w"}, 3},
		{Write{Key: "new", Delete: true}, 2},
		{Write{Key: "old1", Value: "w"}, 2},
		{Write{Key: "old0", Value: "w"}, 3},
	} {
		txn.addPending(Change{Writes: []Write{step.write}})
		if live := txn.Live(); live != step.live {
			t.Errorf("after write %d: %d pairs, want %d", i, live, step.live)
		}
	}
}
