package bucket

import "errors"

var (
	// ErrUnknown is returned by a write whose outcome could not be learned in time: it may have been committed, or may still be. Read before trying again.
	ErrUnknown = errors.New("outcome unknown: the store did not answer in time")

	// ErrUnavailable is returned when the store answered that it can't do it now (no leader, no room on the disk), or a read could not be
	// served. Nothing was written.
	ErrUnavailable = errors.New("store unavailable")
)
