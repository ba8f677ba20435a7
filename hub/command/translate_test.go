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

// That somebody else was faster with the second half of what a user asked for is no trouble of the
// hub: its operator is not to be woken by it.
func TestPartlyRefusedIsNoTrouble(t *testing.T) {
	var logged strings.Builder
	log := slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelWarn}))
	Translate(fmt.Errorf("%w: %w", errPartly, refusal.New(refusal.TooManyPairs, "it is full")), log)
	if logged.Len() > 0 {
		t.Errorf("logged was %s", &logged)
	}
	Translate(fmt.Errorf("%w: %w", errPartly, kv.ErrUnavailable), log)
	if logged.Len() == 0 {
		t.Error("the store failed, and nothing was logged")
	}
}

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
		{
			fmt.Errorf("%w: %w", errPartly, refusal.New(refusal.TooManyPairs, "it is full")),
			refusal.InternalError, "a part of this was written, and the rest was not: it is full",
		},
		{fmt.Errorf("%w: %w", errPartly, kv.ErrUnknown), refusal.InternalError, "it is not known whether the rest was"},
	} {
		got := Translate(e.err, log)
		if got.Code != e.code || !strings.Contains(got.Message(), e.says) || strings.Contains(got.Message(), "secret") {
			t.Errorf("%v: %v", e.err, got)
		}
	}
}
