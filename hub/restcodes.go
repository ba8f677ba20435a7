package hub

// Codes that only the REST door knows: of a call that did not get as far as its command.
const (
	restBadURL      = 60002
	restNotJSON     = 60003
	restNoCaller    = 60004
	restBadAppID    = 60006
	restTooOften    = 60007
	restBadHTTP     = 60008
	restNoCommand   = 60009
	restNotAdmin    = 60010
	restNoAppID     = 60012
	restBodyTooLong = messageTooLarge
)

// RESTCodes is every code that a REST call can meet besides those of the commands, and what it means: a table of PROTOCOL.md.
var RESTCodes = map[int]string{
	restBadURL:    "the query string, random or contenttype is not as it should be",
	restNotJSON:   "the body is not JSON",
	restNoCaller:  "identifier is missing or not a user ID",
	restBadAppID:  "sdkappid is not a number",
	restTooOften:  "more calls of this command in a second than allowed",
	restBadHTTP:   "the body broke off or came too slowly",
	restNoCommand: "there is no such service and command, or the method is not POST",
	restNotAdmin:  "identifier is not an app admin",
	restNoAppID:   "sdkappid is missing",
}
