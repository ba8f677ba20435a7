package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"exthub/hub/usersig"
)

// One attack per test; the first sentence says what it is.

// request sends a GET with these headers, of which Host is the request's own, and returns the
// status and the body.
func request(t *testing.T, url string, header map[string]string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	r.Host = header["Host"]
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

// proxyTo serves what target serves, as a proxy on the same machine does: to the target, each
// request comes from loopback. rewrite prepares the requests.
func proxyTo(t *testing.T, target string, rewrite func(*httputil.ProxyRequest)) string {
	t.Helper()
	at, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(at)
		rewrite(r)
	}})
	t.Cleanup(proxy.Close)
	return proxy.URL
}

// A stranger asks the demo for somebody's UserSig through the proxy in front of a hub in
// production, as "localhost". The hub has a key that a backend signs with, so it has no demo.
func TestHandoutThroughProxy(t *testing.T) {
	file := writeTempFile(t, "keys", key+"\n")
	for source, args := range map[string][]string{
		"flag": {"--secret-key", key}, "file": {"--secret-key-file", file},
	} {
		t.Run(source, func(t *testing.T) {
			h := startHub(t, append(args, "--data", t.TempDir())...)
			proxy := proxyTo(t, h.url, func(*httputil.ProxyRequest) {}) // no header tells of it
			for _, path := range []string{"/demo/usersig?user=ada", "/"} {
				status, body := request(t, proxy+path, map[string]string{"Host": "localhost"})
				if status != http.StatusNotFound {
					t.Errorf("%s: %d %.100s", path, status, body)
				}
			}
			h.stop()
		})
	}
}

// A stranger asks the demo for somebody's UserSig through a proxy in front of a hub that somebody
// only tries, as "localhost". What the proxy adds gives it away.
func TestHandoutThroughProxyOfADemo(t *testing.T) {
	h := startHub(t, "--data", t.TempDir())
	for _, name := range []string{
		"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Anything",
		"X-Real-Ip", "X-Client-Ip", "Cf-Connecting-Ip", "True-Client-Ip", "X-Original-Forwarded-For",
	} {
		proxy := proxyTo(t, h.url, func(r *httputil.ProxyRequest) { r.Out.Header.Set(name, "") })
		status, body := request(t, proxy+"/demo/usersig?user=ada", map[string]string{"Host": "localhost"})
		if status != http.StatusForbidden || !strings.Contains(body, "proxy") {
			t.Errorf("%s: %d %.100s", name, status, body)
		}
	}
	// What a proxy that tells nothing of itself may speak; a browser never does.
	answer := raw(t, h.url, "GET /demo/usersig?user=ada HTTP/1.0\r\nHost: localhost\r\n\r\n")
	if !strings.HasPrefix(answer, "HTTP/1.0 403 ") {
		t.Errorf("HTTP/1.0: %.100s", answer)
	}
	h.stop()
}

// A page whose name is rebound to 127.0.0.1 reads the admin port with its visitor's browser, where
// pprof shows the command line, and with it the key.
func TestReboundAdminPort(t *testing.T) {
	secret := "0123456789abcdefghij"
	h := startHub(t, "--data", t.TempDir(), "--secret-key", secret, "--admin-host", "hub.internal")
	port := h.admin[strings.LastIndex(h.admin, ":"):]
	for host, status := range map[string]int{
		"evil.example" + port: http.StatusForbidden, "evil.example": http.StatusForbidden,
		"127.0.0.1.evil.example" + port: http.StatusForbidden, "hub.internal.evil.example": http.StatusForbidden,
		"10.0.0.1" + port: http.StatusForbidden, "0.0.0.0" + port: http.StatusForbidden,
		"127.0.0.1" + port: http.StatusOK, "localhost" + port: http.StatusOK, "LOCALHOST": http.StatusOK,
		"[::1]" + port: http.StatusOK, "hub.internal" + port: http.StatusOK, "Hub.Internal": http.StatusOK,
	} {
		for _, path := range []string{"/debug/pprof/", "/metrics", "/healthz"} {
			if got, body := request(t, h.admin+path, map[string]string{"Host": host}); got != status {
				t.Errorf("%s of %s: %d %.100s, want %d", path, host, got, body, status)
			}
		}
	}
	for _, path := range []string{"cmdline", "", "goroutine?debug=2", "heap?debug=1"} {
		if _, body := request(t, h.admin+"/debug/pprof/"+path, nil); strings.Contains(body, secret) {
			t.Errorf("%s shows the secret key", path)
		}
	}
	h.stop()
}

// A page of another site starts profiles on the admin port with its visitor's browser. It can't
// read them, but each costs the hub.
func TestForeignPageStartsProfile(t *testing.T) {
	h := startHub(t, "--data", t.TempDir())
	for _, header := range []map[string]string{
		{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"},
	} {
		if status, body := request(t, h.admin+"/debug/pprof/trace?seconds=1", header); status != http.StatusForbidden {
			t.Errorf("%v: %d %.20q", header, status, body)
		}
	}
	status, _ := request(t, h.admin+"/debug/pprof/", map[string]string{"Sec-Fetch-Site": "none"})
	if status != http.StatusOK {
		t.Errorf("the address line: %d", status)
	}
	h.stop()
}

// An old key has leaked and has to go, while clients still hold UserSigs that it has signed. For a
// while both are good, at both doors, then the new one alone.
func TestTwoSecretKeys(t *testing.T) {
	older, other := "the key of last year", "a key of somebody else"
	data := t.TempDir()
	both, alone := writeTempFile(t, "both", key+"\n\n"+older+"\r\n"), writeTempFile(t, "alone", key)
	for _, tt := range []struct {
		file string
		good map[string]int
	}{
		{both, map[string]int{key: 0, older: 0, other: usersig.WrongKey}},
		{alone, map[string]int{key: 0, older: usersig.WrongKey, other: usersig.WrongKey}},
	} {
		h := startHub(t, "--data", data, "--secret-key-file", tt.file)
		for one, code := range tt.good {
			h.key = one
			if got := h.loginCode("ada"); got != code {
				t.Errorf("%s: a login with %q: %d, want %d", tt.file, one, got, code)
			}
			if got := h.restCode("admin"); code != 0 && got != code || code == 0 && got != 10010 {
				t.Errorf("%s: a call with %q: %d, want %d", tt.file, one, got, code)
			}
		}
		h.stop()
	}
	out, _, _ := runCommand(t, "usersig", "--secret-key-file", both, "--user", "ada")
	if err := usersig.Verify(strings.TrimSpace(out), 1400000000, key, "ada", time.Now()); err != nil {
		t.Errorf("the first key does not sign: %v", err)
	}
	out, _, code := runCommand(t, "usersig", "--secret-key-file", both, "--verify", sign(t, older, "ada"))
	if code != 0 {
		t.Errorf("hub usersig does not know the second key: %s", out)
	}
}
