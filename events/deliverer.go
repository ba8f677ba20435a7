package events

// Deliverer brings an event to the sessions of a group. The hub's writes an event that concerns
// thousands straight to their sockets.
type Deliverer interface {
	// Deliver takes an event of a group for all of to but the session whose ID is except, "" for
	// none. It waits for nothing. A session gets the events of one group in the order of the calls.
	// There is one call at a time, and the caller does not change the list any more.
	//
	// If the event has yet to be written when Deliver returns, it returns true and calls written
	// once, on another goroutine, when it has been written to all sessions that take it at once.
	// A nil written is not called.
	Deliver(group string, e *Event, to []Subscriber, except string, written func()) (pending bool)
}

// Sequential is a Deliverer that notifies one session after the other.
type Sequential struct{}

// Deliver notifies all of to but one, and returns false: what they do then is their own affair.
func (Sequential) Deliver(_ string, e *Event, to []Subscriber, except string, _ func()) bool {
	for _, s := range to {
		notifyOthers(s, e, except)
	}
	return false
}

// notifyOthers notifies s unless it is the session to be left out.
func notifyOthers(s Subscriber, e *Event, except string) {
	if except == "" || s.Session() != except {
		s.Notify(e)
	}
}
