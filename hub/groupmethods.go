package hub

import (
	"context"

	"github.com/go-json-experiment/json/jsontext"

	"exthub/hub/command"
	"exthub/hub/wire"
)

const (
	defaultMembersPerPage = 15
	maxMembersPerPage     = 100
)

func createGroup(ctx context.Context, c *command.Commands, caller command.Caller, p struct {
	Name       string `json:"name"`
	Type       string `json:"type"`
	GroupID    string `json:"groupID"`
	Guests     bool   `json:"guests"`
	MemberList []struct {
		UserID string `json:"userID"`
	} `json:"memberList"`
}) (jsontext.Value, error) {
	// An app admin who creates a group at this door owns it, like anybody else.
	cmd := command.CreateGroup{
		Type: p.Type, Name: p.Name, GroupID: p.GroupID, Owner: caller.UserID, Guests: p.Guests,
	}
	for _, m := range p.MemberList {
		cmd.Members = append(cmd.Members, command.NewMember{UserID: m.UserID})
	}
	info, err := c.CreateGroup(ctx, caller, cmd)
	if err != nil {
		return nil, err
	}
	return wire.Encode(struct {
		Group wireGroup `json:"group"`
	}{newWireGroup(info)}), nil
}

// groupParams are the params of a method that needs nothing but a group.
type groupParams struct {
	GroupID string `json:"groupID"`
}

func joinGroup(
	ctx context.Context, c *command.Commands, caller command.Caller, p groupParams,
) (jsontext.Value, error) {
	joined, err := c.JoinGroup(ctx, caller, p.GroupID)
	if err != nil {
		return nil, err
	}
	status := "JoinedSuccess"
	if joined.Already {
		status = "AlreadyInGroup"
	}
	return wire.Encode(struct {
		Status string    `json:"status"`
		Group  wireGroup `json:"group"`
	}{status, newWireGroup(joined.Group)}), nil
}

// groupResult is the result of a method that has nothing to say but which group it was.
type groupResult struct {
	GroupID string `json:"groupID"`
}

func quitGroup(
	ctx context.Context, c *command.Commands, caller command.Caller, p groupParams,
) (jsontext.Value, error) {
	return wire.Encode(groupResult(p)), c.QuitGroup(ctx, caller, p.GroupID)
}

func dismissGroup(
	ctx context.Context, c *command.Commands, caller command.Caller, p groupParams,
) (jsontext.Value, error) {
	return wire.Encode(groupResult(p)), c.DismissGroup(ctx, caller, p.GroupID)
}

func getGroupMemberList(ctx context.Context, c *command.Commands, caller command.Caller, p struct {
	GroupID string `json:"groupID"`
	Role    string `json:"role"`
	Count   int    `json:"count"`
	Offset  int    `json:"offset"`
}) (jsontext.Value, error) {
	if err := command.CheckPage("count", p.Count, maxMembersPerPage); err != nil {
		return nil, err
	}
	if p.Count == 0 {
		p.Count = defaultMembersPerPage
	}
	cmd := command.GetGroupMemberList{GroupID: p.GroupID, Count: p.Count, Offset: p.Offset}
	if p.Role != "" {
		cmd.Roles = []string{p.Role}
	}
	list, err := c.GetGroupMemberList(ctx, caller, cmd)
	if err != nil {
		return nil, err
	}
	users := make([]string, len(list.Members))
	for i, m := range list.Members {
		users[i] = m.UserID
	}
	profiles, err := c.GetProfiles(ctx, caller, users)
	if err != nil {
		return nil, err
	}
	return wire.Encode(struct {
		MemberList []wireMember `json:"memberList"`
		Offset     int          `json:"offset"`
	}{newWireMembers(list.Members, profiles), list.Next}), nil
}

func getGroupList(
	ctx context.Context, c *command.Commands, caller command.Caller, _ struct{},
) (jsontext.Value, error) {
	groups, err := c.GetGroupList(ctx, caller)
	if err != nil {
		return nil, err
	}
	list := make([]wireOwnGroup, len(groups))
	for i, m := range groups {
		list[i] = newWireOwnGroup(m)
	}
	return wire.Encode(struct {
		GroupList []wireOwnGroup `json:"groupList"`
	}{list}), nil
}

func getGroupProfile(
	ctx context.Context, c *command.Commands, caller command.Caller, p groupParams,
) (jsontext.Value, error) {
	profile, err := c.GetGroupProfile(ctx, caller, p.GroupID)
	if err != nil {
		return nil, err
	}
	group := newWireOwnGroup(profile.Membership)
	group.MemberCount = profile.Members
	return wire.Encode(struct {
		Group wireOwnGroup `json:"group"`
	}{group}), nil
}

// memberParams are the params of addGroupMember and deleteGroupMember.
type memberParams struct {
	GroupID string   `json:"groupID"`
	UserIDs []string `json:"userIDList"`
}

func addGroupMember(
	ctx context.Context, c *command.Commands, caller command.Caller, p memberParams,
) (jsontext.Value, error) {
	added, err := c.AddGroupMembers(ctx, caller, command.ChangeMembers(p))
	if err != nil {
		return nil, err
	}
	return wire.Encode(struct {
		Success []string `json:"successUserIDList"`
		Failure []string `json:"failureUserIDList"`
		Existed []string `json:"existedUserIDList"`
	}{orEmpty(added.Added), orEmpty(added.Failed), orEmpty(added.Existed)}), nil
}

func deleteGroupMember(
	ctx context.Context, c *command.Commands, caller command.Caller, p memberParams,
) (jsontext.Value, error) {
	removed, err := c.DeleteGroupMembers(ctx, caller, command.ChangeMembers(p))
	if err != nil {
		return nil, err
	}
	return wire.Encode(struct {
		UserIDList []string `json:"userIDList"`
	}{orEmpty(removed)}), nil
}
