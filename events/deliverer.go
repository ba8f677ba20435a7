package events

// Writers bring an event to all sessions of a group. The hub's write one that concerns thousands
// straight to their sockets.
type Deliverer interface {
	// Deliver takes an event for all of to but the session whose ID is except; "" is nobody's.
	// There is one call at a time, the list does not change any more, and a session gets its events
	// in the order of the calls, whatever lists it is in. Deliver waits for no client, but may wait
	// until some of what it took before has left.
	Deliver(e *Event, to []Subscriber, except string)
	// Busy reports whether what was delivered is still being written.
	Busy() bool
}

// InTurn are Writers that go from session to session.
type Sequential struct{}

// Deliver notifies all of to but one.
func (Sequential) Deliver(e *Event, to []Subscriber, except string) {
	for _, s := range to {
		notifyOthers(s, e, except)
	}
}

// Busy returns false: what was delivered is the sessions' own affair.
func (Sequential) Busy() bool { return false }

// notifyOthers notifies s if it is not the one to be left out.
func notifyOthers(s Subscriber, e *Event, except string) {
	if except == "" || s.Session() != except {
		s.Notify(e)
	}
}
