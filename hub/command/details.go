package command

import (
	"context"
	"time"

	"exthub/hub/refusal"
)

// Details is a page with what only those need who keep or audit what a message came to: when each
// of its pairs was written, by the clocks of the store; zero of a deletion.
type Details struct {
	*Page
	Times []time.Time
}

// GetDetails is GetExtensions for an app admin. It costs a question to the store, so it is not for
// members: they would have each page for the price of ten.
func (c *Commands) GetDetails(ctx context.Context, caller Caller, cmd GetExtensions) (Details, error) {
	if !caller.Admin {
		return Details{}, refusal.Field(refusal.NotPermitted, "details", "is for app admins")
	}
	for {
		page, err := c.GetExtensions(ctx, caller, cmd)
		if err != nil {
			return Details{}, err
		}
		times, same, err := c.store.Times(ctx, page.ref, page.Pairs)
		if err != nil || same {
			return Details{page, times}, err
		}
		// A pair has changed since the page was read, so what it holds is not what is stored.
	}
}
