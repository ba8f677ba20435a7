package rest

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"exthub/hub/command"
	"exthub/hub/refusal"
	"exthub/hub/wire"
)

// restDecode puts the reading of a body before a command. Members that the command does not know are ignored.
func decode[T any](do func(context.Context, *command.Commands, command.Caller, T) (any, error)) func(context.Context, *command.Commands, command.Caller, []byte) (any, error) {
	return func(ctx context.Context, c *command.Commands, caller command.Caller, body []byte) (any, error) {
		var request T
		if err := decodeBody(body, &request); err != nil {
			return nil, err
		}
		return do(ctx, c, caller, request)
	}
}

func decodeBody(body []byte, into any) error {
	var syntax *jsontext.SyntacticError
	var whole jsontext.Value
	if err := json.Unmarshal(body, &whole, wire.Lenient); errors.As(err, &syntax) {
		return refusal.New(notJSON, "the body is not JSON: %v at byte %d", syntax.Err, syntax.ByteOffset)
	}
	if whole.Kind() != '{' {
		return refusal.New(refusal.BadParameter, "the body is not a JSON object")
	}
	return wire.Decode(body, into, refusal.BadParameter)
}

// parameter is how a refusal begins that is about one: "extensions[3].key: empty".
var parameter = regexp.MustCompile(`^[\w.\[\]]+(?: and \w+)?: `)

var word = regexp.MustCompile(`[A-Za-z_]+`)

// inOurNames returns a refusal of a command with the names that the parameter has in a REST request: the commands speak of them as the WebSocket door does.
func inOurNames(err error, names map[string]string) error {
	var refused *refusal.Error
	if !errors.As(err, &refused) {
		return err
	}
	path := parameter.FindString(refused.Message)
	renamed := word.ReplaceAllStringFunc(path, func(name string) string {
		if ours, ok := names[name]; ok {
			return ours
		}
		return name
	})
	return &refusal.Error{Code: refused.Code, Message: renamed + strings.TrimPrefix(refused.Message, path), Data: refused.Data}
}
