package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"exthub/hub/usersig"
)

// usersigCommand makes or explains a UserSig with the hub's own app and key.
type usersigCommand struct {
	User   string        `env:"-" xor:"what" placeholder:"NAME" help:"Print a UserSig for this user."`
	Expire time.Duration `env:"-" default:"24h" help:"How long it is valid."`
	Verify string        `env:"-" xor:"what" placeholder:"SIG" help:"Say whose UserSig this is, until when it is valid, and which check fails."`
}

// Run writes the UserSig alone, fit for $(hub usersig --user NAME), or the explanation of one. It
// returns an error if the UserSig to verify is refused.
func (u *usersigCommand) Run(c *Config, out io.Writer) error {
	if u.User == "" && u.Verify == "" {
		return errors.New("set --user NAME to make a UserSig, or --verify SIG to explain one")
	}
	keys, err := c.signingKeys()
	if err != nil {
		return err
	}
	if u.Verify != "" {
		return explain(out, u.Verify, c.SDKAppID, keys, time.Now())
	}
	sig, err := usersig.Sign(c.SDKAppID, keys[0], u.User, time.Now(), u.Expire)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, sig)
	return err
}

func explain(out io.Writer, sig string, appID uint64, keys []string, now time.Time) error {
	claims, err := usersig.Parse(sig)
	if err == nil {
		fmt.Fprintf(out, "user      %s\nSDKAppID  %d\nissued    %s\nuntil     %s\n", claims.User, claims.AppID,
			claims.Issued.UTC().Format(time.RFC3339), claims.Until.UTC().Format(time.RFC3339))
		err = claims.CheckAny(appID, keys, claims.User, now)
	}
	var refused *usersig.Error
	if errors.As(err, &refused) {
		return fmt.Errorf("refused with %d: %w", refused.Code, err)
	}
	fmt.Fprintln(out, "valid")
	return err
}
