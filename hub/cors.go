package hub

import (
	"net/http"
	"slices"
)

// share lets pages of the allowed origins read what REST and the guest door answer, and reports
// whether the request was only a browser's question whether a page may call at all (the preflight
// of https://fetch.spec.whatwg.org/#http-cors-protocol), which is answered here. To pages of others
// nothing is said, so their browser keeps the answer from them. Neither door takes anything from
// cookies: what a page may do, it may by the UserSig that it has.
func (h *Hub) share(w http.ResponseWriter, r *http.Request) (question bool) {
	header := w.Header()
	header.Add("Vary", "Origin") // also where nothing is said: a cache may not give it to another
	sent := r.Header.Values("Origin")
	if len(sent) == 1 && slices.Contains(h.options.AllowedOrigins, sent[0]) {
		header.Set("Access-Control-Allow-Origin", sent[0])
		header.Set("Access-Control-Allow-Methods", "POST")
		header.Set("Access-Control-Allow-Headers", "Content-Type")
		header.Set("Access-Control-Max-Age", "600") // seconds
	}
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	w.WriteHeader(http.StatusNoContent)
	return true
}
