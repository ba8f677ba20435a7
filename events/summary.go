package events

import (
	"encoding/json"

	"exthub/kv"
	"exthub/kv/ballot"
)

// Summary is what the pairs of a message come to, as one reader sees it on the wire.
type Summary struct {
	Pairs     int             `json:"pairs"`
	Answers   []ballot.Counts `json:"answers,omitempty"` // null for a text; absent if there are none, or hidden
	LatestSeq uint64          `json:"latestSeq"`
	ClosedSeq uint64          `json:"closedSeq,omitzero"`
	CloseAt   int64           `json:"closeAt,omitzero"` // Unix seconds
}

// NewSummary returns the summary as it goes over the wire.
func NewSummary(s kv.Summary) Summary { return Summary(s) }

// visible returns the summary as it is for the author, or else for those from whom the rules may
// hide the answers.
func visible(p *kv.Poll, author bool) kv.Summary {
	s := p.Summary
	if !author && !p.Record.Rules.Revealed(s.ClosedSeq > 0) {
		s.Answers = nil
	}
	return s
}

// encodeSummary returns the notification of a summary, behind Headroom. At closedSeq, unless it is
// 0, the message was closed.
func encodeSummary(id kv.MessageID, closedSeq uint64, s kv.Summary) []byte {
	method := "MESSAGE_EXTENSIONS_SUMMARY"
	if closedSeq > 0 {
		method = "MESSAGE_EXTENSIONS_CLOSED"
	}
	type params struct {
		MessageID kv.MessageID `json:"messageID"`
		ClosedSeq uint64       `json:"closedSeq,omitzero"`
		Summary   Summary      `json:"summary"`
	}
	payload, err := json.Marshal(struct {
		Version string `json:"jsonrpc"`
		Method  string `json:"method"`
		Params  params `json:"params"`
	}{"2.0", method, params{id, closedSeq, NewSummary(s)}})
	if err != nil {
		panic(err) // strings and numbers
	}
	return append(make([]byte, Headroom, Headroom+len(payload)), payload...)
}

// addSummary adds a summary to an event of pairs.
func (e *Event) addSummary(wrap Wrapper, s kv.Summary) *Event {
	e.addFrame(wrap, encodeSummary(e.message, 0, s))
	e.summary = &e.frames[len(e.frames)-1]
	return e
}

// addClose adds a close to an event of pairs.
func (e *Event) addClose(wrap Wrapper, closedSeq uint64, s kv.Summary) *Event {
	e.addFrame(wrap, encodeSummary(e.message, closedSeq, s))
	e.closed = &e.frames[len(e.frames)-1]
	return e
}
