package hub

import (
	"context"
	"math"
	"slices"
	"strconv"

	"exthub/kv"
)

// maxRESTMembers is how many members get_group_member_info lists at a time, and if it is not told how many.
const maxRESTMembers = 6000

// restMemberList is the answer to get_group_member_info. MemberNum counts all members, or all of the roles that were asked for. Next is where to go on, "" at
// the end; the reference has it for a Community only.
type restMemberList struct {
	restReply
	MemberNum  int
	MemberList []map[string]any
	Next       string
}

func restMembers(ctx context.Context, c *commands, who caller, p struct {
	GroupID    text   `json:"GroupId"`
	InfoFilter []text `json:"MemberInfoFilter"`
	RoleFilter []text `json:"MemberRoleFilter"`
	Limit      int    `json:"Limit"`
	Offset     int    `json:"Offset"`
	Next       text   `json:"Next"`
}) (any, error) {
	if err := checkPage("Limit", p.Limit, maxRESTMembers); err != nil {
		return nil, err
	}
	if p.Limit == 0 {
		p.Limit = maxRESTMembers
	}
	if p.Next != "" {
		offset, err := strconv.Atoi(string(p.Next))
		if err != nil {
			return nil, refuse(badParameter, "Next: %q is not from an earlier answer", clip(string(p.Next)))
		}
		p.Offset = offset
	}
	list, err := membersOf(ctx, c, who, GetGroupMemberList{string(p.GroupID), p.Limit, p.Offset}, p.RoleFilter)
	if err != nil {
		return nil, err
	}
	reply := restMemberList{restOK, list.Total, make([]map[string]any, len(list.Members)), ""}
	for i, m := range list.Members {
		reply.MemberList[i] = restMember(m, p.InfoFilter)
	}
	if list.Next > 0 {
		reply.Next = strconv.Itoa(list.Next)
	}
	return reply, nil
}

// membersOf reads a page of the members who have one of the roles; of all if there are none.
func membersOf(ctx context.Context, c *commands, who caller, cmd GetGroupMemberList, roles []text) (MemberList, error) {
	if len(roles) == 0 {
		return c.GetGroupMemberList(ctx, who, cmd)
	}
	if cmd.Offset < 0 {
		return MemberList{}, refuse(badParameter, "offset: %d is negative", cmd.Offset)
	}
	list, err := c.GetGroupMemberList(ctx, who, GetGroupMemberList{GroupID: cmd.GroupID, Count: math.MaxInt})
	all := slices.DeleteFunc(list.Members, func(m kv.Member) bool { return !slices.Contains(roles, text(m.Role)) })
	from := min(cmd.Offset, len(all))
	to := from + min(cmd.Count, len(all)-from)
	list = MemberList{Members: all[from:to], Total: len(all)}
	if to < len(all) {
		list.Next = to
	}
	return list, err
}

// restMember returns the fields that were asked for, or all. Those about what this hub does not keep have the value that says nothing.
func restMember(m kv.Member, filter []text) map[string]any {
	all := map[string]any{
		"Role": m.Role, "JoinTime": m.JoinTime, "MsgSeq": 0, "MsgFlag": "AcceptAndNotify", "LastSendMsgTime": 0, "MuteUntil": 0, "NameCard": "",
		"AppMemberDefinedData": []any{},
	}
	for field := range all {
		if len(filter) > 0 && !slices.Contains(filter, text(field)) {
			delete(all, field)
		}
	}
	all["Member_Account"] = m.UserID
	return all
}
