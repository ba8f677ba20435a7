package hub

import (
	"strconv"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	"github.com/go-json-experiment/json/jsontext"

	"exthub/hub/command"
	"exthub/hub/refusal"
	"exthub/hub/socket"
	"exthub/kv/lazycontext"
)

// session is one connection, after login one of a user. Its reader goroutine reads a request,
// answers it and only then reads the next. So a client's requests are carried out in the order in
// which it sent them, and a client that floods the hub waits for itself.
type session struct {
	conn socket.Conn // all that the broker knows of a session
	hub  *Hub

	// Owned by the reader. login writes caller once, before the broker knows the session, and the
	// two times, in Unix seconds, before sessions does: of the UserSig, and of the login.
	caller        command.Caller
	issued, since int64
	rank          int64    // among the user's sessions, the newest is the highest; written by sessions
	counted       bool     // among its user's sessions; written by sessions
	followed      []string // the groups that a guest's session hears of
	allowance     allowance
	address       string // of the client; "" after the login, when nothing asks for it any more
	// Ends the session when nothing was heard for two heartbeats; made by login
	idle   *time.Timer
	expiry *alarm // ends the session when the UserSig expires; made by login

	ended atomic.Bool // no further request is carried out
}

// start waits for the login, then leaves the session to a goroutine of its own.
func (s *session) start() {
	if s.login() {
		go s.run()
	} else {
		go s.detach() // it waits for the client, which net/http's goroutine is too large for
	}
}

// longPause is the pause after which a session gets a fresh goroutine: one that pauses this long
// waits for most of its time.
const longPause = time.Second

// run reads until the connection ends. After a pause it answers one request and continues on a
// fresh goroutine: a request needs four times the stack of waiting for one, and stacks do not
// shrink by themselves.
func (s *session) run() {
	waiting := time.Now()
	s.conn.Await()
	for {
		frame, err := s.conn.Read()
		if err != nil || s.ended.Load() {
			break
		}
		s.idle.Reset(2 * s.hub.options.Heartbeat)
		if !s.handle(frame) {
			break
		}
		now := time.Now()
		if now.Sub(waiting) > longPause {
			go s.run()
			return
		}
		waiting = now
	}
	s.idle.Stop()
	s.expiry.stop()
	s.detach()
}

// detach removes the session from everything that knows it. It counts until its socket is closed:
// clients that are told to go and stay would be sockets that no limit knows.
func (s *session) detach() {
	s.hub.broker.Detach(&s.conn, s.caller.UserID)
	s.hub.sessions.logout(s)
	s.end(websocket.StatusNormalClosure, "")
	s.conn.Drain()
	s.hub.sessions.remove(s)
}

// handle answers one frame and reports whether the session goes on.
func (s *session) handle(frame []byte) bool {
	r, err := parseRequest(frame)
	if !s.allowance.spend(s.hub.options.Now()) {
		s.refuse(r, refusal.New(refusal.TooOften, "more than %d requests a second", s.hub.options.SessionRate))
		return !s.flooded()
	}
	if err != nil {
		s.refuse(r, err)
		return true
	}
	if r.method == "logout" {
		s.reply(r, []byte("{}"))
		return false
	}
	s.dispatch(r)
	return true
}

// Extra counts a frame that is no request as one: pings and empty pieces cost about as much.
func (s *session) Extra() bool { return s.allowance.spend(s.hub.options.Now()) || !s.flooded() }

// flooded ends the session, and reports true, if the client ignores that it is refused.
func (s *session) flooded() bool {
	if !s.allowance.ignored() {
		return false
	}
	s.end(socket.CloseTooMany, "far too many requests")
	return true
}

// dispatch carries out a request within Options.RequestTimeout and answers it.
func (s *session) dispatch(r request) {
	answer, exists := methods[r.method]
	switch {
	case r.method == "login":
		s.refuse(r, refusal.New(refusal.InvalidRequest, "this connection is logged in as %s already", s.caller.UserID))
		return
	case !exists:
		s.refuse(r, refusal.New(refusal.MethodNotFound, "there is no method %q", refusal.Clip(r.method)))
		return
	}
	ctx := &requestContext{lazycontext.New(s.hub.running, s.hub.options.RequestTimeout), s.caller.UserID}
	defer ctx.Stop()
	result, err := answer(ctx, s.hub.commands, s.caller, r.params)
	if err != nil {
		s.refuse(r, err)
		return
	}
	s.reply(r, result)
}

func (s *session) reply(r request, result jsontext.Value) {
	s.conn.Reply(response(r.id, result))
	s.hub.metrics.answered("websocket", r.method, true, nil)
}

func (s *session) refuse(r request, err error) {
	refused := command.Translate(err, s.hub.log)
	s.conn.Reply(failure(r.id, refused))
	_, exists := methods[r.method]
	s.hub.metrics.answered("websocket", r.method, exists || r.method == "login", refused)
}

// end closes the connection after the frames that are queued for it. No further request of the
// client is carried out.
func (s *session) end(code websocket.StatusCode, reason string) {
	s.ended.Store(true)
	s.conn.Close(code, reason)
}

// Closing counts the end of the session, unless it is in good order.
func (s *session) Closing(code websocket.StatusCode) {
	if code != websocket.StatusNormalClosure {
		s.hub.metrics.ended.WithLabelValues(strconv.Itoa(int(code))).Inc()
	}
}

// kick tells the client why its session ends, and ends it.
func (s *session) kick(kind string, code websocket.StatusCode, reason string) {
	s.hub.audit.Done("session ended", "user", s.caller.UserID, "session", s.caller.Session, "reason", kind)
	s.conn.Send(notification("KICKED_OUT", struct {
		Type string `json:"type"`
	}{kind}))
	s.end(code, reason)
}

// closeForRestart closes the connection with the code that tells the client to come back.
func (s *session) closeForRestart() {
	s.conn.Close(socket.CloseRestarting, "the hub is being restarted")
}

// Lost ends the session. The client comes back and reads what it missed.
func (s *session) Lost() { s.end(socket.CloseLost, "changes may have been missed") }
