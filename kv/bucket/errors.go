package bucket

import "errors"

var (
	// ErrUnknown is returned by a write whose outcome could not be learned in time: it may have
	// been committed, or may yet be.
	ErrUnknown = errors.New("outcome unknown: the store did not answer in time")

	// ErrUnavailable is returned if the store refused because it can't serve now (no leader, no
	// room on the disk), or if a read could not be served. Nothing was written.
	ErrUnavailable = errors.New("store unavailable")

	// ErrOverwritten is returned by Get for a revision that the bucket does not hold any more.
	ErrOverwritten = errors.New("entry overwritten")

	// ErrGone is returned by Consume for a bucket that is not there any more.
	ErrGone = errors.New("the bucket is gone")
)
