package rest

import "exthub/hub/refusal"

// The codes of a call that did not get as far as its command, and of one that recalls what is not
// there. Only the REST door has them.
const (
	noGroupMessage = 10030
	noMessage      = 20022
	badURL         = 60002
	notJSON        = 60003
	noCaller       = 60004
	badAppID       = 60006
	tooOften       = 60007
	badHTTP        = 60008
	noCommand      = 60009
	notAdmin       = 60010
	noAppID        = 60012
	bodyTooLong    = refusal.MessageTooLarge
)

// Codes are all codes of a REST call besides those of the commands, and what they mean. PROTOCOL.md
// repeats this table.
var Codes = map[int]string{
	noGroupMessage: "there is no such message to recall in the group; only in RetCode",
	noMessage:      "there is no such one-to-one message to recall",
	badURL:         "the query string, random or contenttype is not as it should be",
	notJSON:        "the body is not JSON",
	noCaller:       "identifier is missing or not a user ID",
	badAppID:       "sdkappid is not a number",
	tooOften:       "more calls of this command in a second than allowed",
	badHTTP:        "the body broke off or came too slowly",
	noCommand:      "there is no such service and command, or the method is not POST",
	notAdmin:       "identifier is not an app admin, whom the command is for",
	noAppID:        "sdkappid is missing",
}
