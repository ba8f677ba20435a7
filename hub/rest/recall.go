package rest

import (
	"context"
	"errors"

	"exthub/hub/command"
	"exthub/hub/refusal"
	"exthub/kv"
)

// maxRecalls is how many messages of a group one call may recall.
const maxRecalls = 10

// recallNames are the parameters of the commands that recall.
var recallNames = map[string]string{"groupID": "GroupId"}

func recallMessage(ctx context.Context, c *command.Commands, caller command.Caller, p messageRef) (any, error) {
	id, err := p.id(caller)
	if err != nil {
		return nil, err
	}
	_, err = c.RecallMessage(ctx, caller, id)
	var refused *refusal.Error
	if errors.As(err, &refused) && refused.Code == refusal.NoSuchMessage {
		err = refusal.New(noMessage, "%s", refused.Text) // as Tencent says it here
	}
	return success, err
}

// recallReply is the answer to group_msg_recall, with an item for each of the request's.
type recallReply struct {
	envelope
	RecallRetList []recallResult
}

// recallResult says what became of a message: RetCode is 0, also if it was recalled before, or
// 10030.
type recallResult struct {
	MsgSeq  int64
	RetCode int
}

// recallGroupMessages recalls some messages of a group, each by itself. A call that fails may have
// recalled some of them, and can be made again.
func recallGroupMessages(ctx context.Context, c *command.Commands, caller command.Caller, p struct {
	GroupID    string `json:"GroupId"`
	TopicID    string `json:"TopicId"`
	MsgSeqList []struct {
		MsgSeq int64 `json:"MsgSeq"`
	} `json:"MsgSeqList"`
	Reason any `json:"Reason"` // known, and without effect
}) (any, error) {
	if err := noTopic(p.TopicID); err != nil {
		return nil, err
	}
	if err := command.CheckGroupID("groupID", p.GroupID); err != nil {
		return nil, err
	}
	switch n := len(p.MsgSeqList); {
	case n == 0:
		return nil, refusal.Field(refusal.BadParameter, "MsgSeqList", "none given")
	case n > maxRecalls:
		return nil, refusal.Field(refusal.BadParameter, "MsgSeqList", "%d messages, at most %d", n, maxRecalls)
	}
	reply := recallReply{success, make([]recallResult, len(p.MsgSeqList))}
	recalled := false
	for i, item := range p.MsgSeqList {
		reply.RecallRetList[i].MsgSeq = item.MsgSeq
		ref := kv.Ref{GroupID: p.GroupID, MsgSeq: uint64(max(item.MsgSeq, 0))} // none has the number 0
		_, err := c.RecallMessage(ctx, caller, ref.ID())
		var refused *refusal.Error
		switch {
		case errors.As(err, &refused) && refused.Code == refusal.NoSuchMessage:
			reply.RecallRetList[i].RetCode = noGroupMessage
		case err != nil && recalled:
			return nil, command.Partly(err)
		case err != nil:
			return nil, err
		default:
			recalled = true
		}
	}
	return reply, nil
}
