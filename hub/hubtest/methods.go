package hubtest

// Pair is an extension on the wire. An empty Value is a deletion.
type Pair struct {
	Code  int    `json:"code"`
	Key   string `json:"key"`
	Value string `json:"value"`
	Seq   uint64 `json:"seq"`

	Created uint64 `json:"created"` // of a message with rules
}

// Changed is the result of a change, and the part of a Page and of an event that is like it.
type Changed struct {
	Extensions []Pair `json:"extensions"`
	LatestSeq  uint64 `json:"latestSeq"`
}

// Page is the result of a get.
type Page struct {
	Changed
	ClearSeq     uint64 `json:"clearSeq"`
	PurgedSeq    uint64 `json:"purgedSeq"`
	CompleteFlag int    `json:"completeFlag"`
}

// Message is a message on the wire, without its content.
type Message struct {
	ID             string `json:"ID"`
	ConversationID string `json:"conversationID"`
	From           string `json:"from"`
	To             string `json:"to"`
	Sequence       uint64 `json:"sequence"`
}

// Send sends a custom message that takes extensions, and returns it.
func (c *Client) Send(conversationType, to string) Message {
	c.TB.Helper()
	var sent struct{ Message Message }
	c.Must("sendMessage", Object{
		"to": to, "conversationType": conversationType, "type": "TIMCustomElem",
		"payload": Object{"data": "{}"}, "isSupportExtension": true,
	}, &sent)
	return sent.Message
}

// Set sets one pair. It returns what the hub says of it, which may be a conflict, and the
// latestSeq.
func (c *Client) Set(messageID, key, value string, seq uint64) (Pair, uint64) {
	c.TB.Helper()
	var got Changed
	c.Must("setMessageExtensions", SetParams(messageID, key, value, seq), &got)
	return got.Extensions[0], got.LatestSeq
}

// SetParams returns the params of a setMessageExtensions with one pair.
func SetParams(messageID, key, value string, seq uint64) Object {
	return Object{"messageID": messageID, "extensions": []Object{{"key": key, "value": value, "seq": seq}}}
}

// Delete deletes pairs by key and Seq, or all if none is named.
func (c *Client) Delete(messageID string, extensions ...Object) Changed {
	c.TB.Helper()
	var got Changed
	c.Must("deleteMessageExtensions", DeleteParams(messageID, extensions...), &got)
	return got
}

// DeleteParams returns the params of a deleteMessageExtensions of these pairs, or of all if none is
// named.
func DeleteParams(messageID string, extensions ...Object) Object {
	if len(extensions) == 0 {
		return Object{"messageID": messageID, "clear": true}
	}
	return Object{"messageID": messageID, "extensions": extensions}
}

// Get reads a page.
func (c *Client) Get(messageID string, startSeq uint64) Page {
	c.TB.Helper()
	var got Page
	c.Must("getMessageExtensions", Object{"messageID": messageID, "startSeq": startSeq}, &got)
	return got
}

// GetAll reads all pages of a message and returns its pairs by key.
func (c *Client) GetAll(messageID string) map[string]Pair {
	c.TB.Helper()
	pairs := make(map[string]Pair)
	for start := uint64(0); ; {
		page := c.Get(messageID, start)
		for _, p := range page.Extensions {
			pairs[p.Key], start = p, p.Seq
		}
		if page.CompleteFlag == 1 {
			return pairs
		}
	}
}
