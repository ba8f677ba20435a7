package hub

import (
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"exthub/events"
	"exthub/hub/command"
	"exthub/hub/wire"
	"exthub/kv"
)

// The types below are the results of the WebSocket door. Lists are never null: a client can walk
// them without a check.

type wirePair struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	Seq   uint64 `json:"seq"`
	// Of a message with rules: the Seq of the first set
	Created uint64 `json:"created,omitzero"`
}

type wirePage struct {
	Extensions   []wirePair `json:"extensions"`
	LatestSeq    uint64     `json:"latestSeq"`
	ClearSeq     uint64     `json:"clearSeq"`
	PurgedSeq    uint64     `json:"purgedSeq"`
	ClosedSeq    uint64     `json:"closedSeq,omitzero"`
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
	Guests     bool   `json:"guests,omitzero"`
}

// wireOwnGroup is a group as one of its members sees it.
type wireOwnGroup struct {
	wireGroup

	Role        string `json:"role"`
	JoinTime    int64  `json:"joinTime"`             // Unix seconds
	MemberCount int    `json:"memberCount,omitzero"` // where it is known
}

type wireMember struct {
	UserID   string `json:"userID"`
	Role     string `json:"role"`
	JoinTime int64  `json:"joinTime"` // Unix seconds
	Nick     string `json:"nick"`
	Avatar   string `json:"avatar"`
}

type wireProfile struct {
	UserID string `json:"userID"`
	Nick   string `json:"nick"`
	Avatar string `json:"avatar"`
}

func newWirePair(p kv.Pair) wirePair { return wirePair{p.Key, p.Value, p.Seq, p.Created} }

// encodeChanged returns the JSON of a set's or a deletion's result. It is written by hand because
// it answers every vote.
func encodeChanged(c command.Changed) jsontext.Value {
	size := 64
	for _, o := range c.Outcomes {
		size += len(o.Pair.Key) + len(o.Pair.Value) + 64
	}
	b := append(make([]byte, 0, size), `{"extensions":[`...)
	for i, o := range c.Outcomes {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(b, `{"code":`...), int64(o.Code), 10)
		b = wire.AppendText(append(b, `,"key":`...), o.Pair.Key)
		b = wire.AppendText(append(b, `,"value":`...), o.Pair.Value)
		b = strconv.AppendUint(append(b, `,"seq":`...), o.Pair.Seq, 10)
		if o.Pair.Created > 0 {
			b = strconv.AppendUint(append(b, `,"created":`...), o.Pair.Created, 10)
		}
		b = append(b, '}')
	}
	b = strconv.AppendUint(append(b, `],"latestSeq":`...), c.LatestSeq, 10)
	return append(b, '}')
}

func encodePage(p *command.Page) []byte {
	w := wirePage{
		Extensions: make([]wirePair, len(p.Pairs)),
		LatestSeq:  p.LatestSeq, ClearSeq: p.ClearSeq, PurgedSeq: p.PurgedSeq, ClosedSeq: p.ClosedSeq,
	}
	for i, pair := range p.Pairs {
		w.Extensions[i] = newWirePair(pair)
	}
	if p.Complete {
		w.CompleteFlag = 1
	}
	return wire.Encode(w)
}

func newWireGroup(g kv.GroupInfo) wireGroup {
	return wireGroup{g.GroupID, g.Type, g.Name, g.Owner, g.JoinOption, g.CreateTime, g.Guests}
}

func newWireMembers(members []kv.Member, profiles []kv.Profile) []wireMember {
	w := make([]wireMember, len(members))
	for i, m := range members {
		w[i] = wireMember{m.UserID, m.Role, m.JoinTime, profiles[i].Nick, profiles[i].Avatar}
	}
	return w
}

func newWireOwnGroup(m kv.Membership) wireOwnGroup {
	return wireOwnGroup{wireGroup: newWireGroup(m.Group), Role: m.Member.Role, JoinTime: m.Member.JoinTime}
}

// orEmpty returns a list that is [] in JSON when it is empty, never null.
func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
