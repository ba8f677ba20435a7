package command

import (
	"cmp"
	"context"
	"slices"

	"exthub/hub/refusal"
	"exthub/kv"
)

// Joined is the answer to a user who wants to join.
type Joined struct {
	Already bool // the user was a member before
	Group   kv.GroupInfo
}

// JoinGroup makes the caller a member. It is refused with 10007 if the group is joined by
// invitation, with 10014 if the group is full, and with 10037 if the caller is in too many groups.
// A guest becomes no member, see followGroup.
func (c *Commands) JoinGroup(ctx context.Context, caller Caller, groupID string) (Joined, error) {
	if err := CheckGroupID("groupID", groupID); err != nil {
		return Joined{}, err
	}
	if caller.Guest {
		return c.followGroup(ctx, caller, groupID)
	}
	full, err := c.store.InGroups(ctx, c.options.Limits.Groups, caller.UserID)
	if err != nil {
		return Joined{}, err
	}
	var joined Joined
	err = c.store.UpdateGroup(ctx, groupID, func(g *kv.Group) (kv.GroupChange, error) {
		joined = Joined{}
		if g.Info() == nil {
			return kv.GroupChange{}, refusal.New(refusal.NoSuchGroup, "there is no group %s", groupID)
		}
		joined.Group = *g.Info()
		_, joined.Already = g.Member(caller.UserID)
		switch {
		case joined.Already:
			return kv.GroupChange{}, nil
		case joined.Group.Type == Private,
			joined.Group.JoinOption == DisableApply, joined.Group.JoinOption == NeedPermission:
			return kv.GroupChange{}, refusal.New(refusal.NotPermitted,
				"group %s is joined by invitation: a member has to add you", groupID)
		case full[caller.UserID]:
			return kv.GroupChange{}, c.tooManyGroups("groupID")
		case g.Len() >= c.options.MaxGroupMembers:
			return kv.GroupChange{}, refusal.New(refusal.GroupFull, "group %s has %d members, at most %d",
				groupID, g.Len(), c.options.MaxGroupMembers)
		}
		return kv.GroupChange{By: caller.UserID, Add: []kv.Member{c.member(caller.UserID)}}, nil
	})
	return joined, err
}

// member returns a plain member who joins now.
func (c *Commands) member(userID string) kv.Member {
	return kv.Member{UserID: userID, Role: roleMember, JoinTime: c.options.Now().Unix()}
}

// QuitGroup ends the caller's membership. The owner can't leave (10009), except from a Private
// group, which goes on without an owner.
func (c *Commands) QuitGroup(ctx context.Context, caller Caller, groupID string) error {
	if err := CheckGroupID("groupID", groupID); err != nil {
		return err
	}
	return c.store.UpdateGroup(ctx, groupID, func(g *kv.Group) (kv.GroupChange, error) {
		// Checked as a plain user: an app admin who is not a member has nothing to quit.
		if err := checkMember(g, Caller{UserID: caller.UserID}, groupID); err != nil {
			return kv.GroupChange{}, err
		}
		if m, _ := g.Member(caller.UserID); m.Role == roleOwner && g.Info().Type != Private {
			return kv.GroupChange{}, refusal.New(refusal.OwnerMayNotQuit,
				"the owner can't leave group %s, but may dismiss it", groupID)
		}
		return kv.GroupChange{By: caller.UserID, Remove: []string{caller.UserID}}, nil
	})
}

// GetGroupMemberList asks for Count members from the Offset-th on, in the order in which they
// joined: of those who have one of the Roles, or of all if there are none.
type GetGroupMemberList struct {
	GroupID       string
	Roles         []string
	Count, Offset int
}

// MemberList is the answer. Next is the Offset of the page that follows, 0 if this one is the last.
// Total is how many such members there are.
type MemberList struct {
	Members     []kv.Member
	Next, Total int
}

// GetGroupMemberList returns a page to members and app admins.
func (c *Commands) GetGroupMemberList(ctx context.Context, caller Caller, cmd GetGroupMemberList) (MemberList, error) {
	if err := CheckGroupID("groupID", cmd.GroupID); err != nil {
		return MemberList{}, err
	}
	if cmd.Offset < 0 {
		return MemberList{}, refusal.Field(refusal.BadParameter, "offset", "%d is negative", cmd.Offset)
	}
	var list MemberList
	var refused error
	err := c.store.ReadGroup(ctx, cmd.GroupID, func(g *kv.Group) {
		if refused = checkMember(g, caller, cmd.GroupID); refused != nil {
			return
		}
		all := g.Members()
		if len(cmd.Roles) > 0 {
			other := func(m kv.Member) bool { return !slices.Contains(cmd.Roles, m.Role) }
			all = slices.DeleteFunc(slices.Clone(all), other)
		}
		from := min(cmd.Offset, len(all))
		to := min(from+cmd.Count, len(all))
		list = MemberList{Members: append([]kv.Member(nil), all[from:to]...), Total: len(all)}
		if to < len(all) {
			list.Next = to
		}
	})
	if err != nil {
		return MemberList{}, err
	}
	return list, refused
}

// GetGroupList returns the groups that the caller is in, by their IDs.
func (c *Commands) GetGroupList(ctx context.Context, caller Caller) ([]kv.Membership, error) {
	if err := c.store.Check(ctx); err != nil {
		return nil, err
	}
	groups, err := c.store.Memberships(ctx, caller.UserID)
	caller.pay(len(groups), conversationsPerRequest)
	slices.SortFunc(groups, func(a, b kv.Membership) int { return cmp.Compare(a.Group.GroupID, b.Group.GroupID) })
	return groups, err
}

// GroupProfile is a group, how many members it has, and the caller as one of them.
type GroupProfile struct {
	kv.Membership

	Members int
}

// GetGroupProfile returns what members and app admins may know of a group.
func (c *Commands) GetGroupProfile(ctx context.Context, caller Caller, groupID string) (p GroupProfile, err error) {
	if err := CheckGroupID("groupID", groupID); err != nil {
		return p, err
	}
	var refused error
	err = c.store.ReadGroup(ctx, groupID, func(g *kv.Group) {
		if refused = checkMember(g, caller, groupID); refused == nil {
			p.Group, p.Members = *g.Info(), g.Len()
			p.Member, _ = g.Member(caller.UserID)
		}
	})
	return p, cmp.Or(err, refused)
}
