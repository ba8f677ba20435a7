package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"exthub/kv"
	"exthub/kv/ballot"
	"exthub/kv/kvtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestCallback: a callback is of one kind: a clear alone, pairs that were set, or pairs that were
// deleted; also one that does not say which pairs.
func TestCallback(t *testing.T) {
	set := func(key string, seq uint64) kv.Pair { return kv.Pair{Key: key, Value: "v", Seq: seq} }
	gone := func(key string, seq uint64) kv.Pair { return kv.Pair{Key: key, Seq: seq, Deleted: true} }
	many := make([]kv.Pair, maxPairs+50)
	for i := range many {
		many[i] = set(fmt.Sprint(i), uint64(100+i))
	}
	hidden := &kv.Poll{Record: &kv.Record{Rules: &ballot.Rules{Write: ballot.WriteOwn, Show: ballot.ShowSummary}}}
	for name, tt := range map[string]struct {
		news kv.News
		kind int
		told int
		seq  uint64
	}{
		"OneSet":     {kv.News{Pairs: []kv.Pair{set("a", 5)}}, opSet, 1, 5},
		"OneDeleted": {kv.News{Pairs: []kv.Pair{gone("a", 5)}}, opDelete, 1, 5},
		"SetsUpToDelete": {
			kv.News{Pairs: []kv.Pair{set("a", 5), set("b", 7), gone("c", 8), set("d", 9)}}, opSet, 2, 7,
		},
		"DeletesUpToSet":  {kv.News{Pairs: []kv.Pair{gone("a", 5), gone("b", 7), set("c", 8)}}, opDelete, 2, 7},
		"ClearAlone":      {kv.News{ClearSeq: 6}, opClear, 0, 6},
		"ClearBeforeSets": {kv.News{ClearSeq: 6, Pairs: []kv.Pair{set("a", 7)}}, opClear, 0, 6},
		"HiddenSets":      {kv.News{Poll: hidden, Pairs: many}, opSet, 0, 100 + maxPairs + 49},
		"HiddenDeletes":   {kv.News{Poll: hidden, Pairs: []kv.Pair{gone("a", 5), gone("b", 7)}}, opDelete, 0, 7},
		"HiddenSetsUpToDelete": {
			kv.News{Poll: hidden, Pairs: []kv.Pair{set("a", 5), set("b", 7), gone("c", 8)}}, opSet, 0, 7,
		},
		"HiddenClear":     {kv.News{Poll: hidden, ClearSeq: 6, Pairs: []kv.Pair{set("a", 7)}}, opClear, 0, 6},
		"NotMoreThanFits": {kv.News{Pairs: many}, opSet, maxPairs, 100 + maxPairs - 1},
	} {
		c := newCallback(tt.news)
		if c.OperateType != tt.kind || len(c.ExtensionList) != tt.told || c.Seq != tt.seq || c.ExtensionList == nil {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

// TestCallbackPurged: the callback of a message whose deletions have been forgotten says so.
func TestCallbackPurged(t *testing.T) {
	news := kv.News{Ref: kv.Ref{GroupID: "club", MsgSeq: 3}, Pairs: []kv.Pair{{Key: "a", Value: "1", Seq: 9}},
		PurgedSeq: 4, Time: time.UnixMilli(1700000100123)}
	var is, want any
	if err := json.Unmarshal(encode(newCallback(news)), &is); err != nil {
		t.Fatal(err)
	}
	const text = `{"CallbackCommand":"Group.CallbackAfterGroupMsgExtension","GroupId":"club","MsgSeq":3,` +
		`"OperateType":1,"ExtensionList":[{"Key":"a","Value":"1","Seq":9}],` +
		`"Seq":9,"PurgedSeq":4,"EventTime":1700000100123}`
	if err := json.Unmarshal([]byte(text), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, is); diff != "" {
		t.Error(diff)
	}
}

// TestRedirectIsNotFollowed: a receiver that redirects would have the changes sent to a host that
// the operator has not named. It counts as one that is down.
func TestRedirectIsNotFollowed(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the redirect was followed")
	}))
	defer elsewhere.Close()
	asked := make(chan http.Header, 100)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Header
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	}))
	defer receiver.Close()

	store, ref := open(t)
	s, err := New(t.Context(), store,
		Options{URL: receiver.URL, SDKAppID: 1, MinPause: time.Millisecond, MaxPause: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan bool)
	go func() {
		defer close(stopped)
		s.Run(ctx)
	}()
	if _, err := store.Update(ctx, ref, func(*kv.Txn) (kv.Change, error) {
		return kv.Change{Writes: []kv.Write{{Key: "a", Value: "1"}}}, nil
	}); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if header := <-asked; header.Get(SignatureHeader) != "" {
			t.Error("signed without a secret")
		}
	}
	stop()
	<-stopped
}

// open returns a running store with a message in it.
func open(t *testing.T) (*kv.Store, kv.Ref) {
	t.Helper()
	store, err := kv.Open(t.Context(), kvtest.Server(t), kv.Options{Alone: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- store.Run(ctx, func(kv.Delta) {}) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		store.Close()
	})
	r, err := store.Send(t.Context(), kv.Record{
		From: "ada", GroupID: "club", Ref: kv.Ref{GroupID: "club"},
		Type: "TIMTextElem", Payload: []byte(`{}`), IsSupportExtension: true,
	}, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	return store, r.Ref
}
