package command

import (
	"context"
	"unicode/utf8"

	"exthub/hub/refusal"
	"exthub/kv"
)

// Limits of a profile, in bytes, as Tencent Chat has them.
const (
	maxNick     = 500
	maxAvatar   = 500
	maxProfiles = 100 // that one request may ask for
)

// UpdateProfile changes what is given of the caller's own profile.
type UpdateProfile struct{ Nick, Avatar *string }

// UpdateProfile returns the profile as it is then. Of two changes at a time the later one counts. A
// guest has none: nobody vouches for what it would be called.
func (c *Commands) UpdateProfile(ctx context.Context, caller Caller, cmd UpdateProfile) (kv.Profile, error) {
	if caller.Guest {
		return kv.Profile{}, notForGuests(caller)
	}
	profiles, err := c.store.Profiles(ctx, caller.UserID)
	if err != nil {
		return kv.Profile{}, err
	}
	profile := profiles[0]
	if err := replace(&profile.Nick, cmd.Nick, "nick", maxNick); err != nil {
		return kv.Profile{}, err
	}
	if err := replace(&profile.Avatar, cmd.Avatar, "avatar", maxAvatar); err != nil {
		return kv.Profile{}, err
	}
	if profile == profiles[0] {
		return profile, nil
	}
	return profile, c.store.SetProfile(ctx, profile)
}

// replace sets a text if there is a new one, or refuses that.
func replace(text, by *string, name string, most int) error {
	switch {
	case by == nil:
		return nil
	case len(*by) > most:
		return refusal.Field(refusal.BadParameter, name, "%d bytes, at most %d", len(*by), most)
	case !utf8.ValidString(*by):
		return refusal.Field(refusal.BadParameter, name, "not UTF-8")
	}
	*text = *by
	return nil
}

// GetProfiles returns the profiles of users, in their order. Every user may ask for everybody's: it
// is what they want to be shown as.
func (c *Commands) GetProfiles(ctx context.Context, caller Caller, userIDs []string) ([]kv.Profile, error) {
	if caller.Guest {
		return nil, notForGuests(caller)
	}
	if err := checkAccounts("userIDList", userIDs, maxProfiles); err != nil {
		return nil, err
	}
	caller.pay(len(userIDs), usersPerRequest)
	return c.store.Profiles(ctx, userIDs...)
}
