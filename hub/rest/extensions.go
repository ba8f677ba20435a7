package rest

import (
	"context"
	"fmt"

	"exthub/hub/command"
	"exthub/hub/refusal"
	"exthub/kv"
)

// maxMsgKey is how many bytes a MsgKey may have. Three numbers and what joins them have fewer.
const maxMsgKey = 50

// Values of OperateType, which says what a set command does.
const (
	operateSet    = 1
	operateDelete = 2
	operateClear  = 3
)

// extensionNames are the parameters of the commands on pairs. messageID has none here: a message is
// named by its accounts and its key, or by its group and its number, and checked by this door.
var extensionNames = map[string]string{
	"extensions": "ExtensionList", "key": "Key", "value": "Value", "seq": "Seq", "startSeq": "StartSeq",
	"groupID": "GroupId", "closeAt": "CloseAt", "details": "Details",
	"extensionRules": "ExtensionRules", "isSupportExtension": "SupportMessageExtension",
}

// messageRef names a one-to-one message: its sender (the caller if empty), its receiver and its
// key. The caller is who asks, so a receiver has to name the sender.
type messageRef struct {
	From   string `json:"From_Account"`
	To     string `json:"To_Account"`
	MsgKey string `json:"MsgKey"`
}

func (m messageRef) id(caller command.Caller) (kv.MessageID, error) {
	ref := kv.Ref{From: m.From, To: m.To, MsgKey: m.MsgKey}
	if ref.From == "" {
		ref.From = caller.UserID
	}
	if err := command.CheckUserID("From_Account", ref.From); err != nil {
		return "", err
	}
	if err := command.CheckUserID("To_Account", ref.To); err != nil {
		return "", err
	}
	if n := len(ref.MsgKey); n == 0 || n > maxMsgKey || !command.Printable(ref.MsgKey) {
		return "", refusal.Field(refusal.BadParameter, "MsgKey", "must be 1 to %d printable ASCII characters",
			maxMsgKey)
	}
	return ref.ID(), nil
}

// groupMessageRef names a group message.
type groupMessageRef struct {
	GroupID string `json:"GroupId"`
	MsgSeq  int64  `json:"MsgSeq"`
	TopicID string `json:"TopicId"`
}

func (m groupMessageRef) id() (kv.MessageID, error) {
	if m.MsgSeq < 1 {
		return "", refusal.Field(refusal.BadParameter, "MsgSeq", "%d is not the number of a message", m.MsgSeq)
	}
	if err := noTopic(m.TopicID); err != nil {
		return "", err
	}
	if err := command.CheckGroupID("GroupId", m.GroupID); err != nil {
		return "", err
	}
	return kv.Ref{GroupID: m.GroupID, MsgSeq: uint64(m.MsgSeq)}.ID(), nil
}

// noTopic refuses a call for a topic of a group. There are none here, and applying the call to the
// whole group would be worse than not carrying it out.
func noTopic(id string) error {
	if id != "" {
		return refusal.Field(refusal.BadParameter, "TopicId", "this hub's groups have no topics")
	}
	return nil
}

// changeRequest is what a set command wants of a message. A member has to name each Seq; an app
// admin's has no effect.
type changeRequest struct {
	OperateType   int  `json:"OperateType"`
	Atomic        bool `json:"Atomic"` // of a set: all items or none
	ExtensionList []struct {
		Key   string `json:"Key"`
		Value string `json:"Value"`
		Seq   *int64 `json:"Seq"`
	} `json:"ExtensionList"`
}

// items returns the request's items, or a refusal if a member names no Seq. One that was left out
// is not taken for 0, which is the Seq of a pair that is not there: it is what every backend of an
// app admin leaves out.
func (p changeRequest) items(caller command.Caller) ([]command.Extension, error) {
	items := make([]command.Extension, len(p.ExtensionList))
	for i, e := range p.ExtensionList {
		items[i] = command.Extension{Key: e.Key, Value: e.Value}
		switch {
		case e.Seq != nil:
			items[i].Seq = *e.Seq
		case !caller.Admin:
			return nil, refusal.Field(refusal.BadParameter, fmt.Sprintf("ExtensionList[%d].Seq", i),
				"missing: name the Seq of the pair as you know it, 0 if there is none")
		}
	}
	return items, nil
}

func (p changeRequest) deletes() bool {
	return p.OperateType == operateDelete || p.OperateType == operateClear
}

type pair struct {
	Key     string
	Value   string
	Seq     uint64
	Created uint64 `json:",omitzero"` // of a message with rules: the Seq of the first set
	Time    int64  `json:",omitzero"` // Unix seconds; see getRequest
}

func newPair(p kv.Pair) pair { return pair{Key: p.Key, Value: p.Value, Seq: p.Seq, Created: p.Created} }

type outcome struct {
	ErrorCode int
	Extension pair
}

type changeReply struct {
	envelope
	ExtensionList []outcome
}

// apply carries out a set command and returns the outcome of each item. A clear has no items.
func (p changeRequest) apply(
	ctx context.Context, c *command.Commands, caller command.Caller, id kv.MessageID,
) (any, error) {
	items, err := p.items(caller)
	if err != nil {
		return nil, err
	}
	cmd := command.SetExtensions{MessageID: id, Extensions: items, Atomic: p.Atomic}
	var changed command.Changed
	switch {
	case p.OperateType == operateSet:
		changed, err = c.SetExtensions(ctx, caller, cmd)
	case p.OperateType == operateDelete && len(cmd.Extensions) == 0:
		err = refusal.Field(refusal.BadParameter, "ExtensionList", "none given; OperateType 3 deletes all")
	case p.OperateType == operateDelete:
		changed, err = c.DeleteExtensions(ctx, caller, command.DeleteExtensions{MessageID: id, Extensions: items})
	case p.OperateType == operateClear && len(cmd.Extensions) > 0:
		// Whoever names pairs does not mean all of them.
		err = refusal.Field(refusal.BadParameter, "ExtensionList", "OperateType 3 deletes all and takes no list")
	case p.OperateType == operateClear:
		changed, err = c.ClearExtensions(ctx, caller, id)
	default:
		err = refusal.Field(refusal.BadParameter, "OperateType", "%d is not 1 (set), 2 (delete) or 3 (clear)",
			p.OperateType)
	}
	if err != nil {
		return nil, err
	}
	reply := changeReply{success, make([]outcome, len(changed.Outcomes))}
	for i, o := range changed.Outcomes {
		reply.ExtensionList[i] = outcome{o.Code, newPair(o.Pair)}
	}
	return reply, nil
}

// pageReply is the answer to a get. PurgedSeq is not in Tencent's: changes up to it may be missing.
type pageReply struct {
	envelope
	CompleteFlag  int
	LatestSeq     uint64
	ClearSeq      uint64
	PurgedSeq     uint64
	ClosedSeq     uint64 `json:",omitzero"` // of a message with rules, once it is closed
	ExtensionList []pair
	// Of a message with rules, with Details
	ExtensionRules *extensionRules `json:",omitempty"`
}

// getRequest says what of a message is wanted. With Details, which are for app admins, each pair
// has its Time, and the reply the message's rules.
type getRequest struct {
	StartSeq int64
	Details  bool
}

// apply carries out a get command.
func (p getRequest) apply(
	ctx context.Context, c *command.Commands, caller command.Caller, id kv.MessageID,
) (any, error) {
	// Calls go through a balancer, to any hub: whoever has written through one reads it on another
	cmd := command.GetExtensions{MessageID: id, StartSeq: p.StartSeq, Latest: true}
	if !p.Details {
		page, err := c.GetExtensions(ctx, caller, cmd)
		if err != nil {
			return nil, err
		}
		return newPageReply(page), nil
	}
	details, err := c.GetDetails(ctx, caller, cmd)
	if err != nil {
		return nil, err
	}
	reply := newPageReply(details.Page)
	for i, at := range details.Times {
		if !at.IsZero() {
			reply.ExtensionList[i].Time = at.Unix()
		}
	}
	if details.Rules != nil {
		reply.ExtensionRules = newRules(details.Rules)
	}
	return reply, nil
}

func newPageReply(page *command.Page) pageReply {
	reply := pageReply{
		envelope: success, LatestSeq: page.LatestSeq, ClearSeq: page.ClearSeq, PurgedSeq: page.PurgedSeq,
		ClosedSeq: page.ClosedSeq, ExtensionList: make([]pair, len(page.Pairs)),
	}
	if page.Complete {
		reply.CompleteFlag = 1
	}
	for i, p := range page.Pairs {
		reply.ExtensionList[i] = newPair(p)
	}
	return reply
}

func setKeyValues(ctx context.Context, c *command.Commands, caller command.Caller, p struct {
	messageRef
	changeRequest
}) (any, error) {
	id, err := p.id(caller)
	if err != nil {
		return nil, err
	}
	return p.apply(ctx, c, caller, id)
}

func groupSetKeyValues(ctx context.Context, c *command.Commands, caller command.Caller, p struct {
	groupMessageRef
	changeRequest
}) (any, error) {
	id, err := p.id()
	if err != nil {
		return nil, err
	}
	return p.apply(ctx, c, caller, id)
}

func getKeyValues(ctx context.Context, c *command.Commands, caller command.Caller, p struct {
	messageRef
	getRequest
}) (any, error) {
	id, err := p.id(caller)
	if err != nil {
		return nil, err
	}
	return p.apply(ctx, c, caller, id)
}

func groupGetKeyValues(ctx context.Context, c *command.Commands, caller command.Caller, p struct {
	groupMessageRef
	getRequest
}) (any, error) {
	id, err := p.id()
	if err != nil {
		return nil, err
	}
	return p.apply(ctx, c, caller, id)
}
