package lazycontext

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestContext ends a request by its deadline and with the hub, whether the code waits on Done
// or only polls Err.
func TestContext(t *testing.T) {
	for name, ask := range map[string]func(context.Context) error{
		"Asks":  func(ctx context.Context) error { <-time.After(time.Minute); return ctx.Err() },
		"Waits": func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
		"Child": func(ctx context.Context) error {
			child, cancel := context.WithCancel(ctx)
			defer cancel()
			<-child.Done()
			return child.Err()
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := New(t.Context(), time.Second)
				if err := ctx.Err(); err != nil {
					t.Fatal(err)
				}
				if err := ask(&ctx); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("too long: %v", err)
				}
				ctx.Stop()
				hub, stop := context.WithCancel(t.Context())
				ctx = New(hub, time.Hour)
				defer ctx.Stop()
				time.AfterFunc(time.Second, stop)
				if err := ask(&ctx); !errors.Is(err, context.Canceled) {
					t.Errorf("with the hub: %v", err)
				}
			})
		})
	}
}
