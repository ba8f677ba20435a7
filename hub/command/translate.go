package command

import (
	"context"
	"errors"
	"log/slog"

	"github.com/google/uuid"

	"exthub/hub/refusal"
	"exthub/hub/usersig"
	"exthub/kv"
)

// Translate turns the error of a command into the refusal that the client gets. A door calls it
// once, where it answers. A failure of the hub or its store becomes 10002 with an ID, under which
// the log has the error itself: its text may speak of things that are none of the client's
// business.
func Translate(err error, log *slog.Logger) *refusal.Error {
	var refused *refusal.Error
	var sig *usersig.Error
	partly := errors.Is(err, errPartly)
	switch {
	case errors.As(err, &refused) && !partly:
		return refused
	case errors.As(err, &sig):
		return refusal.New(sig.Code, "%s", sig.Reason)
	}
	sentence, level := "internal error", slog.LevelError
	switch {
	case partly && refused != nil:
		sentence = "a part of this was written, and the rest was not: " + refused.Message()
		level = slog.LevelInfo // somebody else was faster
	case partly:
		sentence = "a part of this was written, and it is not known whether the rest was: read before trying again"
	case errors.Is(err, kv.ErrUnknown):
		sentence = "the store did not answer in time and it is not known whether this was written: " +
			"read before trying again"
	case errors.Is(err, kv.ErrUnavailable), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		sentence = "the store can't do this now and nothing was written: try again"
	}
	id := uuid.NewString()
	log.Log(context.Background(), level, "request failed", "request", id, "error", err)
	internal := refusal.New(refusal.InternalError, "%s (request %s)", sentence, id)
	internal.Data = map[string]string{"requestID": id}
	return internal
}
