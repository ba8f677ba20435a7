package rest

import (
	"context"

	"exthub/hub/command"
)

// accountNames are the parameters of the commands on users.
var accountNames = map[string]string{"userID": "UserID"}

func kick(ctx context.Context, c *command.Commands, caller command.Caller, p struct {
	UserID string `json:"UserID"`
}) (any, error) {
	return success, c.Kick(ctx, caller, p.UserID)
}
