package hub_test

import (
	"net/http"
	"strings"
	"testing"

	"exthub/hub"
	"exthub/hub/hubtest"
)

// upgrade asks for a WebSocket as a browser does and returns the status of the answer.
func upgrade(t *testing.T, w *hubtest.World, host string, origins ...string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL()+"/ws", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	r.Header = http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"},
		"Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}, "Origin": origins,
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode
}

// A page of an origin that looks like an allowed one opens a socket with its visitor's browser.
// What a browser writes in another way than the operator is the same origin all the same.
func TestOriginsThatLookAlike(t *testing.T) {
	w := hubtest.Start(t, func(o *hub.Options) {
		o.AllowedOrigins = []string{
			"https://App.Example.com:443/", "http://bücher.example", "http://[2001:DB8:0::1]:8080",
			"https://ops.example:8443",
			"capacitor://localhost", "http://[::ffff:1.2.3.4]",
		}
	})
	for _, tt := range []struct {
		host, origin string
		allowed      bool
	}{
		{"hub.example", "https://app.example.com", true},
		{"hub.example", "http://xn--bcher-kva.example", true},
		{"hub.example", "http://[2001:db8::1]:8080", true},
		{"hub.example", "https://ops.example:8443", true},
		{"hub.example", "capacitor://localhost", true},
		{"hub.example", "http://[::ffff:102:304]", true},
		{"hub.example", "http://app.example.com", false},
		{"hub.example", "https://app.example.com:8443", false},
		{"hub.example", "https://app.example.com.", false}, // for a browser another host
		{"hub.example", "https://app.example.com@evil.example", false},
		{"hub.example", "https://evil.example/https://app.example.com", false},
		{"hub.example", "http://ops.example:8443", false},
		{"hub.example", "https://ops.example", false},
		{"hub.example", "http://[2001:db8::1]", false},
		{"hub.example", "http://1.2.3.4", false},
		{"hub.example", "https://bucher.example", false},
		{"hub.example", "http://localhost", false},
		{"hub.example", "null", false},
		{"hub.example", "https://", false},
		{"hub.example", "*", false},

		// Its own pages: a Host with the default port is the same without it.
		{"hub.example", "https://hub.example", true},
		{"hub.example:443", "https://hub.example", true},
		{"hub.example:80", "http://hub.example", true},
		{"HUB.example", "http://hub.example", true},
		{"[::1]:80", "http://[::1]", true},
		{"hub.example:8080", "http://hub.example:8080", true},
		{"hub.example:80", "https://hub.example", false},
		{"hub.example:8080", "http://hub.example", false},
		{"hub.example", "http://hub.example:8080", false},
		{"hub.example.evil.example", "http://hub.example", false},
		{"hub.example", "http://evil.example", false},
	} {
		want := http.StatusForbidden
		if tt.allowed {
			want = http.StatusSwitchingProtocols
		}
		if got := upgrade(t, w, tt.host, tt.origin); got != want {
			t.Errorf("%s at %s: %d, want %d", tt.origin, tt.host, got, want)
		}
	}
	two := []string{"https://app.example.com", "https://evil.example"}
	if got := upgrade(t, w, "hub.example", two...); got != http.StatusForbidden {
		t.Errorf("two origins: %d", got)
	}
	if got := upgrade(t, w, "hub.example"); got != http.StatusSwitchingProtocols {
		t.Errorf("no browser: %d", got)
	}
}

// TestOriginsThatNeverMatch: an operator who writes what no browser ever sends is told at the
// start, not by users whom nothing lets in.
func TestOriginsThatNeverMatch(t *testing.T) {
	for origin, says := range map[string]string{
		"":                              "scheme and host",
		"app.example.com":               "scheme and host",
		"//app.example.com":             "scheme and host",
		"https://":                      "scheme and host",
		"https:app.example.com":         "scheme and host",
		"null":                          "scheme and host",
		"https://app.example.com/x":     "path",
		"https://app.example.com//":     "path",
		"https://app.example.com?":      "path",
		"https://app.example.com#x":     "path",
		"https://app.example.com/#":     "path",
		"https://ann@app.example.com":   "user",
		"https://*.example.com":         "*",
		"https://app.example.com:0":     "port",
		"https://app.example.com:65536": "port",
		"https://app.example.com:https": "port",
		"https://app .example.com":      "host",
		"https://app_.exa mple.com":     "host",
		"https://xn--zzzzzz999.example": "host",
		"https://1.2.3":                 "address",
		"https://127.1":                 "address",
		"https://0x7f.0.0.1":            "address",
		"https://01.2.3.4":              "address",
		"https://1.2.3.4.5":             "address",
		"https://[::1":                  "host",
		"https://[fe80::1%25eth0]":      "address",
		"https://[1.2.3.4]":             "host",
		"https://a..example":            "host",
		"https://.example":              "host",
		"wss://app.example.com":         "https",
		"file:///home/ann":              "scheme and host",
		"https://" + strings.Repeat("a", 70) + ".example": "host",
	} {
		_, err := hub.ParseOrigin(origin)
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: got %v, want an error that says %q", origin, err, says)
		}
		o := hub.Options{SDKAppID: 1, SecretKey: "k", AllowedOrigins: []string{origin}}
		if _, err := hub.New(o, nil); err == nil {
			t.Errorf("%q: a hub starts with it", origin)
		}
	}
}

func FuzzParseOrigin(f *testing.F) {
	for _, seed := range []string{
		"https://a.example:443/", "http://[::1]:80", "http://bücher.example", "null", "http://1.2",
		"a://0\xbc0", // not UTF-8
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		once, err := hub.ParseOrigin(text)
		if err != nil {
			return
		}
		if twice, err := hub.ParseOrigin(once); err != nil || twice != once {
			t.Errorf("%q is %q, and that is %q, %v", text, once, twice, err)
		}
	})
}
