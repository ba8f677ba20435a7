package kv

import (
	"encoding/json"
	"errors"
	"time"
	"unicode/utf8"

	"exthub/kv/ballot"
	"exthub/kv/bucket"
)

// Record is a message as it was sent. It is written once, and once more if the message is recalled.
type Record struct {
	Ref                Ref             `json:"-"`
	From               string          `json:"from"`
	To                 string          `json:"to,omitempty"`      // the other user, if there is one
	GroupID            string          `json:"groupID,omitempty"` // or the group
	Type               string          `json:"type"`              // TIMCustomElem, TIMTextElem
	Payload            json.RawMessage `json:"payload"`
	Time               int64           `json:"time"` // Unix seconds of the hub that took it
	Sequence           uint64          `json:"sequence"`
	Random             uint32          `json:"random"`
	CloudCustomData    string          `json:"cloudCustomData,omitempty"`
	Nick               string          `json:"nick,omitempty"`   // of the sender, when it was sent
	Avatar             string          `json:"avatar,omitempty"` // likewise
	IsSupportExtension bool            `json:"isSupportExtension,omitempty"`
	Recalled           *Recall         `json:"recalled,omitempty"` // nil unless it was recalled
	// Number is the place of a one-to-one message in its conversation, from 1. It is 0 if it was
	// stored before there was an index. Some numbers are nobody's.
	Number uint64 `json:"number,omitempty"`
	// TTL is how many seconds the message and its pairs live, 0 for ever.
	TTL uint32 `json:"ttl,omitempty"`
	// Total is how many bytes the messages of its conversation have that were sent up to and with
	// this one, since they are counted.
	Total int64 `json:"total,omitempty"`
	// MaxTotal is how many bytes the messages of its conversation may have together when it is
	// sent, without their pairs; 0 if there is no limit. Bytes are counted where there is one.
	MaxTotal int64 `json:"-"`

	Rules        *ballot.Rules `json:"rules,omitempty"`        // nil: everything is free
	AnonymousKey string        `json:"anonymousKey,omitempty"` // names the key of anonymous pairs

	sent uint64 // the revision at which it was sent, of what readRecord returns
}

func (r *Record) ttl() time.Duration { return time.Duration(r.TTL) * time.Second }

// size is how many bytes of a conversation's quota the message takes.
func (r *Record) size() int64 { return int64(len(r.Payload) + len(r.CloudCustomData)) }

// write returns the entry of the record. Its payload must be JSON.
func (r *Record) write() bucket.Write {
	value, err := json.Marshal(r)
	if err != nil {
		panic(err) // a payload that is not JSON: callers encode it themselves
	}
	return bucket.Write{Key: string(r.Ref.ID()) + ".m", Value: string(value)}
}

// decodeRecord returns the record of the message with this ref. It refuses what Send can't have
// stored: readers take a record as it is, and a payload goes to clients byte by byte.
func decodeRecord(ref Ref, value string) (*Record, error) {
	r := new(Record)
	if err := json.Unmarshal([]byte(value), r); err != nil {
		return nil, err
	}
	r.Ref = ref
	switch {
	case r.From == "":
		return nil, errors.New("record without a sender")
	case r.GroupID != ref.GroupID, ref.GroupID == "" && (r.From != ref.From || r.To != ref.To):
		return nil, errors.New("record of another conversation")
	case !utf8.Valid(r.Payload):
		return nil, errors.New("payload that is not UTF-8")
	case r.Rules != nil:
		return r, r.Rules.Check()
	}
	return r, nil
}

// Member is one member of a group.
type Member struct {
	UserID   string `json:"-"`
	Role     string `json:"role"`     // Owner, Admin or Member
	JoinTime int64  `json:"joinTime"` // Unix seconds
}

// GroupInfo is what a group is, besides its members.
type GroupInfo struct {
	GroupID string `json:"-"`
	// Type is Private (Work), Public, ChatRoom (Meeting), Community or AVChatRoom.
	Type       string `json:"type"`
	Name       string `json:"name"`
	Owner      string `json:"owner,omitempty"`
	JoinOption string `json:"joinOption,omitempty"`
	CreateTime int64  `json:"createTime"`           // Unix seconds
	MessageTTL uint32 `json:"messageTTL,omitempty"` // of its messages, in seconds; 0: the hub's
	Guests     bool   `json:"guests,omitempty"`     // it is open to guests
}

// Pair is one key-value pair of a message. Seq is the revision that wrote it. A deleted pair has no
// value and the Seq of its deletion.
type Pair struct {
	Key     string
	Value   string
	Seq     uint64
	Deleted bool
	By      string // who set it last, if that is noted; see Write
	Created uint64 // of a message with rules: the Seq of the first set since it was last deleted
}
