package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"exthub/hub/hubtest"
	"exthub/hub/webhook"
)

// TestKillLosesNoWebhook: a hub is killed while the backend is down. After both are back, the
// backend is told what is there by then.
func TestKillLosesNoWebhook(t *testing.T) {
	t.Parallel()
	type told struct {
		Seq           uint64
		ExtensionList []hubtest.Pair
	}
	var up atomic.Bool
	taken, refused := make(chan told, 100), make(chan bool, 100)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if r.Header.Get(webhook.SignatureHeader) != webhook.Sign(key, r.Header.Get(webhook.TimestampHeader), body) {
			t.Error("not signed")
		}
		if !up.Load() {
			w.WriteHeader(http.StatusBadGateway)
			refused <- true
			return
		}
		var one told
		if err := json.Unmarshal(body, &one); err != nil {
			t.Error(err)
		}
		taken <- one
	}))
	defer receiver.Close()

	args := []string{"--data", t.TempDir(), "--webhook-url", receiver.URL, "--webhook-secret", key}
	h := startHub(t, args...)
	alice := h.login("alice")
	message := alice.Send("C2C", "bob").ID
	if _, err := set(alice, message, "a", "1"); err != nil {
		t.Fatal(err)
	}
	last, err := set(alice, message, "b", "2")
	if err != nil {
		t.Fatal(err)
	}
	<-refused
	h.kill()

	up.Store(true)
	h = startHub(t, args...)
	select {
	case one := <-taken:
		if len(one.ExtensionList) != 2 || one.Seq != last ||
			one.ExtensionList[1] != (hubtest.Pair{Key: "b", Value: "2", Seq: last}) {
			t.Errorf("the backend was told %+v", one)
		}
	case <-time.After(testTimeout):
		t.Fatalf("the backend was told nothing:\n%s", h.logged())
	}
	h.waitUntil("no change is pending", func() bool {
		_, _, metrics := get(t, h.admin+"/metrics")
		return strings.Contains(metrics, "\nexthub_webhook_pending_changes 0\n")
	})
	h.stop()
}

// Somebody reads the hub's log, where the addresses of a webhook and of NATS, with the tokens and
// passwords in them, stand in each error.
func TestSecretsStayOutOfTheLog(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close() // nobody answers there
	host := strings.TrimPrefix(closed.URL, "http://")
	address := "http://ann:pass-word@" + host + "/hidden-path?token=hidden-token"
	h := startHub(t, "--data", t.TempDir(), "--webhook-url", address)
	alice := h.login("alice")
	if _, err := set(alice, alice.Send("C2C", "bob").ID, "k", "v"); err != nil {
		t.Fatal(err)
	}
	h.waitForLog("follower has to try again")
	h.stop()
	logged := []string{h.logged()}
	for _, args := range [][]string{
		{"--webhook-url", "ftp://ann:pass-word@" + host + "/hidden-path?token=hidden-token"},
		{"--webhook-url", "http://ann:pass-word/x@" + host + "/hidden-path?token=hidden-token"},
		{"--nats-url", "nats://ann:pass-word/x@" + host, "--secret-key", key},
		{"--nats-url", "nats://" + host + ",nats://ann:pass-word%zz@[::1", "--secret-key", key},
	} {
		_, stderr, code := runCommand(t, append(args, "--addr", "127.0.0.1:0", "--data", t.TempDir())...)
		if code == 0 {
			t.Errorf("%v: accepted", args)
		}
		logged = append(logged, stderr)
	}
	for _, text := range logged {
		if strings.Contains(text, "pass-word") || strings.Contains(text, "hidden") {
			t.Errorf("shows a secret: %s", text)
		}
	}
}
