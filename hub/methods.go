package hub

import (
	"context"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"exthub/events"
	"exthub/hub/command"
	"exthub/hub/refusal"
	"exthub/hub/wire"
	"exthub/kv"
)

// method answers one kind of request: it decodes the params, calls the command and encodes the
// result.
type method func(
	ctx context.Context, c *command.Commands, caller command.Caller, params jsontext.Value,
) (jsontext.Value, error)

// methods are all methods that a session may call after login, besides logout.
var methods = map[string]method{
	"ping":                    ping,
	"sendMessage":             decode(sendMessage),
	"getMessageList":          decode(getMessageList),
	"getConversationList":     decode(getConversationList),
	"setMessageRead":          decode(setMessageRead),
	"revokeMessage":           decodeKnown(revokeMessage),
	"setMessageExtensions":    setMessageExtensions,
	"getMessageExtensions":    decode(getMessageExtensions),
	"deleteMessageExtensions": decodeKnown(deleteMessageExtensions),

	"getMessageExtensionSummary": decode(getMessageExtensionSummary),
	"closeMessageExtensions":     decodeKnown(closeMessageExtensions),

	"getUserProfile":  decode(getUserProfile),
	"updateMyProfile": decode(updateMyProfile),

	"createGroup":        decode(createGroup),
	"joinGroup":          decode(joinGroup),
	"quitGroup":          decodeKnown(quitGroup),
	"dismissGroup":       decodeKnown(dismissGroup),
	"getGroupMemberList": decode(getGroupMemberList),
	"getGroupList":       decode(getGroupList),
	"getGroupProfile":    decode(getGroupProfile),
	"addGroupMember":     decode(addGroupMember),
	"deleteGroupMember":  decodeKnown(deleteGroupMember),
}

// methodNames are the names of the methods by their JSON. Nearly every request spells its method
// like that, and then a look-up gives the name without allocating a string.
var methodNames = func() map[string]string {
	names := make(map[string]string)
	for name := range methods {
		names[`"`+name+`"`] = name
	}
	return names
}()

// decode returns a method that decodes the params for handle. setMessageExtensions decodes its own,
// into a struct with room for an item.
func decode[P any](
	handle func(context.Context, *command.Commands, command.Caller, P) (jsontext.Value, error),
) method {
	return decodeBy(wire.Decode, handle)
}

// decodeKnown is decode for a method that deletes or ends something: it refuses unknown members.
func decodeKnown[P any](
	handle func(context.Context, *command.Commands, command.Caller, P) (jsontext.Value, error),
) method {
	return decodeBy(wire.DecodeKnown, handle)
}

func decodeBy[P any](
	decoder func(raw []byte, into any, code int) error,
	handle func(context.Context, *command.Commands, command.Caller, P) (jsontext.Value, error),
) method {
	return func(
		ctx context.Context, c *command.Commands, caller command.Caller, params jsontext.Value,
	) (jsontext.Value, error) {
		var p P
		if err := decoder(params, &p, refusal.InvalidParams); err != nil {
			return nil, err
		}
		return handle(ctx, c, caller, p)
	}
}

func ping(context.Context, *command.Commands, command.Caller, jsontext.Value) (jsontext.Value, error) {
	return jsontext.Value("{}"), nil
}

func sendMessage(ctx context.Context, c *command.Commands, caller command.Caller, p struct {
	To               string `json:"to"`
	ConversationType string `json:"conversationType"`
	Type             string `json:"type"`
	Payload          *struct {
		Text        string `json:"text"`
		Data        string `json:"data"`
		Description string `json:"description"`
		Extension   string `json:"extension"`
	} `json:"payload"`
	IsSupportExtension bool           `json:"isSupportExtension"`
	ExtensionRules     jsontext.Value `json:"extensionRules"`
	Random             *uint32        `json:"random"`
	ClientSequence     *uint32        `json:"clientSequence"`
	CloudCustomData    string         `json:"cloudCustomData"`
}) (jsontext.Value, error) {
	if p.Payload == nil {
		return nil, refusal.Field(refusal.InvalidParams, "payload", "missing")
	}
	cmd := command.SendMessage{
		Type: p.Type, Payload: command.Payload(*p.Payload), CloudCustomData: p.CloudCustomData,
		IsSupportExtension: p.IsSupportExtension, Random: p.Random, Sequence: p.ClientSequence,
	}
	var err error
	if cmd.Rules, err = decodeRules(p.ExtensionRules); err != nil {
		return nil, err
	}
	switch p.ConversationType {
	case "C2C":
		cmd.To = p.To
	case "GROUP":
		cmd.GroupID = p.To
		if err := command.CheckGroupID("to", cmd.GroupID); err != nil {
			return nil, err
		}
	default:
		return nil, refusal.Field(refusal.BadParameter, "conversationType", "%q is neither C2C nor GROUP",
			refusal.Clip(p.ConversationType))
	}
	record, err := c.SendMessage(ctx, caller, cmd)
	if err != nil {
		return nil, err
	}
	return wire.Encode(wireMessage{events.NewMessage(&record, caller.UserID)}), nil
}

func revokeMessage(ctx context.Context, c *command.Commands, caller command.Caller, p struct {
	MessageID string `json:"messageID"`
}) (jsontext.Value, error) {
	record, err := c.RecallMessage(ctx, caller, kv.MessageID(p.MessageID))
	if err != nil {
		return nil, err
	}
	return wire.Encode(wireMessage{events.NewMessage(&record, caller.UserID)}), nil
}

func getMessageList(ctx context.Context, c *command.Commands, caller command.Caller, p struct {
	ConversationID   string `json:"conversationID"`
	NextReqMessageID string `json:"nextReqMessageID"`
	Since            string `json:"since"`
	Count            int    `json:"count"`
}) (jsontext.Value, error) {
	cmd := command.GetMessageList{Before: kv.MessageID(p.NextReqMessageID), Since: p.Since, Count: p.Count}
	if groupID, ok := strings.CutPrefix(p.ConversationID, "GROUP"); ok {
		if err := command.CheckGroupID("conversationID", groupID); err != nil {
			return nil, err
		}
		cmd.GroupID = groupID
	} else if cmd.Peer, ok = strings.CutPrefix(p.ConversationID, "C2C"); !ok {
		return nil, refusal.Field(refusal.BadParameter, "conversationID",
			"%q is neither C2C<userID> nor GROUP<groupID>", refusal.Clip(p.ConversationID))
	}
	list, err := c.GetMessageList(ctx, caller, cmd)
	if err != nil {
		return nil, err
	}
	w := wireMessageList{
		MessageList:      make([]events.Message, len(list.Messages)),
		NextReqMessageID: list.Next, IsCompleted: list.Next == "",
	}
	for i := range list.Messages {
		w.MessageList[i] = events.NewMessage(&list.Messages[i], caller.UserID)
	}
	return wire.Encode(w), nil
}

// extensionParams are the params of a set.
type extensionParams struct {
	MessageID  string          `json:"messageID"`
	Extensions []wireExtension `json:"extensions"`
	Atomic     bool            `json:"atomic"`

	// Room for one item, which nearly every request has. Each saves one of a set's 73 allocations.
	oneParam   [1]wireExtension
	oneCommand [1]command.Extension
}

type wireExtension struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	Seq   int64  `json:"seq"`
}

func decodeExtensions(params jsontext.Value) (*extensionParams, error) {
	p := new(extensionParams)
	p.Extensions = p.oneParam[:0]
	return p, wire.Decode(params, p, refusal.InvalidParams)
}

func (p *extensionParams) command() command.SetExtensions {
	cmd := command.SetExtensions{MessageID: kv.MessageID(p.MessageID), Extensions: p.oneCommand[:0], Atomic: p.Atomic}
	for _, e := range p.Extensions {
		cmd.Extensions = append(cmd.Extensions, command.Extension(e))
	}
	return cmd
}

func setMessageExtensions(
	ctx context.Context, c *command.Commands, caller command.Caller, params jsontext.Value,
) (jsontext.Value, error) {
	p, err := decodeExtensions(params)
	if err != nil {
		return nil, err
	}
	changed, err := c.SetExtensions(ctx, caller, p.command())
	if err != nil {
		return nil, err
	}
	return encodeChanged(changed), nil
}

// deleteMessageExtensions deletes the pairs of a list, or all with clear. An item may have a value,
// as in a set, which does not matter. Anything that is neither a list nor a clear, or both, is
// refused: guessing wrong would delete everything.
func deleteMessageExtensions(ctx context.Context, c *command.Commands, caller command.Caller, p struct {
	MessageID  string          `json:"messageID"`
	Extensions []wireExtension `json:"extensions"`
	Clear      bool            `json:"clear"`
}) (jsontext.Value, error) {
	var changed command.Changed
	var err error
	switch {
	case p.Clear && p.Extensions != nil:
		err = refusal.Fields(refusal.InvalidParams, []string{"clear", "extensions"},
			"either all pairs are deleted, or those of a list")
	case p.Clear:
		changed, err = c.ClearExtensions(ctx, caller, kv.MessageID(p.MessageID))
	case len(p.Extensions) == 0:
		err = refusal.Field(refusal.InvalidParams, "extensions", "none given; clear: true deletes all")
	default:
		cmd := command.DeleteExtensions{MessageID: kv.MessageID(p.MessageID)}
		for _, e := range p.Extensions {
			cmd.Extensions = append(cmd.Extensions, command.Extension(e))
		}
		changed, err = c.DeleteExtensions(ctx, caller, cmd)
	}
	if err != nil {
		return nil, err
	}
	return encodeChanged(changed), nil
}

func getMessageExtensions(ctx context.Context, c *command.Commands, caller command.Caller, p struct {
	MessageID string `json:"messageID"`
	StartSeq  int64  `json:"startSeq"`
}) (jsontext.Value, error) {
	page, err := c.GetExtensions(ctx, caller, command.GetExtensions{
		MessageID: kv.MessageID(p.MessageID), StartSeq: p.StartSeq,
	})
	if err != nil {
		return nil, err
	}
	return page.Encoded(encodePage), nil
}
