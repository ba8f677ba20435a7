package hub

import (
	"encoding/json"
	"log/slog"
	"time"

	"exthub/hub/socket"
)

// elsewhere is what other hubs have told of the sessions of users who have one here too: the limit
// of sessions is one over all hubs. Each hub ends its own, by the same rule: a session goes that is
// not among the user's newest.
//
// A hub tells of a user's sessions when one begins, and when one ends of a user who has others
// elsewhere. Whoever has none of the user's does not listen, so a login costs the other hubs one
// look into a map. What is told is not repeated: what was lost on the way, as when a hub was cut
// off, comes with the user's next login.
//
// The lock of sessions guards it.
type elsewhere struct {
	tell  func(what []byte)     // to all other hubs; nil until there are some
	alive func(hub string) bool // a hub that is lost has no sessions any more

	limit  int
	number uint64 // of what was told last
	rank   int64  // of the newest session of all, as far as is known here
	users  map[string]map[string]told
}

// told is the sessions that a user has on one hub.
type told struct {
	User   string  `json:"user"`
	Ranks  []int64 `json:"ranks"` // the oldest session first
	Number uint64  `json:"n"`     // what was told later has a higher one
	Asks   bool    `json:"asks"`  // the session is the user's first there, so tell of others
}

// nextRank returns the rank of a session that begins now. It is the time, so that hubs whose clocks
// are right agree, but above every rank that was heard of: the session that begins is the newest.
func (e *elsewhere) nextRank(now time.Time) int64 {
	e.rank = max(e.rank+1, now.UnixNano())
	return e.rank
}

// newer returns how many of the user's sessions on other hubs are newer than this rank.
func (e *elsewhere) newer(userID string, rank int64) (n int) {
	for hub, t := range e.users[userID] {
		if !e.alive(hub) {
			continue
		}
		for _, other := range t.Ranks {
			if other > rank {
				n++
			}
		}
	}
	return n
}

// report tells the other hubs which sessions of a user there are here.
func (e *elsewhere) report(userID string, list []*session, asks bool) {
	if e.tell == nil {
		return
	}
	e.number++
	t := told{User: userID, Number: e.number, Asks: asks}
	for _, s := range list {
		t.Ranks = append(t.Ranks, s.rank)
	}
	what, err := json.Marshal(t)
	if err != nil {
		panic(err) // strings and numbers
	}
	e.tell(what)
}

// take takes over what another hub told, unless something later is known.
func (e *elsewhere) take(hub string, t told) {
	known := e.users[t.User]
	if known == nil {
		known = make(map[string]told)
		e.users[t.User] = known
	}
	if t.Number > known[hub].Number {
		known[hub] = t
	}
	for _, rank := range t.Ranks {
		e.rank = max(e.rank, rank)
	}
}

// connect lets the sessions know those on other hubs from now on.
func (ss *sessions) connect(tell func([]byte), alive func(string) bool) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	ss.elsewhere.tell, ss.elsewhere.alive = tell, alive
}

// hear takes over what another hub told, and ends the sessions here that are too many by that.
func (ss *sessions) hear(hub string, what []byte) {
	var t told
	if err := json.Unmarshal(what, &t); err != nil {
		slog.Warn("what another hub told can't be read", "hub", hub, "error", err)
		return
	}
	for _, s := range ss.hearLocked(hub, t) {
		s.kickSurplus()
	}
}

func (ss *sessions) hearLocked(hub string, t told) []*session {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	list := ss.users[t.User]
	if len(list) == 0 {
		return nil
	}
	ss.elsewhere.take(hub, t)
	surplus := ss.surplus(t.User)
	if t.Asks || len(surplus) > 0 {
		ss.elsewhere.report(t.User, ss.users[t.User], false)
	}
	return surplus
}

// surplus takes those of the user's sessions out that are not among the newest of all hubs, and
// returns them. The caller holds mu, and has to end them.
func (ss *sessions) surplus(userID string) []*session {
	list := ss.users[userID]
	n := 0
	for n < len(list) && len(list)-1-n+ss.elsewhere.newer(userID, list[n].rank) >= ss.elsewhere.limit {
		n++
	}
	if n == 0 {
		return nil
	}
	surplus := list[:n:n]
	ss.users[userID] = append([]*session(nil), list[n:]...)
	ss.forget(userID)
	return surplus
}

// forget forgets a user who has no session here any more. The caller holds mu.
func (ss *sessions) forget(userID string) {
	if len(ss.users[userID]) == 0 {
		delete(ss.users, userID)
		delete(ss.elsewhere.users, userID)
	}
}

// kickSurplus ends a session because the user has too many.
func (s *session) kickSurplus() {
	s.kick("multipleDevice", socket.CloseKicked, "too many sessions of one user")
}
