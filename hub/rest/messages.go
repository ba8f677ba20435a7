package rest

import (
	"context"
	"maps"

	"github.com/go-json-experiment/json/jsontext"

	"exthub/hub/command"
	"exthub/hub/refusal"
)

// messageNames are the parameters of the commands that send.
var messageNames = map[string]string{
	"payload": "MsgBody[0].MsgContent", "text": "Text", "data": "Data", "description": "Desc", "extension": "Ext",
	"cloudCustomData": "CloudCustomData", "from": "From_Account", "to": "To_Account", "groupID": "GroupId",
	"extensionRules": "ExtensionRules", "isSupportExtension": "SupportMessageExtension",
	"write": "Write", "once": "Once", "questions": "Questions", "choices": "Choices", "choose": "Choose",
	"show": "Show", "reveal": "Reveal", "anonymous": "Anonymous", "closeAt": "CloseAt", "max": "Max",
}

// postNames are those of a message to a group: its receiver has another name.
var postNames = withNames(messageNames, map[string]string{"to": "GroupId"})

func withNames(names, others map[string]string) map[string]string {
	names = maps.Clone(names)
	maps.Copy(names, others)
	return names
}

// messageContent is what both kinds of message have in common. Tencent's fields that are not here
// are accepted and have no effect.
type messageContent struct {
	From string `json:"From_Account"` // the caller if empty
	Body []struct {
		Type    string `json:"MsgType"`
		Content struct {
			Text string `json:"Text"`
			Data string `json:"Data"`
			Desc string `json:"Desc"`
			Ext  string `json:"Ext"`
		} `json:"MsgContent"`
	} `json:"MsgBody"`
	CloudCustomData         string `json:"CloudCustomData"`
	SupportMessageExtension int    `json:"SupportMessageExtension"`
	// Not in Tencent's, and in the names of this door
	ExtensionRules jsontext.Value `json:"ExtensionRules"`
}

// command returns what to send, without its receiver.
func (p messageContent) command() (command.SendMessage, error) {
	switch {
	case len(p.Body) != 1:
		return command.SendMessage{}, refusal.Field(refusal.BadParameter, "MsgBody",
			"%d elements; a message has exactly one here", len(p.Body))
	case p.Body[0].Type != "TIMTextElem" && p.Body[0].Type != "TIMCustomElem":
		return command.SendMessage{}, refusal.Field(refusal.BadParameter, "MsgBody[0].MsgType",
			"%q is neither TIMCustomElem nor TIMTextElem", refusal.Clip(p.Body[0].Type))
	case p.SupportMessageExtension != 0 && p.SupportMessageExtension != 1:
		return command.SendMessage{}, refusal.Field(refusal.BadParameter, "SupportMessageExtension",
			"%d is neither 0 nor 1", p.SupportMessageExtension)
	}
	rules, err := decodeRules(p.ExtensionRules)
	if err != nil {
		return command.SendMessage{}, err
	}
	content := p.Body[0].Content
	return command.SendMessage{
		From: p.From, Type: p.Body[0].Type, CloudCustomData: p.CloudCustomData,
		IsSupportExtension: p.SupportMessageExtension == 1, Rules: rules,
		Payload: command.Payload{
			Text: content.Text, Data: content.Data, Description: content.Desc, Extension: content.Ext,
		},
	}, nil
}

// sendReply is the answer to sendmsg. MsgKey and the two accounts name the message at this door,
// MsgId at the WebSocket door.
type sendReply struct {
	envelope
	MsgTime int64
	MsgKey  string
	MsgId   string
}

func sendMessage(ctx context.Context, c *command.Commands, caller command.Caller, p struct {
	messageContent
	To     string  `json:"To_Account"`
	Seq    *uint32 `json:"MsgSeq"`
	Random *uint32 `json:"MsgRandom"`
}) (any, error) {
	cmd, err := p.command()
	if err != nil {
		return nil, err
	}
	cmd.To, cmd.Sequence, cmd.Random = p.To, p.Seq, p.Random
	record, err := c.SendMessage(ctx, caller, cmd)
	if err != nil {
		return nil, err
	}
	return sendReply{success, record.Time, record.Ref.MsgKey, string(record.Ref.ID())}, nil
}

// sendGroupReply is the answer to send_group_msg. MsgSeq and the group name the message at this
// door, MsgId at the WebSocket door.
type sendGroupReply struct {
	envelope
	MsgTime int64
	MsgSeq  uint64
	MsgId   string
}

func sendGroupMessage(ctx context.Context, c *command.Commands, caller command.Caller, p struct {
	messageContent
	GroupID string   `json:"GroupId"`
	Random  *uint32  `json:"Random"`
	To      []string `json:"To_Account"`
	TopicID string   `json:"TopicId"`
}) (any, error) {
	cmd, err := p.command()
	if err != nil {
		return nil, err
	}
	if err := noTopic(p.TopicID); err != nil {
		return nil, err
	}
	if len(p.To) > 0 {
		// There are no messages to a part of a group here, and sending it to all would give it
		// away.
		return nil, refusal.Field(refusal.BadParameter, "To_Account", "a message goes to the whole group here")
	}
	if err := command.CheckGroupID("GroupId", p.GroupID); err != nil {
		return nil, err
	}
	cmd.GroupID, cmd.Random = p.GroupID, p.Random
	record, err := c.SendMessage(ctx, caller, cmd)
	if err != nil {
		return nil, err
	}
	return sendGroupReply{success, record.Time, record.Ref.MsgSeq, string(record.Ref.ID())}, nil
}
