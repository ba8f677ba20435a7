package hub

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

	"exthub/hub/usersig"
)

// rest is the REST door: POST /v4/<service>/<command>, called by the app's backend in the name of an app admin.
//
// Whatever comes of a call, the answer is HTTP 200 with an envelope, as backends that were written for Tencent Chat expect it. What a stranger can make the
// hub do is bounded: the body is read only after the caller has proved to be an admin and has not called too often.
type rest struct {
	options  restOptions
	commands *commands
	rates    map[string]*rate.Limiter // by command; nil is no limit
}

// restOptions are what the door needs to know. All are required.
type restOptions struct {
	SDKAppID  uint64
	SecretKey string
	Admins    []string
	Rate      int           // calls of one command a second; 0 is no limit
	Timeout   time.Duration // of one call
	Now       func() time.Time
	Logger    *slog.Logger

	// Running ends with the hub, and with it every call.
	Running context.Context

	// Answered hears of each call; refusal is nil if it went well. A command that does not exist has no name: a client could invent any number.
	Answered func(command string, exists bool, refusal *Error)
}

// restReply is the envelope, and all of a reply that has nothing to say but whether it went well.
type restReply struct {
	ActionStatus string // OK or FAIL
	ErrorInfo    string
	ErrorCode    int
}

var restOK = restReply{ActionStatus: "OK"}

// restCommand is one command: it reads the body, does what is asked, and returns a struct with the envelope in it.
type restCommand struct {
	do    func(ctx context.Context, c *commands, who caller, body []byte) (any, error)
	names map[string]string // of parameters, from the names that the commands use to those of the request
}

// restCommands are all that can be called, by service and command.
var restCommands = map[string]restCommand{
	"openim_msg_ext_http_svc/set_key_values":       {restDecode(setKeyValues), extensionNames},
	"openim_msg_ext_http_svc/get_key_values":       {restDecode(getKeyValues), extensionNames},
	"openim_msg_ext_http_svc/group_set_key_values": {restDecode(groupSetKeyValues), extensionNames},
	"openim_msg_ext_http_svc/group_get_key_values": {restDecode(groupGetKeyValues), extensionNames},
	"openim/sendmsg":                            {restDecode(restSendMessage), messageNames},
	"group_open_http_svc/send_group_msg":        {restDecode(restSendGroupMessage), messageNames},
	"group_open_http_svc/create_group":          {restDecode(restCreateGroup), groupNames},
	"group_open_http_svc/destroy_group":         {restDecode(restDestroyGroup), groupNames},
	"group_open_http_svc/add_group_member":      {restDecode(restAddMembers), addNames},
	"group_open_http_svc/delete_group_member":   {restDecode(restDeleteMembers), deleteNames},
	"group_open_http_svc/get_group_member_info": {restDecode(restMembers), groupNames},
}

// RESTCommands returns the service and name of every command, sorted.
func RESTCommands() []string { return slices.Sorted(maps.Keys(restCommands)) }

// maxRESTBody is what a call may send. The longest that is of use, 300 new members, is a hundredth of it.
const maxRESTBody = 1 << 20

func newREST(options restOptions, c *commands) *rest {
	return &rest{options, c, restRates(options.Rate)}
}

// ServeHTTP answers one call.
func (d *rest) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	reply, err := d.call(w, r)
	var refusal *Error
	if err != nil {
		refusal = translate(err, d.options.Logger)
		reply = restReply{"FAIL", refusal.Message, refusal.Code}
	}
	name := strings.TrimPrefix(r.URL.Path, "/v4/")
	_, exists := restCommands[name]
	d.options.Answered(name, exists, refusal)
	body := encode(reply)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(body) //nolint:gosec // JSON, and said to be nothing else; a caller that is gone does not hear it
}

func (d *rest) call(w http.ResponseWriter, r *http.Request) (any, error) {
	name := strings.TrimPrefix(r.URL.Path, "/v4/")
	command, ok := restCommands[name]
	switch {
	case !ok:
		return nil, refuse(restNoCommand, "there is no command %q", clip(name))
	case r.Method != http.MethodPost:
		return nil, refuse(restNoCommand, "%s is called by POST", name)
	}
	who, err := d.caller(r)
	if err != nil {
		return nil, err
	}
	if limit := d.rates[name]; limit != nil && !limit.AllowN(d.options.Now(), 1) {
		return nil, refuse(restTooOften, "more than %d calls of %s a second", d.options.Rate, name)
	}
	body, err := restBody(w, r)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), d.options.Timeout)
	defer cancel()
	defer context.AfterFunc(d.options.Running, cancel)()
	reply, err := command.do(ctx, d.commands, who, body)
	return reply, inOurNames(err, command.names)
}

// caller returns who calls, once everything in the query string has been found right.
func (d *rest) caller(r *http.Request) (caller, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return caller{}, refuse(restBadURL, "the query string can't be parsed: %v", err)
	}
	o := d.options
	user := query.Get("identifier")
	switch app, err := strconv.ParseUint(query.Get("sdkappid"), 10, 64); {
	case query.Get("sdkappid") == "":
		return caller{}, refuse(restNoAppID, "sdkappid: missing")
	case err != nil:
		return caller{}, refuse(restBadAppID, "sdkappid: %q is not a number", clip(query.Get("sdkappid")))
	case app != o.SDKAppID:
		return caller{}, refuse(unknownApp, "sdkappid: this hub does not serve %d", app)
	case user == "":
		return caller{}, refuse(restNoCaller, "identifier: missing")
	case checkUserID("identifier", user) != nil:
		return caller{}, refuse(restNoCaller, "identifier: must be 1 to %d printable ASCII characters", maxUserID)
	}
	var wrong *usersig.Error
	if err := usersig.Verify(query.Get("usersig"), o.SDKAppID, o.SecretKey, user, o.Now()); errors.As(err, &wrong) {
		return caller{}, refuse(wrong.Code, "usersig: %s", wrong.Reason)
	} else if err != nil {
		return caller{}, err
	}
	switch _, err := strconv.ParseUint(query.Get("random"), 10, 32); {
	case err != nil:
		return caller{}, refuse(restBadURL, "random: %q is not an integer from 0 to 4294967295", clip(query.Get("random")))
	case query.Get("contenttype") != "json":
		return caller{}, refuse(restBadURL, "contenttype: %q is not json", clip(query.Get("contenttype")))
	case !slices.Contains(o.Admins, user):
		// Last: who could ask before proving who it is would learn the names of the admins.
		return caller{}, refuse(restNotAdmin, "identifier: %s is not an app admin", user)
	}
	return caller{userID: user, admin: true}, nil
}

// restBody returns the body of a call, of which no more is read than is allowed.
func restBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	tooLong := refuse(restBodyTooLong, "the body has more than %d bytes", maxRESTBody)
	if r.ContentLength > maxRESTBody {
		w.Header().Set("Connection", "close") // or the server would read on to save the connection
		return nil, tooLong
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRESTBody))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return nil, tooLong
	case err != nil:
		w.Header().Set("Connection", "close")
		return nil, refuse(restBadHTTP, "the body can't be read to its end")
	}
	return body, nil
}
