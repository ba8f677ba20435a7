package rest

import (
	"context"

	"exthub/hub/command"
)

// accountNames are the parameters of the commands on users.
var accountNames = map[string]string{"userID": "UserID", "userIDList": "DeleteItem"}

func kick(ctx context.Context, c *command.Commands, caller command.Caller, p struct {
	UserID string `json:"UserID"`
}) (any, error) {
	return success, c.Kick(ctx, caller, p.UserID)
}

// deleteReply is the answer to account_delete. An item says no more than that its user is gone: a
// call does everything or, with a code in the envelope, has to be made again.
type deleteReply struct {
	envelope
	ResultItem []deletion
}

type deletion struct {
	ResultCode int
	ResultInfo string
	UserID     string
}

func deleteAccounts(ctx context.Context, c *command.Commands, caller command.Caller, p struct {
	DeleteItem []struct {
		UserID string `json:"UserID"`
	} `json:"DeleteItem"`
}) (any, error) {
	ids := make([]string, len(p.DeleteItem))
	reply := deleteReply{success, make([]deletion, len(p.DeleteItem))}
	for i, item := range p.DeleteItem {
		ids[i] = item.UserID
		reply.ResultItem[i] = deletion{UserID: item.UserID}
	}
	return reply, c.DeleteAccounts(ctx, caller, ids)
}
