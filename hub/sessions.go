package hub

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// sessions are all connections: those that are logged in, under their user, and those that are about to. It says when the last is gone.
type sessions struct {
	most int

	mu      sync.Mutex
	all     map[*session]bool
	coming  int                   // places kept for connections that are being upgraded
	users   map[string][]*session // the oldest first
	closing bool
	gone    chan struct{} // closed when closing and nobody is left, nor about to come in
}

func newSessions(most int) *sessions {
	return &sessions{most: most, all: make(map[*session]bool), users: make(map[string][]*session), gone: make(chan struct{})}
}

// len returns how many connections there are.
func (l *sessions) len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.all)
}

// reserve keeps a place for a connection that is about to come in, and reports whether there was one. It has to be followed by add or release.
func (l *sessions) reserve() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closing || len(l.all)+l.coming >= l.most {
		return false
	}
	l.coming++
	return true
}

// release gives up a place that was kept.
func (l *sessions) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.coming--
	l.signalLocked()
}

// add counts a connection in, at the place that was kept for it, and reports whether it may stay: not if everybody was sent away meanwhile.
func (l *sessions) add(s *session) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.coming--
	l.all[s] = true
	return !l.closing
}

// login puts a session under its user. It returns the oldest of the user's sessions if they are more than most: that one has to go.
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

// remove counts a connection out.
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

// close lets nobody in any more, and returns who is there.
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

func (l *sessions) signalLocked() {
	if l.closing && len(l.all)+l.coming == 0 {
		select {
		case <-l.gone:
		default:
			close(l.gone)
		}
	}
}

// sendAway closes every session with 4001, at moments spread over about a millisecond for each, or half of the time that ctx leaves if that is less: what
// leaves in one instant comes back in one instant. It returns when the last is gone, or with ctx's error.
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

// cutOff ends what is left at once, and waits for it.
func (l *sessions) abortAll() {
	for _, s := range l.close() {
		s.conn.Abort()
	}
	<-l.gone
}
