package main

import (
	"container/list"
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/prometheus/client_golang/prometheus"

	"exthub/hub/guest"
)

// connections are all TCP connections to one port, upgraded ones too, until they are closed. There
// are at most so many in all, and of one address: each holds a file, and without files NATS can't
// write.
//
// Where there is no room for a new one, the connection that has waited longest for another request
// makes it. The client of such a one opens another when it needs it.
type connections struct {
	max        int
	perAddress int // 0 is no limit
	trusted    []netip.Prefix

	mu        sync.Mutex
	open      int
	byAddress map[netip.Addr]int
	idle      *list.List // of *conn, longest first
	refused   float64
}

func newConnections(most, perAddress int, trusted []netip.Prefix) *connections {
	return &connections{
		max: most, perAddress: perAddress, trusted: trusted,
		byAddress: make(map[netip.Addr]int), idle: list.New(),
	}
}

// conn is one connection. What is not in its place is the connections' mu's.
type conn struct {
	*net.TCPConn
	all *connections

	address netip.Addr    // that it counts for; the zero Addr counts for none
	proxied bool          // comes from a trusted proxy
	idle    *list.Element // nil if it is not idle
	gone    bool          // not counted any more
}

// Close closes the connection and makes room for another.
func (c *conn) Close() error {
	c.all.remove(c)
	return c.TCPConn.Close()
}

// limitedListener accepts what connections admit, and closes the rest at once.
type limitedListener struct {
	net.Listener
	all     *connections
	closing atomic.Bool // refuseNew was called
}

// refuseNew lets no connection begin any more, and reports whether it could. Those that have begun
// are still accepted.
func (l *limitedListener) refuseNew() bool {
	l.closing.Store(true) // first: it stands before any connection that inherits the wish
	return refuseNew(l.Listener)
}

func (l *limitedListener) Accept() (net.Conn, error) {
	for {
		accepted, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		tcp, ok := accepted.(*net.TCPConn)
		if !ok {
			return accepted, nil
		}
		if l.closing.Load() {
			acceptAgain(tcp)
		}
		if c := l.all.admit(tcp, addressOf(tcp.RemoteAddr())); c != nil {
			return c, nil
		}
		_ = tcp.SetLinger(0) // no state is kept for who is not let in
		_ = tcp.Close()
	}
}

// admit counts a connection from this address, or returns nil if there is no room. An address of
// this machine may have any number: who is here can do worse, and a proxy here speaks for many.
func (cs *connections) admit(tcp *net.TCPConn, from netip.Addr) *conn {
	c := &conn{TCPConn: tcp, all: cs, proxied: cs.trusts(from)}
	if !c.proxied && !from.IsLoopback() {
		c.address = guest.Network(from)
	}
	cs.mu.Lock()
	fits := cs.makeRoomLocked(c.address, cs.open >= cs.max)
	if fits {
		cs.open++
		cs.countLocked(c.address, 1)
	} else {
		cs.refused++
	}
	cs.mu.Unlock()
	if !fits {
		return nil
	}
	return c
}

// makeRoomLocked closes an idle connection if one more of the address does not fit without that,
// and reports whether it fits then. full says that there is no room left in all. The caller holds
// mu.
func (cs *connections) makeRoomLocked(address netip.Addr, full bool) bool {
	if cs.perAddress > 0 && address.IsValid() && cs.byAddress[address] >= cs.perAddress {
		// Which makes room in all, too
		return cs.closeOldestLocked(func(c *conn) bool { return c.address == address })
	}
	return !full || cs.closeOldestLocked(func(*conn) bool { return true })
}

// closeOldestLocked closes the connection that is idle for longest of those that fit, and reports
// whether there was one. It is closed with mu held, and so before observe lets anybody take it over
// for a WebSocket, which is written to by the number of its file: closed later, that number could
// be another client's by then.
func (cs *connections) closeOldestLocked(fits func(*conn) bool) bool {
	for e := cs.idle.Front(); e != nil; e = e.Next() {
		if c := e.Value.(*conn); fits(c) {
			cs.removeLocked(c)
			_ = c.TCPConn.Close() // an error says that it is closed already
			return true
		}
	}
	return false
}

func (cs *connections) remove(c *conn) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.removeLocked(c)
}

func (cs *connections) removeLocked(c *conn) {
	if c.gone {
		return
	}
	c.gone = true
	cs.busyLocked(c)
	cs.open--
	cs.countLocked(c.address, -1)
}

func (cs *connections) countLocked(address netip.Addr, n int) {
	if !address.IsValid() {
		return
	}
	if cs.byAddress[address] += n; cs.byAddress[address] == 0 {
		delete(cs.byAddress, address)
	}
}

func (cs *connections) busyLocked(c *conn) {
	if c.idle != nil {
		cs.idle.Remove(c.idle)
		c.idle = nil
	}
}

// observe is told by http.Server what becomes of a connection.
func (cs *connections) observe(nc net.Conn, state http.ConnState) {
	c, ok := nc.(*conn)
	if !ok {
		return
	}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.busyLocked(c)
	if state == http.StateIdle && !c.gone {
		c.idle = cs.idle.PushBack(c)
		if c.proxied { // the next request may be another client's
			cs.countLocked(c.address, -1)
			c.address = netip.Addr{}
		}
	}
}

// connKey is the key of a request's connection in its context.
type connKey struct{}

// remember puts a connection into the context of its requests.
func (cs *connections) remember(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// countForwarded counts a connection from a trusted proxy for the address that the proxy names: for
// as long as its request goes on, which for a WebSocket is to its end. It is the request's address
// from then on.
func (cs *connections) countForwarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, ok := r.Context().Value(connKey{}).(*conn); ok && c.proxied {
			address := cs.forwardedFor(r)
			if !cs.recount(c, guest.Network(address)) {
				http.Error(w, "this address has too many connections", http.StatusServiceUnavailable)
				return
			}
			if address.IsValid() {
				r.RemoteAddr = address.String()
			}
		}
		next.ServeHTTP(w, r)
	})
}

// recount counts a connection for another address, and reports whether that has room.
func (cs *connections) recount(c *conn, address netip.Addr) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if c.gone || c.address == address {
		return true
	}
	if cs.perAddress > 0 && address.IsValid() && cs.byAddress[address] >= cs.perAddress {
		cs.refused++
		return false
	}
	cs.countLocked(c.address, -1)
	c.address = address
	cs.countLocked(address, 1)
	return true
}

// forwardedFor returns the last address in X-Forwarded-For that is no trusted proxy's, or the zero
// Addr. What stands before it is the client's word.
func (cs *connections) forwardedFor(r *http.Request) netip.Addr {
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		address, err := netip.ParseAddr(hostname(strings.TrimSpace(hop)))
		if err != nil {
			return netip.Addr{}
		}
		if !cs.trusts(address) {
			return address
		}
	}
	return netip.Addr{}
}

func (cs *connections) trusts(address netip.Addr) bool {
	return slices.ContainsFunc(cs.trusted, func(p netip.Prefix) bool { return p.Contains(address.Unmap()) })
}

func addressOf(a net.Addr) netip.Addr {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	return tcp.AddrPort().Addr().Unmap()
}

// maxConnections returns how many connections the setting and the system allow: some files are left
// to the store.
func maxConnections(setting int) int {
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		return setting
	}
	left := int(min(files.Cur, 1<<30))
	left -= min(512, left/4)
	if left < setting {
		slog.Warn("the limit of open files allows fewer connections than --max-connections", "connections", left)
	}
	return min(setting, left)
}

// metrics show how many connections there are, and whether some found no room.
func (cs *connections) metrics() []prometheus.Collector {
	locked := func(read func() float64) func() float64 {
		return func() float64 {
			cs.mu.Lock()
			defer cs.mu.Unlock()
			return read()
		}
	}
	return []prometheus.Collector{
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "exthub_connections", Help: "TCP connections to --addr, sessions included.",
		}, locked(func() float64 { return float64(cs.open) })),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "exthub_connections_refused_total",
			Help: "Connections that were not let in, because there were too many in all or of one address.",
		}, locked(func() float64 { return cs.refused })),
	}
}
