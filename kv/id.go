package kv

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// MessageID names a message at every door and in the bucket: "c.<from>.<to>.<MsgKey>" or
// "g.<groupID>.<MsgSeq>", each token encoded.
type MessageID string

// Conversation names a conversation, the same for both sides: "c.<a>.<b>" with the two users in
// byte order, or "g.<groupID>", each token encoded. All of a conversation is in one shard.
type Conversation string

// ErrMessageID is returned by ParseMessageID for a string that no message can have as its ID.
var ErrMessageID = errors.New("not a message ID")

// Ref is a MessageID taken apart: From, To and MsgKey of a one-to-one message, or GroupID and
// MsgSeq of a group message. Store's methods take those that come from ParseMessageID, Send, a
// Delta or News.
type Ref struct {
	From, To, MsgKey string
	GroupID          string
	MsgSeq           uint64
}

// ID returns the message's ID.
func (r Ref) ID() MessageID {
	var room keyRoom
	return MessageID(r.appendID(room[:0]))
}

// keyRoom has room on the stack for most keys.
type keyRoom [128]byte

func (r Ref) appendID(b []byte) []byte {
	if r.GroupID != "" {
		b = append(append(b, "g."...), encodeToken(r.GroupID)...)
		return strconv.AppendUint(append(b, '.'), r.MsgSeq, 10)
	}
	b = append(append(b, "c."...), encodeToken(r.From)...)
	b = append(append(b, '.'), encodeToken(r.To)...)
	return append(append(b, '.'), encodeToken(r.MsgKey)...)
}

// Conversation returns the conversation that the message belongs to.
func (r Ref) Conversation() Conversation { return Conversation(r.appendConversation(nil)) }

func (r Ref) appendConversation(b []byte) []byte {
	if r.GroupID != "" {
		return append(append(b, "g."...), encodeToken(r.GroupID)...)
	}
	first, second := min(r.From, r.To), max(r.From, r.To)
	b = append(append(b, "c."...), encodeToken(first)...)
	return append(append(b, '.'), encodeToken(second)...)
}

// ParseMessageID takes a MessageID apart. It accepts only what Ref.ID makes, so that a message has
// one name, and returns ErrMessageID for everything else.
func ParseMessageID(id MessageID) (Ref, error) {
	kind, rest, _ := strings.Cut(string(id), ".")
	first, rest, ok := strings.Cut(rest, ".")
	if !ok {
		return Ref{}, ErrMessageID
	}
	name, err := decodeToken(first)
	if err != nil {
		return Ref{}, ErrMessageID
	}
	switch kind {
	case "g":
		seq, err := strconv.ParseUint(rest, 10, 64)
		if err != nil || rest[0] == '+' || rest[0] == '0' && rest != "0" {
			return Ref{}, ErrMessageID
		}
		return Ref{GroupID: name, MsgSeq: seq}, nil
	case "c":
		second, key, _ := strings.Cut(rest, ".")
		to, err := decodeToken(second)
		if err != nil {
			return Ref{}, ErrMessageID
		}
		msgKey, err := decodeToken(key)
		if err != nil {
			return Ref{}, ErrMessageID
		}
		return Ref{From: name, To: to, MsgKey: msgKey}, nil
	}
	return Ref{}, ErrMessageID
}

// GroupConversation returns the conversation of a group.
func GroupConversation(groupID string) Conversation { return Ref{GroupID: groupID}.Conversation() }

// C2CConversation returns the conversation of two users, in either order.
func C2CConversation(a, b string) Conversation { return Ref{From: a, To: b}.Conversation() }

// group returns the group of a group's conversation.
func (c Conversation) group() (string, bool) {
	token, ok := strings.CutPrefix(string(c), "g.")
	if !ok {
		return "", false
	}
	id, err := decodeToken(token)
	return id, err == nil
}

// users returns the encoded names of the two users of a one-to-one conversation.
func (c Conversation) users() (a, b string, err error) {
	tokens := strings.Split(string(c), ".")
	if len(tokens) != 3 || tokens[0] != "c" {
		return "", "", fmt.Errorf("%q is no conversation of two users", string(c))
	}
	return tokens[1], tokens[2], nil
}

// groupSuffix ends the key of a group's object, where a message's has its number.
const groupSuffix = "._"

func groupObject(groupID string) string { return "g." + encodeToken(groupID) + groupSuffix }

// encodeToken makes one subject token of any string that is not empty: letters, digits, - and _
// stay, every other byte becomes =HH in upper case.
func encodeToken(s string) string {
	plain := true
	for i := 0; i < len(s) && plain; i++ {
		plain = isPlain(s[i])
	}
	if plain {
		return s
	}
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(s) + 16)
	for i := 0; i < len(s); i++ {
		if c := s[i]; isPlain(c) {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'=', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}

// decodeToken undoes encodeToken. It refuses every string that encodeToken does not make, so that
// no two tokens mean the same.
func decodeToken(token string) (string, error) {
	if token == "" {
		return "", errors.New("empty token")
	}
	if !strings.Contains(token, "=") {
		for i := 0; i < len(token); i++ {
			if !isPlain(token[i]) {
				return "", fmt.Errorf("byte %q in a token", token[i])
			}
		}
		return token, nil
	}
	b := make([]byte, 0, len(token))
	for i := 0; i < len(token); i++ {
		c := token[i]
		if c == '=' {
			if i+2 >= len(token) {
				return "", errors.New("short escape in a token")
			}
			high, low := unhex(token[i+1]), unhex(token[i+2])
			if high < 0 || low < 0 || isPlain(byte(high<<4|low)) {
				return "", fmt.Errorf("escape %q in a token", token[i:i+3])
			}
			c, i = byte(high<<4|low), i+2
		} else if !isPlain(c) {
			return "", fmt.Errorf("byte %q in a token", c)
		}
		b = append(b, c)
	}
	return string(b), nil
}

func isPlain(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_'
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
