package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
)

// group is a conversation that was made for the run.
type group struct{ id string }

// membersPerRequest is how many users a hub adds to a group at once.
const membersPerRequest = 300

// withGroup calls fn with a new group of these users, and dismisses it afterwards.
func (r *run) withGroup(fn func(*group) error, members ...[]account) error {
	r.setPhase("make a group")
	g := &group{id: "bench-" + r.tag}
	if err := r.asAdmin(r.ctx, func(admin *client) error {
		return g.fill(r, admin, slices.Concat(members...))
	}); err != nil {
		return err
	}
	defer func() {
		// The admin's first session was silent for too long to be still there. The run may have
		// been interrupted, so its context may have ended.
		if err := r.asAdmin(context.WithoutCancel(r.ctx), func(admin *client) error {
			return admin.call("dismissGroup", map[string]any{"groupID": g.id}, nil)
		}); err != nil {
			slog.Warn("the group stays", "group", g.id, "error", err)
		}
	}()
	return fn(g)
}

// asAdmin calls fn with a connection of the app admin.
func (r *run) asAdmin(ctx context.Context, fn func(*client) error) error {
	a, err := r.account(r.Admin)
	if err != nil {
		return err
	}
	admin, err := r.target.login(ctx, a, false)
	if err != nil {
		return fmt.Errorf("%s: %w", r.Admin, err)
	}
	return errors.Join(fn(admin), admin.Close())
}

func (g *group) fill(r *run, admin *client, members []account) error {
	err := admin.call("createGroup", map[string]any{"name": "bench", "type": "Public", "groupID": g.id}, nil)
	if err != nil {
		return err
	}
	for part := range slices.Chunk(members, membersPerRequest) {
		var users []string
		for _, a := range part {
			users = append(users, a.user)
		}
		if err := admin.call("addGroupMember", map[string]any{"groupID": g.id, "userIDList": users}, nil); err != nil {
			return err
		}
		r.done.Add(int64(len(part)))
	}
	return nil
}

// messages sends n messages that take extensions and returns their IDs. It runs before the audience
// logs in, because every member online gets every message.
func (g *group) messages(r *run, n int) (ids []string, err error) {
	r.setPhase("send messages")
	ids = make([]string, n)
	err = r.asAdmin(r.ctx, func(admin *client) (err error) {
		for i := range ids {
			if ids[i], err = admin.sendMessage(g.id, "GROUP", ""); err != nil {
				return err
			}
			r.done.Add(1)
		}
		return nil
	})
	return ids, err
}

// sendMessage sends a message that takes extensions, by rules in JSON unless they are "", and
// returns its ID.
func (c *client) sendMessage(to, conversation, rules string) (string, error) {
	message := map[string]any{
		"to": to, "conversationType": conversation, "type": "TIMTextElem",
		"payload": map[string]string{"text": "bench"}, "isSupportExtension": true,
	}
	if rules != "" {
		message["extensionRules"] = json.RawMessage(rules)
	}
	var sent struct {
		Message struct{ ID string } `json:"message"`
	}
	err := c.call("sendMessage", message, &sent)
	return sent.Message.ID, err
}
