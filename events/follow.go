package events

// Dismissals returns how many groups have been dismissed since the start, for Follow.
func (b *Broker) Dismissals() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.dismissals
}

// Follow makes the session of a user who is no member hear of a group until it is detached, or the
// group is dismissed. It does nothing and reports false if a group was dismissed since Dismissals
// returned asOf: it may have been this one, and the next group of its name need not be for
// everybody to hear. Then the caller has to look at the group anew.
func (b *Broker) Follow(s Subscriber, userID, group string, asOf uint64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.dismissals != asOf {
		return false
	}
	if a := b.users[userID].find(s); a != nil {
		b.enter(a, group)
	}
	return true
}
