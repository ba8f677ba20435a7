package refusal

import "exthub/hub/usersig"

// The codes of a refused request, the same at both doors. Package usersig has those of a refused
// UserSig.
const (
	ParseError     = -32700
	InvalidRequest = -32600
	MethodNotFound = -32601
	InvalidParams  = -32602

	InternalError   = 10002
	BadParameter    = 10004
	TooManyAccounts = 10005
	TooOften        = 10006
	NotPermitted    = 10007
	OwnerMayNotQuit = 10009
	NoSuchGroup     = 10010
	GroupFull       = 10014
	BadGroupID      = 10015
	GroupIDTaken    = 10021
	GroupIDYours    = 10025
	TooManyGroups   = 10037

	Recalled = 20023

	SeqConflict   = 23001
	NotExtensible = 23002
	MessageRate   = 23003
	NoSuchMessage = 23004
	Closed        = 23005
	// Ours: Tencent has no such limits
	ConversationFull = 23006
	TooManyPairs     = 23007

	UnknownApp      = 70020
	MessageTooLarge = 80002
)

// The codes of a refused UserSig, named like the others.
const (
	sigExpired   = usersig.Expired
	sigEmpty     = usersig.Empty
	sigMalformed = usersig.Malformed
	sigWrongKey  = usersig.WrongKey
	sigWrongUser = usersig.WrongUser
	sigWrongApp  = usersig.WrongApp
	sigRevoked   = usersig.Revoked
)

// Codes are all codes that a request can be refused with, and what they mean. PROTOCOL.md and the
// SDK repeat this table.
var Codes = map[int]string{
	ParseError:     "the frame is not JSON",
	InvalidRequest: "the frame is not a JSON-RPC 2.0 request, or can't be asked for now",
	MethodNotFound: "there is no such method",
	InvalidParams:  "a parameter is missing, there twice or of the wrong type; the text names it",

	InternalError:   "the hub or its store is in trouble; the text says whether anything may have been written",
	BadParameter:    "a parameter breaks a rule or a limit; the text names it, and nothing was written",
	TooManyAccounts: "more users in one request than it may name",
	TooOften:        "this session asks faster than it may; slow down",
	NotPermitted:    "not a member, or a member who may not do this",
	OwnerMayNotQuit: "the owner may dismiss the group but not leave it",
	NoSuchGroup:     "there is no such group, or it was dismissed",
	GroupFull:       "the group has as many members as it may have",
	BadGroupID:      "not a group ID",
	GroupIDTaken:    "somebody else has a group of this ID",
	GroupIDYours:    "the caller already owns a group of this ID",
	TooManyGroups:   "a user is in as many groups as one may be in",

	Recalled: "the message was recalled",

	SeqConflict:   "the pair was changed by somebody else; the answer has it as it is now",
	NotExtensible: "the message was sent without extension support, or its group is an AVChatRoom",
	MessageRate:   "more sets of this message in this minute than allowed",
	NoSuchMessage: "there is no such message in this conversation",
	Closed:        "the message is closed: its pairs stay as they are",

	ConversationFull: "the messages of the conversation have as many bytes as they may have together",
	TooManyPairs:     "the caller has as many pairs on the message as one user may have",

	sigExpired:      "the UserSig has expired",
	sigEmpty:        "the UserSig is empty",
	sigMalformed:    "the UserSig can't be parsed",
	sigWrongKey:     "the UserSig was not made with this app's secret key",
	sigWrongUser:    "the UserSig is for another user",
	sigWrongApp:     "the UserSig is for another SDKAppID",
	sigRevoked:      "the UserSig was revoked; a new one is valid again",
	UnknownApp:      "this hub does not serve that SDKAppID",
	MessageTooLarge: "the message is too large",
}
