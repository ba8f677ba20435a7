package main

import (
	"errors"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/coder/websocket"

	"exthub/hub/hubtest"
	"exthub/hub/socket"
	"exthub/kv/kvtest"
)

// A balancer sends clients to a hub that still waits for its NATS, and would wait with them. Each
// is refused at once, so that the balancer goes on to another hub; the operator reads why; and a
// hub that is told to stop meanwhile does.
func TestStartAnswersAtOnce(t *testing.T) {
	node := kvtest.Start(t, kvtest.Listening)
	url := node.URL()
	node.Stop()
	h := spawnHub(t, "--nats-url", url, "--secret-key", key)
	h.waitUntilItAnswers()
	for _, path := range []string{"/", "/ws", "/sdk/index.js", "/v4/openim/sendmsg", "/demo/usersig"} {
		if status, header, _ := get(t, h.url+path); status != 503 || header.Get("Retry-After") == "" {
			t.Errorf("%s: %d %v; want 503 with Retry-After", path, status, header)
		}
	}
	answer := raw(t, h.url,
		"POST /v4/openim/sendmsg HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}")
	if !strings.HasPrefix(answer, "HTTP/1.1 503 ") {
		t.Errorf("a call: %.200s", answer)
	}
	page := raw(t, h.url, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept: text/html,*/*\r\n\r\n")
	if !strings.Contains(page, "\r\nRefresh: 1\r\n") {
		t.Errorf("a browser that opens the demo too early does not ask again: %.300s", page)
	}
	if status, _, _ := get(t, h.admin+"/healthz"); status != http.StatusOK {
		t.Errorf("healthz %d: a restart would not help", status)
	}
	if status, _, body := get(t, h.admin+"/metrics"); status != http.StatusOK || !strings.Contains(body, "exthub_") {
		t.Errorf("metrics: %d", status)
	}
	status, _, why := get(t, h.admin+"/readyz")
	if status != http.StatusServiceUnavailable || !strings.Contains(why, "hub: starting") ||
		!strings.Contains(why, "nats: ") {
		t.Errorf("readyz: %d %s; want why", status, why)
	}
	h.stop() // with exit code 0
}

// A balancer goes on sending clients to a hub that was told to stop, until it has asked /readyz
// once more. Until --lame-duck is over they are served as ever. Whoever does not want to wait for
// that says so a second time.
func TestLameDuck(t *testing.T) {
	h := startHub(t, "--data", t.TempDir(), "--secret-key", key, "--lame-duck", "1h")
	before := h.login("ann")
	h.cmd.Process.Signal(syscall.SIGTERM)
	h.waitForStatus("/readyz", http.StatusServiceUnavailable)
	if _, _, why := get(t, h.admin+"/readyz"); why != "hub: stopping\n" {
		t.Errorf("readyz: %s", why)
	}
	after := h.login("bob")
	message := before.Send("C2C", "bob").ID
	after.Await("MESSAGE_RECEIVED")
	if _, err := set(after, message, "key", "value"); err != nil {
		t.Error(err)
	}
	if code := h.restCode("admin"); code != 10010 {
		t.Errorf("a call gets %d, want that there is no such group", code)
	}
	res, err := http.Get(h.url + "/sdk/index.js")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK || !res.Close {
		t.Errorf("%s, the last of its connection: %v", res.Status, res.Close)
	}
	h.interrupt()
	if h.cmd.ProcessState.Exited() {
		t.Errorf("ended by itself with %d, want by the signal", h.cmd.ProcessState.ExitCode())
	}
}

// A hub that sends its sessions away refuses calls meanwhile, or closes its port on them. Calls are
// carried out until the last session has gone; who wants a session is refused, and finds another
// hub.
func TestSessionsLeaveBeforeThePort(t *testing.T) {
	h := startHub(t, "--data", t.TempDir(), "--secret-key", key, "--drain", "1m", "--write-timeout", "1m")
	told, stays := h.login("ann"), h.login("bob")
	h.cmd.Process.Signal(syscall.SIGTERM)
	_, err := told.Read()
	if code := websocket.CloseStatus(err); code != socket.CloseRestarting {
		t.Errorf("closed with %v, want 4001", err)
	}
	_, res, err := websocket.Dial(t.Context(), hubtest.SocketURL(h.url), nil)
	if err == nil || res == nil || res.StatusCode != http.StatusServiceUnavailable ||
		res.Header.Get("Retry-After") == "" {
		t.Errorf("a new session: %v, %+v; want 503 with Retry-After", err, res)
	}
	if code := h.restCode("admin"); code != 10010 {
		t.Errorf("a call gets %d, want that there is no such group", code)
	}
	if status, _, _ := get(t, h.admin+"/readyz"); status != http.StatusServiceUnavailable {
		t.Errorf("readyz %d", status)
	}
	stays.WS.CloseNow() // it never answered the hub's goodbye
	<-h.exited
	if code := h.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit code %d:\n%s", code, h.logged())
	}
	var refused *net.OpError
	if _, err := http.Get(h.url); !errors.As(err, &refused) {
		t.Errorf("the port: %v", err)
	}
}
