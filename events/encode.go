package events

import (
	"encoding/json"
	"strconv"

	"exthub/kv"
	"exthub/kv/ballot"
)

// Message is a message as one reader sees it on the wire.
type Message struct {
	ID                 kv.MessageID    `json:"ID"`
	ConversationID     string          `json:"conversationID"` // C2C<the other user> or GROUP<groupID>
	ConversationType   string          `json:"conversationType"`
	From               string          `json:"from"`
	To                 string          `json:"to"`
	Type               string          `json:"type"`
	Payload            json.RawMessage `json:"payload"`
	Time               int64           `json:"time"` // Unix seconds
	Sequence           uint64          `json:"sequence"`
	Random             uint32          `json:"random"`
	IsSupportExtension bool            `json:"isSupportExtension"`
	Status             string          `json:"status"`
	CloudCustomData    string          `json:"cloudCustomData"`
	Nick               string          `json:"nick,omitzero"` // of the sender, when it was sent
	Avatar             string          `json:"avatar,omitzero"`
	IsRevoked          bool            `json:"isRevoked,omitzero"` // it was recalled: Payload is {}
	Revoker            string          `json:"revoker,omitzero"`   // who recalled it
	ExtensionRules     *ballot.Rules   `json:"extensionRules,omitzero"`
}

// NewMessage returns the message as the reader sees it.
func NewMessage(r *kv.Record, reader string) Message {
	m := Message{
		ID: r.Ref.ID(), ConversationID: "GROUP" + r.GroupID, ConversationType: "GROUP",
		From: r.From, To: r.GroupID, Type: r.Type, Payload: r.Payload, CloudCustomData: r.CloudCustomData,
		Nick: r.Nick, Avatar: r.Avatar,
		Time: r.Time, Sequence: r.Sequence, Random: r.Random,
		IsSupportExtension: r.IsSupportExtension, Status: "success", ExtensionRules: r.Rules,
	}
	if r.GroupID == "" {
		peer := r.To
		if reader == r.To {
			peer = r.From
		}
		m.ConversationID, m.ConversationType, m.To = "C2C"+peer, "C2C", r.To
	}
	if r.Recalled != nil {
		m.IsRevoked, m.Revoker = true, r.Recalled.By
	}
	return m
}

// encodeMessage returns the notification of a message by this method, behind Headroom.
func encodeMessage(method string, m Message) ([]byte, error) {
	payload, err := json.Marshal(struct {
		Version string `json:"jsonrpc"`
		Method  string `json:"method"`
		Params  struct {
			Messages []Message `json:"messages"`
		} `json:"params"`
	}{"2.0", method, struct {
		Messages []Message `json:"messages"`
	}{[]Message{m}}})
	return append(make([]byte, Headroom, Headroom+len(payload)), payload...), err
}

// encodePairs returns the notification of changes that are all deletions or all not, behind
// Headroom. It is written by hand because every event passes here.
func encodePairs(id kv.MessageID, changes []change) []byte {
	size := Headroom + 160 + len(id)
	for _, c := range changes {
		size += len(c.key) + len(c.value) + 48
	}
	b := make([]byte, Headroom, size)
	if changes[0].deleted {
		b = append(b, `{"jsonrpc":"2.0","method":"MESSAGE_EXTENSIONS_DELETED","params":{"messageID":`...)
	} else {
		b = append(b, `{"jsonrpc":"2.0","method":"MESSAGE_EXTENSIONS_UPDATED","params":{"messageID":`...)
	}
	b = appendString(b, string(id))
	var latest, clearSeq uint64
	if changes[0].deleted {
		b = append(b, `,"keyList":[`...)
	} else {
		b = append(b, `,"extensions":[`...)
	}
	for _, c := range changes {
		latest = c.seq
		if c.deleted && c.key == "" {
			clearSeq = c.seq
			continue
		}
		if b[len(b)-1] != '[' {
			b = append(b, ',')
		}
		if c.deleted {
			b = appendString(b, c.key)
			continue
		}
		b = appendString(append(b, `{"key":`...), c.key)
		b = appendString(append(b, `,"value":`...), c.value)
		b = strconv.AppendUint(append(b, `,"seq":`...), c.seq, 10)
		if c.created > 0 {
			b = strconv.AppendUint(append(b, `,"created":`...), c.created, 10)
		}
		b = append(b, '}')
	}
	b = strconv.AppendUint(append(b, `],"latestSeq":`...), latest, 10)
	if clearSeq > 0 {
		b = strconv.AppendUint(append(b, `,"clearSeq":`...), clearSeq, 10)
	}
	return append(b, "}}"...)
}

// appendString appends s as a JSON string. Only a string that needs an escape goes through the
// library.
func appendString(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			quoted, err := json.Marshal(s)
			if err != nil {
				panic(err) // a string always has a JSON form
			}
			return append(b, quoted...)
		}
	}
	b = append(append(b, '"'), s...)
	return append(b, '"')
}
