package kv

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"exthub/kv/bucket"
)

// Group is a group as it is at one moment. It is valid only inside the function that it is given
// to.
type Group struct {
	id      string
	info    *GroupInfo
	bytes   int    // of info
	created uint64 // revision of info, or of its deletion
	members map[string]groupMember
	// When the last members left: an older entry that comes late must not bring them back
	gone  map[string]uint64
	order []Member // Members, until the next change
}

type groupMember struct {
	Member
	revision uint64
}

func newGroup(groupID string) *Group {
	return &Group{id: groupID, members: make(map[string]groupMember), gone: make(map[string]uint64)}
}

func (g *Group) fresh() object { return newGroup(g.id) }

// Info returns what the group is, or nil if there is no such group.
func (g *Group) Info() *GroupInfo { return g.info }

// Member returns a member, and reports whether the user is one.
func (g *Group) Member(userID string) (Member, bool) {
	m, ok := g.members[userID]
	return m.Member, ok
}

// Len returns how many members there are.
func (g *Group) Len() int { return len(g.members) }

// Members returns all members in the order in which they joined. The caller must not change the
// slice.
func (g *Group) Members() []Member {
	if g.order == nil {
		list := make([]groupMember, 0, len(g.members))
		for _, m := range g.members {
			list = append(list, m)
		}
		slices.SortFunc(list, func(a, b groupMember) int { return cmp.Compare(a.revision, b.revision) })
		g.order = make([]Member, len(list))
		for i, m := range list {
			g.order[i] = m.Member
		}
	}
	return g.order
}

// apply applies one entry. A member's entry that is older than the group's own belongs to a
// dissolved group of the same name and counts for nothing: so dissolving takes one write, and the
// remains can be swept at any time.
func (g *Group) apply(suffix string, e bucket.Entry) error {
	g.order = nil
	if suffix == "i" {
		if e.Revision <= g.created {
			return nil
		}
		var info *GroupInfo
		if !e.Deleted {
			info = new(GroupInfo)
			if err := json.Unmarshal([]byte(e.Value), info); err != nil {
				return err
			}
			info.GroupID = g.id
		}
		g.created, g.info, g.bytes = e.Revision, info, len(e.Value)
		for user, m := range g.members {
			if m.revision < g.created {
				delete(g.members, user)
			}
		}
		return nil
	}
	token, ok := strings.CutPrefix(suffix, "u.")
	if !ok {
		return errUnexpectedKey
	}
	user, err := decodeToken(token)
	if err != nil {
		return err
	}
	if e.Revision < g.created || e.Revision <= g.members[user].revision || e.Revision <= g.gone[user] {
		return nil
	}
	user = strings.Clone(user) // it is a part of the entry's subject, and would keep all of it
	if e.Deleted {
		delete(g.members, user)
		g.gone[user] = e.Revision
		return nil
	}
	m := groupMember{revision: e.Revision}
	if err := json.Unmarshal([]byte(e.Value), &m.Member); err != nil {
		return err
	}
	m.UserID = user
	g.members[user] = m
	delete(g.gone, user)
	return nil
}

const (
	// groupOverhead is what a group costs in memory before it has members.
	groupOverhead = 1024
	// memberOverhead is what a member costs besides the ID: a slot of the map, as much again for
	// the slots that are free, the role, and a place in Members. Somebody who left costs the slots.
	memberOverhead = 288
	goneOverhead   = 96
	// maxUserBytes is about how many bytes a user's ID has at most.
	maxUserBytes = 32
)

func (g *Group) size() int {
	members, gone := len(g.members)*(memberOverhead+maxUserBytes), len(g.gone)*(goneOverhead+maxUserBytes)
	return groupOverhead + g.bytes + members + gone
}
