package hub

import (
	"context"

	"github.com/go-json-experiment/json/jsontext"

	"exthub/events"
	"exthub/hub/command"
	"exthub/hub/wire"
	"exthub/kv"
)

type wireConversation struct {
	ConversationID string          `json:"conversationID"`
	Type           string          `json:"type"`        // C2C or GROUP
	LastMessage    *events.Message `json:"lastMessage"` // null if it has expired
	LastSequence   uint64          `json:"lastSequence"`
	ReadSequence   uint64          `json:"readSequence"`
	Group          *wireGroup      `json:"group,omitzero"`
}

func newWireConversation(r kv.Recent, reader string) wireConversation {
	w := wireConversation{
		ConversationID: "C2C" + r.Peer, Type: "C2C", LastSequence: r.Last, ReadSequence: r.Read,
	}
	if r.Group != nil {
		group := newWireGroup(r.Group.Group)
		w.ConversationID, w.Type, w.Group = "GROUP"+group.GroupID, "GROUP", &group
	}
	if r.Newest != nil {
		message := events.NewMessage(r.Newest, reader)
		w.LastMessage = &message
	}
	return w
}

func getConversationList(ctx context.Context, c *command.Commands, caller command.Caller, p struct {
	Since  string `json:"since"`
	Cursor string `json:"cursor"`
	Count  int    `json:"count"`
}) (jsontext.Value, error) {
	list, err := c.GetConversationList(ctx, caller, command.GetConversationList(p))
	if err != nil {
		return nil, err
	}
	conversations := make([]wireConversation, len(list.Conversations))
	for i, r := range list.Conversations {
		conversations[i] = newWireConversation(r, caller.UserID)
	}
	return wire.Encode(struct {
		ConversationList []wireConversation `json:"conversationList"`
		NextCursor       string             `json:"nextCursor"`
		IsCompleted      bool               `json:"isCompleted"`
	}{conversations, list.Next, list.Next == ""}), nil
}

func setMessageRead(ctx context.Context, c *command.Commands, caller command.Caller, p struct {
	MessageID string `json:"messageID"`
}) (jsontext.Value, error) {
	return jsontext.Value("{}"), c.MarkRead(ctx, caller, kv.MessageID(p.MessageID))
}

func newWireProfile(p kv.Profile) wireProfile { return wireProfile{p.UserID, p.Nick, p.Avatar} }

func getUserProfile(ctx context.Context, c *command.Commands, caller command.Caller, p struct {
	UserIDs []string `json:"userIDList"`
}) (jsontext.Value, error) {
	profiles, err := c.GetProfiles(ctx, caller, p.UserIDs)
	if err != nil {
		return nil, err
	}
	list := make([]wireProfile, len(profiles))
	for i, profile := range profiles {
		list[i] = newWireProfile(profile)
	}
	return wire.Encode(struct {
		ProfileList []wireProfile `json:"profileList"`
	}{list}), nil
}

func updateMyProfile(ctx context.Context, c *command.Commands, caller command.Caller, p struct {
	Nick   *string `json:"nick"`
	Avatar *string `json:"avatar"`
}) (jsontext.Value, error) {
	profile, err := c.UpdateProfile(ctx, caller, command.UpdateProfile(p))
	if err != nil {
		return nil, err
	}
	return wire.Encode(struct {
		Profile wireProfile `json:"profile"`
	}{newWireProfile(profile)}), nil
}
