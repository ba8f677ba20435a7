package events

// audience is a set of sessions that is walked much more often than it changes. The zero value and nil are empty.
type audience struct {
	list  []Subscriber
	place map[Subscriber]*seat
}

// seat is a session's place in the list, and the set of all its groups.
type seat struct {
	index  int
	groups map[string]bool
}

func (a *audience) add(s Subscriber) {
	if a.place == nil {
		a.place = make(map[Subscriber]*seat)
	}
	if a.place[s] == nil {
		a.place[s] = &seat{index: len(a.list)}
		a.list = append(a.list, s)
	}
}

func (a *audience) remove(s Subscriber) {
	gone := a.place[s]
	if gone == nil {
		return
	}
	last := a.list[len(a.list)-1]
	a.list[gone.index] = last
	a.place[last].index = gone.index
	a.list[len(a.list)-1] = nil
	a.list = a.list[:len(a.list)-1]
	delete(a.place, s)
}

func (a *audience) len() int {
	if a == nil {
		return 0
	}
	return len(a.list)
}

func (a *audience) each(fn func(Subscriber)) {
	if a == nil {
		return
	}
	for _, s := range a.list {
		fn(s)
	}
}

func (a *audience) notify(e *Event) int {
	if a == nil {
		return 0
	}
	for _, s := range a.list {
		s.Notify(e)
	}
	return len(a.list)
}
