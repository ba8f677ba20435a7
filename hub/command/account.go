package command

import (
	"context"
	"fmt"
	"time"

	"exthub/hub/usersig"
)

// Kick ends the user's sessions, on every hub, and refuses their UserSigs that were issued until
// now. The door has to see that an app admin asks.
func (c *Commands) Kick(ctx context.Context, caller Caller, userID string) error {
	if err := CheckUserID("userID", userID); err != nil {
		return err
	}
	err := c.store.Revoke(ctx, userID, c.options.Now())
	if err == nil {
		c.options.Audit.Done("user kicked out", "by", caller.UserID, "user", userID)
	}
	return err
}

// CheckRevoked refuses a UserSig that was issued at or before the last Kick of its user. One of the
// same second is refused too: it may be the one that was stolen.
func (c *Commands) CheckRevoked(userID string, issued time.Time) error {
	upTo := c.store.RevokedUpTo(userID)
	if upTo == 0 || issued.Unix() > upTo {
		return nil
	}
	return &usersig.Error{Code: usersig.Revoked, Reason: fmt.Sprintf(
		"the UserSig was revoked at %s: get a new one", time.Unix(upTo, 0).UTC().Format(time.RFC3339))}
}
