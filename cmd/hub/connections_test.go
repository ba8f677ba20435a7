package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"exthub/hub/guest"
	"exthub/hub/hubtest"
)

// connect opens a connection and sends text.
func connect(t *testing.T, url, text string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(testTimeout)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	return c
}

// A client opens as many connections as the hub takes, makes one request on each and keeps them.
// Whoever comes next gets the place of one that is idle.
func TestIdleConnectionsStarveNobody(t *testing.T) {
	const most, opened = 3, 10
	h := startHub(t, "--data", t.TempDir(), "--max-connections", fmt.Sprint(most))
	gone := make(chan error, opened)
	for i := range opened {
		c := connect(t, h.url, "GET /sdk/version HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
		answer, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil || answer.StatusCode != http.StatusNotFound {
			t.Fatalf("connection %d: %v %v", i, answer, err)
		}
		io.Copy(io.Discard, answer.Body)
		go func() {
			_, err := io.ReadAll(c)
			gone <- err
		}()
	}
	for range opened - most {
		if err := <-gone; errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal("more are there than may be")
		}
	}
	h.login("ada")
	h.stop()
}

// A client takes all connections and says nothing, or sends a header byte by byte. It is out in
// seconds.
func TestSlowHeaders(t *testing.T) {
	t.Parallel()
	h := startHub(t, "--data", t.TempDir(), "--max-connections", "2")
	silent := connect(t, h.url, "")
	slow := connect(t, h.url, "GET / HTTP/1.1\r\nX-")
	go func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for range tick.C {
			if _, err := io.WriteString(slow, "a"); err != nil {
				return
			}
		}
	}()
	began := time.Now()
	for _, c := range []net.Conn{silent, slow} {
		if _, err := io.ReadAll(c); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error("still connected")
		}
	}
	if took := time.Since(began); took > 4*headerTimeout {
		t.Errorf("out after %v", took)
	}
	h.login("ada")
	h.stop()
}

// A client sends bodies that never end, asks for files that it does not read, and sends headers
// byte by byte, all at once and on many connections. Another client logs in, sets and reads.
func TestSlowRequests(t *testing.T) {
	h := startHub(t, "--data", t.TempDir(), "--secret-key", key)
	const each = 100
	file := "GET /sdk/index.js HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
	body := "POST /v4/openim/sendmsg?" + h.query("admin") +
		" HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99\r\n\r\n{"
	for range each {
		connect(t, h.url, "GET / HTTP/1.1\r\nX-")
		connect(t, h.url, body)
		unread := connect(t, h.url, "")
		if err := unread.(*net.TCPConn).SetReadBuffer(4096); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(unread, strings.Repeat(file, 50)); err != nil {
			t.Fatal(err)
		}
	}
	ada := h.login("ada")
	message := ada.Send("C2C", "bo").ID
	ada.Set(message, "k", "v", 0)
	if page := ada.Get(message, 0); len(page.Extensions) != 1 {
		t.Errorf("read %+v", page)
	}
	_, _, metrics := get(t, h.admin+"/metrics")
	held := regexp.MustCompile(`(?m)^exthub_connections (\d+)$`).FindStringSubmatch(metrics)
	if held == nil {
		t.Fatal(metrics)
	}
	if n, err := strconv.Atoi(held[1]); err != nil || n < each {
		t.Errorf("%d connections are left, so this was no attack", n)
	}
	h.kill()
}

// A client opens sessions until the hub takes no more. Those that are there stay, and the next
// comes in as soon as one of them is gone.
func TestMoreSessionsThanConnections(t *testing.T) {
	h := startHub(t, "--data", t.TempDir(), "--max-connections", "2")
	sig := h.userSig("ada")
	http.DefaultClient.CloseIdleConnections()
	login := func() *hubtest.Client {
		c := hubtest.Dial(t, hubtest.SocketURL(h.url), testTimeout, nil)
		c.Login(hubtest.LoginParams(1400000000, "ada", sig))
		return c
	}
	first, second := login(), login()
	if _, _, err := websocket.Dial(t.Context(), hubtest.SocketURL(h.url), nil); err == nil {
		t.Error("a third was let in")
	}
	first.Must("ping", hubtest.Object{}, nil)
	first.Close()
	h.waitUntil("there is room", func() bool {
		ws, _, err := websocket.Dial(t.Context(), hubtest.SocketURL(h.url), nil)
		if err == nil {
			ws.CloseNow()
		}
		return err == nil
	})
	second.Must("ping", hubtest.Object{}, nil)
	second.Close()
	h.stop()
}

// One client opens sessions through a proxy until nobody else gets in, and names other addresses in
// front of its own. It has what one address may have, and others get in.
func TestSessionsOfOneForwardedAddress(t *testing.T) {
	h := startHub(t, "--data", t.TempDir(), "--trusted-proxy", "127.0.0.0/8", "--trusted-proxy", "10.1.1.1",
		"--max-connections-per-address", "2")
	open := func(forwarded string) bool {
		ws, answer, err := websocket.Dial(t.Context(), hubtest.SocketURL(h.url),
			&websocket.DialOptions{HTTPHeader: http.Header{"X-Forwarded-For": {forwarded}}})
		if err != nil && answer.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("%s: %v", forwarded, err)
		}
		if err == nil {
			t.Cleanup(func() { ws.CloseNow() })
		}
		return err == nil
	}
	for i, tt := range []struct {
		forwarded string
		in        bool
	}{
		{"192.0.2.1", true}, {"192.0.2.9, 192.0.2.1, 10.1.1.1", true}, {"192.0.2.8, 192.0.2.1", false},
		{"192.0.2.1", false}, {"192.0.2.2", true}, {"2001:db8::1", true}, {"2001:db8::2", true},
		{"2001:db8::3", false}, {"2001:db8:0:1::1", true},
	} {
		if got := open(tt.forwarded); got != tt.in {
			t.Errorf("%d: %s: let in %v, want %v", i, tt.forwarded, got, tt.in)
		}
	}
	h.kill()
}

// One client sends calls through a proxy that never end, until nobody else's are carried out. Calls
// count for the address that the proxy names, as connections do, while they go on; and the log of
// who was not let in names it too.
func TestCallsOfOneForwardedAddress(t *testing.T) {
	h := startHub(t, "--data", t.TempDir(), "--trusted-proxy", "127.0.0.0/8", "--max-connections-per-address", "2",
		"--secret-key", key)
	call := func(forwarded, body string) (c net.Conn, status string) {
		t.Helper()
		c = connect(t, h.url, "POST /v4/openim/sendmsg?"+h.query("admin")+" HTTP/1.1\r\nHost: 127.0.0.1\r\n"+
			"X-Forwarded-For: "+forwarded+"\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"+body)
		status, err := bufio.NewReader(c).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		return c, strings.TrimSpace(status)
	}
	first, _ := call("192.0.2.1", "{")
	for _, tt := range []struct{ forwarded, status string }{
		{"192.0.2.1", "HTTP/1.1 100 Continue"}, {"192.0.2.8, 192.0.2.1", "HTTP/1.1 503 Service Unavailable"},
		{"192.0.2.2", "HTTP/1.1 100 Continue"},
	} {
		if _, status := call(tt.forwarded, "{"); status != tt.status {
			t.Errorf("a call of %s: %s", tt.forwarded, status)
		}
	}
	if _, err := io.WriteString(first, "}"); err != nil { // the call ends, and the connection stays
		t.Fatal(err)
	}
	h.waitUntil("there is room", func() bool {
		c, status := call("192.0.2.1", "{}")
		c.Close()
		return status == "HTTP/1.1 100 Continue"
	})
	connect(t, h.url, "POST /v4/openim/sendmsg?sdkappid=1 HTTP/1.1\r\nHost: 127.0.0.1\r\n"+
		"X-Forwarded-For: 192.0.2.7\r\nContent-Length: 2\r\n\r\n{}")
	h.waitForLog("address=192.0.2.7")
	h.kill()
}

// One address opens connections until nobody else gets in. It gets no more than its share, and an
// idle one of its own makes room for it, never one of others.
func TestConnectionsOfOneAddress(t *testing.T) {
	all := newConnections(4, 2, nil)
	one, other := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	tcp := func() *net.TCPConn { return new(net.TCPConn) }
	idle := all.admit(tcp(), other)
	all.observe(idle, http.StateIdle) // for longer than any other
	first := all.admit(tcp(), one)
	if all.admit(tcp(), one) == nil || all.admit(tcp(), one) != nil {
		t.Error("the address has not two connections")
	}
	if idle.gone {
		t.Error("a connection of another address made room")
	}
	all.observe(first, http.StateIdle)
	if all.admit(tcp(), one) == nil || !first.gone {
		t.Error("an idle one of its own does not make room")
	}
	if all.admit(tcp(), netip.MustParseAddr("192.0.2.3")) == nil || idle.gone {
		t.Error("there is room for a fourth")
	}
	if all.admit(tcp(), netip.MustParseAddr("192.0.2.4")) == nil || !idle.gone {
		t.Error("beyond that, an idle one does not make room")
	}
	if all.admit(tcp(), netip.MustParseAddr("192.0.2.5")) != nil || all.open != 4 || all.refused != 2 {
		t.Errorf("%d are open, %v were refused", all.open, all.refused)
	}
	_ = first.Close()
	if all.open != 4 {
		t.Error("one connection is counted twice")
	}
}

// FuzzForwardedFor looks for a header with which a client counts as somebody else. What the last
// proxy that is trusted added decides, whatever stands before it, and a trusted proxy never counts.
func FuzzForwardedFor(f *testing.F) {
	for _, header := range []string{
		"192.0.2.1", "192.0.2.9, 192.0.2.1, 10.1.1.1", "[2001:db8::1]:80", "::ffff:10.1.1.1", "fe80::1%eth0", ",",
		"unknown",
		"192.0.2.1:80", "10.1.1.1", " 192.0.2.1 ,\t10.0.0.1", "192.0.2.1,,10.1.1.1", "192.0.2.01",
	} {
		f.Add("192.0.2.7, ", header)
	}
	all := newConnections(1, 1, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")})
	from := func(values ...string) netip.Addr {
		return all.forwardedFor(&http.Request{Header: http.Header{"X-Forwarded-For": values}})
	}
	f.Fuzz(func(t *testing.T, before, header string) {
		address := from(header)
		if address.IsValid() && all.trusts(address) {
			t.Errorf("%q counts for %v, a proxy", header, address)
		}
		if !address.IsValid() {
			return
		}
		for _, got := range []netip.Addr{from(before + "," + header), from(before, header)} {
			if got != address {
				t.Errorf("%q counts for %v, behind %q for %v", header, address, before, got)
			}
		}
		if a := guest.Network(address); a.Is4In6() || a.Zone() != "" || guest.Network(a) != a {
			t.Errorf("%v is counted under %v", address, a)
		}
	})
}

// A client makes requests on two connections, one after the other, and another one comes when no
// more fit. The one that is idle for longest makes room, and one that was idle but is not any more
// never does.
func TestLongestIdleMakesRoom(t *testing.T) {
	all := newConnections(3, 0, nil)
	admit := func() *conn { return all.admit(new(net.TCPConn), netip.MustParseAddr("192.0.2.1")) }
	first, second, third := admit(), admit(), admit()
	all.observe(third, http.StateIdle)
	all.observe(second, http.StateIdle)
	all.observe(first, http.StateIdle)
	all.observe(third, http.StateActive)
	for i, want := range []*conn{second, first} {
		if admit() == nil || !want.gone {
			t.Errorf("%d: the one that is idle for longest is still there", i)
		}
	}
	if admit() != nil || third.gone {
		t.Error("a connection with a request made room")
	}
}

// A client begins a WebSocket on an idle connection in the moment in which its place is given away.
// The hub writes to the file of what it takes over; closed only then, the number of that file would
// be another client's, who would get what is meant for the first.
func TestWhoMakesRoomIsClosedAtOnce(t *testing.T) {
	for range 200 {
		cs := newConnections(1, 0, nil)
		c := cs.admit(tcpConn(t), netip.Addr{})
		cs.observe(c, http.StateIdle)
		next, admitted := tcpConn(t), make(chan *conn, 1)
		go func() {
			for {
				if n := cs.admit(next, netip.Addr{}); n != nil {
					admitted <- n
					return
				}
			}
		}()
		for gone := false; !gone; {
			cs.observe(c, http.StateActive) // its request has come
			cs.mu.Lock()
			gone = c.gone
			cs.mu.Unlock()
			if !gone {
				cs.observe(c, http.StateIdle)
			}
		}
		raw, err := c.SyscallConn()
		if err == nil {
			err = raw.Control(func(uintptr) {})
		}
		if err == nil {
			t.Error("its place was given away, and it could be taken over")
		}
		_ = (<-admitted).Close()
	}
}

// tcpConn returns a connection that nobody else uses.
func tcpConn(t *testing.T) *net.TCPConn {
	t.Helper()
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.DialTCP("tcp", nil, l.Addr().(*net.TCPAddr))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}
