package rest

import (
	"context"

	"github.com/go-json-experiment/json/jsontext"

	"exthub/hub/command"
	"exthub/hub/refusal"
	"exthub/hub/wire"
	"exthub/kv"
	"exthub/kv/ballot"
)

// extensionRules are the rules of a message's pairs, as this door names them.
type extensionRules struct {
	Write     string              `json:",omitzero"`
	Once      bool                `json:",omitzero"`
	Questions []extensionQuestion `json:",omitempty"`
	Show      string              `json:",omitzero"`
	Reveal    string              `json:",omitzero"`
	Anonymous bool                `json:",omitzero"`
	CloseAt   int64               `json:",omitzero"` // as it was sent
	Max       int                 `json:",omitzero"`
}

// extensionQuestion is one question of the rules.
type extensionQuestion struct {
	Choices int `json:",omitzero"`
	Choose  int `json:",omitzero"`
	Text    int `json:",omitzero"`
}

// newRules returns the rules of a message as they go over the wire.
func newRules(r *ballot.Rules) *extensionRules {
	rules := &extensionRules{
		Write: r.Write, Once: r.Once, Show: r.Show, Reveal: r.Reveal, Anonymous: r.Anonymous,
		CloseAt: r.CloseAt, Max: r.Max,
	}
	for _, q := range r.Questions {
		rules.Questions = append(rules.Questions, extensionQuestion(q))
	}
	return rules
}

// decodeRules returns the rules that a message is sent with, nil for none. An unknown rule is
// refused, although unknown fields of a call are not: what its author relies on would not hold.
func decodeRules(raw jsontext.Value) (*ballot.Rules, error) {
	if len(raw) == 0 || raw.Kind() == 'n' {
		return nil, nil
	}
	var p extensionRules
	if err := wire.DecodeMember(raw, &p, refusal.BadParameter, "ExtensionRules"); err != nil {
		return nil, err
	}
	rules := &ballot.Rules{
		Write: p.Write, Once: p.Once, Show: p.Show, Reveal: p.Reveal, Anonymous: p.Anonymous,
		CloseAt: p.CloseAt, Max: p.Max,
	}
	for _, q := range p.Questions {
		rules.Questions = append(rules.Questions, ballot.Question(q))
	}
	return rules, nil
}

// summary is what the pairs of a message come to, as far as the caller may know.
type summary struct {
	Pairs     int
	Answers   []ballot.Counts `json:",omitempty"` // null for a text; absent if there are none, or hidden
	LatestSeq uint64
	ClosedSeq uint64 `json:",omitzero"`
	CloseAt   int64  `json:",omitzero"` // Unix seconds
}

type summaryReply struct {
	envelope
	Summary summary
}

func readSummary(
	ctx context.Context, c *command.Commands, caller command.Caller, id kv.MessageID,
) (any, error) {
	s, err := c.GetExtensionSummary(ctx, caller, command.GetExtensionSummary{MessageID: id, Latest: true})
	if err != nil {
		return nil, err
	}
	return summaryReply{success, summary(s)}, nil
}

// closeRequest says when a message closes: at once if CloseAt is absent, never if it is 0.
type closeRequest struct {
	CloseAt *int64
}

func (p closeRequest) apply(
	ctx context.Context, c *command.Commands, caller command.Caller, id kv.MessageID,
) (any, error) {
	s, err := c.CloseExtensions(ctx, caller, command.CloseExtensions{MessageID: id, CloseAt: p.CloseAt})
	if err != nil {
		return nil, err
	}
	return summaryReply{success, summary(s)}, nil
}

func getSummary(ctx context.Context, c *command.Commands, caller command.Caller, p messageRef) (any, error) {
	id, err := p.id(caller)
	if err != nil {
		return nil, err
	}
	return readSummary(ctx, c, caller, id)
}

func groupGetSummary(
	ctx context.Context, c *command.Commands, caller command.Caller, p groupMessageRef,
) (any, error) {
	id, err := p.id()
	if err != nil {
		return nil, err
	}
	return readSummary(ctx, c, caller, id)
}

func closeKeyValues(ctx context.Context, c *command.Commands, caller command.Caller, p struct {
	messageRef
	closeRequest
}) (any, error) {
	id, err := p.id(caller)
	if err != nil {
		return nil, err
	}
	return p.apply(ctx, c, caller, id)
}

func groupCloseKeyValues(ctx context.Context, c *command.Commands, caller command.Caller, p struct {
	groupMessageRef
	closeRequest
}) (any, error) {
	id, err := p.id()
	if err != nil {
		return nil, err
	}
	return p.apply(ctx, c, caller, id)
}
