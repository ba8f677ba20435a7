package command

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"exthub/hub/refusal"
	"exthub/kv"
)

// Rules are pure: no clock, no I/O. Each returns nil or the refusal that the client gets.

// Limits of Tencent Chat that an operator can't change. Lengths are in bytes.
const (
	MaxUserID               = 32
	maxGroupID              = 48
	maxGroupName            = 30
	maxAccounts             = 300 // users that one request about a group may name
	maxDeletions            = 100 // users that one request may delete
	MaxMessageBytes         = 12 << 10
	maxMessagesPerPage      = 15
	maxConversationsPerPage = 50
	maxPairsPerPage         = 200
)

// Limits are the limits that an operator may change. Lengths are in bytes.
type Limits struct {
	Extensions int // pairs of a message, unless its rules say otherwise
	Ceiling    int // what rules may say at most
	PerRequest int // pairs that one request may name
	KeyBytes   int
	ValueBytes int

	PerUser           int   // pairs that one user may have on a message; 0 is no limit
	ConversationBytes int64 // of the messages of a conversation together; 0 is no limit
	Groups            int   // that one user may be in, which bounds what a login costs
}

// CheckSet refuses the extensions of a set unless they are one to PerRequest items, each with a key
// and a value within the limits, and no key twice.
func (l Limits) CheckSet(items []Extension) error {
	if err := l.checkItems(items); err != nil {
		return err
	}
	for i, item := range items {
		switch n := len(item.Value); {
		case n == 0:
			return refusal.Field(refusal.BadParameter, itemField(i, "value"), "empty; delete the key instead")
		case n > l.ValueBytes:
			return refusal.Field(refusal.BadParameter, itemField(i, "value"), "%d bytes, at most %d", n, l.ValueBytes)
		case !utf8.ValidString(item.Value):
			return refusal.Field(refusal.BadParameter, itemField(i, "value"), "not UTF-8")
		}
	}
	return nil
}

// itemField returns the path of a parameter of the i-th item.
func itemField(i int, name string) string { return fmt.Sprintf("extensions[%d].%s", i, name) }

// checkItems checks what a set and a deletion have in common, which is all but the values.
func (l Limits) checkItems(items []Extension) error {
	if len(items) == 0 {
		return refusal.Field(refusal.BadParameter, "extensions", "none given")
	}
	if len(items) > l.PerRequest {
		return refusal.Field(refusal.BadParameter, "extensions", "%d items, at most %d", len(items), l.PerRequest)
	}
	for i, item := range items {
		switch n := len(item.Key); {
		case n == 0:
			return refusal.Field(refusal.BadParameter, itemField(i, "key"), "empty")
		case n > l.KeyBytes:
			return refusal.Field(refusal.BadParameter, itemField(i, "key"), "%d bytes, at most %d", n, l.KeyBytes)
		case !utf8.ValidString(item.Key):
			return refusal.Field(refusal.BadParameter, itemField(i, "key"), "not UTF-8")
		case item.Seq < 0:
			return refusal.Field(refusal.BadParameter, itemField(i, "seq"), "%d is negative", item.Seq)
		}
		// Requests are short: a linear search is cheaper than a map.
		if j := slices.IndexFunc(items[:i], func(other Extension) bool { return other.Key == item.Key }); j >= 0 {
			return refusal.SameAs(refusal.BadParameter, itemField(i, "key"), itemField(j, "key"))
		}
	}
	return nil
}

// seqMatches reports whether seq is that of the pair as it is. A pair that is gone matches 0 and
// the Seq of its deletion.
func seqMatches(p kv.Pair, seq int64) bool {
	return uint64(seq) == p.Seq || p.Deleted && seq == 0
}

// CheckUserID refuses an ID that is not 1 to 32 printable ASCII characters. field is the name of
// the parameter that has it.
func CheckUserID(field, id string) error {
	if len(id) == 0 || len(id) > MaxUserID || !Printable(id) {
		return refusal.Field(refusal.BadParameter, field, "must be 1 to %d printable ASCII characters", MaxUserID)
	}
	return nil
}

// CheckGroupID refuses an ID that is not 1 to 48 printable ASCII characters. field is the name of
// the parameter that has it.
func CheckGroupID(field, id string) error {
	if len(id) == 0 || len(id) > maxGroupID || !Printable(id) {
		return refusal.Field(refusal.BadGroupID, field, "must be 1 to %d printable ASCII characters", maxGroupID)
	}
	return nil
}

// ownGroupIDs is the prefix of the group IDs that the hub makes. An app may choose an ID with it
// for a Community only, and with an underscore behind it.
const ownGroupIDs = "@TGS#"

// checkNewGroupID checks a group ID that an app chose: it must not look like one that the hub
// makes.
func checkNewGroupID(id, groupType string) error {
	if err := CheckGroupID("groupID", id); err != nil {
		return err
	}
	if strings.HasPrefix(id, ownGroupIDs) && !(groupType == Community && strings.HasPrefix(id, ownGroupIDs+"_")) {
		return refusal.Field(refusal.BadGroupID, "groupID", "must not start with %s", ownGroupIDs)
	}
	return nil
}

// checkGroupName refuses a name that is empty, longer than 30 bytes or not UTF-8.
func checkGroupName(name string) error {
	switch {
	case name == "":
		return refusal.Field(refusal.BadParameter, "name", "empty")
	case len(name) > maxGroupName:
		return refusal.Field(refusal.BadParameter, "name", "%d bytes, at most %d", len(name), maxGroupName)
	case !utf8.ValidString(name):
		return refusal.Field(refusal.BadParameter, "name", "not UTF-8")
	}
	return nil
}

// A message lives for ten minutes at least: for longer than it is recognised when it is sent again.
// Beyond MaxTTL, 100 years, leave the time out.
const (
	MinTTL = 10 * time.Minute
	MaxTTL = 100 * 365 * 24 * time.Hour
)

// checkTTL refuses a time to live that is neither 0 nor from MinTTL to MaxTTL.
func checkTTL(field string, seconds int64) error {
	least, most := int64(MinTTL/time.Second), int64(MaxTTL/time.Second)
	if seconds != 0 && (seconds < least || seconds > most) {
		return refusal.Field(refusal.BadParameter, field, "%d is neither 0 nor from %d to %d seconds",
			seconds, least, most)
	}
	return nil
}

// checkAccounts refuses a list of users that is longer than most, names one twice or has what is no
// user ID.
func checkAccounts(field string, ids []string, most int) error {
	if len(ids) > most {
		return refusal.Field(refusal.TooManyAccounts, field, "%d users, at most %d", len(ids), most)
	}
	seen := make(map[string]bool, len(ids))
	for i, id := range ids {
		if err := CheckUserID(fmt.Sprintf("%s[%d]", field, i), id); err != nil {
			return err
		}
		if seen[id] {
			return refusal.Field(refusal.BadParameter, field, "%q stands there twice", id)
		}
		seen[id] = true
	}
	return nil
}

// CheckPage refuses a number of items that is not from 0 to limit; 0 leaves it to the door.
func CheckPage(field string, n, limit int) error {
	if n < 0 || n > limit {
		return refusal.Field(refusal.BadParameter, field, "%d is not from 1 to %d", n, limit)
	}
	return nil
}

// Printable reports whether s is printable ASCII.
func Printable(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
