package hub

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"exthub/hub/socket"
	"exthub/kv"
)

// sessions are all connections whose sockets are open, logged in, about to or told to go, and the
// logged-in ones by user. Shutdown waits here for the last to end.
type sessions struct {
	limit int

	mu       sync.Mutex
	all      map[*session]bool
	reserved int                   // places reserved for connections that are being upgraded
	users    map[string][]*session // logged-in sessions by user, the oldest first
	guests   int                   // of all, those of guests
	closing  bool                  // no place is given any more

	elsewhere elsewhere
	// Closed when closing is set and no connection or reserved place is left
	drained chan struct{}
}

func newSessions(limit, perUser int) *sessions {
	return &sessions{
		limit: limit, all: make(map[*session]bool), users: make(map[string][]*session), drained: make(chan struct{}),
		elsewhere: elsewhere{limit: perUser, users: make(map[string]map[string]told)},
	}
}

// len returns how many connections there are.
func (ss *sessions) len() int {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	return len(ss.all)
}

// reserve keeps a place for a connection that is about to be upgraded and reports whether there was
// one. If so, add or release must follow.
func (ss *sessions) reserve() bool {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if ss.closing || len(ss.all)+ss.reserved >= ss.limit {
		return false
	}
	ss.reserved++
	return true
}

// release gives a reserved place back.
func (ss *sessions) release() {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	ss.reserved--
	ss.signalLocked()
}

// add registers a connection at its reserved place and reports whether it may stay. It may not if
// the sessions were closed after the reservation.
func (ss *sessions) add(s *session) bool {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	ss.reserved--
	ss.all[s] = true
	return !ss.closing
}

// login registers a session under its user, and tells the other hubs. It returns the user's oldest
// sessions here, those beyond the limit, which the caller has to end. It registers nothing and
// reports false for a guest if the guests have all places that they may have.
func (ss *sessions) login(s *session, now time.Time) (oldest []*session, fits bool) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if s.caller.Guest {
		if ss.guests >= ss.limit-ss.limit/forUsers {
			return nil, false
		}
		ss.guests++
	}
	user := s.caller.UserID
	s.rank = ss.elsewhere.nextRank(now)
	first := len(ss.users[user]) == 0
	ss.users[user] = append(ss.users[user], s)
	oldest = ss.surplus(user)
	ss.elsewhere.report(user, ss.users[user], first)
	s.counted = true
	return oldest, true
}

// forUsers is the part of all places that guests leave to users, a tenth: anybody can be a guest,
// as often as there are addresses.
const forUsers = 10

// kickRevoked ends the user's sessions whose UserSig was revoked. A session that was there at that
// time ends too, even if a clock that is ahead has signed its UserSig with a later one.
func (ss *sessions) kickRevoked(r kv.Revocation) {
	ss.mu.Lock()
	list := slices.Clone(ss.users[r.UserID])
	ss.mu.Unlock()
	for _, s := range list {
		if min(s.issued, s.since) <= r.UpTo {
			s.kick("REST_API_Kick", socket.CloseNotLoggedIn, "the UserSig was revoked")
		}
	}
}

// logout takes a session from its user, who has room for another one.
func (ss *sessions) logout(s *session) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	user := s.caller.UserID
	i := slices.Index(ss.users[user], s)
	if i < 0 {
		return
	}
	ss.users[user] = slices.Delete(ss.users[user], i, i+1)
	if len(ss.elsewhere.users[user]) > 0 {
		ss.elsewhere.report(user, ss.users[user], false)
	}
	ss.forget(user)
}

// remove forgets a connection whose socket is closed.
func (ss *sessions) remove(s *session) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	delete(ss.all, s)
	if s.counted && s.caller.Guest {
		ss.guests--
	}
	ss.signalLocked()
}

// close refuses every further reservation and returns the connections that there are.
func (ss *sessions) close() []*session {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	ss.closing = true
	ss.signalLocked()
	list := make([]*session, 0, len(ss.all))
	for s := range ss.all {
		list = append(list, s)
	}
	return list
}

// signalLocked closes drained once the last connection has ended. The caller holds mu.
func (ss *sessions) signalLocked() {
	if ss.closing && len(ss.all)+ss.reserved == 0 {
		select {
		case <-ss.drained:
		default:
			close(ss.drained)
		}
	}
}

// drain closes every session with 4001 and returns when the last is gone, or with ctx's error.
// The closes are about a millisecond apart, or closer so that they take at most half of the time
// that ctx leaves: clients that are closed in one instant come back in one instant.
func (ss *sessions) drain(ctx context.Context) error {
	list := ss.close()
	gap := time.Millisecond
	if deadline, ok := ctx.Deadline(); ok && len(list) > 0 {
		gap = min(gap, time.Until(deadline)/time.Duration(2*len(list)))
	}
	for _, s := range list {
		if gap > 0 {
			select {
			case <-time.After(rand.N(2 * gap)):
			case <-ctx.Done():
			}
		}
		s.closeForRestart()
	}
	select {
	case <-ss.drained:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// abortAll closes the sockets that are left without a goodbye and waits for their sessions to end.
func (ss *sessions) abortAll() {
	for _, s := range ss.close() {
		s.conn.Abort()
	}
	<-ss.drained
}
