package events

import "slices"

// attachment is a session's place: the groups that it is in, and, until Join, those whose membership has changed since Attach.
type attachment struct {
	Subscriber
	groups       map[string]int // where it stands in each group's audience; nil for none
	changedSince map[string]bool
	joined       bool
}

// user is somebody's sessions here, at least one. They are few.
type user []*attachment

func (u user) find(s Subscriber) *attachment {
	if i := slices.IndexFunc(u, func(a *attachment) bool { return a.Subscriber == s }); i >= 0 {
		return u[i]
	}
	return nil
}

// audience is the sessions in a group. It is walked much more often than it changes.
type audience struct {
	list     []Subscriber // apart from the places, so that walking touches nothing else
	borrowed bool         // somebody else has the list too, so it may not be changed
	places   []*attachment
}

// lend returns the sessions there are, in a list that stays as it is.
func (g *audience) borrow() []Subscriber {
	g.borrowed = true
	return g.list
}

// own makes the list one that may be changed.
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
}

// remove puts the last in the place of the one that goes.
func (g *audience) remove(a *attachment, group string) {
	g.own()
	i, last := a.groups[group], len(g.list)-1
	g.list[i], g.places[i] = g.list[last], g.places[last]
	g.places[i].groups[group] = i
	g.list, g.places = slices.Delete(g.list, last, last+1), slices.Delete(g.places, last, last+1)
	delete(a.groups, group)
}
