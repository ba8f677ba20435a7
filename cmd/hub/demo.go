package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"exthub/hub"
	"exthub/hub/usersig"
)

// demoValidity is how long the demo's UserSigs are valid: long enough for a tab left open over a
// weekend.
const demoValidity = 7 * 24 * time.Hour

// demoUserSig answers GET /demo/usersig?user=NAME with a UserSig for anybody who asks. That makes
// the demo one click, and must never leave this machine.
//
// Being bound to loopback is not enough: any page in a browser here can send requests to loopback,
// and a page whose name is rebound to 127.0.0.1 could read the answers. So both the name that the
// browser went to and the page that asks must be local. A proxy on this machine could bring in
// anybody under a local name, so nothing may tell of one. App admins are refused: nobody needs one
// to try the demo.
func demoUserSig(appID uint64, key string, admins []string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if !isLoopback(r.Host) {
			http.Error(w, "the demo is for this machine only: open it at http://127.0.0.1", http.StatusForbidden)
			return
		}
		if proxied(r) {
			http.Error(w, "the demo is for this machine only, and this came through a proxy", http.StatusForbidden)
			return
		}
		if fromForeignPage(r) {
			http.Error(w, "the demo gives UserSigs to its own page only", http.StatusForbidden)
			return
		}
		user := r.URL.Query().Get("user")
		if slices.Contains(admins, user) {
			http.Error(w, "the demo gives no UserSig of an app admin: hub usersig --user makes one",
				http.StatusForbidden)
			return
		}
		sig, err := usersig.Sign(appID, key, user, time.Now(), demoValidity)
		if err != nil {
			http.Error(w, "set ?user= to a user ID: "+err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		// An error means that the page has gone, and needs no report.
		_ = json.NewEncoder(w).Encode(map[string]any{"sdkAppID": appID, "userID": user, "userSig": sig})
	})
}

// proxyHeaders are what proxies add to a request, besides all that begins with X-Forwarded.
var proxyHeaders = []string{
	"Forwarded", "Via", "X-Real-Ip", "X-Client-Ip", "X-Cluster-Client-Ip", "X-Original-Forwarded-For",
	"X-Original-Host", "X-Envoy-External-Address", "Cf-Connecting-Ip", "True-Client-Ip", "Fastly-Client-Ip",
}

// proxied reports whether something in a request tells of a proxy. Some that add no header speak
// HTTP/1.0, which no browser does. One that adds nothing and speaks HTTP/1.1 can't be told from a
// browser: for such the demo is off as soon as a secret key is set.
func proxied(r *http.Request) bool {
	for name := range r.Header {
		if strings.HasPrefix(name, "X-Forwarded") || slices.Contains(proxyHeaders, name) {
			return true
		}
	}
	return !r.ProtoAtLeast(1, 1)
}

// fromForeignPage reports whether a page of another site sent the request with its visitor's
// browser.
func fromForeignPage(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return !hub.SameHost(r) || site == "cross-site" || site == "same-site"
}
