package webhook

import (
	"bytes"
	"encoding/json"

	"exthub/kv"
	"exthub/kv/ballot"
)

// callback is the body of one request. Names and shape are those of Tencent Chat's callbacks "after
// a message extension is configured"; PurgedSeq, Summary
// and the close are ours.
type callback struct {
	CallbackCommand string

	From   string `json:"From_Account,omitempty"` // of a one-to-one message
	To     string `json:"To_Account,omitempty"`
	MsgKey string `json:",omitempty"`

	GroupId string `json:",omitempty"` // of a group message
	MsgSeq  uint64 `json:",omitempty"`

	OperateType   int    // 1 set, 2 deleted, 3 cleared, 4 closed
	ExtensionList []pair // [] if cleared, closed, or hidden by the message's rules
	Seq           uint64 // the highest in this callback
	PurgedSeq     uint64 // deletions at or below it are not told
	EventTime     int64  // Unix milliseconds

	Summary *summary `json:",omitempty"` // of a message with rules, as it is now
}

// summary is what the pairs of a message come to.
type summary struct {
	Pairs     int
	Answers   []ballot.Counts `json:",omitempty"` // null for a text
	LatestSeq uint64
	ClosedSeq uint64 `json:",omitempty"`
	CloseAt   int64  `json:",omitempty"` // Unix seconds
}

// pair is a pair that was set or, with an empty Value, deleted.
type pair struct {
	Key   string
	Value string
	Seq   uint64
}

const (
	opSet    = 1
	opDelete = 2
	opClear  = 3
	opClose  = 4
)

// maxPairs is the most pairs in one callback.
const maxPairs = 200

// newCallback describes the clear if there was one, else the first pairs that are all set or all
// deleted, or else the close.
func newCallback(news kv.News) callback {
	c := callback{
		CallbackCommand: "C2C.CallbackAfterC2CMsgExtension",
		From:            news.Ref.From, To: news.Ref.To, MsgKey: news.Ref.MsgKey,
		OperateType: opClear, ExtensionList: []pair{},
		Seq: news.ClearSeq, PurgedSeq: news.PurgedSeq, EventTime: news.Time.UnixMilli(),
	}
	if news.Ref.GroupID != "" {
		c.CallbackCommand = "Group.CallbackAfterGroupMsgExtension"
		c.GroupId, c.MsgSeq = news.Ref.GroupID, news.Ref.MsgSeq
	}
	hidden := false
	if news.Poll != nil {
		// The backend is told what an app admin is shown.
		s := summary(news.Poll.Summary)
		c.Summary, hidden = &s, !news.Poll.Record.Rules.Pairs(true, s.ClosedSeq > 0)
	}
	switch {
	case news.ClearSeq > 0:
		return c
	case len(news.Pairs) == 0:
		c.OperateType, c.Seq = opClose, news.ClosedSeq
		return c
	}
	c.OperateType = opSet
	if news.Pairs[0].Deleted {
		c.OperateType = opDelete
	}
	for _, p := range news.Pairs {
		if p.Deleted != news.Pairs[0].Deleted || len(c.ExtensionList) == maxPairs {
			break
		}
		if !hidden {
			c.ExtensionList = append(c.ExtensionList, pair{p.Key, p.Value, p.Seq})
		}
		c.Seq = p.Seq
	}
	return c
}

// recallCallback is the body of the request about a message that was recalled, as in Tencent Chat's
// callbacks "after a message is recalled". Operator_Account of a one-to-one message and Seq are
// ours. What its Type and UnreadMsgNum would say, the store does not know.
type recallCallback struct {
	CallbackCommand string

	From   string `json:"From_Account,omitempty"`
	To     string `json:"To_Account,omitempty"`
	MsgKey string `json:",omitempty"`

	GroupId    string        `json:",omitempty"`
	MsgSeqList []recalledSeq `json:",omitempty"`

	Operator  string `json:"Operator_Account"` // who recalled it
	Seq       uint64 // of the recall, after that of everything that was told of the message before
	EventTime int64  // Unix milliseconds
}

type recalledSeq struct{ MsgSeq uint64 }

func newRecallCallback(news kv.News) recallCallback {
	c := recallCallback{Operator: news.Recalled.By, Seq: news.ClearSeq, EventTime: news.Recalled.Time * 1000}
	if news.Ref.GroupID != "" {
		c.CallbackCommand, c.GroupId = "Group.CallbackAfterRecallMsg", news.Ref.GroupID
		c.MsgSeqList = []recalledSeq{{news.Ref.MsgSeq}}
		return c
	}
	c.CallbackCommand = "C2C.CallbackAfterMsgWithDraw"
	c.From, c.To, c.MsgKey = news.Ref.From, news.Ref.To, news.Ref.MsgKey
	return c
}

func encode(callback any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(callback); err != nil {
		panic(err) // a callback can always be encoded
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
