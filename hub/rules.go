package hub

import (
	"slices"
	"strings"
	"unicode/utf8"

	"exthub/kv"
)

// Rules are pure: no clock, no I/O. Each returns nil or the *Error that the client gets.

const (
	maxUserID          = 32
	maxGroupID         = 48
	maxGroupName       = 30
	maxAccounts        = 300 // users that one request about a group may name
	maxMessageBytes    = 12 << 10
	maxMessagesPerPage = 15
	maxPairsPerPage    = 200
)

// limits are the rules' numbers that an operator may change.
type limits struct {
	Extensions int // pairs of a message
	PerRequest int // pairs that one request may name
	KeyBytes   int
	ValueBytes int
}

// checkSet judges the extensions of a set request.
func (l limits) checkSet(items []Extension) error {
	if len(items) == 0 {
		return refuse(badParameter, "extensions: none given")
	}
	if err := l.checkItems(items); err != nil {
		return err
	}
	for i, item := range items {
		switch n := len(item.Value); {
		case n == 0:
			return refuse(badParameter, "extensions[%d].value: empty; delete the key instead", i)
		case n > l.ValueBytes:
			return refuse(badParameter, "extensions[%d].value: %d bytes, at most %d", i, n, l.ValueBytes)
		case !utf8.ValidString(item.Value):
			return refuse(badParameter, "extensions[%d].value: not UTF-8", i)
		}
	}
	return nil
}

// checkItems judges what a set and a deletion have in common.
func (l limits) checkItems(items []Extension) error {
	if len(items) > l.PerRequest {
		return refuse(badParameter, "extensions: %d items, at most %d", len(items), l.PerRequest)
	}
	for i, item := range items {
		switch n := len(item.Key); {
		case n == 0:
			return refuse(badParameter, "extensions[%d].key: empty", i)
		case n > l.KeyBytes:
			return refuse(badParameter, "extensions[%d].key: %d bytes, at most %d", i, n, l.KeyBytes)
		case !utf8.ValidString(item.Key):
			return refuse(badParameter, "extensions[%d].key: not UTF-8", i)
		case item.Seq < 0:
			return refuse(badParameter, "extensions[%d].seq: %d is negative", i, item.Seq)
		}
		// Requests are short: looking is cheaper than a map.
		if j := slices.IndexFunc(items[:i], func(other Extension) bool { return other.Key == item.Key }); j >= 0 {
			return refuse(badParameter, "extensions[%d].key: the same as extensions[%d].key", i, j)
		}
	}
	return nil
}

// named reports whether the caller named the pair as it is. A pair that is gone is named by 0 or by the Seq of its deletion.
func named(p kv.Pair, seq int64) bool {
	return uint64(seq) == p.Seq || p.Deleted && seq == 0
}

func checkUserID(field, id string) error {
	if len(id) == 0 || len(id) > maxUserID || !printable(id) {
		return refuse(badParameter, "%s: must be 1 to %d printable ASCII characters", field, maxUserID)
	}
	return nil
}

func checkGroupID(id string) error {
	if len(id) == 0 || len(id) > maxGroupID || !printable(id) {
		return refuse(badGroupID, "groupID: must be 1 to %d printable ASCII characters", maxGroupID)
	}
	return nil
}

// ownGroupIDs start with this prefix. A Community of the app's own naming has an underscore behind it.
const ownGroupIDs = "@TGS#"

// checkNewGroupID judges an ID that the app has chosen: it must not look like one that the hub makes.
func checkNewGroupID(id, groupType string) error {
	if err := checkGroupID(id); err != nil {
		return err
	}
	if strings.HasPrefix(id, ownGroupIDs) && !(groupType == community && strings.HasPrefix(id, ownGroupIDs+"_")) {
		return refuse(badGroupID, "groupID: must not start with %s", ownGroupIDs)
	}
	return nil
}

func checkGroupName(name string) error {
	switch {
	case name == "":
		return refuse(badParameter, "name: empty")
	case len(name) > maxGroupName:
		return refuse(badParameter, "name: %d bytes, at most %d", len(name), maxGroupName)
	case !utf8.ValidString(name):
		return refuse(badParameter, "name: not UTF-8")
	}
	return nil
}

// checkAccounts judges a list of users: each a user ID, none twice.
func checkAccounts(field string, ids []string) error {
	if len(ids) > maxAccounts {
		return refuse(tooManyAccounts, "%s: %d users, at most %d", field, len(ids), maxAccounts)
	}
	seen := make(map[string]bool, len(ids))
	for _, id := range ids {
		if err := checkUserID(field, id); err != nil {
			return err
		}
		if seen[id] {
			return refuse(badParameter, "%s: %q stands there twice", field, id)
		}
		seen[id] = true
	}
	return nil
}

func checkPage(field string, n, most int) error {
	if n < 0 || n > most {
		return refuse(badParameter, "%s: %d is not from 1 to %d", field, n, most)
	}
	return nil
}

// printable reports whether s is printable ASCII.
func printable(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
