package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// A stranger sends a body whose length is told twice, with a second request hidden in it: the proxy
// believes one length, the hub the other. Nothing behind the first request is read.
func TestSmuggledRequest(t *testing.T) {
	h := startHub(t, "--data", t.TempDir())
	hidden := "GET /sdk/index.js HTTP/1.1\r\nHost: x\r\n\r\n"
	for name, tt := range map[string]struct{ head, body string }{
		"LengthAndChunks":  {"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + hidden},
		"ChunksAndLength":  {"Transfer-Encoding: chunked\r\nContent-Length: 6\r\n", "0\r\n\r\n" + hidden},
		"ChunksAlone":      {"Transfer-Encoding: chunked\r\n", "0\r\n\r\n" + hidden},
		"TwoLengths":       {"Content-Length: 0\r\nContent-Length: 41\r\n", hidden},
		"LengthList":       {"Content-Length: 0, 41\r\n", hidden},
		"SignedLength":     {"Content-Length: +0\r\n", hidden},
		"ChunksTwice":      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + hidden},
		"OtherEncoding":    {"Transfer-Encoding: xchunked\r\n", "0\r\n\r\n" + hidden},
		"IdentityEncoding": {"Transfer-Encoding: identity\r\nContent-Length: 0\r\n", hidden},
		"SpaceBeforeColon": {"Transfer-Encoding : chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n" + hidden},
		"FoldedHeader": {"X-A: b\r\n Transfer-Encoding: chunked\r\nContent-Length: 0\r\n" +
			"Transfer-Encoding:\r\n chunked\r\n", hidden},
		"BareLineFeeds": {"Content-Length: 0\nTransfer-Encoding: chunked\n", "0\r\n\r\n" + hidden},
	} {
		t.Run(name, func(t *testing.T) {
			answer := raw(t, h.url, "POST /v4/openim/sendmsg HTTP/1.1\r\nHost: x\r\n"+tt.head+"\r\n"+tt.body)
			if strings.Count(answer, "HTTP/1.1 ") != 1 || strings.Contains(answer, "export") {
				t.Errorf("answered more than the first request: %.300s", answer)
			}
		})
	}
	upgrade := "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	for _, length := range []string{
		"Content-Length: 5\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	} {
		request := upgrade + length + strings.Replace(hidden, "Host: x", "Host: x\r\nConnection: close", 1)
		if answer := raw(t, h.url, request); !strings.HasPrefix(answer, "HTTP/1.1 400 ") {
			t.Errorf("an upgrade with a body: %.300s", answer)
		}
	}
	// The test can tell: a request behind one that is in order is answered.
	answer := raw(t, h.url, "POST /v4/openim/sendmsg HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"+
		strings.Replace(hidden, "Host: x", "Host: x\r\nConnection: close", 1))
	if strings.Count(answer, "HTTP/1.1 ") != 2 {
		t.Errorf("two requests in order: %.300s", answer)
	}
	h.stop()
}

// A path of REST is written so that the server sends the caller elsewhere, with its UserSig, and
// makes a GET of its POST. Every path that is, or looks like, one of REST gets REST's answer.
func TestRESTPathsAreNotRedirected(t *testing.T) {
	h := startHub(t, "--data", t.TempDir())
	for _, path := range []string{
		"/v4", "/v4/", "/v4//", "//v4/openim/sendmsg", "/v4//openim/sendmsg", "/v4/openim//sendmsg",
		"/v4/openim/sendmsg/", "/v4/../v4/openim/sendmsg", "/v4/./openim/sendmsg",
		"/v4/openim/../openim/sendmsg", "/v4/../ws", "/v4/..", "/x/../v4/openim/sendmsg",
		"/v4/%2e%2e/v4/openim/sendmsg", "/v4/openim%2fsendmsg/", "/./v4/openim/sendmsg",
		"/v4/openim/sendmsg/..", "/V4/../v4/x",
	} {
		answer := raw(t, h.url, "POST "+path+"?usersig=x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"+
			"Connection: close\r\n\r\n{}")
		if !strings.HasPrefix(answer, "HTTP/1.1 200 ") || !strings.Contains(answer, `"ActionStatus":"FAIL"`) ||
			!strings.Contains(answer, `"ErrorCode":60009`) || strings.Contains(answer, "Location:") {
			t.Errorf("%s: %.300s", path, answer)
		}
	}
	h.stop()
}

// A stranger asks for a list of files, to find what nothing links to.
func TestNoListing(t *testing.T) {
	h := startHub(t, "--data", t.TempDir())
	for _, path := range []string{"/sdk/", "/sdk", "/sdk/.", "/sdk/%2e", "/sdk/../sdk/", "/sdk//"} {
		status, header, body := get(t, h.url+path)
		if status != http.StatusNotFound || strings.Contains(body, "index.js") {
			t.Errorf("%s: %d %v %.200s", path, status, header, body)
		}
	}
	h.stop()
}

// A page of another site opens a page of the hub in a window or a frame, embeds its files, or gives
// it a camera, to see what its visitor does. Only the SDK is for pages of others.
func TestPagesStandAlone(t *testing.T) {
	h := startHub(t, "--data", t.TempDir())
	for path, resource := range map[string]string{
		"/": "same-origin", "/demo.js": "same-origin", "/nothing": "same-origin", "/sdk/index.js": "cross-origin",
		"/sdk/": "cross-origin", "/widgets.js": "cross-origin",
	} {
		_, header, _ := get(t, h.url+path)
		for name, want := range map[string]string{
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": resource,
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		} {
			if got := header.Values(name); fmt.Sprint(got) != fmt.Sprint([]string{want}) {
				t.Errorf("%s: %s is %q, want %s", path, name, got, want)
			}
		}
		for _, feature := range []string{"camera", "microphone", "geolocation", "payment", "usb"} {
			if !strings.Contains(header.Get("Permissions-Policy"), feature+"=()") {
				t.Errorf("%s: %s is allowed: %s", path, feature, header.Get("Permissions-Policy"))
			}
		}
		if !strings.Contains(header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
			t.Errorf("%s: %s", path, header.Get("Content-Security-Policy"))
		}
	}
	h.stop()
}
