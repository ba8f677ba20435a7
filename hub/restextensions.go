package hub

import (
	"context"

	"exthub/kv"
)

// maxMsgKey is how long a MsgKey may be: three numbers and what joins them take less.
const maxMsgKey = 50

// OperateType says what a set command does.
const (
	operateSet    = 1
	operateDelete = 2
	operateClear  = 3
)

// extensionNames: a message has no ID of its own here, and two names for what it is found by.
var extensionNames = map[string]string{
	"extensions": "ExtensionList", "key": "Key", "value": "Value", "seq": "Seq", "startSeq": "StartSeq", "groupID": "GroupId",
}

// restMessage names a one-to-one message: who sent it (the caller if empty), to whom, and its key.
type restMessage struct {
	From   text `json:"From_Account"`
	To     text `json:"To_Account"`
	MsgKey text `json:"MsgKey"`
}

func (m restMessage) id(who caller) (kv.MessageID, error) {
	ref := kv.Ref{From: string(m.From), To: string(m.To), MsgKey: string(m.MsgKey)}
	if ref.From == "" {
		ref.From = who.userID
	}
	if err := checkUserID("From_Account", ref.From); err != nil {
		return "", err
	}
	if err := checkUserID("To_Account", ref.To); err != nil {
		return "", err
	}
	if n := len(ref.MsgKey); n == 0 || n > maxMsgKey || !printable(ref.MsgKey) {
		return "", refuse(badParameter, "MsgKey: must be 1 to %d printable ASCII characters", maxMsgKey)
	}
	return ref.ID(), nil
}

// restGroupMessage names a group message.
type restGroupMessage struct {
	GroupID text  `json:"GroupId"`
	MsgSeq  int64 `json:"MsgSeq"`
	TopicID text  `json:"TopicId"`
}

func (m restGroupMessage) id() (kv.MessageID, error) {
	if m.MsgSeq < 1 {
		return "", refuse(badParameter, "MsgSeq: %d is not the number of a message", m.MsgSeq)
	}
	if err := noTopic(m.TopicID); err != nil {
		return "", err
	}
	if err := checkGroupID(string(m.GroupID)); err != nil {
		return "", err
	}
	return kv.Ref{GroupID: string(m.GroupID), MsgSeq: uint64(m.MsgSeq)}.ID(), nil
}

// noTopic refuses what is meant for a part of a group only: to do it to the whole group would be worse than not to do it.
func noTopic(id text) error {
	if id != "" {
		return refuse(badParameter, "TopicId: this hub's groups have no topics")
	}
	return nil
}

// restChange is what a set command wants of a message. A Seq is read but of no account: app admins need none.
type restChange struct {
	OperateType   int `json:"OperateType"`
	ExtensionList []struct {
		Key   text  `json:"Key"`
		Value text  `json:"Value"`
		Seq   int64 `json:"Seq"`
	} `json:"ExtensionList"`
}

type restPair struct {
	Key   string
	Value string
	Seq   uint64
}

type restOutcome struct {
	ErrorCode int
	Extension restPair
}

type restChanged struct {
	restReply
	ExtensionList []restOutcome
}

// apply returns the outcome per item; of a clear there is none.
func (p restChange) apply(ctx context.Context, c *commands, who caller, id kv.MessageID) (any, error) {
	cmd := SetExtensions{MessageID: id}
	for _, e := range p.ExtensionList {
		cmd.Extensions = append(cmd.Extensions, Extension{string(e.Key), string(e.Value), e.Seq})
	}
	var changed Changed
	var err error
	switch {
	case p.OperateType == operateSet:
		changed, err = c.SetExtensions(ctx, who, cmd)
	case p.OperateType == operateDelete && len(cmd.Extensions) == 0:
		// For the command, none means all.
		err = refuse(badParameter, "ExtensionList: none given; OperateType 3 deletes all")
	case p.OperateType == operateDelete:
		changed, err = c.DeleteExtensions(ctx, who, DeleteExtensions(cmd))
	case p.OperateType == operateClear:
		changed, err = c.DeleteExtensions(ctx, who, DeleteExtensions{MessageID: id})
	default:
		err = refuse(badParameter, "OperateType: %d is not 1 (set), 2 (delete) or 3 (clear)", p.OperateType)
	}
	if err != nil {
		return nil, err
	}
	reply := restChanged{restOK, make([]restOutcome, len(changed.Outcomes))}
	for i, o := range changed.Outcomes {
		reply.ExtensionList[i] = restOutcome{o.Code, restPair{o.Pair.Key, o.Pair.Value, o.Pair.Seq}}
	}
	return reply, nil
}

// restPage is the answer to a get. PurgedSeq is ours: deletions at or below it are not listed.
type restPage struct {
	restReply
	CompleteFlag  int
	LatestSeq     uint64
	ClearSeq      uint64
	PurgedSeq     uint64
	ExtensionList []restPair
}

func readPage(ctx context.Context, c *commands, who caller, id kv.MessageID, startSeq int64) (any, error) {
	page, err := c.GetExtensions(ctx, who, GetExtensions{id, startSeq})
	if err != nil {
		return nil, err
	}
	reply := restPage{restOK, 0, page.LatestSeq, page.ClearSeq, page.PurgedSeq, make([]restPair, len(page.Pairs))}
	if page.Complete {
		reply.CompleteFlag = 1
	}
	for i, p := range page.Pairs {
		reply.ExtensionList[i] = restPair{p.Key, p.Value, p.Seq}
	}
	return reply, nil
}

func setKeyValues(ctx context.Context, c *commands, who caller, p struct {
	restMessage
	restChange
}) (any, error) {
	id, err := p.id(who)
	if err != nil {
		return nil, err
	}
	return p.apply(ctx, c, who, id)
}

func groupSetKeyValues(ctx context.Context, c *commands, who caller, p struct {
	restGroupMessage
	restChange
}) (any, error) {
	id, err := p.id()
	if err != nil {
		return nil, err
	}
	return p.apply(ctx, c, who, id)
}

func getKeyValues(ctx context.Context, c *commands, who caller, p struct {
	restMessage
	StartSeq int64
}) (any, error) {
	id, err := p.id(who)
	if err != nil {
		return nil, err
	}
	return readPage(ctx, c, who, id, p.StartSeq)
}

func groupGetKeyValues(ctx context.Context, c *commands, who caller, p struct {
	restGroupMessage
	StartSeq int64
}) (any, error) {
	id, err := p.id()
	if err != nil {
		return nil, err
	}
	return readPage(ctx, c, who, id, p.StartSeq)
}
