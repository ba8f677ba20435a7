package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"exthub/hub/refusal"
	"exthub/hub/usersig"
	"exthub/kv"
)

// TestTranslate gives errors of every layer and reads what the client is told: a refusal as it is,
// and nothing of what is none of its business.
func TestTranslate(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	for _, e := range []struct {
		err  error
		code int
		says string
	}{
		{refusal.New(refusal.NoSuchGroup, "no"), refusal.NoSuchGroup, "no"},
		{fmt.Errorf("while x: %w", refusal.New(refusal.NoSuchGroup, "no")), refusal.NoSuchGroup, "no"},
		{&usersig.Error{Code: usersig.Expired, Reason: "too old"}, usersig.Expired, "too old"},
		{fmt.Errorf("%w: disk full", kv.ErrUnavailable), refusal.InternalError, "nothing was written"},
		{context.DeadlineExceeded, refusal.InternalError, "nothing was written"},
		{
			fmt.Errorf("%w: %w", kv.ErrUnknown, context.DeadlineExceeded),
			refusal.InternalError, "it is not known whether",
		},
		{errors.Join(kv.ErrUnavailable, kv.ErrUnknown), refusal.InternalError, "it is not known whether"},
		{errors.New("/etc/secret: no such file"), refusal.InternalError, "internal error"},
	} {
		got := Translate(e.err, log)
		if got.Code != e.code || !strings.Contains(got.Message(), e.says) || strings.Contains(got.Message(), "secret") {
			t.Errorf("%v: %v", e.err, got)
		}
	}
}
