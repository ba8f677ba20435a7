package command

import (
	"cmp"
	"context"
	"crypto/rand"
	"slices"

	"exthub/hub/refusal"
	"exthub/kv"
)

// Group types. The SDKs call Private Work and ChatRoom Meeting; GroupType takes these names too.
const (
	Private    = "Private"
	Public     = "Public"
	ChatRoom   = "ChatRoom"
	Community  = "Community"
	AVChatRoom = "AVChatRoom"
)

// Roles of a member.
const (
	roleOwner  = "Owner"
	roleAdmin  = "Admin"
	roleMember = "Member"
)

// Join options: anybody may join; somebody must approve; by invitation only. Without a way to
// approve, NeedPermission is by invitation too.
const (
	FreeAccess     = "FreeAccess"
	NeedPermission = "NeedPermission"
	DisableApply   = "DisableApply"
)

// CreateGroup makes a group.
type CreateGroup struct {
	Type       string
	Name       string
	GroupID    string      // made if empty
	Owner      string      // if empty, the caller, or nobody if the caller is an app admin
	MessageTTL int64       // seconds that its messages live; the hub's if 0
	JoinOption string      // FreeAccess if empty; a Private group can only be joined by invitation
	Members    []NewMember // members from the start, besides the owner
	Guests     bool        // guests may join, see guest.go; anybody may join such a group
}

// NewMember is a user who becomes a member. Role is Member if empty, or Admin.
type NewMember struct{ UserID, Role string }

// CreateGroup makes a group and returns it, or refuses with 10021 or 10025 if there is one of this
// ID. The ID of a dismissed group is not given out again while messages are stored under it: the
// new group's members could read them.
func (c *Commands) CreateGroup(ctx context.Context, caller Caller, cmd CreateGroup) (kv.GroupInfo, error) {
	if caller.Guest {
		return kv.GroupInfo{}, notForGuests(caller)
	}
	info, members, err := c.plan(caller, cmd)
	if err != nil {
		return kv.GroupInfo{}, err
	}
	caller.pay(len(members), usersPerRequest)
	if err := c.mayBeMembers(ctx, info, members); err != nil {
		return kv.GroupInfo{}, err
	}
	history, err := c.store.History(ctx, kv.GroupConversation(info.GroupID), kv.Ref{}, 1)
	if err != nil {
		return kv.GroupInfo{}, err
	}
	err = c.store.UpdateGroup(ctx, info.GroupID, func(g *kv.Group) (kv.GroupChange, error) {
		switch old := g.Info(); {
		case old != nil && old.Owner == caller.UserID:
			return kv.GroupChange{}, refusal.Field(refusal.GroupIDYours, "groupID", "you own a group %s already",
				info.GroupID)
		case old != nil:
			return kv.GroupChange{}, refusal.Field(refusal.GroupIDTaken, "groupID", "there is a group %s already",
				info.GroupID)
		case len(history.Records) > 0 || history.Next != (kv.Ref{}):
			return kv.GroupChange{}, refusal.Field(refusal.GroupIDTaken, "groupID",
				"%s was the ID of a group that was dismissed", info.GroupID)
		}
		return kv.GroupChange{By: caller.UserID, Info: &info, Add: members}, nil
	})
	return info, err
}

// mayBeMembers refuses a group whose first members are in too many groups already.
func (c *Commands) mayBeMembers(ctx context.Context, info kv.GroupInfo, members []kv.Member) error {
	users := make([]string, len(members))
	for i, m := range members {
		users[i] = m.UserID
	}
	full, err := c.store.InGroups(ctx, c.options.Limits.Groups, users...)
	switch {
	case err != nil || len(full) == 0:
		return err
	case full[info.Owner]:
		return c.tooManyGroups("owner")
	}
	return c.tooManyGroups("memberList")
}

// plan returns the group to make and its first members, or a refusal if the command breaks a rule.
func (c *Commands) plan(caller Caller, cmd CreateGroup) (info kv.GroupInfo, members []kv.Member, err error) {
	info = kv.GroupInfo{
		GroupID: cmd.GroupID, Type: GroupType(cmd.Type), Name: cmd.Name, Owner: cmd.Owner, JoinOption: cmd.JoinOption,
		CreateTime: c.options.Now().Unix(), Guests: cmd.Guests,
	}
	switch {
	case info.Type == "":
		return info, nil, refusal.Field(refusal.BadParameter, "type",
			"%q is not Private, Public, ChatRoom, Community or AVChatRoom", refusal.Clip(cmd.Type))
	case info.JoinOption == "":
		info.JoinOption = FreeAccess
	case !slices.Contains([]string{FreeAccess, NeedPermission, DisableApply}, info.JoinOption):
		return info, nil, refusal.Field(refusal.BadParameter, "joinOption",
			"%q is not FreeAccess, NeedPermission or DisableApply", refusal.Clip(info.JoinOption))
	}
	if info.Type == Private {
		info.JoinOption = DisableApply
	}
	if err := c.checkOpen(info); err != nil {
		return info, nil, err
	}
	if err := checkGroupName(info.Name); err != nil {
		return info, nil, err
	}
	if err := checkTTL("messageTTL", cmd.MessageTTL); err != nil {
		return info, nil, err
	}
	info.MessageTTL = uint32(cmd.MessageTTL)
	if info.GroupID == "" {
		info.GroupID = ownGroupIDs + rand.Text()[:16]
	} else if err := checkNewGroupID(info.GroupID, info.Type); err != nil {
		return info, nil, err
	}
	if info.Owner == "" && !caller.Admin {
		info.Owner = caller.UserID
	}
	members, err = c.firstMembers(info, cmd.Members)
	return info, members, err
}

// firstMembers returns the owner and the others, each once.
func (c *Commands) firstMembers(info kv.GroupInfo, others []NewMember) ([]kv.Member, error) {
	if info.Type == AVChatRoom && len(others) > 0 {
		return nil, refusal.Field(refusal.BadParameter, "memberList", "nobody can be added to an AVChatRoom")
	}
	ids := make([]string, len(others))
	for i, m := range others {
		ids[i] = m.UserID
	}
	if err := cmp.Or(checkAccounts("memberList", ids, maxAccounts), c.checkNoGuests("memberList", ids...)); err != nil {
		return nil, err
	}
	var members []kv.Member
	if info.Owner != "" {
		if err := cmp.Or(CheckUserID("owner", info.Owner), c.checkNoGuests("owner", info.Owner)); err != nil {
			return nil, err
		}
		members = append(members, kv.Member{UserID: info.Owner, Role: roleOwner, JoinTime: info.CreateTime})
	}
	for _, m := range others {
		if m.UserID == info.Owner {
			continue
		}
		if m.Role != "" && m.Role != roleMember && m.Role != roleAdmin {
			return nil, refusal.Field(refusal.BadParameter, "memberList", "role %q is neither Member nor Admin",
				refusal.Clip(m.Role))
		}
		members = append(members, kv.Member{UserID: m.UserID, Role: roleOf(m), JoinTime: info.CreateTime})
	}
	if len(members) > c.options.MaxGroupMembers {
		return nil, refusal.Field(refusal.GroupFull, "memberList", "%d members, at most %d",
			len(members), c.options.MaxGroupMembers)
	}
	return members, nil
}

func roleOf(m NewMember) string {
	if m.Role == "" {
		return roleMember
	}
	return m.Role
}

// GroupType returns the REST API's name of a group type, which may be given by the SDKs' name, or
// "" if there is no such type.
func GroupType(name string) string {
	switch name {
	case Private, Public, ChatRoom, Community, AVChatRoom:
		return name
	case "Work":
		return Private
	case "Meeting":
		return ChatRoom
	}
	return ""
}

// DismissGroup ends a group and all memberships. Its owner and app admins may; others get 10007.
func (c *Commands) DismissGroup(ctx context.Context, caller Caller, groupID string) error {
	if err := CheckGroupID("groupID", groupID); err != nil {
		return err
	}
	err := c.store.UpdateGroup(ctx, groupID, func(g *kv.Group) (kv.GroupChange, error) {
		if err := checkMember(g, caller, groupID); err != nil {
			return kv.GroupChange{}, err
		}
		if m, _ := g.Member(caller.UserID); m.Role != roleOwner && !caller.Admin {
			return kv.GroupChange{}, refusal.New(refusal.NotPermitted, "only the owner may dismiss group %s", groupID)
		}
		return kv.GroupChange{By: caller.UserID, Dissolve: true}, nil
	})
	if err == nil {
		c.options.Audit.Done("group dismissed", "by", caller.UserID, "group", groupID)
	}
	return err
}
