package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"

	"exthub/hub/usersig"
)

func TestDemoUserSig(t *testing.T) {
	h := demoUserSig(7, key, []string{"root"})
	for _, tt := range []struct {
		name   string
		host   string
		user   string
		header map[string]string
		status int
	}{
		{"OK", "127.0.0.1:8080", "alice", nil, 200},
		{"ByName", "localhost:8080", "alice", nil, 200},
		{"IPv6", "[::1]:8080", "alice", nil, 200},
		{"OwnPage", "127.0.0.1:8080", "alice",
			map[string]string{"Origin": "http://127.0.0.1:8080", "Sec-Fetch-Site": "same-origin"}, 200},
		{"AddressLine", "127.0.0.1:8080", "alice", map[string]string{"Sec-Fetch-Site": "none"}, 200},

		// A page whose name is rebound to 127.0.0.1 still sends its name.
		{"Rebound", "evil.example:8080", "alice", map[string]string{"Origin": "http://evil.example:8080"}, 403},
		{"ReboundWithoutOrigin", "evil.example:8080", "alice", nil, 403},
		{"LooksLocal", "127.0.0.1.evil.example:8080", "alice", nil, 403},
		{"Network", "192.168.0.2:8080", "alice", nil, 403},
		{"NoHost", "", "alice", nil, 403},

		// Any page may send requests here.
		{"ForeignPage", "127.0.0.1:8080", "alice", map[string]string{"Origin": "https://evil.example"}, 403},
		{"OtherPort", "127.0.0.1:8080", "alice", map[string]string{"Origin": "http://127.0.0.1:3000"}, 403},
		{"SandboxedPage", "127.0.0.1:8080", "alice", map[string]string{"Origin": "null"}, 403},
		{"ForeignPageWithoutOrigin", "127.0.0.1:8080", "alice", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},

		{"Admin", "127.0.0.1:8080", "root", nil, 403},
		{"Nobody", "127.0.0.1:8080", "", nil, 400},
		{"LineFeed", "127.0.0.1:8080", "a%0Ab", nil, 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/demo/usersig?user="+tt.user, nil)
			r.Host = tt.host
			for k, v := range tt.header {
				r.Header.Set(k, v)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != tt.status {
				t.Fatalf("%d %s, want %d", w.Code, w.Body, tt.status)
			}
			if w.Header().Get("Access-Control-Allow-Origin") != "" || w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("header %v lets others read or keep it", w.Header())
			}
			if tt.status != 200 {
				return
			}
			var got struct {
				SDKAppID        uint64
				UserID, UserSig string
			}
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got.SDKAppID != 7 || got.UserID != "alice" {
				t.Fatalf("%v, %s", err, w.Body)
			}
			if err := usersig.Verify(got.UserSig, 7, key, "alice", time.Now()); err != nil {
				t.Error(err)
			}
		})
	}
}

// A browser loads a page, its script and the SDK, in the smallest form that it takes. It keeps what
// has a hash in its name, and asks for the rest each time.
func TestStatic(t *testing.T) {
	script := strings.Repeat(`import "/sdk/index.js";`, 50)
	build := func(sdk string) *static {
		return newStatic("/", forOwnPages, map[string][]byte{
			"index.html": []byte(`<script src="/app.js">`), "app.js": []byte(script),
		}, newStatic("/sdk/", forAnyOrigin, map[string][]byte{"index.js": []byte(sdk)}))
	}
	h := build("first")
	get := func(h http.Handler, path string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", path, nil)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	page := get(h, "/")
	if page.Code != 200 || page.Header().Get("X-Content-Type-Options") != "nosniff" ||
		page.Header().Get("Content-Security-Policy") == "" || page.Header().Get("Cache-Control") != "no-cache" {
		t.Errorf("%d %v", page.Code, page.Header())
	}
	if again := get(h, "/", "If-None-Match", page.Header().Get("ETag")); again.Code != http.StatusNotModified {
		t.Errorf("%d for what the browser has", again.Code)
	}
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, httptest.NewRequest("POST", "/", nil)); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("%d for a POST", w.Code)
	}
	hashed := regexp.MustCompile(`/app-[0-9a-f]{12}\.js`).FindString(page.Body.String())
	for _, path := range []string{hashed, "/app.js"} {
		kept := strings.Contains(get(h, path).Header().Get("Cache-Control"), "immutable")
		if kept != (path == hashed) {
			t.Errorf("%s: kept for ever: %v", path, kept)
		}
		for accepted, coding := range map[string]string{
			"": "", "gzip, deflate, br": "br", "gzip": "gzip", "br;q=0, gzip;q=0.5": "gzip", "identity": "",
			"br;q=x": "",
		} {
			w := get(h, path, "Accept-Encoding", accepted)
			body, length := w.Body.Len(), w.Header().Get("Content-Length")
			if got := w.Header().Get("Content-Encoding"); got != coding || fmt.Sprint(body) != length ||
				coding != "" && body > len(script)/4 {
				t.Errorf("%s, %q: %q, %d of %s bytes", path, accepted, got, body, length)
			}
		}
	}
	unpacked, err := io.ReadAll(brotli.NewReader(get(h, hashed, "Accept-Encoding", "br").Body))
	if err != nil || !regexp.MustCompile(`^import "/sdk/index-[0-9a-f]{12}\.js"`).Match(unpacked) {
		t.Errorf("%v: %.60s", err, unpacked)
	}
	if changed := build("second"); get(changed, "/").Header().Get("ETag") == page.Header().Get("ETag") ||
		get(changed, hashed).Code != 404 {
		t.Error("a page of a changed SDK is the same")
	}
}
