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

// handler carries out one command on its decoded body and returns the reply, a struct with an
// envelope.
type handler[T any] func(context.Context, *command.Commands, command.Caller, T) (any, error)

// decode returns a handler of the body as it came, which decodes it for handle. Members that the
// command does not know are ignored.
func decode[T any](handle handler[T]) handler[[]byte] {
	return func(ctx context.Context, c *command.Commands, caller command.Caller, body []byte) (any, error) {
		var request T
		if err := decodeBody(body, &request); err != nil {
			return nil, err
		}
		return handle(ctx, c, caller, request)
	}
}

// decodeBody decodes a body, which must be a JSON object.
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

// parameter matches the beginning of a refusal that names a parameter, "extensions[3].key: ".
var parameter = regexp.MustCompile(`^[\w.\[\]]+(?: and \w+)?: `)

var word = regexp.MustCompile(`[A-Za-z_]+`)

// inOurNames returns a command's refusal with the names of the REST parameters. The commands name
// them as the WebSocket door does.
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
	message := renamed + strings.TrimPrefix(refused.Message, path)
	return &refusal.Error{Code: refused.Code, Message: message, Data: refused.Data}
}
