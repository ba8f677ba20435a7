package command

import (
	"cmp"
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
	err := cmp.Or(checkText("nick", cmd.Nick, maxNick), checkText("avatar", cmd.Avatar, maxAvatar))
	if err != nil {
		return kv.Profile{}, err
	}
	profiles, err := c.store.Profiles(ctx, caller.UserID)
	if err != nil {
		return kv.Profile{}, err
	}
	profile := profiles[0]
	if cmd.Nick != nil {
		profile.Nick = *cmd.Nick
	}
	if cmd.Avatar != nil {
		profile.Avatar = *cmd.Avatar
	}
	if profile == profiles[0] {
		return profile, nil
	}
	return profile, c.store.SetProfile(ctx, profile)
}

// checkText refuses a text of a profile that is too long, or none. What is not given is not
// checked.
func checkText(field string, text *string, most int) error {
	switch {
	case text == nil:
		return nil
	case len(*text) > most:
		return refusal.Field(refusal.BadParameter, field, "%d bytes, at most %d", len(*text), most)
	case !utf8.ValidString(*text):
		return refusal.Field(refusal.BadParameter, field, "not UTF-8")
	}
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
