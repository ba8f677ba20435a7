package command

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"

	"exthub/kv"
)

// pseudonyms makes the keys of anonymous pairs: "~" and a hash of the message and the user, keyed
// with the app's secret. One user has one key on a message, so one answer each still holds, and
// keys of two messages don't match. Without the secret nobody can tell whose key it is, not even
// with the database; who has the secret can, by trying all users.
//
// A message names the secret that it was sent under. With another one, after a change of the
// secret, everybody would be somebody else and could answer once more.
type pseudonyms []secret

// secret is what is made of one of the app's secret keys.
type secret struct {
	name string
	key  []byte
}

// newPseudonyms takes the app's secret keys, the one in use first.
func newPseudonyms(secretKeys []string) pseudonyms {
	var p pseudonyms
	for _, k := range secretKeys {
		key := digest([]byte(k), "keys of anonymous pairs")
		p = append(p, secret{hex.EncodeToString(digest(key, "name")[:8]), key})
	}
	return p
}

// current returns the name of the secret for a message that is sent now.
func (p pseudonyms) current() string { return p[0].name }

const (
	pseudonymPrefix = "~"
	pseudonymBytes  = 16 // of the hash
)

// of returns the key of a user's anonymous pair.
func (p pseudonyms) of(record *kv.Record, userID string) (string, error) {
	for _, s := range p {
		if s.name == record.AnonymousKey {
			hash := digest(s.key, string(record.Ref.ID())+"\x00"+userID)
			return pseudonymPrefix + base64.RawURLEncoding.EncodeToString(hash[:pseudonymBytes]), nil
		}
	}
	return "", fmt.Errorf("the secret key that message %s was sent under is not among this hub's", record.Ref.ID())
}

// Pseudonym returns the key of a user's pair on a message with anonymous ones.
func (c *Commands) Pseudonym(record *kv.Record, userID string) (string, error) {
	return c.keys.of(record, userID)
}

// isPseudonym reports whether a key has the form of an anonymous pair's.
func isPseudonym(key string) bool {
	if len(key) == 0 || key[:1] != pseudonymPrefix {
		return false
	}
	hash, err := base64.RawURLEncoding.DecodeString(key[1:])
	return err == nil && len(hash) == pseudonymBytes
}

func digest(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}
