package guest

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// Prefix is what the ID of every guest begins with, and no other user's on a hub that lets guests
// in.
const Prefix = "guest-"

// randomBytes make idLength characters, which are more than anybody could try.
const (
	randomBytes = 16
	idLength    = (randomBytes*8 + 5) / 6
)

// Is reports whether a user ID is that of a guest, on a hub that lets guests in.
func Is(userID string) bool { return strings.HasPrefix(userID, Prefix) }

// newID returns an ID that nobody has.
func newID() string {
	random := make([]byte, randomBytes)
	rand.Read(random)
	return Prefix + base64.RawURLEncoding.EncodeToString(random)
}

// Keys are the keys that UserSigs are signed with: the app's for its users, and others for guests.
type Keys struct {
	users, guests []string
}

// NewKeys takes the app's secret keys, the one that signs first. let says whether the hub lets
// guests in; if not, nobody is one, whatever their name.
func NewKeys(secretKeys []string, let bool) Keys {
	k := Keys{users: secretKeys}
	for _, key := range secretKeys {
		if let {
			k.guests = append(k.guests, derived(key))
		}
	}
	return k
}

// derived returns the key that guests' UserSigs are signed with. The app's key can't be found out
// by it.
func derived(secretKey string) string {
	mac := hmac.New(sha256.New, []byte(secretKey))
	mac.Write([]byte("UserSigs of guests"))
	return hex.EncodeToString(mac.Sum(nil))
}

// Of returns the keys of which one has to have signed a UserSig of this user.
func (k Keys) Of(userID string) []string {
	if k.IsGuest(userID) {
		return k.guests
	}
	return k.users
}

// IsGuest reports whether the user is a guest on this hub.
func (k Keys) IsGuest(userID string) bool { return k.guests != nil && Is(userID) }
