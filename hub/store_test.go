package hub_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"exthub/hub"
	"exthub/hub/hubtest"
	"exthub/hub/socket"
	"exthub/kv/kvtest"
)

// record is a log that can be read while it is written.
type record struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.Write(p)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.String()
}

// TestStoreGone: while the store can't be reached, requests that need it get 10002 in time, with an
// ID under which the log says more; what does not need it goes on, and when the store is back
// everything does.
func TestStoreGone(t *testing.T) {
	t.Parallel()
	node := kvtest.Start(t)
	nc := node.Connect(t)
	var log record
	w := hubtest.StartOn(t, nc, func(o *hub.Options) {
		o.RequestTimeout = time.Second
		o.Logger = slog.New(slog.NewTextHandler(&log, nil))
	})
	ada, bo := w.Login("ada"), w.Login("bo")
	id := ada.Send("C2C", "bo").ID
	bo.Next("MESSAGE_RECEIVED", nil)
	before, _ := ada.Set(id, "k", "1", 0)
	bo.Next("MESSAGE_EXTENSIONS_UPDATED", nil)

	node.Stop()
	begin := time.Now()
	err := ada.Call("setMessageExtensions", hubtest.SetParams(id, "k", "2", before.Seq), nil)
	var refused *hubtest.Refusal
	if !errors.As(err, &refused) || refused.Code != 10002 {
		t.Fatalf("set without a store: %v", err)
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("the refusal took %v", took)
	}
	var data struct{ RequestID string }
	if json.Unmarshal(refused.Data, &data) != nil || data.RequestID == "" ||
		!strings.Contains(refused.Message, data.RequestID) || !strings.Contains(log.String(), data.RequestID) {
		t.Errorf("%q with %s; the log has\n%s", refused.Message, refused.Data, &log)
	}
	unknown := strings.Contains(refused.Message, "not known")
	if unknown == strings.Contains(refused.Message, "nothing was written") {
		t.Errorf("%q does not say whether it may have been written", refused.Message)
	}
	if strings.Contains(strings.ToLower(refused.Message), "nats") {
		t.Errorf("%q speaks of what is none of the client's business", refused.Message)
	}
	ada.Must("ping", object{}, nil)
	if got := ada.Get(id, 0); len(got.Extensions) != 1 {
		t.Errorf("a message in use can't be read: %+v", got)
	}
	stranger := w.Dial()
	stranger.Refused(10002, "login", object{"sdkAppID": hubtest.AppID, "userID": "cy", "userSig": w.Sign("cy")})
	if code := stranger.Closed(); code != socket.CloseLost {
		t.Errorf("login without a store: closed with %d", code)
	}

	if err := node.Restart(); err != nil {
		t.Fatal(err)
	}
	// The clients reconnect when they notice; until then they are refused. A client that
	// was told that the outcome is not known reads first.
	for deadline := time.Now().Add(hubtest.Timeout); ; {
		seq := ada.Get(id, 0).Extensions[0].Seq
		var got hubtest.Changed
		err := ada.Call("setMessageExtensions", hubtest.SetParams(id, "k", "3", seq), &got)
		if err == nil && got.Extensions[0].Code == 0 {
			break
		}
		if err != nil && hubtest.Code(err) == 0 {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatalf("the store is back, but: %+v %v", got, err)
		}
	}
	for {
		var event hubtest.Changed
		bo.Next("MESSAGE_EXTENSIONS_UPDATED", &event)
		if event.Extensions[0].Value == "3" {
			break
		}
	}
}
