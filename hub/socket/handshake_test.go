package socket

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"exthub/hub/hubtest/raw"
)

// TestHandshake: what RFC 6455, 4.2 lets a request be, and the answer to its own example, byte for
// byte: no extension, no subprotocol, whatever the client offers.
func TestHandshake(t *testing.T) {
	server := serveConns(t, 20*time.Second, false, func(c *Conn) { c.end(false) })
	for name, headers := range map[string]string{
		"the example": "Upgrade: websocket\r\nConnection: Upgrade\r\n",
		"as Firefox":  "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n",
		"other case":  "connection: UPGRADE\r\nupgrade: WebSocket\r\n",
		"two lines":   "Connection: close\r\nConnection: ,upgrade\r\nUpgrade: h2c\r\nUpgrade: websocket\r\n",
		"offers": "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: chat, superchat\r\n" +
			"Sec-WebSocket-Extensions: permessage-deflate\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			c := request(t, server.Listener.Addr(), "GET /ws HTTP/1.1", headers+
				"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")
			const want = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
				"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
			got := make([]byte, len(want))
			if _, err := io.ReadFull(c, got); err != nil || string(got) != want {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

// TestNoHandshake: what is none gets an answer that says what to change, and keeps its connection.
func TestNoHandshake(t *testing.T) {
	const (
		upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n"
		version = "Sec-WebSocket-Version: 13\r\n"
		key     = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	)
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if answer := agree(rw, r); answer != nil {
			t.Errorf("agreed: %q", answer)
		}
	}))
	defer server.Close()
	keyed := func(key string) string { return upgrade + version + "Sec-WebSocket-Key: " + key + "\r\n" }
	for name, test := range map[string]struct {
		line, headers string
		status        int
		header, value string
		says          string
	}{
		"plain GET":   {"GET / HTTP/1.1", "", 426, "Upgrade", "websocket", "proxy"},
		"no Upgrade":  {"GET / HTTP/1.1", "Connection: Upgrade\r\n" + key, 426, "Upgrade", "websocket", "proxy"},
		"no token":    {"GET / HTTP/1.1", "Upgrade: websocket\r\n" + key, 426, "Connection", "Upgrade", "proxy"},
		"another one": {"GET / HTTP/1.1", "Connection: Upgrade\r\nUpgrade: websockets\r\n", 426, "", "", "proxy"},
		"HTTP/1.0":    {"GET / HTTP/1.0", upgrade + version + key, 426, "", "", "HTTP/1.1"},
		"HEAD":        {"HEAD / HTTP/1.1", upgrade + version + key, 405, "Allow", "GET", ""},
		"POST":        {"POST / HTTP/1.1", upgrade + version + key, 405, "Allow", "GET", "GET"},
		"version 8": {
			"GET / HTTP/1.1", upgrade + "Sec-WebSocket-Version: 8\r\n", 426, "Sec-WebSocket-Version", "13", "13",
		},
		"two versions": {
			"GET / HTTP/1.1", upgrade + version + "Sec-WebSocket-Version: 8\r\n" + key, 426,
			"Sec-WebSocket-Version", "13", "once",
		},
		"no version":  {"GET / HTTP/1.1", upgrade + key, 426, "Sec-WebSocket-Version", "13", "13"},
		"no key":      {"GET / HTTP/1.1", upgrade + version, 400, "", "", "Sec-WebSocket-Key"},
		"two keys":    {"GET / HTTP/1.1", upgrade + version + key + key, 400, "", "", "once"},
		"a key of 15": {"GET / HTTP/1.1", keyed("dGhlIHNhbXBsZSBub25j"), 400, "", "", "16 bytes"},
		"a key of 17": {"GET / HTTP/1.1", keyed("dGhlIHNhbXBsZSBub25jZXM="), 400, "", "", "16 bytes"},
		"a key of 18": {"GET / HTTP/1.1", keyed("dGhlIHNhbXBsZSBub25jZXNz"), 400, "", "", "16 bytes"},
		"not base64":  {"GET / HTTP/1.1", keyed("dGhlIHNhbXBsZSBub25jZ!=="), 400, "", "", "base64"},
	} {
		t.Run(name, func(t *testing.T) {
			method, _, _ := strings.Cut(test.line, " ")
			c := request(t, server.Listener.Addr(), test.line, test.headers)
			answer, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: method})
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			body, err := io.ReadAll(answer.Body)
			if answer.StatusCode != test.status || err != nil || !strings.Contains(string(body), test.says) {
				t.Errorf("got %d %q, %v", answer.StatusCode, body, err)
			}
			if got := answer.Header.Get(test.header); test.header != "" && got != test.value {
				t.Errorf("%s: %q, want %q", test.header, got, test.value)
			}
		})
	}
}

// TestLoginBehindHandshake: a client may send its first frame before it has the answer, and then
// the server's reader has read it already.
func TestLoginBehindHandshake(t *testing.T) {
	server := serveConns(t, 20*time.Second, false, func(c *Conn) {
		frame, err := c.Read()
		if string(frame) != "hello" || err != nil {
			t.Errorf("got %q, %v", frame, err)
		}
		c.end(false)
	})
	c := request(t, server.Listener.Addr(), "GET / HTTP/1.1", "Upgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
		raw.Frame(raw.Final|raw.Text, "hello")...)
	_, _ = io.Copy(io.Discard, c) // to its end
}

// request sends a request, and more behind it in the same write.
func request(t *testing.T, to net.Addr, line, headers string, behind ...byte) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", to.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write(append([]byte(line+"\r\nHost: hub\r\n"+headers+"\r\n"), behind...)); err != nil {
		t.Fatal(err)
	}
	return c
}
