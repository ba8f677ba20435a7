package hub

import (
	"context"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"exthub/events"
	"exthub/kv"
)

// method answers one kind of request: decode the params, call the command, encode what it returns.
type method func(ctx context.Context, c *commands, who caller, params jsontext.Value) (jsontext.Value, error)

// methods are all that a logged-in session can ask for, besides logout.
var methods = map[string]method{
	"ping":                    ping,
	"sendMessage":             sendMessage,
	"getMessageList":          getMessageList,
	"setMessageExtensions":    setMessageExtensions,
	"getMessageExtensions":    getMessageExtensions,
	"deleteMessageExtensions": deleteMessageExtensions,
	"createGroup":             createGroup,
	"joinGroup":               joinGroup,
	"quitGroup":               quitGroup,
	"dismissGroup":            dismissGroup,
	"getGroupMemberList":      getGroupMemberList,
	"addGroupMember":          addGroupMember,
	"deleteGroupMember":       deleteGroupMember,
}

// methodNames are the names by their JSON, which is how nearly every request spells them: it needs no string of its own.
var methodNames = func() map[string]string {
	names := make(map[string]string)
	for name := range methods {
		names[`"`+name+`"`] = name
	}
	return names
}()

func ping(context.Context, *commands, caller, jsontext.Value) (jsontext.Value, error) {
	return jsontext.Value("{}"), nil
}

func sendMessage(ctx context.Context, c *commands, who caller, params jsontext.Value) (jsontext.Value, error) {
	var p struct {
		To               text `json:"to"`
		ConversationType text `json:"conversationType"`
		Type             text `json:"type"`
		Payload          *struct {
			Text        text `json:"text"`
			Data        text `json:"data"`
			Description text `json:"description"`
			Extension   text `json:"extension"`
		} `json:"payload"`
		IsSupportExtension bool    `json:"isSupportExtension"`
		Random             *uint32 `json:"random"`
		ClientSequence     *uint32 `json:"clientSequence"`
		CloudCustomData    text    `json:"cloudCustomData"`
	}
	if err := decodeParams(params, &p, invalidParams); err != nil {
		return nil, err
	}
	if p.Payload == nil {
		return nil, refuse(invalidParams, "payload: missing")
	}
	cmd := SendMessage{
		Type: string(p.Type), IsSupportExtension: p.IsSupportExtension, Random: p.Random, Sequence: p.ClientSequence, CloudCustomData: string(p.CloudCustomData),
		Payload: Payload{string(p.Payload.Text), string(p.Payload.Data), string(p.Payload.Description), string(p.Payload.Extension)},
	}
	switch p.ConversationType {
	case "C2C":
		cmd.To = string(p.To)
	case "GROUP":
		cmd.GroupID = string(p.To)
		if err := checkGroupID(cmd.GroupID); err != nil {
			return nil, err
		}
	default:
		return nil, refuse(badParameter, "conversationType: %q is neither C2C nor GROUP", clip(string(p.ConversationType)))
	}
	record, err := c.SendMessage(ctx, who, cmd)
	if err != nil {
		return nil, err
	}
	return encode(wireMessage{events.NewMessage(&record, who.userID)}), nil
}

func getMessageList(ctx context.Context, c *commands, who caller, params jsontext.Value) (jsontext.Value, error) {
	var p struct {
		ConversationID   text `json:"conversationID"`
		NextReqMessageID text `json:"nextReqMessageID"`
		Count            int  `json:"count"`
	}
	if err := decodeParams(params, &p, invalidParams); err != nil {
		return nil, err
	}
	cmd := GetMessageList{Before: kv.MessageID(p.NextReqMessageID), Count: p.Count}
	if groupID, ok := strings.CutPrefix(string(p.ConversationID), "GROUP"); ok {
		if err := checkGroupID(groupID); err != nil {
			return nil, err
		}
		cmd.GroupID = groupID
	} else if cmd.Peer, ok = strings.CutPrefix(string(p.ConversationID), "C2C"); !ok {
		return nil, refuse(badParameter, "conversationID: %q is neither C2C<userID> nor GROUP<groupID>", clip(string(p.ConversationID)))
	}
	list, err := c.GetMessageList(ctx, who, cmd)
	if err != nil {
		return nil, err
	}
	w := wireMessageList{MessageList: make([]events.Message, len(list.Messages)), NextReqMessageID: list.Next, IsCompleted: list.Next == ""}
	for i := range list.Messages {
		w.MessageList[i] = events.NewMessage(&list.Messages[i], who.userID)
	}
	return encode(w), nil
}

// extensionParams is what a set and a deletion bring.
type extensionParams struct {
	MessageID  text            `json:"messageID"`
	Extensions []wireExtension `json:"extensions"`

	oneParam   [1]wireExtension // room for what is nearly always one
	oneCommand [1]Extension
}

type wireExtension struct {
	Key   text  `json:"key"`
	Value text  `json:"value"`
	Seq   int64 `json:"seq"`
}

func decodeExtensions(params jsontext.Value) (*extensionParams, error) {
	p := new(extensionParams)
	p.Extensions = p.oneParam[:0]
	return p, decodeParams(params, p, invalidParams)
}

func (p *extensionParams) command() SetExtensions {
	cmd := SetExtensions{MessageID: kv.MessageID(p.MessageID), Extensions: p.oneCommand[:0]}
	for _, e := range p.Extensions {
		cmd.Extensions = append(cmd.Extensions, Extension{string(e.Key), string(e.Value), e.Seq})
	}
	return cmd
}

func setMessageExtensions(ctx context.Context, c *commands, who caller, params jsontext.Value) (jsontext.Value, error) {
	p, err := decodeExtensions(params)
	if err != nil {
		return nil, err
	}
	changed, err := c.SetExtensions(ctx, who, p.command())
	if err != nil {
		return nil, err
	}
	return encodeChanged(changed), nil
}

func deleteMessageExtensions(ctx context.Context, c *commands, who caller, params jsontext.Value) (jsontext.Value, error) {
	p, err := decodeExtensions(params)
	if err != nil {
		return nil, err
	}
	changed, err := c.DeleteExtensions(ctx, who, DeleteExtensions(p.command()))
	if err != nil {
		return nil, err
	}
	return encodeChanged(changed), nil
}

func getMessageExtensions(ctx context.Context, c *commands, who caller, params jsontext.Value) (jsontext.Value, error) {
	var p struct {
		MessageID text  `json:"messageID"`
		StartSeq  int64 `json:"startSeq"`
	}
	if err := decodeParams(params, &p, invalidParams); err != nil {
		return nil, err
	}
	page, err := c.GetExtensions(ctx, who, GetExtensions{kv.MessageID(p.MessageID), p.StartSeq})
	if err != nil {
		return nil, err
	}
	return page.Encoded(encodePage), nil
}
