package main

import (
	"net/http"
	"strings"
	"sync/atomic"
)

// front is what the public port serves from the first moment of a hub to its last: the doors once
// they are open, and before that a refusal at once, as when the hub is in trouble for longer. A
// port that took connections and let them wait would swallow them: a balancer goes on to the next
// hub after a refusal, and only after one.
type front struct {
	doors   atomic.Pointer[http.Handler] // nil while they are closed
	trouble atomic.Bool                  // the hub can't serve, though its doors are open
	leaving atomic.Bool                  // set when the hub is about to stop
}

// open opens the doors.
func (f *front) open(doors http.Handler) { f.doors.Store(&doors) }

// leave lets each answer be the last of its connection. So nobody is left to use a connection in
// the moment in which the hub closes it, when it can't be told whether a call was carried out.
func (f *front) leave() { f.leaving.Store(true) }

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	doors, sentence := f.doors.Load(), "the hub is starting"
	if doors != nil && f.trouble.Load() {
		doors, sentence = nil, "the hub can't reach its store"
	}
	if (doors == nil || f.leaving.Load()) && r.Header.Get("Upgrade") == "" {
		w.Header().Set("Connection", "close")
	}
	if doors != nil {
		(*doors).ServeHTTP(w, r)
		return
	}
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		w.Header().Set("Refresh", "1") // a browser in front of a hub that starts asks again by itself
	}
	refuseForNow(w, sentence)
}

// refuseForNow says that nothing was done, and when to ask again. Why is for the admin port alone.
func refuseForNow(w http.ResponseWriter, sentence string) {
	w.Header().Set("Retry-After", "1")
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, sentence, http.StatusServiceUnavailable)
}
