package events

import "exthub/kv"

// deliverRead tells all sessions of a user what one of them has read. In a group it goes by the
// Deliverer, behind the messages: a mark that overtook its message would leave that unread.
func (b *Broker) deliverRead(m kv.ReadMark) {
	conversationID := "GROUP" + m.GroupID
	if m.GroupID == "" {
		conversationID = "C2C" + m.Peer
	}
	e := b.notification("CONVERSATION_READ", struct {
		ConversationID string `json:"conversationID"`
		ReadSequence   uint64 `json:"readSequence"`
	}{conversationID, m.Number})
	for _, a := range b.users[m.UserID] {
		if m.GroupID == "" {
			a.Notify(e)
		} else {
			b.options.Deliverer.Deliver(m.GroupID, e, []Subscriber{a.Subscriber}, "", nil)
		}
	}
}

// deliverProfile tells all sessions of a user how the user is shown from now on.
func (b *Broker) deliverProfile(p kv.Profile) {
	type profile struct {
		UserID string `json:"userID"`
		Nick   string `json:"nick"`
		Avatar string `json:"avatar"`
	}
	e := b.notification("PROFILE_UPDATED", struct {
		Profile profile `json:"profile"`
	}{profile{p.UserID, p.Nick, p.Avatar}})
	for _, a := range b.users[p.UserID] {
		a.Notify(e)
	}
}
