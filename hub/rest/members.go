package rest

import (
	"context"
	"math"
	"slices"
	"strconv"

	"exthub/hub/command"
	"exthub/hub/refusal"
	"exthub/kv"
)

// maxMembers is how many members get_group_member_info lists at most, and by default.
const maxMembers = 6000

// memberReply is the answer to get_group_member_info. MemberNum counts all members, or all with the
// roles that were asked for. Next is where to go on, "" at the end; Tencent has it for a Community
// only.
type memberReply struct {
	envelope
	MemberNum  int
	MemberList []map[string]any
	Next       string
}

func getMembers(ctx context.Context, c *command.Commands, caller command.Caller, p struct {
	GroupID    string   `json:"GroupId"`
	InfoFilter []string `json:"MemberInfoFilter"`
	RoleFilter []string `json:"MemberRoleFilter"`
	Limit      int      `json:"Limit"`
	Offset     int      `json:"Offset"`
	Next       string   `json:"Next"`
}) (any, error) {
	if err := command.CheckPage("Limit", p.Limit, maxMembers); err != nil {
		return nil, err
	}
	if p.Limit == 0 {
		p.Limit = maxMembers
	}
	if p.Next != "" {
		offset, err := strconv.Atoi(p.Next)
		if err != nil {
			return nil, refusal.Field(refusal.BadParameter, "Next", "%q is not from an earlier answer",
				refusal.Clip(p.Next))
		}
		p.Offset = offset
	}
	page := command.GetGroupMemberList{GroupID: p.GroupID, Count: p.Limit, Offset: p.Offset}
	list, err := membersOf(ctx, c, caller, page, p.RoleFilter)
	if err != nil {
		return nil, err
	}
	reply := memberReply{success, list.Total, make([]map[string]any, len(list.Members)), ""}
	for i, m := range list.Members {
		reply.MemberList[i] = memberFields(m, p.InfoFilter)
	}
	if list.Next > 0 {
		reply.Next = strconv.Itoa(list.Next)
	}
	return reply, nil
}

// membersOf returns a page of the members who have one of the roles, or of all members if no role
// is given.
func membersOf(
	ctx context.Context, c *command.Commands, caller command.Caller, cmd command.GetGroupMemberList, roles []string,
) (command.MemberList, error) {
	if len(roles) == 0 {
		return c.GetGroupMemberList(ctx, caller, cmd)
	}
	if cmd.Offset < 0 {
		return command.MemberList{}, refusal.Field(refusal.BadParameter, "Offset", "%d is negative", cmd.Offset)
	}
	list, err := c.GetGroupMemberList(ctx, caller, command.GetGroupMemberList{GroupID: cmd.GroupID, Count: math.MaxInt})
	all := slices.DeleteFunc(list.Members, func(m kv.Member) bool { return !slices.Contains(roles, m.Role) })
	from := min(cmd.Offset, len(all))
	to := from + min(cmd.Count, len(all)-from)
	list = command.MemberList{Members: all[from:to], Total: len(all)}
	if to < len(all) {
		list.Next = to
	}
	return list, err
}

// memberFields returns the fields of a member that were asked for, or all if the filter is empty. A
// field that this hub does not keep has its default.
func memberFields(m kv.Member, filter []string) map[string]any {
	all := map[string]any{
		"Role": m.Role, "JoinTime": m.JoinTime, "MsgSeq": 0, "MsgFlag": "AcceptAndNotify", "LastSendMsgTime": 0,
		"MuteUntil": 0, "NameCard": "", "AppMemberDefinedData": []any{},
	}
	for field := range all {
		if len(filter) > 0 && !slices.Contains(filter, field) {
			delete(all, field)
		}
	}
	all["Member_Account"] = m.UserID
	return all
}
