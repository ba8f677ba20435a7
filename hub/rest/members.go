package rest

import (
	"context"
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
		if err != nil || offset < 0 {
			return nil, refusal.Field(refusal.BadParameter, "Next", "%q is not from an earlier answer",
				refusal.Clip(p.Next))
		}
		p.Offset = offset
	}
	list, err := c.GetGroupMemberList(ctx, caller, command.GetGroupMemberList{
		GroupID: p.GroupID, Roles: p.RoleFilter, Count: p.Limit, Offset: p.Offset,
	})
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
