package rest

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"exthub/hub/audit"
	"exthub/hub/command"
	"exthub/hub/guest"
	"exthub/hub/refusal"
	"exthub/hub/usersig"
	"exthub/hub/wire"
	"exthub/kv"
)

// door is the handler of all calls.
type door struct {
	options  Options
	commands *command.Commands
	limiters map[string]*rate.Limiter // of the app admins, by command; nil is no limit
	members  *memberLimits            // of the members; nil is no limit
}

// Options are what the door needs to know. All but Rate are required.
type Options struct {
	SDKAppID uint64
	Keys     guest.Keys // of UserSigs
	Admins   []string
	Rate     int           // the admins' calls of one command a second, see limit.go; 0 is no limit
	Timeout  time.Duration // of one call
	Now      func() time.Time
	Logger   *slog.Logger
	Audit    *audit.Log

	// CheckRevoked refuses a UserSig of this user that was issued at this time, if it was revoked.
	CheckRevoked func(ctx context.Context, userID string, issued time.Time) error

	// Running ends with the hub, and every call with it.
	Running context.Context

	// Answered is called after each call; refused is nil if it succeeded. The name of a command
	// that does not exist is the client's: it could invent any number of them.
	Answered func(op string, exists bool, refused *refusal.Error)
}

// envelope is the part that every reply has, and all of one that says only whether the call
// succeeded.
type envelope struct {
	ActionStatus string // OK or FAIL
	ErrorInfo    string
	ErrorCode    int
}

var success = envelope{ActionStatus: "OK"}

// forMembers are the commands that a member of the conversation may call too. The others are for
// app admins alone.
var forMembers = map[string]bool{
	"openim_msg_ext_http_svc/set_key_values":       true,
	"openim_msg_ext_http_svc/get_key_values":       true,
	"openim_msg_ext_http_svc/group_set_key_values": true,
	"openim_msg_ext_http_svc/group_get_key_values": true,

	"openim_msg_ext_http_svc/get_key_values_summary":       true,
	"openim_msg_ext_http_svc/close_key_values":             true,
	"openim_msg_ext_http_svc/group_get_key_values_summary": true,
	"openim_msg_ext_http_svc/group_close_key_values":       true,
}

// reads are the commands that change nothing.
var reads = map[string]bool{
	"openim_msg_ext_http_svc/get_key_values":       true,
	"openim_msg_ext_http_svc/group_get_key_values": true,
	"group_open_http_svc/get_group_member_info":    true,

	"openim_msg_ext_http_svc/get_key_values_summary":       true,
	"openim_msg_ext_http_svc/group_get_key_values_summary": true,
}

// operations are all commands that can be called, by service and name.
var operations = map[string]handler[[]byte]{
	"openim_msg_ext_http_svc/set_key_values":               decodeChange(extensionNames, setKeyValues),
	"openim_msg_ext_http_svc/get_key_values":               decode(extensionNames, getKeyValues),
	"openim_msg_ext_http_svc/group_set_key_values":         decodeChange(extensionNames, groupSetKeyValues),
	"openim_msg_ext_http_svc/group_get_key_values":         decode(extensionNames, groupGetKeyValues),
	"openim_msg_ext_http_svc/get_key_values_summary":       decode(extensionNames, getSummary),
	"openim_msg_ext_http_svc/close_key_values":             decodeKnown(extensionNames, closeKeyValues),
	"openim_msg_ext_http_svc/group_get_key_values_summary": decode(extensionNames, groupGetSummary),
	"openim_msg_ext_http_svc/group_close_key_values":       decodeKnown(extensionNames, groupCloseKeyValues),
	"openim/sendmsg":                            decode(messageNames, sendMessage),
	"openim/admin_msgwithdraw":                  decodeKnown(recallNames, recallMessage),
	"group_open_http_svc/group_msg_recall":      decodeKnown(recallNames, recallGroupMessages),
	"group_open_http_svc/send_group_msg":        decode(postNames, sendGroupMessage),
	"group_open_http_svc/create_group":          decode(groupNames, createGroup),
	"group_open_http_svc/destroy_group":         decodeKnown(groupNames, destroyGroup),
	"group_open_http_svc/add_group_member":      decode(addNames, addMembers),
	"group_open_http_svc/delete_group_member":   decodeKnown(deleteNames, deleteMembers),
	"group_open_http_svc/get_group_member_info": decode(groupNames, getMembers),
	"im_open_login_svc/kick":                    decodeKnown(accountNames, kick),
	"im_open_login_svc/account_delete":          decodeKnown(accountNames, deleteAccounts),
}

// Commands returns the service and name of every command, sorted.
func Commands() []string { return slices.Sorted(maps.Keys(operations)) }

// maxBody is how many bytes a call may send. The longest useful call, with 300 new members, sends a
// hundredth of it.
const maxBody = 1 << 20

// maxMemberBody is the same for a member, who is a stranger and may say no more here than in a
// frame of a session. Bodies that never end are held until net/http gives up: 400 of 1 MiB were 480
// MiB.
const maxMemberBody = 64 << 10

// maxGuestBody is the same for a guest. Anybody can be many of them, and a guest has no more to say
// than one pair.
const maxGuestBody = 8 << 10

// New returns the door to the commands.
func New(options Options, c *command.Commands) http.Handler {
	return &door{options, c, newLimiters(options.Rate), newMemberLimits(options.Rate)}
}

// ServeHTTP answers one call.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	caller, reply, end, err := d.call(w, r)
	defer end() // when the reply is written: one that nobody reads is held until then
	var refused *refusal.Error
	if err != nil {
		refused = command.Translate(err, d.options.Logger)
		reply = envelope{"FAIL", refused.Message(), refused.Code}
	}
	name := strings.TrimPrefix(r.URL.Path, "/v4/")
	_, exists := operations[name]
	d.options.Answered(name, exists, refused)
	if exists {
		d.record(r, name, caller, refused)
	}
	body := wire.Encode(reply)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	// An error means that the caller is gone.
	_, _ = w.Write(body) //nolint:gosec // it is JSON, and the headers say that it is nothing else
}

// record notes what app admins do, and who was not let in.
func (d *door) record(r *http.Request, name string, caller command.Caller, refused *refusal.Error) {
	code := 0
	if refused != nil {
		code = refused.Code
	}
	switch {
	case caller.UserID == "":
		user := refusal.Clip(r.URL.Query().Get("identifier"))
		d.options.Audit.Refused("call refused", "user", user, "command", name, "code", code, "address", r.RemoteAddr)
	case caller.Admin && reads[name]:
		d.options.Audit.Read("admin call", "user", caller.UserID, "command", name, "code", code)
	case caller.Admin:
		d.options.Audit.Done("admin call", "user", caller.UserID, "command", name, "code", code)
	}
}

// call carries out one call and returns its reply, and the caller if there is no doubt who that is.
// end is called when the reply is written.
func (d *door) call(w http.ResponseWriter, r *http.Request) (_ command.Caller, reply any, end func(), err error) {
	end = func() {}
	name := strings.TrimPrefix(r.URL.Path, "/v4/")
	handle, ok := operations[name]
	switch {
	case !ok:
		return command.Caller{}, nil, end, refusal.New(noCommand, "there is no command %q", refusal.Clip(name))
	case r.Method != http.MethodPost:
		return command.Caller{}, nil, end, refusal.New(noCommand, "%s is called by POST", name)
	}
	caller, err := d.caller(r, forMembers[name])
	if err != nil {
		return command.Caller{}, nil, end, err
	}
	if end, err = d.limit(caller, name); err != nil {
		return caller, nil, end, err
	}
	most := int64(maxMemberBody)
	switch {
	case caller.Admin:
		most = maxBody
	case caller.Guest:
		most = maxGuestBody
	}
	body, err := readBody(w, r, most)
	if err != nil {
		return caller, nil, end, err
	}
	ctx, cancel := d.withTimeout(r)
	defer cancel()
	if !caller.Admin {
		// Nobody's reads wait behind all of a member's. Those of the backend are not one user's.
		ctx = context.WithValue(ctx, kv.ReaderKey{}, caller.UserID)
	}
	reply, err = handle(ctx, d.commands, caller, body)
	return caller, reply, end, err
}

// withTimeout returns a context that ends with the call, with the hub, and after Options.Timeout.
func (d *door) withTimeout(r *http.Request) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(r.Context(), d.options.Timeout)
	stop := context.AfterFunc(d.options.Running, cancel)
	return ctx, func() { stop(); cancel() }
}

// limit refuses a call that comes too soon after others, or beside too many. Members have limits of
// their own, so that none of them can keep the backend out, nor each other. end ends the call.
func (d *door) limit(caller command.Caller, name string) (end func(), err error) {
	now := d.options.Now()
	end = func() {}
	switch limit := d.limiters[name]; {
	case caller.Admin && limit != nil && !limit.AllowN(now, 1):
		return end, refusal.New(tooOften, "more than %d calls of %s a second", d.options.Rate, name)
	case caller.Admin, d.members == nil:
		return end, nil
	}
	if sentence := d.members.begin(caller.UserID, now); sentence != "" {
		return end, refusal.New(tooOften, "%s", sentence)
	}
	return func() { d.members.end(caller.UserID) }, nil
}

// caller returns the caller if everything in the query string is right. members says whether the
// caller need not be an app admin.
func (d *door) caller(r *http.Request, members bool) (command.Caller, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return command.Caller{}, refusal.New(badURL, "the query string can't be parsed: %v", err)
	}
	o := d.options
	user := query.Get("identifier")
	switch app, err := strconv.ParseUint(query.Get("sdkappid"), 10, 64); {
	case query.Get("sdkappid") == "":
		return command.Caller{}, refusal.Field(noAppID, "sdkappid", "missing")
	case err != nil:
		return command.Caller{}, refusal.Field(badAppID, "sdkappid", "%q is not a number",
			refusal.Clip(query.Get("sdkappid")))
	case app != o.SDKAppID:
		return command.Caller{}, refusal.Field(refusal.UnknownApp, "sdkappid", "this hub does not serve %d", app)
	case user == "":
		return command.Caller{}, refusal.Field(noCaller, "identifier", "missing")
	case command.CheckUserID("identifier", user) != nil:
		return command.Caller{}, refusal.Field(noCaller, "identifier", "must be 1 to %d printable ASCII characters",
			command.MaxUserID)
	}
	ctx, cancel := d.withTimeout(r)
	defer cancel()
	var invalid *usersig.Error
	if err := o.verify(ctx, query.Get("usersig"), user); errors.As(err, &invalid) {
		return command.Caller{}, refusal.Field(invalid.Code, "usersig", "%s", invalid.Reason)
	} else if err != nil {
		return command.Caller{}, err
	}
	switch _, err := strconv.ParseUint(query.Get("random"), 10, 32); {
	case err != nil:
		return command.Caller{}, refusal.Field(badURL, "random", "%q is not an integer from 0 to 4294967295",
			refusal.Clip(query.Get("random")))
	case query.Get("contenttype") != "json":
		return command.Caller{}, refusal.Field(badURL, "contenttype", "%q is not json",
			refusal.Clip(query.Get("contenttype")))
	}
	admin := slices.Contains(o.Admins, user)
	if !admin && !members {
		// Checked last: without a valid UserSig nobody learns who the admins are.
		return command.Caller{}, refusal.Field(notAdmin, "identifier", "%s is not an app admin", user)
	}
	return command.Caller{UserID: user, Admin: admin, Guest: o.Keys.IsGuest(user)}, nil
}

// verify returns nil if the UserSig is the user's and valid now.
func (o *Options) verify(ctx context.Context, sig, user string) error {
	claims, err := usersig.Parse(sig)
	if err != nil {
		return err
	}
	if err := claims.CheckAny(o.SDKAppID, o.Keys.Of(user), user, o.Now()); err != nil {
		return err
	}
	return o.CheckRevoked(ctx, user, claims.Issued)
}

// readBody returns the body of a call. It reads no more than so many bytes.
func readBody(w http.ResponseWriter, r *http.Request, most int64) ([]byte, error) {
	tooLong := refusal.New(bodyTooLong, "the body has more than %d bytes", most)
	if r.ContentLength > most {
		w.Header().Set("Connection", "close") // else net/http reads on, to keep the connection
		return nil, tooLong
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return nil, tooLong
	case err != nil:
		w.Header().Set("Connection", "close")
		return nil, refusal.New(badHTTP, "the body can't be read to its end")
	}
	return body, nil
}
