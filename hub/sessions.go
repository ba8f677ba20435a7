package hub

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// sessions are all connections, logged in or about to, and the logged-in ones by user. Shutdown
// waits here for the last to end.
type sessions struct {
	most int

	mu      sync.Mutex
	all     map[*session]bool
	coming  int                   // places reserved for connections that are being upgraded
	users   map[string][]*session // logged-in sessions by user, the oldest first
	closing bool                  // no place is given any more
	gone    chan struct{}         // closed when closing is set and no connection or reserved place is left
}

func newSessions(most int) *sessions {
	return &sessions{
		most: most, all: make(map[*session]bool), users: make(map[string][]*session), gone: make(chan struct{}),
	}
}

// len returns how many connections there are.
func (l *sessions) len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.all)
}

// reserve keeps a place for a connection that is about to be upgraded and reports whether there was
// one. If so, add or release must follow.
func (l *sessions) reserve() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closing || len(l.all)+l.coming >= l.most {
		return false
	}
	l.coming++
	return true
}

// release gives a reserved place back.
func (l *sessions) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.coming--
	l.signalLocked()
}

// add registers a connection at its reserved place and reports whether it may stay. It may not if
// the sessions were closed after the reservation.
func (l *sessions) add(s *session) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.coming--
	l.all[s] = true
	return !l.closing
}

// login registers a session under its user. If the user then has more than most sessions it returns
// the oldest, which the caller has to end.
func (l *sessions) login(s *session, most int) (surplus *session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := append(l.users[s.caller.UserID], s)
	if len(list) > most {
		surplus = list[0]
		list = slices.Delete(list, 0, 1)
	}
	l.users[s.caller.UserID] = list
	return surplus
}

// remove forgets a connection.
func (l *sessions) remove(s *session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.all, s)
	list := l.users[s.caller.UserID]
	if i := slices.Index(list, s); i >= 0 {
		list = slices.Delete(list, i, i+1)
	}
	if len(list) > 0 {
		l.users[s.caller.UserID] = list
	} else {
		delete(l.users, s.caller.UserID)
	}
	l.signalLocked()
}

// close refuses every further reservation and returns the connections that there are.
func (l *sessions) close() []*session {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closing = true
	l.signalLocked()
	list := make([]*session, 0, len(l.all))
	for s := range l.all {
		list = append(list, s)
	}
	return list
}

// signalLocked closes gone once the last connection has ended. The caller holds mu.
func (l *sessions) signalLocked() {
	if l.closing && len(l.all)+l.coming == 0 {
		select {
		case <-l.gone:
		default:
			close(l.gone)
		}
	}
}

// drain closes every session with 4001 and returns when the last is gone, or with ctx's error. The
// closes are about a millisecond apart, or closer so that they take at most half of the time that
// ctx leaves: clients that are closed in one instant come back in one instant.
func (l *sessions) drain(ctx context.Context) error {
	list := l.close()
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
		s.sendAway()
	}
	select {
	case <-l.gone:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// abortAll closes the sockets that are left without a goodbye and waits for their sessions to end.
func (l *sessions) abortAll() {
	for _, s := range l.close() {
		s.conn.Abort()
	}
	<-l.gone
}
