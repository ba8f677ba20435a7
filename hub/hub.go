package hub

import (
	"context"
	"log/slog"
	"net/http"
	"path"
	"slices"
	"strings"

	"exthub/events"
	"exthub/hub/audit"
	"exthub/hub/command"
	"exthub/hub/guest"
	"exthub/hub/rest"
	"exthub/hub/socket"
	"exthub/kv"
)

// Hub serves clients: it lets them in, keeps their sessions and carries out their requests. A
// request goes to the kv.Store and nowhere else; notifications come from the events.Broker, which
// follows the store. The fields are fixed after New.
type Hub struct {
	options  Options
	keys     guest.Keys
	log      *slog.Logger
	store    *kv.Store
	commands *command.Commands
	broker   *events.Broker
	writers  *socket.Writers
	sessions *sessions
	metrics  *metrics
	rest     http.Handler
	guests   http.Handler // nil if the hub lets none in
	audit    *audit.Log

	sharedResult []byte // of the options

	// running is canceled by Shutdown, and every request with it.
	running context.Context
	stop    context.CancelFunc

	stopHearing func() // of what other hubs tell
}

// New returns a Hub that serves what is in the store, or an error if a required option is missing.
// The store's Run must be running, with Publish as its sink, before the first client comes.
func New(options Options, store *kv.Store) (*Hub, error) {
	o, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	w := socket.StartWriters(o.WriteTimeout, o.FanoutFrom)
	record := audit.New(o.Logger, o.Now)
	h := &Hub{
		options: o, sharedResult: o.sharedResult(), keys: o.keys(), log: o.Logger, audit: record, writers: w,
		sessions: newSessions(o.MaxSessions, o.MaxSessionsPerUser),
		store:    store,
		commands: command.New(store, command.Options{
			Limits: command.Limits{
				Extensions: o.MaxExtensions, Ceiling: o.MaxExtensionsCeiling, PerRequest: o.MaxExtensionsPerRequest,
				KeyBytes: o.MaxKeyBytes, ValueBytes: o.MaxValueBytes,
				PerUser: o.MaxExtensionsPerUser, ConversationBytes: o.MaxConversationBytes, Groups: o.MaxGroups,
			},
			MessageTTL:      o.MessageTTL,
			Guests:          o.Guests,
			MessageRate:     o.MessageRate,
			OwnRate:         o.OwnRate,
			SecretKeys:      o.secretKeys(),
			MaxGroupMembers: o.MaxGroupMembers,
			Now:             o.Now,
			Audit:           record,
		}),
	}
	h.broker = events.New(events.Options{
		Interval: o.EventInterval, LargeAudience: o.LargeAudience, Wrap: socket.Wrap, Deliverer: w,
		Admins: o.Admins, Pseudonym: h.commands.Pseudonym,
	})
	h.metrics = newMetrics(h.sessions, h.broker)
	if h.stopHearing, err = store.HearHubs(h.sessions.hear); err != nil {
		w.Stop()
		return nil, err
	}
	if !store.Alone() {
		h.sessions.connect(store.TellHubs, store.IsHub)
	}
	h.running, h.stop = context.WithCancel(context.Background())
	h.rest = rest.New(rest.Options{
		SDKAppID: o.SDKAppID, Keys: h.keys, Admins: o.Admins,
		Rate: o.RESTRate, Timeout: o.RequestTimeout, Now: o.Now, Logger: o.Logger, Audit: record,
		Running: h.running, Answered: h.metrics.restAnswered, CheckRevoked: h.commands.CheckRevoked,
	}, h.commands)
	if o.Guests {
		h.guests = h.newGuestDoor()
	}
	return h, nil
}

// Handler serves the doors: WebSocket at /ws, REST where IsREST says so, and guests at /guest.
func (h *Hub) Handler() http.Handler {
	sockets := http.NewServeMux()
	sockets.HandleFunc("GET /ws", h.serveSocket)
	if h.guests != nil {
		sockets.Handle("/guest", h.guests)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !IsREST(r.URL.Path) {
			sockets.ServeHTTP(w, r)
		} else if !h.share(w, r) {
			h.rest.ServeHTTP(w, r)
		}
	})
}

// IsREST reports whether a path is one of the REST door: it is under /v4, as it stands or without
// its "//" and "..". A mux would send a call of such a path elsewhere, with its UserSig, and a
// client might follow with a GET. The door says that there is no such command.
func IsREST(urlPath string) bool {
	for _, p := range []string{urlPath, path.Clean(urlPath)} {
		if p == "/v4" || strings.HasPrefix(p, "/v4/") {
			return true
		}
	}
	return false
}

// Publish notifies the sessions concerned of a committed change. It is the sink of kv.Store.Run and
// does nothing after Shutdown.
func (h *Hub) Publish(d kv.Delta) {
	if d.Revoked != nil {
		h.sessions.kickRevoked(*d.Revoked)
		return
	}
	h.broker.Publish(d)
}

// serveSocket upgrades and logs in on net/http's goroutine, then hands the session to a goroutine
// of its own and returns, which frees the server's goroutine and buffers: they are larger than a
// session needs. The login stays here because it needs a stack as large as the server's, which has
// already grown; growing another one is a tenth of the cost of a login.
func (h *Hub) serveSocket(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength != 0 {
		// What would become of it is anybody's guess: a proxy reads a body, the hub frames.
		http.Error(w, "an upgrade has no body", http.StatusBadRequest)
		return
	}
	if !allowedOrigin(r, h.options.AllowedOrigins) {
		http.Error(w, "pages of this origin may not connect", http.StatusForbidden)
		return
	}
	// Before the upgrade: a client that finds the hub full or stopping retries later, as after any
	// failed connection.
	if !h.sessions.reserve() {
		w.Header().Set("Retry-After", "1")
		http.Error(w, "the hub takes no more connections now", http.StatusServiceUnavailable)
		return
	}
	s := &session{
		hub: h, address: r.RemoteAddr, allowance: newAllowance(h.options.SessionRate, h.options.Now()),
	}
	if err := s.conn.Accept(h.writers, s, w, r, maxLoginFrame); err != nil {
		h.sessions.release()
		return // Accept has answered
	}
	growStack(0)
	if !h.sessions.add(s) {
		s.closeForRestart() // too late to refuse it with 503; the close code tells it to come back
	}
	s.start()
}

// growStack makes room on the stack for all that a login calls, in one step and while little is on
// it. The stack would grow to that anyway, twice as large each time, with every frame moved: that
// was 7 % of what a login costs. i is any place in the room, so that the compiler keeps it.
//
//go:noinline
func growStack(i int) byte {
	var room [8 << 10]byte
	return room[i]
}

// isAdmin reports whether the user is an app admin.
func (h *Hub) isAdmin(userID string) bool { return slices.Contains(h.options.Admins, userID) }

// Drain refuses new connections and closes every session with 4001, spread over a part of the time
// that ctx leaves, so that the clients do not all come back in the same instant. It returns when
// they are gone, or ctx's error. Calls are carried out as before: Shutdown has to follow.
func (h *Hub) Drain(ctx context.Context) error { return h.sessions.drain(ctx) }

// Shutdown refuses new connections, closes every session with 4001 and waits until they are gone.
// The closes are spread over a part of the time that ctx leaves, so that the clients do not all
// come back in the same instant. When ctx ends first, Shutdown aborts what is left and returns
// ctx's error. Call it once.
func (h *Hub) Shutdown(ctx context.Context) error {
	err := h.sessions.drain(ctx)
	h.stopHearing()
	h.stop()
	h.sessions.abortAll()
	h.broker.Close()
	h.writers.Stop()
	return err
}
