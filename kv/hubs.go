package kv

import (
	"context"
	"log/slog"
	"time"
)

// Alone reports whether no other hub uses these buckets, by the options.
func (s *Store) Alone() bool { return s.marks == nil }

// TellHubs sends something to all other hubs, which HearHubs there hands out. It waits for nobody:
// while NATS takes nothing, more than maxUntold are dropped, and what does not arrive is not
// repeated. Run must be running.
func (s *Store) TellHubs(what []byte) {
	if s.marks == nil {
		return
	}
	select {
	case s.marks.untold <- what:
	default:
	}
}

// maxUntold is how many things wait to be told to other hubs.
const maxUntold = 4096

// tell sends what is to be told until ctx ends.
func (m *marks) tell(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case what := <-m.untold:
			if err := m.bucket.Tell(m.peers.own, what); err != nil {
				slog.Warn("the other hubs could not be told", "error", err)
			}
		}
	}
}

// HearHubs calls hear with what each other hub tells, and that hub's name, for one at a time, until
// stop is called; one call may still be under way then.
func (s *Store) HearHubs(hear func(hub string, what []byte)) (stop func(), err error) {
	if s.marks == nil {
		return func() {}, nil
	}
	listener, err := s.marks.bucket.ListenTold(func(from string, what []byte) {
		if from != s.marks.peers.own {
			hear(from, what)
		}
	})
	if err != nil {
		return nil, err
	}
	return listener.Close, nil
}

// IsHub reports whether another hub of this name is alive.
func (s *Store) IsHub(name string) bool {
	return s.marks != nil && s.marks.peers.isAlive(name, time.Now())
}
