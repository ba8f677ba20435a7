package hub

import (
	"context"
	"crypto/rand"
	"slices"

	"exthub/kv"
)

// Group types. Work and Meeting are the names that the SDKs use for Private and ChatRoom.
const (
	private    = "Private"
	public     = "Public"
	chatRoom   = "ChatRoom"
	community  = "Community"
	avChatRoom = "AVChatRoom"
)

const (
	roleOwner  = "Owner"
	roleAdmin  = "Admin"
	roleMember = "Member"
)

const (
	freeAccess     = "FreeAccess"
	needPermission = "NeedPermission"
	disableApply   = "DisableApply"
)

// CreateGroup makes a group.
type CreateGroup struct {
	Type       string
	Name       string
	GroupID    string      // made if empty
	Owner      string      // the caller if empty and the caller is no app admin; nobody if empty and it is one
	JoinOption string      // FreeAccess if empty; a Private group can only be joined by invitation
	Members    []NewMember // members from the start, besides the owner
}

// NewMember is a user who becomes a member. Role is Member if empty, or Admin.
type NewMember struct{ UserID, Role string }

// CreateGroup returns the group, or 10021 or 10025 if there is one of this ID. An ID is not given out again while messages of a dismissed group are stored
// under it: its new owner would read them.
func (c *commands) CreateGroup(ctx context.Context, who caller, cmd CreateGroup) (kv.GroupInfo, error) {
	info, members, err := c.plan(who, cmd)
	if err != nil {
		return kv.GroupInfo{}, err
	}
	left, _, err := c.store.History(ctx, kv.GroupConversation(info.GroupID), kv.Ref{}, 1)
	if err != nil {
		return kv.GroupInfo{}, err
	}
	err = c.store.UpdateGroup(ctx, info.GroupID, func(g *kv.Group) (kv.GroupChange, error) {
		switch old := g.Info(); {
		case old != nil && old.Owner == who.userID:
			return kv.GroupChange{}, refuse(groupIDYours, "groupID: you own a group %s already", info.GroupID)
		case old != nil:
			return kv.GroupChange{}, refuse(groupIDTaken, "groupID: there is a group %s already", info.GroupID)
		case len(left) > 0:
			return kv.GroupChange{}, refuse(groupIDTaken, "groupID: %s was the ID of a group that was dismissed", info.GroupID)
		}
		return kv.GroupChange{Info: &info, Add: members}, nil
	})
	return info, err
}

// plan makes the group and its first members, if the command obeys the rules.
func (c *commands) plan(who caller, cmd CreateGroup) (info kv.GroupInfo, members []kv.Member, err error) {
	info = kv.GroupInfo{
		GroupID: cmd.GroupID, Type: groupType(cmd.Type), Name: cmd.Name, Owner: cmd.Owner, JoinOption: cmd.JoinOption, CreateTime: c.options.Now().Unix(),
	}
	switch {
	case info.Type == "":
		return info, nil, refuse(badParameter, "type: %q is not Private, Public, ChatRoom, Community or AVChatRoom", clip(cmd.Type))
	case info.JoinOption == "":
		info.JoinOption = freeAccess
	case !slices.Contains([]string{freeAccess, needPermission, disableApply}, info.JoinOption):
		return info, nil, refuse(badParameter, "joinOption: %q is not FreeAccess, NeedPermission or DisableApply", clip(info.JoinOption))
	}
	if info.Type == private {
		info.JoinOption = disableApply
	}
	if err := checkGroupName(info.Name); err != nil {
		return info, nil, err
	}
	if info.GroupID == "" {
		info.GroupID = ownGroupIDs + rand.Text()[:16]
	} else if err := checkNewGroupID(info.GroupID, info.Type); err != nil {
		return info, nil, err
	}
	if info.Owner == "" && !who.admin {
		info.Owner = who.userID
	}
	members, err = c.firstMembers(info, cmd.Members)
	return info, members, err
}

func (c *commands) firstMembers(info kv.GroupInfo, others []NewMember) ([]kv.Member, error) {
	if info.Type == avChatRoom && len(others) > 0 {
		return nil, refuse(badParameter, "memberList: nobody can be added to an AVChatRoom")
	}
	ids := make([]string, len(others))
	for i, m := range others {
		ids[i] = m.UserID
	}
	if err := checkAccounts("memberList", ids); err != nil {
		return nil, err
	}
	var members []kv.Member
	if info.Owner != "" {
		if err := checkUserID("owner", info.Owner); err != nil {
			return nil, err
		}
		members = append(members, kv.Member{UserID: info.Owner, Role: roleOwner, JoinTime: info.CreateTime})
	}
	for _, m := range others {
		if m.UserID == info.Owner {
			continue
		}
		if m.Role != "" && m.Role != roleMember && m.Role != roleAdmin {
			return nil, refuse(badParameter, "memberList: role %q is neither Member nor Admin", clip(m.Role))
		}
		members = append(members, kv.Member{UserID: m.UserID, Role: roleOf(m), JoinTime: info.CreateTime})
	}
	if len(members) > c.options.MaxGroupMembers {
		return nil, refuse(groupFull, "memberList: %d members, at most %d", len(members), c.options.MaxGroupMembers)
	}
	return members, nil
}

func roleOf(m NewMember) string {
	if m.Role == "" {
		return roleMember
	}
	return m.Role
}

// groupType returns the type under its one name, or "" if there is no such type.
func groupType(name string) string {
	switch name {
	case private, public, chatRoom, community, avChatRoom:
		return name
	case "Work":
		return private
	case "Meeting":
		return chatRoom
	}
	return ""
}

// DismissGroup ends a group and all memberships. Its owner and app admins may.
func (c *commands) DismissGroup(ctx context.Context, who caller, groupID string) error {
	if err := checkGroupID(groupID); err != nil {
		return err
	}
	return c.store.UpdateGroup(ctx, groupID, func(g *kv.Group) (kv.GroupChange, error) {
		if err := checkMember(g, who, groupID); err != nil {
			return kv.GroupChange{}, err
		}
		if m, _ := g.Member(who.userID); m.Role != roleOwner && !who.admin {
			return kv.GroupChange{}, refuse(notPermitted, "only the owner may dismiss group %s", groupID)
		}
		return kv.GroupChange{Dissolve: true}, nil
	})
}
