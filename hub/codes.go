package hub

import "exthub/hub/usersig"

// Codes of a request that was refused, the same on both doors. Codes of a refused UserSig are in package usersig.
const (
	parseError     = -32700
	invalidRequest = -32600
	methodNotFound = -32601
	invalidParams  = -32602

	internalError   = 10002
	badParameter    = 10004
	tooManyAccounts = 10005
	tooOften        = 10006
	notPermitted    = 10007
	ownerMayNotQuit = 10009
	noSuchGroup     = 10010
	groupFull       = 10014
	badGroupID      = 10015
	groupIDTaken    = 10021
	groupIDYours    = 10025

	seqConflict   = 23001
	notExtensible = 23002
	messageRate   = 23003
	noSuchMessage = 23004

	unknownApp      = 70020
	messageTooLarge = 80002
)

// The codes of a refused UserSig under the names that this package uses.
const (
	sigExpired   = usersig.Expired
	sigEmpty     = usersig.Empty
	sigMalformed = usersig.Malformed
	sigWrongKey  = usersig.WrongKey
	sigWrongUser = usersig.WrongUser
	sigWrongApp  = usersig.WrongApp
)

// Codes is every code that a request can be refused with, and what it means: the table that PROTOCOL.md and the SDK repeat.
var Codes = map[int]string{
	parseError:     "the frame is not JSON",
	invalidRequest: "the frame is not a JSON-RPC 2.0 request, or can't be asked for now",
	methodNotFound: "there is no such method",
	invalidParams:  "a parameter is missing or of the wrong type; the text names it",

	internalError:   "the hub or its store is in trouble; the text says whether anything may have been written",
	badParameter:    "a parameter breaks a rule or a limit; the text names it, and nothing was written",
	tooManyAccounts: "more users in one request than it may name",
	tooOften:        "this session asks faster than it may; slow down",
	notPermitted:    "not a member, or a member who may not do this",
	ownerMayNotQuit: "the owner may dismiss the group but not leave it",
	noSuchGroup:     "there is no such group, or it was dismissed",
	groupFull:       "the group has as many members as it may have",
	badGroupID:      "not a group ID",
	groupIDTaken:    "somebody else has a group of this ID",
	groupIDYours:    "the caller already owns a group of this ID",

	seqConflict:   "the pair was changed by somebody else; the answer has it as it is now",
	notExtensible: "the message was sent without extension support, or its group is an AVChatRoom",
	messageRate:   "more sets of this message in this minute than allowed",
	noSuchMessage: "there is no such message in this conversation",

	sigExpired:      "the UserSig has expired",
	sigEmpty:        "the UserSig is empty",
	sigMalformed:    "the UserSig can't be parsed",
	sigWrongKey:     "the UserSig was not made with this app's secret key",
	sigWrongUser:    "the UserSig is for another user",
	sigWrongApp:     "the UserSig is for another SDKAppID",
	unknownApp:      "this hub does not serve that SDKAppID",
	messageTooLarge: "the message is too large",
}
