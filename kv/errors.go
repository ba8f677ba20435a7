package kv

import (
	"errors"

	"exthub/kv/bucket"
)

var (
	// ErrUnknown is returned by a write whose outcome could not be learned in time: it may have been committed, or may still be. Read before trying again.
	ErrUnknown = bucket.ErrUnknown

	// ErrUnavailable is returned when the store answered that it can't do it now (no leader, no room on the disk), or a read could not be
	// served. Nothing was written.
	ErrUnavailable = bucket.ErrUnavailable

	// ErrDuplicate is returned by Send for a message that was sent already, together with the record of the first one.
	ErrDuplicate = errors.New("message was sent already")

	// ErrTaken is returned by Send for a one-to-one message whose Ref is that of another message.
	ErrTaken = errors.New("another message has this key")
)
