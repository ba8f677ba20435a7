package events

import "encoding/json"

// Reasons of GROUP_LEFT.
const (
	quit      = "quit"      // the user left, with this session or another one
	removed   = "removed"   // somebody else removed the user
	dismissed = "dismissed" // there is no group any more
)

// joinedEvent returns the notification that the session's user is in a group from revision startSeq
// on: what was committed before, the session was not told. A client that knew the group's messages
// has a gap up to there, and nothing else would tell it.
func (b *Broker) joinedEvent(groupID string, startSeq uint64) *Event {
	return b.notification("GROUP_JOINED", struct {
		GroupID  string `json:"groupID"`
		StartSeq uint64 `json:"startSeq"`
	}{groupID, startSeq})
}

// leftEvent returns the notification that the session's user is not in a group any more, as of
// revision endSeq. Silence could as well mean that nothing happens there.
func (b *Broker) leftEvent(groupID, reason string, endSeq uint64) *Event {
	return b.notification("GROUP_LEFT", struct {
		GroupID string `json:"groupID"`
		Reason  string `json:"reason"`
		EndSeq  uint64 `json:"endSeq"`
	}{groupID, reason, endSeq})
}

// notification returns the event of a method that comes seldom.
func (b *Broker) notification(method string, params any) *Event {
	payload, err := json.Marshal(struct {
		Version string `json:"jsonrpc"`
		Method  string `json:"method"`
		Params  any    `json:"params"`
	}{"2.0", method, params})
	if err != nil {
		panic(err) // strings and numbers
	}
	buffer := append(make([]byte, Headroom, Headroom+len(payload)), payload...)
	return new(Event).addFrame(b.options.Wrap, buffer)
}
