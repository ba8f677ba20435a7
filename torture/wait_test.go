package torture

import (
	"context"
	"fmt"
	"time"
)

// waitUntil calls try every 10 ms, because other processes don't say when they are done. It returns
// the last error when ctx ends or time runs out.
func waitUntil(ctx context.Context, what string, try func() error) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(testTimeout)
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("no %s: %w: %w", what, ctx.Err(), err)
		case <-deadline:
			return fmt.Errorf("waited %v in vain for %s: %w", testTimeout, what, err)
		}
	}
}
