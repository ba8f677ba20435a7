package command

import (
	"context"

	"exthub/hub/refusal"
	"exthub/kv"
)

// ChangeMembers asks for members to be added or removed.
type ChangeMembers struct {
	GroupID string
	UserIDs []string
}

// Added lists the users who became members, who were members before, and for whom there was no
// room, or who are in too many groups.
type Added struct{ Added, Existed, Failed []string }

// AddGroupMembers makes users members. Every member of a Private group or a Community may do that,
// elsewhere the owner and the group's admins, app admins everywhere; nobody may in an AVChatRoom
// (10007). It is refused with 10014 only if there was no room for any of them, and with 10037 only
// if all of them are in too many groups.
func (c *Commands) AddGroupMembers(ctx context.Context, caller Caller, cmd ChangeMembers) (Added, error) {
	if err := cmd.check(); err != nil {
		return Added{}, err
	}
	if err := c.checkNoGuests("userIDList", cmd.UserIDs...); err != nil {
		return Added{}, err
	}
	caller.pay(len(cmd.UserIDs), usersPerRequest)
	full, err := c.store.InGroups(ctx, c.options.Limits.Groups, cmd.UserIDs...)
	if err != nil {
		return Added{}, err
	}
	var added Added
	err = c.store.UpdateGroup(ctx, cmd.GroupID, func(g *kv.Group) (kv.GroupChange, error) {
		added = Added{}
		if err := mayAdd(g, caller, cmd.GroupID); err != nil {
			return kv.GroupChange{}, err
		}
		change := kv.GroupChange{By: caller.UserID}
		for _, id := range cmd.UserIDs {
			switch _, member := g.Member(id); {
			case member:
				added.Existed = append(added.Existed, id)
			case full[id], g.Len()+len(change.Add) >= c.options.MaxGroupMembers:
				added.Failed = append(added.Failed, id)
			default:
				added.Added = append(added.Added, id)
				change.Add = append(change.Add, c.member(id))
			}
		}
		if len(full) == len(cmd.UserIDs) && len(added.Failed) == len(full) {
			return change, c.tooManyGroups("userIDList")
		}
		if len(added.Failed) == len(cmd.UserIDs) {
			return change, refusal.New(refusal.GroupFull, "group %s has %d members, at most %d",
				cmd.GroupID, g.Len(), c.options.MaxGroupMembers)
		}
		return change, nil
	})
	return added, err
}

// tooManyGroups returns the refusal of users who are in as many groups as there may be.
func (c *Commands) tooManyGroups(field string) error {
	return refusal.Field(refusal.TooManyGroups, field, "nobody may be in more than %d groups: leave one first",
		c.options.Limits.Groups)
}

// mayAdd refuses a caller who may not add members to the group.
func mayAdd(g *kv.Group, caller Caller, groupID string) error {
	if err := checkMember(g, caller, groupID); err != nil {
		return err
	}
	me, _ := g.Member(caller.UserID)
	switch groupType := g.Info().Type; {
	case groupType == AVChatRoom:
		return refusal.New(refusal.NotPermitted, "group %s is an AVChatRoom: users join it themselves", groupID)
	case caller.Admin, groupType == Private, groupType == Community, me.Role == roleOwner, me.Role == roleAdmin:
		return nil
	}
	return refusal.New(refusal.NotPermitted, "only the owner and admins of group %s may add members", groupID)
}

// DeleteGroupMembers removes members and returns those who were one. The owner may remove everybody
// else, the admins of a group that is not Private may remove plain members, app admins anybody but
// the owner. If one may not be removed (10007), none is.
func (c *Commands) DeleteGroupMembers(ctx context.Context, caller Caller, cmd ChangeMembers) ([]string, error) {
	if err := cmd.check(); err != nil {
		return nil, err
	}
	caller.pay(len(cmd.UserIDs), usersPerRequest)
	var removed []string
	err := c.store.UpdateGroup(ctx, cmd.GroupID, func(g *kv.Group) (kv.GroupChange, error) {
		removed = nil
		if err := checkMember(g, caller, cmd.GroupID); err != nil {
			return kv.GroupChange{}, err
		}
		for _, id := range cmd.UserIDs {
			member, ok := g.Member(id)
			if !ok {
				continue
			}
			if err := mayRemove(g, caller, member); err != nil {
				return kv.GroupChange{}, err
			}
			removed = append(removed, id)
		}
		return kv.GroupChange{By: caller.UserID, Remove: removed}, nil
	})
	if err == nil && len(removed) > 0 {
		c.options.Audit.Done("members removed", "by", caller.UserID, "group", cmd.GroupID, "users", removed)
	}
	return removed, err
}

// mayRemove refuses a caller who may not remove this member.
func mayRemove(g *kv.Group, caller Caller, member kv.Member) error {
	me, _ := g.Member(caller.UserID)
	switch {
	case member.Role == roleOwner:
		return refusal.Field(refusal.NotPermitted, "userIDList", "%s is the owner, who can't be removed", member.UserID)
	case caller.Admin, me.Role == roleOwner:
		return nil
	case me.Role == roleAdmin && member.Role == roleMember && g.Info().Type != Private:
		return nil
	}
	return refusal.Field(refusal.NotPermitted, "userIDList", "%s may not remove %s", caller.UserID, member.UserID)
}

// check checks the command as far as that needs no group.
func (cmd ChangeMembers) check() error {
	if err := CheckGroupID("groupID", cmd.GroupID); err != nil {
		return err
	}
	if len(cmd.UserIDs) == 0 {
		return refusal.Field(refusal.BadParameter, "userIDList", "none given")
	}
	return checkAccounts("userIDList", cmd.UserIDs, maxAccounts)
}
