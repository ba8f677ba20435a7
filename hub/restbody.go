package hub

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// restDecode puts the reading of a body before a command. Members that the command does not know are ignored.
func restDecode[T any](do func(context.Context, *commands, caller, T) (any, error)) func(context.Context, *commands, caller, []byte) (any, error) {
	return func(ctx context.Context, c *commands, who caller, body []byte) (any, error) {
		var request T
		if err := decodeBody(body, &request); err != nil {
			return nil, err
		}
		return do(ctx, c, who, request)
	}
}

func decodeBody(body []byte, into any) error {
	var syntax *jsontext.SyntacticError
	var whole jsontext.Value
	if err := json.Unmarshal(body, &whole, asInBrowsers); errors.As(err, &syntax) {
		return refuse(restNotJSON, "the body is not JSON: %v at byte %d", syntax.Err, syntax.ByteOffset)
	}
	if whole.Kind() != '{' {
		return refuse(badParameter, "the body is not a JSON object")
	}
	return decodeParams(body, into, badParameter)
}

// parameter is how a refusal begins that is about one: "extensions[3].key: empty".
var parameter = regexp.MustCompile(`^[\w.\[\]]+(?: and \w+)?: `)

var word = regexp.MustCompile(`[A-Za-z_]+`)

// inOurNames returns a refusal of a command with the names that the parameter has in a REST request: the commands speak of them as the WebSocket door does.
func inOurNames(err error, names map[string]string) error {
	var refusal *Error
	if !errors.As(err, &refusal) {
		return err
	}
	path := parameter.FindString(refusal.Message)
	renamed := word.ReplaceAllStringFunc(path, func(name string) string {
		if ours, ok := names[name]; ok {
			return ours
		}
		return name
	})
	return &Error{refusal.Code, renamed + strings.TrimPrefix(refusal.Message, path), refusal.Data}
}
