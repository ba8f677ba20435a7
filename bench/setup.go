package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
)

// group is a conversation that was made for the run.
type group struct{ id string }

// membersPerRequest is how many users a hub adds to a group at once.
const membersPerRequest = 300

// withGroup calls fn with a new group of these users, and dismisses it afterwards. With a poll that
// is there it is the poll's group, which they leave afterwards.
func (r *run) withGroup(fn func(*group) error, members ...[]account) error {
	if r.Poll != "" {
		return r.joinGroup(fn, slices.Concat(members...))
	}
	r.setPhase("make a group")
	g := &group{id: "bench-" + r.tag}
	if err := r.asAdmin(r.ctx, func(admin *client) error {
		err := admin.call("createGroup", map[string]any{"name": "bench", "type": "Public", "groupID": g.id}, nil)
		if err != nil {
			return err
		}
		return g.change(r, admin, "addGroupMember", slices.Concat(members...))
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

// joinGroup calls fn while these users are in the group of the poll.
func (r *run) joinGroup(fn func(*group) error, members []account) error {
	g := &group{}
	var err error
	if g.id, err = groupOf(r.Poll); err != nil {
		return err
	}
	r.setPhase("join the group")
	if err := r.asAdmin(r.ctx, func(admin *client) error {
		return g.change(r, admin, "addGroupMember", members)
	}); err != nil {
		return err
	}
	defer func() {
		if err := r.asAdmin(context.WithoutCancel(r.ctx), func(admin *client) error {
			return g.change(r, admin, "deleteGroupMember", members)
		}); err != nil {
			slog.Warn("some stay in the group", "group", g.id, "error", err)
		}
	}()
	return fn(g)
}

// groupOf returns the group of a message. Its ID is "g.", the group's with some bytes as = and two
// hexadecimal digits, "." and the MsgSeq.
func groupOf(messageID string) (string, error) {
	rest, ok := strings.CutPrefix(messageID, "g.")
	end := strings.LastIndexByte(rest, '.')
	if !ok || end < 1 {
		return "", fmt.Errorf("%q is not the ID of a message in a group, like g.lunch.3", messageID)
	}
	return url.PathUnescape(strings.ReplaceAll(rest[:end], "=", "%"))
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

// change adds members to the group, or takes them out, by the method.
func (g *group) change(r *run, admin *client, method string, members []account) error {
	for part := range slices.Chunk(members, membersPerRequest) {
		var users []string
		for _, a := range part {
			users = append(users, a.user)
		}
		if err := admin.call(method, map[string]any{"groupID": g.id, "userIDList": users}, nil); err != nil {
			return err
		}
		r.done.Add(int64(len(part)))
	}
	return nil
}

// messages sends n messages that take extensions, by the run's rules, and returns their IDs. It
// runs before the audience logs in, because every member online gets every message.
func (g *group) messages(r *run, n int) (ids []string, err error) {
	r.setPhase("send messages")
	ids = make([]string, n)
	err = r.asAdmin(r.ctx, func(admin *client) (err error) {
		for i := range ids {
			if ids[i], err = admin.sendMessage(g.id, "GROUP", r.Rules); err != nil {
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
