package hub

import (
	"cmp"
	"context"
	"slices"
)

var (
	groupNames = map[string]string{
		"type": "Type", "name": "Name", "groupID": "GroupId", "owner": "Owner_Account", "joinOption": "ApplyJoinOption", "memberList": "MemberList", "offset": "Offset",
	}
	addNames    = map[string]string{"groupID": "GroupId", "userIDList": "MemberList"}
	deleteNames = map[string]string{"groupID": "GroupId", "userIDList": "MemberToDel_Account"}
)

type restCreated struct {
	restReply
	GroupId string
	Type    string
}

func restCreateGroup(ctx context.Context, c *commands, who caller, p struct {
	Type       text `json:"Type"`
	Name       text `json:"Name"`
	GroupID    text `json:"GroupId"`
	Owner      text `json:"Owner_Account"`
	JoinOption text `json:"ApplyJoinOption"`
	MemberList []struct {
		Account text `json:"Member_Account"`
		Role    text `json:"Role"`
	} `json:"MemberList"`
}) (any, error) {
	cmd := CreateGroup{
		Type: string(p.Type), Name: string(p.Name), GroupID: string(p.GroupID), Owner: string(p.Owner),
		JoinOption: cmp.Or(string(p.JoinOption), defaultJoinOption(string(p.Type))),
	}
	for _, m := range p.MemberList {
		cmd.Members = append(cmd.Members, NewMember{string(m.Account), string(m.Role)})
	}
	info, err := c.CreateGroup(ctx, who, cmd)
	if err != nil {
		return nil, err
	}
	return restCreated{restOK, info.GroupID, info.Type}, nil
}

// defaultJoinOption is stricter than at the other door, as the reference has it.
func defaultJoinOption(kind string) string {
	switch groupType(kind) {
	case public, community:
		return needPermission
	}
	return freeAccess
}

func restDestroyGroup(ctx context.Context, c *commands, who caller, p struct {
	GroupID text `json:"GroupId"`
}) (any, error) {
	return restOK, c.DismissGroup(ctx, who, string(p.GroupID))
}

// What became of one user who was to be added.
const (
	addFailed  = 0
	addOK      = 1
	addExisted = 2
)

type restAdded struct {
	restReply
	MemberList []restAddition
}

type restAddition struct {
	Account string `json:"Member_Account"`
	Result  int
}

func restAddMembers(ctx context.Context, c *commands, who caller, p struct {
	GroupID    text `json:"GroupId"`
	MemberList []struct {
		Account text `json:"Member_Account"`
	} `json:"MemberList"`
}) (any, error) {
	cmd := ChangeMembers{GroupID: string(p.GroupID)}
	for _, m := range p.MemberList {
		cmd.UserIDs = append(cmd.UserIDs, string(m.Account))
	}
	added, err := c.AddGroupMembers(ctx, who, cmd)
	if err != nil {
		return nil, err
	}
	reply := restAdded{restOK, make([]restAddition, len(cmd.UserIDs))}
	for i, id := range cmd.UserIDs {
		result := addFailed
		switch {
		case slices.Contains(added.Added, id):
			result = addOK
		case slices.Contains(added.Existed, id):
			result = addExisted
		}
		reply.MemberList[i] = restAddition{id, result}
	}
	return reply, nil
}

func restDeleteMembers(ctx context.Context, c *commands, who caller, p struct {
	GroupID text   `json:"GroupId"`
	Members []text `json:"MemberToDel_Account"`
}) (any, error) {
	cmd := ChangeMembers{GroupID: string(p.GroupID)}
	for _, id := range p.Members {
		cmd.UserIDs = append(cmd.UserIDs, string(id))
	}
	_, err := c.DeleteGroupMembers(ctx, who, cmd)
	return restOK, err
}
