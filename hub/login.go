package hub

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"exthub/hub/command"
	"exthub/hub/refusal"
	"exthub/hub/socket"
	"exthub/hub/usersig"
	"exthub/hub/wire"
	"exthub/kv/lazycontext"
)

// loginParams are the params of login.
type loginParams struct {
	SDKAppID uint64 `json:"sdkAppID"`
	UserID   string `json:"userID"`
	UserSig  string `json:"userSig"`
	Batch    bool   `json:"batch"`
}

// loginResult is what a client needs to know of the hub.
type loginResult struct {
	userID    string
	sessionID string
	admin     bool
	shared    []byte // sharedResult
	time      int64  // Unix seconds
	// epoch names the history that every Seq belongs to. A bucket that was made anew counts from 1
	// again, and one that lost its end counts on from there: a client that came back with a Seq of
	// another history would be told for ever that nothing changed.
	epoch string
	// position is the moment from which on the session is told of everything that is sent to its
	// user. A client that comes back names it, and gets to know of what came in between.
	position string
}

// encode is written by hand: who logs in alone finds nothing in the processor's caches, and the
// encoder took 12 us for this (see docs/benchmarks-tried.md).
func (r *loginResult) encode() jsontext.Value {
	b := append(make([]byte, 0, 256+len(r.shared)), `{"userID":`...)
	b = wire.AppendText(b, r.userID)
	b = wire.AppendText(append(b, `,"sessionID":`...), r.sessionID)
	b = strconv.AppendBool(append(b, `,"admin":`...), r.admin)
	b = append(b, r.shared...)
	b = strconv.AppendInt(append(b, `,"time":`...), r.time, 10)
	b = wire.AppendText(append(b, `,"epoch":`...), r.epoch)
	b = wire.AppendText(append(b, `,"position":`...), r.position)
	return append(b, '}')
}

type wireLimits struct {
	MaxExtensions           int `json:"maxExtensions"`
	MaxExtensionsPerRequest int `json:"maxExtensionsPerRequest"`
	MaxKeyBytes             int `json:"maxKeyBytes"`
	MaxValueBytes           int `json:"maxValueBytes"`
	MessageRate             int `json:"messageRate"`
	MaxFrameBytes           int `json:"maxFrameBytes"`
	// Of these three, 0 is no limit
	MaxExtensionsPerUser int   `json:"maxExtensionsPerUser"`
	MaxConversationBytes int64 `json:"maxConversationBytes"`
	MessageTTL           int64 `json:"messageTTL"` // seconds
	MaxGroups            int   `json:"maxGroups"`
}

// sharedResult returns the members of a loginResult that are the same for everybody: the limits,
// and the heartbeat's interval in seconds.
func (o *Options) sharedResult() []byte {
	limits := wire.Encode(wireLimits{
		o.MaxExtensions, o.MaxExtensionsPerRequest, o.MaxKeyBytes, o.MaxValueBytes, o.MessageRate, maxFrame,
		o.MaxExtensionsPerUser, o.MaxConversationBytes, int64(o.MessageTTL / time.Second), o.MaxGroups,
	})
	return fmt.Appendf(nil, `,"limits":%s,"heartbeatInterval":%d`, limits, o.Heartbeat/time.Second)
}

// login reads the first request, which must be a login, and reports whether it succeeded. There is
// one attempt per connection, so that each guess costs a connection.
func (s *session) login() bool {
	timeout := time.AfterFunc(s.hub.options.LoginTimeout, func() { s.end(socket.CloseLoginLate, "no login in time") })
	frame, err := s.conn.Read()
	if !timeout.Stop() || err != nil {
		return false
	}
	r, err := parseRequest(frame)
	if err != nil {
		s.refuse(r, err)
		s.end(socket.CloseProtocol, "the first frame is not a request")
		return false
	}
	result, err := s.authenticate(r)
	if err != nil {
		refused := command.Translate(err, s.hub.log)
		s.hub.audit.Refused("login refused", "user", claimedUser(r), "code", refused.Code, "address", s.address)
		s.refuse(r, refused)
		if refused.Code == refusal.InternalError || errors.Is(err, errManyGuests) {
			s.end(socket.CloseLost, "the hub is in trouble")
		} else {
			s.end(socket.CloseNotLoggedIn, "not logged in")
		}
		return false
	}
	s.reply(r, result)
	s.address = ""
	return true
}

// claimedUser returns who the request says it is from, which nothing proves.
func claimedUser(r request) string {
	var p loginParams
	_ = wire.Decode(r.params, &p, refusal.InvalidParams) // what is there of it is good enough
	return refusal.Clip(p.UserID)
}

// authenticate makes the connection a user's session and returns the answer to the login.
func (s *session) authenticate(r request) (jsontext.Value, error) {
	if r.method != "login" {
		return nil, refusal.New(refusal.InvalidRequest, "%q before login", refusal.Clip(r.method))
	}
	var p loginParams
	if err := wire.Decode(r.params, &p, refusal.InvalidParams); err != nil {
		return nil, err
	}
	o := &s.hub.options
	now := o.Now()
	within := lazycontext.New(s.hub.running, o.RequestTimeout)
	defer within.Stop()
	ctx := &within
	claims, err := s.hub.verify(ctx, p, now)
	if err != nil {
		return nil, err
	}
	s.issued, s.since = claims.Issued.Unix(), now.Unix()
	s.caller = command.Caller{
		UserID: p.UserID, Admin: s.hub.isAdmin(p.UserID), Session: o.NewSessionID(), Cork: s.conn.Cork,
		Charge: s.allowance.charge,
	}
	if s.hub.keys.IsGuest(p.UserID) {
		s.welcomeGuest(now)
	}
	if err := s.subscribe(ctx); err != nil {
		return nil, err
	}
	oldest, fits := s.hub.sessions.login(s, now)
	if !fits {
		return nil, errManyGuests
	}
	for _, o := range oldest {
		o.kickSurplus()
	}
	// Once more: a revocation that came since verify did not find this session among the user's.
	if err := s.hub.commands.CheckRevoked(ctx, p.UserID, claims.Issued); err != nil {
		return nil, err
	}
	s.conn.Limit = maxFrame
	s.conn.SetBatch(p.Batch)
	s.idle = time.AfterFunc(2*o.Heartbeat, func() {
		s.end(socket.CloseSilent, "nothing heard for two heartbeats")
	})
	s.expiry = newAlarm(claims.Until.Add(time.Second), o.Now, func() {
		s.kick("userSigExpired", socket.CloseNotLoggedIn, "the UserSig has expired")
	})
	result := loginResult{
		userID: s.caller.UserID, sessionID: s.caller.Session, admin: s.caller.Admin,
		shared: s.hub.sharedResult, time: now.Unix(),
		// After subscribe: another history from now on ends this session
		epoch: s.hub.store.Epoch(), position: s.hub.store.PositionText(),
	}
	return result.encode(), nil
}

// subscribe attaches the session to everything that concerns its user: first to what comes from now
// on, then to the groups as they are, so that nothing is missed in between. The client may get
// notifications before the answer to its login.
func (s *session) subscribe(ctx context.Context) error {
	s.conn.ID = s.caller.Session
	s.hub.broker.Attach(&s.conn, s.caller.UserID)
	var groups []string // none of a guest, who is no member of any
	if !s.caller.Guest {
		var err error
		if groups, err = s.hub.store.KnownGroups(ctx, s.caller.UserID); err != nil {
			return err
		}
	}
	s.hub.broker.Join(&s.conn, s.caller.UserID, groups)
	return nil
}

// verify returns what the UserSig claims, or the refusal of one that is not valid now.
func (h *Hub) verify(ctx context.Context, p loginParams, now time.Time) (usersig.Claims, error) {
	o := &h.options
	if p.SDKAppID != o.SDKAppID {
		return usersig.Claims{}, refusal.Field(refusal.UnknownApp, "sdkAppID", "%d is not served here", p.SDKAppID)
	}
	if err := command.CheckUserID("userID", p.UserID); err != nil {
		return usersig.Claims{}, err
	}
	claims, err := usersig.Parse(p.UserSig)
	if err != nil {
		return claims, err
	}
	if err := claims.CheckAny(o.SDKAppID, h.keys.Of(p.UserID), p.UserID, now); err != nil {
		return claims, err
	}
	return claims, h.commands.CheckRevoked(ctx, p.UserID, claims.Issued)
}
