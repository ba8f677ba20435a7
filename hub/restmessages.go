package hub

import "context"

var messageNames = map[string]string{
	"payload": "MsgContent", "text": "Text", "data": "Data", "description": "Desc", "extension": "Ext", "cloudCustomData": "CloudCustomData",
	"from": "From_Account", "to": "To_Account", "groupID": "GroupId",
}

// restContent is what both kinds of message have in common. Fields of the reference that are not here are accepted and have no effect.
type restContent struct {
	From text `json:"From_Account"` // the caller if empty
	Body []struct {
		Type    text `json:"MsgType"`
		Content struct {
			Text text `json:"Text"`
			Data text `json:"Data"`
			Desc text `json:"Desc"`
			Ext  text `json:"Ext"`
		} `json:"MsgContent"`
	} `json:"MsgBody"`
	CloudCustomData         text `json:"CloudCustomData"`
	SupportMessageExtension int  `json:"SupportMessageExtension"`
}

// command returns what to send, but for the address.
func (p restContent) command() (SendMessage, error) {
	switch {
	case len(p.Body) != 1:
		return SendMessage{}, refuse(badParameter, "MsgBody: %d elements; a message has exactly one here", len(p.Body))
	case p.Body[0].Type != "TIMTextElem" && p.Body[0].Type != "TIMCustomElem":
		return SendMessage{}, refuse(badParameter, "MsgBody[0].MsgType: %q is neither TIMCustomElem nor TIMTextElem", clip(string(p.Body[0].Type)))
	case p.SupportMessageExtension != 0 && p.SupportMessageExtension != 1:
		return SendMessage{}, refuse(badParameter, "SupportMessageExtension: %d is neither 0 nor 1", p.SupportMessageExtension)
	}
	content := p.Body[0].Content
	return SendMessage{
		From: string(p.From), Type: string(p.Body[0].Type), CloudCustomData: string(p.CloudCustomData), IsSupportExtension: p.SupportMessageExtension == 1,
		Payload: Payload{string(content.Text), string(content.Data), string(content.Desc), string(content.Ext)},
	}, nil
}

// restSent is the answer to sendmsg. With the two accounts, MsgKey is what the message's pairs are found by; MsgId is its ID at the WebSocket door.
type restSent struct {
	restReply
	MsgTime int64
	MsgKey  string
	MsgId   string
}

func restSendMessage(ctx context.Context, c *commands, who caller, p struct {
	restContent
	To     text    `json:"To_Account"`
	Seq    *uint32 `json:"MsgSeq"`
	Random *uint32 `json:"MsgRandom"`
}) (any, error) {
	cmd, err := p.command()
	if err != nil {
		return nil, err
	}
	cmd.To, cmd.Sequence, cmd.Random = string(p.To), p.Seq, p.Random
	record, err := c.SendMessage(ctx, who, cmd)
	if err != nil {
		return nil, err
	}
	return restSent{restOK, record.Time, record.Ref.MsgKey, string(record.Ref.ID())}, nil
}

// restGroupSent is the answer to send_group_msg. With the group, MsgSeq is what the message's pairs are found by.
type restGroupSent struct {
	restReply
	MsgTime int64
	MsgSeq  uint64
	MsgId   string
}

func restSendGroupMessage(ctx context.Context, c *commands, who caller, p struct {
	restContent
	GroupID text    `json:"GroupId"`
	Random  *uint32 `json:"Random"`
	To      []text  `json:"To_Account"`
	TopicID text    `json:"TopicId"`
}) (any, error) {
	cmd, err := p.command()
	if err != nil {
		return nil, err
	}
	if err := noTopic(p.TopicID); err != nil {
		return nil, err
	}
	if len(p.To) > 0 {
		// Whispering to some is not known here, and telling everybody would give it away.
		return nil, refuse(badParameter, "To_Account: a message goes to the whole group here")
	}
	if err := checkGroupID(string(p.GroupID)); err != nil {
		return nil, err
	}
	cmd.GroupID, cmd.Random = string(p.GroupID), p.Random
	record, err := c.SendMessage(ctx, who, cmd)
	if err != nil {
		return nil, err
	}
	return restGroupSent{restOK, record.Time, record.Ref.MsgSeq, string(record.Ref.ID())}, nil
}
