package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/google/uuid"

	"exthub/hub/usersig"
	"exthub/kv"
)

// Error is a refusal as the client gets it: Code for the program, Message for the person. What only the operator should see goes to the log.
type Error struct {
	Code    int
	Message string
	Data    any // what the SDK may act on, or nil
}

func (e *Error) Error() string { return fmt.Sprintf("%d: %s", e.Code, e.Message) }

// refuse returns an Error with a formatted message.
func refuse(code int, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// The codes of a refused UserSig under the names that this package uses.
const (
	sigExpired   = usersig.Expired
	sigEmpty     = usersig.Empty
	sigMalformed = usersig.Malformed
	sigWrongKey  = usersig.WrongKey
	sigWrongUser = usersig.WrongUser
	sigWrongApp  = usersig.WrongApp
)

// translate makes an Error of any error, once, where a command ends. What is nobody's fault but ours becomes 10002 with an ID under which the log
// has the rest: its text may speak of things that are not the client's business.
func translate(err error, log *slog.Logger) *Error {
	var refusal *Error
	var sig *usersig.Error
	switch {
	case errors.As(err, &refusal):
		return refusal
	case errors.As(err, &sig):
		return &Error{Code: sig.Code, Message: sig.Reason}
	}
	sentence := "internal error"
	switch {
	case errors.Is(err, kv.ErrUnknown):
		sentence = "the store did not answer in time and it is not known whether this was written: read before trying again"
	case errors.Is(err, kv.ErrUnavailable), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		sentence = "the store can't do this now and nothing was written: try again"
	}
	id := uuid.NewString()
	log.Error("request failed", "request", id, "error", err)
	return &Error{Code: internalError, Message: fmt.Sprintf("%s (request %s)", sentence, id), Data: map[string]string{"requestID": id}}
}
