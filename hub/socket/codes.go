package socket

import "github.com/coder/websocket"

// Close codes. The range tells a client what to do: after 4000 to 4099 it comes back, after 4400 to
// 4499 it does not.
const (
	CloseRestarting  websocket.StatusCode = 4001
	CloseSlow        websocket.StatusCode = 4002
	CloseLost        websocket.StatusCode = 4003
	CloseSilent      websocket.StatusCode = 4004
	CloseProtocol    websocket.StatusCode = 4400
	CloseNotLoggedIn websocket.StatusCode = 4401
	CloseKicked      websocket.StatusCode = 4403
	CloseLoginLate   websocket.StatusCode = 4408
	CloseTooMany     websocket.StatusCode = 4429
)

// CloseCodes is every code that the hub closes a connection with, besides those of RFC 6455, and
// what it means.
var CloseCodes = map[int]string{
	int(CloseRestarting):  "the hub is being restarted",
	int(CloseSlow):        "the client did not take what was sent to it",
	int(CloseLost):        "the hub may have missed changes, or failed",
	int(CloseSilent):      "nothing was heard from the client for two heartbeats",
	int(CloseProtocol):    "the client broke the protocol",
	int(CloseNotLoggedIn): "not logged in, or the UserSig is invalid or has expired",
	int(CloseKicked):      "the session had to make room for a newer one of the same user",
	int(CloseLoginLate):   "no login in time",
	int(CloseTooMany):     "far too many requests",
}
