package hub

import (
	"github.com/go-json-experiment/json/jsontext"

	"exthub/events"
	"exthub/kv"
)

// What the WebSocket door answers. Lists are never null: a client can walk them without looking.

type wirePair struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	Seq   uint64 `json:"seq"`
}

type wireOutcome struct {
	Code int `json:"code"`
	wirePair
}

type wireChanged struct {
	Extensions []wireOutcome `json:"extensions"`
	LatestSeq  uint64        `json:"latestSeq"`
}

type wirePage struct {
	Extensions   []wirePair `json:"extensions"`
	LatestSeq    uint64     `json:"latestSeq"`
	ClearSeq     uint64     `json:"clearSeq"`
	PurgedSeq    uint64     `json:"purgedSeq"`
	CompleteFlag int        `json:"completeFlag"`
}

type wireMessage struct {
	Message events.Message `json:"message"`
}

type wireMessageList struct {
	MessageList      []events.Message `json:"messageList"`
	NextReqMessageID kv.MessageID     `json:"nextReqMessageID"`
	IsCompleted      bool             `json:"isCompleted"`
}

type wireGroup struct {
	GroupID    string `json:"groupID"`
	Type       string `json:"type"`
	Name       string `json:"name"`
	OwnerID    string `json:"ownerID"`
	JoinOption string `json:"joinOption"`
	CreateTime int64  `json:"createTime"` // Unix seconds
}

type wireMember struct {
	UserID   string `json:"userID"`
	Role     string `json:"role"`
	JoinTime int64  `json:"joinTime"` // Unix seconds
}

func newWirePair(p kv.Pair) wirePair { return wirePair{p.Key, p.Value, p.Seq} }

func newWireChanged(c Changed) wireChanged {
	w := wireChanged{Extensions: make([]wireOutcome, len(c.Outcomes)), LatestSeq: c.LatestSeq}
	for i, o := range c.Outcomes {
		w.Extensions[i] = wireOutcome{o.Code, newWirePair(o.Pair)}
	}
	return w
}

func encodePage(p *Page) jsontext.Value {
	w := wirePage{Extensions: make([]wirePair, len(p.Pairs)), LatestSeq: p.LatestSeq, ClearSeq: p.ClearSeq, PurgedSeq: p.PurgedSeq}
	for i, pair := range p.Pairs {
		w.Extensions[i] = newWirePair(pair)
	}
	if p.Complete {
		w.CompleteFlag = 1
	}
	return encode(w)
}

func newWireGroup(g kv.GroupInfo) wireGroup {
	return wireGroup{g.GroupID, g.Type, g.Name, g.Owner, g.JoinOption, g.CreateTime}
}

func newWireMembers(members []kv.Member) []wireMember {
	w := make([]wireMember, len(members))
	for i, m := range members {
		w[i] = wireMember{m.UserID, m.Role, m.JoinTime}
	}
	return w
}

// orEmpty makes a list that is never null.
func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
