package rest

import (
	"cmp"
	"context"
	"slices"

	"exthub/hub/command"
	"exthub/hub/refusal"
)

// The parameters of the commands on groups. A list of users has another name in each.
var (
	groupNames = map[string]string{
		"type": "Type", "name": "Name", "groupID": "GroupId", "owner": "Owner_Account",
		"joinOption": "ApplyJoinOption", "messageTTL": "MessageTTL", "memberList": "MemberList", "offset": "Offset",
		"guests": "GuestAccess",
	}
	addNames    = map[string]string{"groupID": "GroupId", "userIDList": "MemberList"}
	deleteNames = map[string]string{"groupID": "GroupId", "userIDList": "MemberToDel_Account"}
)

type createReply struct {
	envelope
	GroupId string
	Type    string
}

func createGroup(ctx context.Context, c *command.Commands, caller command.Caller, p struct {
	Type       string `json:"Type"`
	Name       string `json:"Name"`
	GroupID    string `json:"GroupId"`
	Owner      string `json:"Owner_Account"`
	JoinOption string `json:"ApplyJoinOption"`
	MessageTTL int64  `json:"MessageTTL"`
	Guests     int    `json:"GuestAccess"`
	MemberList []struct {
		Account string `json:"Member_Account"`
		Role    string `json:"Role"`
	} `json:"MemberList"`
}) (any, error) {
	cmd := command.CreateGroup{
		Type: p.Type, Name: p.Name, GroupID: p.GroupID, Owner: p.Owner, MessageTTL: p.MessageTTL,
	}
	switch p.Guests {
	case 0:
		cmd.JoinOption = cmp.Or(p.JoinOption, defaultJoinOption(p.Type))
	case 1:
		cmd.JoinOption, cmd.Guests = p.JoinOption, true
	default:
		return nil, refusal.Field(refusal.BadParameter, "guests", "%d is neither 0 nor 1", p.Guests)
	}
	for _, m := range p.MemberList {
		cmd.Members = append(cmd.Members, command.NewMember{UserID: m.Account, Role: m.Role})
	}
	info, err := c.CreateGroup(ctx, caller, cmd)
	if err != nil {
		return nil, err
	}
	return createReply{success, info.GroupID, info.Type}, nil
}

// defaultJoinOption returns the join option of a group whose creation names none. As Tencent
// documents it, it is stricter than at the WebSocket door.
func defaultJoinOption(groupType string) string {
	switch command.GroupType(groupType) {
	case command.Public, command.Community:
		return command.NeedPermission
	}
	return command.FreeAccess
}

func destroyGroup(ctx context.Context, c *command.Commands, caller command.Caller, p struct {
	GroupID string `json:"GroupId"`
}) (any, error) {
	return success, c.DismissGroup(ctx, caller, p.GroupID)
}

// Values of Result, which says what became of a user who was to be added.
const (
	addFailed  = 0
	addOK      = 1
	addExisted = 2
)

type addReply struct {
	envelope
	MemberList []addition
}

type addition struct {
	Account string `json:"Member_Account"`
	Result  int
}

func addMembers(ctx context.Context, c *command.Commands, caller command.Caller, p struct {
	GroupID    string `json:"GroupId"`
	MemberList []struct {
		Account string `json:"Member_Account"`
	} `json:"MemberList"`
}) (any, error) {
	cmd := command.ChangeMembers{GroupID: p.GroupID}
	for _, m := range p.MemberList {
		cmd.UserIDs = append(cmd.UserIDs, m.Account)
	}
	added, err := c.AddGroupMembers(ctx, caller, cmd)
	if err != nil {
		return nil, err
	}
	reply := addReply{success, make([]addition, len(cmd.UserIDs))}
	for i, id := range cmd.UserIDs {
		result := addFailed
		switch {
		case slices.Contains(added.Added, id):
			result = addOK
		case slices.Contains(added.Existed, id):
			result = addExisted
		}
		reply.MemberList[i] = addition{id, result}
	}
	return reply, nil
}

func deleteMembers(ctx context.Context, c *command.Commands, caller command.Caller, p struct {
	GroupID string   `json:"GroupId"`
	Members []string `json:"MemberToDel_Account"`
	Silence any      `json:"Silence"` // known, and without effect, like the reason
	Reason  any      `json:"Reason"`
}) (any, error) {
	_, err := c.DeleteGroupMembers(ctx, caller, command.ChangeMembers{GroupID: p.GroupID, UserIDs: p.Members})
	return success, err
}
