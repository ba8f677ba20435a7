package usersig_test

import (
	"errors"
	"fmt"
	"time"

	"exthub/hub/usersig"
)

const (
	appID = 1400000000
	// Known to everybody: for examples only.
	secretKey = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"
)

// A backend signs in its user ann for a day and hands the UserSig to her browser.
func ExampleSign() {
	now := time.Date(2026, time.November, 27, 9, 0, 0, 0, time.UTC)
	sig, err := usersig.Sign(appID, secretKey, "ann", now, 24*time.Hour)
	if err != nil {
		fmt.Println(err)
		return
	}
	claims, err := usersig.Parse(sig)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(claims.User, "until", claims.Until.UTC().Format(time.DateTime))
	// Output: ann until 2026-11-28 09:00:00
}

// A server checks who is calling, and tells the caller why not.
func ExampleVerify() {
	now := time.Date(2026, time.November, 27, 9, 0, 0, 0, time.UTC)
	sig, err := usersig.Sign(appID, secretKey, "ann", now, 24*time.Hour)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(usersig.Verify(sig, appID, secretKey, "ann", now))

	err = usersig.Verify(sig, appID, secretKey, "bob", now)
	var refused *usersig.Error
	if errors.As(err, &refused) {
		fmt.Println(refused.Code, refused)
	}
	err = usersig.Verify(sig, appID, secretKey, "ann", now.Add(48*time.Hour))
	if errors.As(err, &refused) {
		fmt.Println(refused.Code == usersig.Expired, refused)
	}
	// Output:
	// <nil>
	// 70013 the UserSig is for user "ann", not for "bob"
	// true the UserSig expired at 2026-11-28T09:00:00Z
}
