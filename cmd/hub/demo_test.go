package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"
	"time"

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

func TestStatic(t *testing.T) {
	h := static(fstest.MapFS{"index.html": {Data: []byte("<title>x</title>")}}, forOwnPages)
	get := func(header string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("If-None-Match", header)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	first := get("")
	if first.Code != 200 || first.Header().Get("X-Content-Type-Options") != "nosniff" ||
		first.Header().Get("Content-Security-Policy") == "" {
		t.Errorf("%d %v", first.Code, first.Header())
	}
	if again := get(first.Header().Get("ETag")); again.Code != http.StatusNotModified {
		t.Errorf("%d for what the browser has", again.Code)
	}
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, httptest.NewRequest("POST", "/", nil)); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("%d for a POST", w.Code)
	}
	changed := static(fstest.MapFS{"index.html": {Data: []byte("<title>y</title>")}}, forOwnPages)
	w = httptest.NewRecorder()
	changed.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Header().Get("ETag") == first.Header().Get("ETag") {
		t.Error("the tag of changed files is the same")
	}
}
