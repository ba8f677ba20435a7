package kv

import (
	"strings"

	"exthub/kv/bucket"
)

// parsedKey is a bucket key taken apart.
type parsedKey struct {
	object, suffix string
	ref            Ref
	user           string // of a group member's entry
	account        string // the user of an account's entry, which has no object
}

// ofGroup reports whether the entry is a group's or a member's.
func (k *parsedKey) ofGroup() bool { return k.suffix == "i" || strings.HasPrefix(k.suffix, "u.") }

// parseKey takes a bucket key apart. Keys that belong to no object (the bucket's own entry, the way
// back from users to groups, the index and the lists of one-to-one conversations, what users have
// read, the counters of groups, accounts) have an empty object.
func parseKey(key string) (parsedKey, error) {
	// The object ends at the third dot of a group's key, at the fourth of a one-to-one message's
	dots := 3
	switch {
	case key == bucket.OwnKey, key == indexedKey, key == listedKey, key == believedKey, isCounter(key),
		strings.HasPrefix(key, "u."), strings.HasPrefix(key, "h."), strings.HasPrefix(key, "l."),
		strings.HasPrefix(key, readPrefix), strings.HasPrefix(key, profilePrefix):
		return parsedKey{}, nil
	case strings.HasPrefix(key, accountPrefix):
		user, err := decodeToken(key[len(accountPrefix):])
		return parsedKey{account: user}, err
	case strings.HasPrefix(key, "c."):
		dots = 4
	}
	end := 0
	for ; dots > 0; dots-- {
		i := strings.IndexByte(key[end:], '.')
		if i < 0 {
			return parsedKey{}, errUnexpectedKey
		}
		end += i + 1
	}
	at := parsedKey{object: key[:end-1], suffix: key[end:]}
	var err error
	if name, ok := strings.CutSuffix(at.object, groupSuffix); ok && strings.HasPrefix(name, "g.") {
		if at.ref.GroupID, err = decodeToken(name[2:]); err != nil {
			return parsedKey{}, err
		}
		if token, ok := strings.CutPrefix(at.suffix, "u."); ok {
			// A name that can't be read is the group's to refuse. A key that is under the group and
			// is not taken for its own would make every decision seem out of date, for ever.
			if user, err := decodeToken(token); err == nil {
				at.user = user
			}
		}
		return at, nil
	}
	at.ref, err = ParseMessageID(MessageID(at.object))
	return at, err
}
