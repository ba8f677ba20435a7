package kv

import (
	"context"
	"strings"

	"exthub/kv/bucket"
)

// Delta is a committed change: a message that was sent or recalled, pairs of one message, members
// of one group, or something of one user's: UserSigs were revoked, a conversation was read, the
// profile was changed. Entries that were committed right after
// each other come as one Delta.
type Delta struct {
	Revision uint64    // of the last entry in it
	ID       MessageID // the message, "" for a membership change
	Ref      Ref       // the same taken apart; of a membership change only GroupID is set

	Record   *Record // the message was sent
	Origin   string  // the session that sent it
	Recalled *Record // the message was recalled: what is left of it; its pairs are gone, too

	Pairs    []Pair // pairs that changed, deletions among them, in rising Seq
	ClearSeq uint64 // not 0: the message was cleared at this revision

	ClosedSeq   uint64 // not 0: the message was closed at this revision
	Rescheduled bool   // the time at which the message closes was changed
	// Poll returns the message as it is now, with its rules; nil if it has none. It may read the
	// store, if nobody has used the message lately, and returns ErrUnavailable, or ErrNoMessage if
	// the message has expired since.
	Poll func(context.Context) (Poll, error)

	Members   []MemberChange // in the order in which they happened
	Dissolved bool           // the group and all memberships in it are gone, as of Revision

	// Of these one is set, and nothing else then but Revision.
	Revoked *Revocation
	Read    *ReadMark
	Profile *Profile

	Reset bool // changes may have been missed: everything has to be read anew
}

// MemberChange says that a user joined a group, or left it or was removed.
type MemberChange struct {
	UserID string
	Joined bool
	By     string // who did it; "" if that is not known, as of entries of an earlier version
	Seq    uint64 // the revision of the change
}

// personalDelta returns the Delta of an entry that concerns one user alone, or nil if it is none.
func personalDelta(e bucket.Entry) (*Delta, error) {
	switch {
	case strings.HasPrefix(e.Key, readPrefix) && !e.Deleted:
		read, err := parseReadMark(e)
		return &Delta{Revision: e.Revision, Read: read}, err
	case strings.HasPrefix(e.Key, profilePrefix):
		profile, err := parseProfile(e)
		return &Delta{Revision: e.Revision, Profile: profile}, err
	}
	return nil, nil
}

func (d *Delta) add(at parsedKey, e bucket.Entry, origin string) error {
	d.Revision = e.Revision
	switch {
	case at.suffix == closeSuffix:
		d.ClosedSeq = e.Revision
	case at.suffix == dueSuffix: // whoever closes the message tells of it
	case at.suffix == scheduleSuffix:
		d.Rescheduled = true
	case at.user != "":
		d.Members = append(d.Members, MemberChange{UserID: at.user, Joined: !e.Deleted, By: origin, Seq: e.Revision})
	case at.suffix == "i":
		d.Dissolved = e.Deleted
	case at.suffix == "m":
		record, err := decodeRecord(at.ref, e.Value)
		if err != nil {
			return err
		}
		if record.Recalled != nil {
			d.Recalled = record
		} else {
			d.Record, d.Origin = record, origin
		}
	case at.suffix == "c":
		c, err := parseControl(e)
		if err != nil {
			return err
		}
		if c.Clear {
			d.ClearSeq = e.Revision
		}
	default:
		key, err := pairKey(at.suffix)
		if err != nil {
			return err
		}
		d.Pairs = append(d.Pairs, Pair{Key: key, Value: e.Value, Seq: e.Revision, Deleted: e.Deleted,
			Created: e.Created})
	}
	return nil
}
