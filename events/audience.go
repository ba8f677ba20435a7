package events

import "slices"

// attachment is a session's place in the broker: the groups that it is in and, until Join, those
// whose membership has changed since Attach.
type attachment struct {
	Subscriber
	user         string
	groups       map[string]int // its index in each group's audience; nil for none
	changedSince map[string]bool
}

// noteChange notes that what Join brings about a group is out of date.
func (a *attachment) noteChange(group string) {
	if a.changedSince == nil {
		a.changedSince = make(map[string]bool)
	}
	a.changedSince[group] = true
}

// user is the sessions of one user on this hub, at least one. They are few.
type user []*attachment

func (u user) find(s Subscriber) *attachment {
	if i := slices.IndexFunc(u, func(a *attachment) bool { return a.Subscriber == s }); i >= 0 {
		return u[i]
	}
	return nil
}

// audience is the sessions in a group. It is walked much more often than it changes.
type audience struct {
	list     []Subscriber // apart from places, so that a walk touches nothing else
	borrowed bool         // list is in use elsewhere and must not be changed
	places   []*attachment
	owners   []*owners // of the messages with anonymous pairs that changed lately
}

// borrow returns the sessions as they are now, in a list that never changes.
func (g *audience) borrow() []Subscriber {
	g.borrowed = true
	return g.list
}

// own makes list safe to change: it copies it if it is borrowed.
func (g *audience) own() {
	if g.borrowed {
		g.list, g.borrowed = slices.Clone(g.list), false
	}
}

func (g *audience) add(a *attachment, group string) {
	if a.groups == nil {
		a.groups = make(map[string]int)
	}
	g.own()
	a.groups[group] = len(g.list)
	g.list = append(g.list, a.Subscriber)
	g.places = append(g.places, a)
	for _, o := range g.owners {
		o.add(a.user)
	}
}

// remove takes a session out and moves the last one to its index.
func (g *audience) remove(a *attachment, group string) {
	g.own()
	i, last := a.groups[group], len(g.list)-1
	g.list[i], g.places[i] = g.list[last], g.places[last]
	g.places[i].groups[group] = i
	g.list, g.places = slices.Delete(g.list, last, last+1), slices.Delete(g.places, last, last+1)
	delete(a.groups, group)
}
