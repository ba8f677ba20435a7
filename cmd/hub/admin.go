package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// adminHandler serves what an operator and an orchestrator ask for, to the names in hosts and those
// of the machine itself.
//
//	/healthz  200 while the process answers: restart it if it does not
//	/readyz   200 while it can serve clients, else 503 and why: send no clients here then
//
// pprof is registered by hand: its package registers itself on the default mux, where the public
// port would serve it as soon as some code used that mux. Its cmdline is left out, because it shows
// the secrets that were given as flags.
func adminHandler(metrics *prometheus.Registry, ready func(time.Duration) error, hosts []string) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{Registry: metrics}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if err := ready(answerTime); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	mux.Handle("GET /debug/pprof/", noForeignPages(http.HandlerFunc(pprof.Index)))
	mux.Handle("GET /debug/pprof/profile", noForeignPages(http.HandlerFunc(pprof.Profile)))
	mux.Handle("GET /debug/pprof/symbol", noForeignPages(http.HandlerFunc(pprof.Symbol)))
	mux.Handle("GET /debug/pprof/trace", noForeignPages(http.HandlerFunc(pprof.Trace)))
	return onlyHosts(hosts, mux)
}

// onlyHosts refuses requests that were sent to another name than one of hosts, a loopback one or
// the address that the connection came to. A page can have its own name rebound to this machine,
// and then counts as the same site, but its visitor's browser still sends the page's name.
func onlyHosts(hosts []string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := hostname(r.Host)
		if !isLoopback(r.Host) && name != localAddress(r) &&
			!slices.ContainsFunc(hosts, func(h string) bool { return strings.EqualFold(h, name) }) {
			http.Error(w, "the admin port does not answer to this name: name it by --admin-host", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// noForeignPages refuses what a page of another site asks for. Such a page can't read the answer,
// but a profile costs the hub.
func noForeignPages(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if fromForeignPage(r) {
			http.Error(w, "profiles are not for pages of other sites", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// localAddress returns the IP address that the connection of a request came to, or "".
func localAddress(r *http.Request) string {
	address, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if address == nil {
		return ""
	}
	return hostname(address.String())
}

// hostname returns a host without its port and without the brackets of IPv6.
func hostname(hostport string) string {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	return strings.Trim(host, "[]")
}
