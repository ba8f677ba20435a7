package main

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"exthub/kv/kvtest"
)

// An operator starts a hub on a NATS that it can't use, and sees a hub that waits for ever without
// a word. Why it waits, and what to do, stands in the log, in /readyz and in the metric; and when
// the trouble is over, the hub goes on by itself.
func TestTroubleWithNATS(t *testing.T) {
	t.Parallel()
	password := func(o *server.Options) { o.Username, o.Password = "hub", "right" }
	withoutJetStream := func(o *server.Options) { o.JetStream = false }
	for name, tt := range map[string]struct {
		url  func(t *testing.T) string
		want string
	}{
		"wrong password": {func(t *testing.T) string {
			return strings.Replace(kvtest.Start(t, kvtest.Listening, password).URL(), "nats://", "nats://hub:wrong@", 1)
		}, "refuses the user in --nats-url or --nats-creds"},
		"no JetStream": {func(t *testing.T) string {
			return kvtest.Start(t, kvtest.Listening, withoutJetStream).URL()
		}, "without JetStream: start it with --jetstream"},
		"an older server": {func(t *testing.T) string {
			return announceAs(t, kvtest.Start(t, kvtest.Listening).URL(), "2.10.9")
		}, "NATS is 2.10.9, which is too old: upgrade it"},
		"no NATS at all": {func(t *testing.T) string {
			web := httptest.NewServer(http.NotFoundHandler())
			t.Cleanup(web.Close)
			return strings.Replace(web.URL, "http://", "nats://", 1)
		}, "not connected"},
		"no quorum": {func(t *testing.T) string {
			nodes := kvtest.NewCluster(t, 3)
			url := nodes.Nodes[0].URL()
			nodes.Nodes[1].Stop()
			nodes.Nodes[2].Stop()
			return url
		}, "JetStream does not answer, as without a quorum"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := spawnHub(t, "--nats-url", tt.url(t), "--secret-key", key)
			h.waitUntilItAnswers()
			h.waitForLog(tt.want)
			h.waitUntil("the reason in /readyz", func() bool {
				status, _, why := get(t, h.admin+"/readyz")
				return status == http.StatusServiceUnavailable && strings.Contains(why, tt.want)
			})
			_, _, metrics := get(t, h.admin+"/metrics")
			if !strings.Contains(metrics, `exthub_not_ready{check="nats"} 1`) &&
				!strings.Contains(metrics, `exthub_not_ready{check="store"} 1`) {
				t.Error("the metric does not tell")
			}
			h.waitUntil("the reason once more", func() bool { return strings.Count(h.logged(), tt.want) > 1 })
			if log := h.logged(); strings.Contains(log, "wrong@") || strings.Contains(log, "hub:wrong") {
				t.Errorf("the log shows a password:\n%s", log)
			}
			h.stop()
		})
	}
}

// announceAs returns the address of a proxy in front of a NATS server that says, in the name of
// that server, that it has another version, of as many characters.
func announceAs(t *testing.T, url, version string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			node, err := net.Dial("tcp", strings.TrimPrefix(url, "nats://"))
			if err != nil {
				client.Close()
				continue
			}
			go func() {
				defer client.Close()
				chunk := make([]byte, 64<<10)
				for {
					n, err := node.Read(chunk)
					if err != nil {
						return
					}
					client.Write(bytes.ReplaceAll(chunk[:n], []byte(server.VERSION), []byte(version)))
				}
			}()
			go func() {
				defer node.Close()
				io.Copy(node, client)
			}()
		}
	}()
	return "nats://" + l.Addr().String()
}

// A probe asks a hub whose connection to NATS hangs, with a lock held that a check needs. It would
// wait in vain and have the hub restarted, which helps nobody.
func TestReadyzDoesNotHang(t *testing.T) {
	held := make(chan struct{})
	defer close(held)
	r := newReadiness()
	r.phase.Store(serving)
	r.add("hangs", func() error { <-held; return nil })
	answer := httptest.NewRecorder()
	question := httptest.NewRequest("GET", "http://127.0.0.1/readyz", nil)
	adminHandler(newMetrics(), r.errIn, nil).ServeHTTP(answer, question)
	if answer.Code != http.StatusServiceUnavailable {
		t.Errorf("%d %s", answer.Code, answer.Body)
	}
}

// A hub that has served is cut off from NATS. Calls and new sessions fail there, one by one,
// although the balancer has another hub. It refuses them after a while, and takes them again when
// the trouble is over; a moment's trouble is not worth it.
func TestTroubleRefuses(t *testing.T) {
	r, trouble := newReadiness(), error(nil)
	r.add("nats", func() error { return trouble })
	refused := false
	now := time.Now()
	said := map[string]*spoken{}
	look := func(after time.Duration) { r.look(said, now.Add(after), func(on bool) { refused = on }) }
	look(0)
	trouble = errors.New("not connected")
	for _, tt := range []struct {
		after time.Duration
		want  bool
	}{{time.Second, false}, {3 * time.Second, false}, {4 * time.Second, true}} {
		if look(tt.after); refused != tt.want {
			t.Errorf("after %v: refuses %v, want %v", tt.after, refused, tt.want)
		}
	}
	trouble = nil
	if look(5 * time.Second); refused {
		t.Error("refuses although the trouble is over")
	}
	trouble = errors.New("not connected")
	if look(6 * time.Second); refused {
		t.Error("refuses at once, for new trouble")
	}
}

// The same with a whole hub, whose NATS goes and comes back.
func TestRefusesWithoutNATS(t *testing.T) {
	t.Parallel()
	node := kvtest.Start(t, kvtest.Listening)
	h := startHub(t, "--nats-url", node.URL(), "--secret-key", key)
	call := func() int {
		res, err := http.Post(h.url+"/v4/openim/sendmsg?"+h.query("admin"), "application/json", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode
	}
	node.Stop()
	h.waitUntil("a refusal", func() bool { return call() == http.StatusServiceUnavailable })
	if err := node.Restart(); err != nil {
		t.Fatal(err)
	}
	h.waitUntil("an answer", func() bool { return call() == http.StatusOK })
	h.stop()
}
