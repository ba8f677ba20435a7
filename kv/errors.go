package kv

import (
	"errors"
	"fmt"

	"exthub/kv/bucket"
)

var (
	// ErrUnknown is returned by a write whose outcome could not be learned in time: it may have
	// been committed, or may yet be. Read before trying again.
	ErrUnknown = bucket.ErrUnknown

	// ErrUnavailable is returned if the store refused because it can't serve now (no leader, no
	// room on the disk), or if a read could not be served. Nothing was written.
	ErrUnavailable = bucket.ErrUnavailable

	// ErrDuplicate is returned by Send for a message that was sent before, with the record of the
	// first.
	ErrDuplicate = errors.New("message was sent already")

	// ErrRecalled is returned by Send for a message that was sent before and has been recalled.
	ErrRecalled = errors.New("message was recalled")

	// ErrTaken is returned by Send for a one-to-one message whose Ref is that of another message.
	ErrTaken = errors.New("another message has this key")

	// ErrNoMessage is returned by Update if there is no such message, or not any more.
	ErrNoMessage = errors.New("no such message")

	// errAnotherHistory is returned for a commit whose revision is not above what was seen before:
	// somebody has made the bucket anew, and this hub has yet to notice. It can't wait for others
	// until it knows the history that it waits in.
	errAnotherHistory = fmt.Errorf("%w: the bucket was made anew meanwhile", ErrUnknown)

	// errBegunBefore is returned to a request that was made before the tail started anew. What it
	// names, and what was checked for it, may be of a history that is over.
	errBegunBefore = fmt.Errorf("%w: changes may have been missed since the request was made", ErrUnavailable)

	// errUnreadable is returned for an object with an entry that none of us wrote, or that was
	// damaged. It can't be served as if the entry were not there, and asking again does not help.
	errUnreadable = errors.New("entry that can't be read")
)
