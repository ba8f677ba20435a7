package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"exthub/hub/usersig"
	"exthub/kv"
)

// TestTranslate: what the client is told of an error that is not its own.
func TestTranslate(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	for _, e := range []struct {
		err  error
		code int
		says string
	}{
		{refuse(noSuchGroup, "no"), noSuchGroup, "no"},
		{fmt.Errorf("while x: %w", refuse(noSuchGroup, "no")), noSuchGroup, "no"},
		{&usersig.Error{Code: usersig.Expired, Reason: "too old"}, usersig.Expired, "too old"},
		{fmt.Errorf("%w: disk full", kv.ErrUnavailable), internalError, "nothing was written"},
		{context.DeadlineExceeded, internalError, "nothing was written"},
		{fmt.Errorf("%w: %w", kv.ErrUnknown, context.DeadlineExceeded), internalError, "it is not known whether"},
		{errors.Join(kv.ErrUnavailable, kv.ErrUnknown), internalError, "it is not known whether"},
		{errors.New("/etc/secret: no such file"), internalError, "internal error"},
	} {
		got := translate(e.err, log)
		if got.Code != e.code || !strings.Contains(got.Message, e.says) || strings.Contains(got.Message, "secret") {
			t.Errorf("%v: %v", e.err, got)
		}
	}
}
