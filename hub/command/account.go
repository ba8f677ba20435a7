package command

import (
	"context"
	"fmt"
	"time"

	"exthub/hub/refusal"
	"exthub/hub/usersig"
	"exthub/kv"
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
// same second is refused too: it may be the one that was stolen. It fails if this hub may not know
// of a Kick.
func (c *Commands) CheckRevoked(ctx context.Context, userID string, issued time.Time) error {
	upTo, err := c.store.RevokedUpTo(ctx, userID)
	if err != nil {
		return err
	}
	if upTo == 0 || issued.Unix() > upTo {
		return nil
	}
	return &usersig.Error{Code: usersig.Revoked, Reason: fmt.Sprintf(
		"the UserSig was revoked at %s: get a new one", time.Unix(upTo, 0).UTC().Format(time.RFC3339))}
}

// DeleteAccounts ends what users are to the hub: their sessions and UserSigs, as Kick does, all
// their memberships, and their profiles. A group goes on without its owner. Messages and pairs
// stay, because they belong to others too, and nobody says who set a pair. The door has to see that
// an app admin asks. After an error it may be called again: what is gone does no harm.
func (c *Commands) DeleteAccounts(ctx context.Context, caller Caller, userIDs []string) error {
	if len(userIDs) == 0 {
		return refusal.Field(refusal.BadParameter, "userIDList", "none given")
	}
	if err := checkAccounts("userIDList", userIDs, maxDeletions); err != nil {
		return err
	}
	for i, id := range userIDs {
		// First of all, so that no session of the user's joins a group meanwhile.
		if err := c.Kick(ctx, caller, id); err != nil && i == 0 {
			return err
		} else if err != nil {
			return Partly(err)
		}
		if err := c.forgetAccount(ctx, caller, id); err != nil {
			return Partly(err)
		}
	}
	return nil
}

// forgetAccount deletes what is left of a user who was kicked out.
func (c *Commands) forgetAccount(ctx context.Context, caller Caller, userID string) error {
	groups, err := c.store.Groups(ctx, userID)
	if err != nil {
		return err
	}
	for _, groupID := range groups {
		err := c.store.UpdateGroup(ctx, groupID, func(g *kv.Group) (kv.GroupChange, error) {
			if _, ok := g.Member(userID); !ok {
				return kv.GroupChange{}, nil
			}
			return kv.GroupChange{By: caller.UserID, Remove: []string{userID}}, nil
		})
		if err != nil {
			return err
		}
	}
	if err := c.store.SetProfile(ctx, kv.Profile{UserID: userID}); err != nil {
		return err
	}
	c.options.Audit.Done("account deleted", "by", caller.UserID, "user", userID, "groups", len(groups))
	return nil
}
