package bench

import (
	"fmt"
	"strconv"
	"strings"
)

const (
	stallPairs    = 20
	stallRequests = 20
)

// stall logs the accounts in and has each of them ask for some 400 KiB of which it reads nothing.
// That fills what the system buffers for a connection, and the hub has to keep the rest.
func (r *run) stall(accounts []account, message string) ([]*client, error) {
	if len(accounts) == 0 {
		return nil, nil
	}
	r.setPhase("stall")
	if err := r.asAdmin(r.ctx, func(admin *client) error {
		var list []map[string]any
		for i := range stallPairs {
			list = append(list,
				map[string]any{"key": "filler-" + strconv.Itoa(i), "value": strings.Repeat("x", maxBytes), "seq": 0})
		}
		return admin.call("setMessageExtensions", map[string]any{"messageID": message, "extensions": list}, nil)
	}); err != nil {
		return nil, err
	}
	clients, err := r.loginAll(accounts, true)
	if err != nil {
		return nil, err
	}
	for _, c := range clients {
		for range stallRequests {
			b := append(append(c.beginRequest("getMessageExtensions"), `{"messageID":"`...), message...)
			if err := c.send(append(b, `"}}`...)); err != nil {
				return clients, fmt.Errorf("%s: %w", c.user, err)
			}
		}
	}
	return clients, nil
}
