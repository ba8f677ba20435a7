package hub

import (
	"context"

	"github.com/go-json-experiment/json/jsontext"

	"exthub/events"
	"exthub/hub/command"
	"exthub/hub/refusal"
	"exthub/hub/wire"
	"exthub/kv"
	"exthub/kv/ballot"
)

// wireRules are the rules of a message that is sent.
type wireRules struct {
	Write     string `json:"write"`
	Once      bool   `json:"once"`
	Questions []struct {
		Choices int `json:"choices"`
		Choose  int `json:"choose"`
		Text    int `json:"text"`
	} `json:"questions"`
	Show      string `json:"show"`
	Reveal    string `json:"reveal"`
	Anonymous bool   `json:"anonymous"`
	CloseAt   int64  `json:"closeAt"`
	Max       int    `json:"max"`
}

// decodeRules returns the rules that a message is sent with, nil for none. An unknown rule is
// refused: what its author relies on would not hold.
func decodeRules(raw jsontext.Value) (*ballot.Rules, error) {
	if len(raw) == 0 || raw.Kind() == 'n' {
		return nil, nil
	}
	var w wireRules
	if err := wire.DecodeMember(raw, &w, refusal.InvalidParams, "extensionRules"); err != nil {
		return nil, err
	}
	rules := &ballot.Rules{
		Write: w.Write, Once: w.Once, Show: w.Show, Reveal: w.Reveal, Anonymous: w.Anonymous,
		CloseAt: w.CloseAt, Max: w.Max,
	}
	for _, q := range w.Questions {
		rules.Questions = append(rules.Questions, ballot.Question(q))
	}
	return rules, nil
}

// wireSummary is the result of the methods of a message with rules.
type wireSummary struct {
	Summary events.Summary `json:"summary"`
}

func getMessageExtensionSummary(ctx context.Context, c *command.Commands, caller command.Caller, p struct {
	MessageID string `json:"messageID"`
}) (jsontext.Value, error) {
	s, err := c.GetExtensionSummary(ctx, caller, command.GetExtensionSummary{MessageID: kv.MessageID(p.MessageID)})
	if err != nil {
		return nil, err
	}
	return wire.Encode(wireSummary{events.NewSummary(s)}), nil
}

func closeMessageExtensions(ctx context.Context, c *command.Commands, caller command.Caller, p struct {
	MessageID string `json:"messageID"`
	CloseAt   *int64 `json:"closeAt"`
}) (jsontext.Value, error) {
	s, err := c.CloseExtensions(ctx, caller, command.CloseExtensions{
		MessageID: kv.MessageID(p.MessageID), CloseAt: p.CloseAt,
	})
	if err != nil {
		return nil, err
	}
	return wire.Encode(wireSummary{events.NewSummary(s)}), nil
}
