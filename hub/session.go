package hub

import (
	"strconv"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/time/rate"

	"exthub/hub/command"
	"exthub/hub/refusal"
	"exthub/hub/socket"
)

// session is one connection: first a stranger's, after login a user's. Its reader goroutine takes one request at a time and answers it before the next, so
// a client's requests are carried out in the order in which it sent them, and a client that floods waits for itself.
type session struct {
	conn socket.Conn // what the broker knows of a session
	hub  *Hub

	// Owned by the reader. who is written once, by login, before anybody else knows the session.
	caller   command.Caller
	requests *rate.Limiter
	refused  int         // requests in a row that came too fast
	silence  *time.Timer // fires when nothing was heard for too long; before login when the login is late
	expiry   *time.Timer // fires when the UserSig expires

	ended atomic.Bool // nothing more is done for this client
}

// begin lets the client log in, and leaves the rest to a goroutine of its own.
func (s *session) begin() {
	if s.login() {
		go s.run()
	} else {
		s.leave()
	}
}

// seldom is how far apart requests are of a session that waits most of its time.
const seldom = time.Second

// run reads until the connection ends. It is the session's reader goroutine, until it has answered something after a while of silence: a request needs four times the
// stack that waiting for it takes, and a stack does not shrink by itself. The next one waits on a fresh one.
func (s *session) run() {
	begin := time.Now()
	s.conn.Await()
	for {
		frame, err := s.conn.Read()
		if err != nil || s.ended.Load() {
			break
		}
		s.silence.Reset(2 * s.hub.options.Heartbeat)
		if !s.handle(frame) {
			break
		}
		now := time.Now()
		if now.Sub(begin) > seldom {
			go s.run()
			return
		}
		begin = now
	}
	s.silence.Stop()
	s.expiry.Stop()
	s.leave()
}

// leave takes the session out of everything that knows it.
func (s *session) leave() {
	s.hub.broker.Detach(&s.conn, s.caller.UserID)
	s.end(websocket.StatusNormalClosure, "")
	s.hub.sessions.remove(s)
}

// take answers one frame, and reports whether the session goes on.
func (s *session) handle(frame []byte) bool {
	r, err := parseRequest(frame)
	if !s.requests.Allow() {
		s.refused++
		s.refuse(r, refusal.New(refusal.TooOften, "more than %d requests a second", s.hub.options.SessionRate))
		if s.refused > 2*s.hub.options.SessionRate {
			// Somebody who does not listen: even refusals cost.
			s.end(socket.CloseTooMany, "far too many requests")
			return false
		}
		return true
	}
	s.refused = 0
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

// answer carries out a request within its time.
func (s *session) dispatch(r request) {
	do := methods[r.method]
	switch {
	case r.method == "login":
		s.refuse(r, refusal.New(refusal.InvalidRequest, "this connection is logged in as %s already", s.caller.UserID))
		return
	case do == nil:
		s.refuse(r, refusal.New(refusal.MethodNotFound, "there is no method %q", refusal.Clip(r.method)))
		return
	}
	ctx := newLazyContext(s.hub.running, s.hub.options.RequestTimeout)
	defer ctx.stop()
	result, err := do(ctx, s.hub.commands, s.caller, r.params)
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

// end closes the connection after what waits for it, and sees to it that nothing more is done for the client.
func (s *session) end(code websocket.StatusCode, reason string) {
	if !s.ended.Swap(true) && code != websocket.StatusNormalClosure {
		s.hub.metrics.ended.WithLabelValues(strconv.Itoa(int(code))).Inc()
	}
	s.conn.Close(code, reason)
}

// kick tells the client why it has to go, and ends the session.
func (s *session) kick(kind string, code websocket.StatusCode, reason string) {
	s.conn.Send(notification("KICKED_OUT", struct {
		Type string `json:"type"`
	}{kind}))
	s.end(code, reason)
}

// sendAway closes the connection of a client that is to come back when the hub is there again.
func (s *session) sendAway() { s.conn.Close(socket.CloseRestarting, "the hub is being restarted") }

// Lost ends the session: the client comes back and reads what it missed.
func (s *session) Lost() { s.end(socket.CloseLost, "changes may have been missed") }
