package rest

import (
	"cmp"
	"context"
	"errors"
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
// command does not know are ignored. names are those of the parameters, see rename; what is wrong
// with the body itself has the request's names already.
func decode[T any](names map[string]string, handle handler[T]) handler[[]byte] {
	return decodeBy(wire.Decode, names, handle)
}

// decodeKnown is decode for a command that deletes or ends something: it refuses unknown members.
func decodeKnown[T any](names map[string]string, handle handler[T]) handler[[]byte] {
	return decodeBy(wire.DecodeKnown, names, handle)
}

// decodeChange is decode, and decodeKnown if the request turns out to delete.
func decodeChange[T interface{ deletes() bool }](names map[string]string, handle handler[T]) handler[[]byte] {
	deletion := decodeKnown(names, handle)
	return func(ctx context.Context, c *command.Commands, caller command.Caller, body []byte) (any, error) {
		var request T
		if err := decodeBody(body, &request, wire.Decode); err != nil {
			return nil, err
		}
		if request.deletes() {
			return deletion(ctx, c, caller, body)
		}
		reply, err := handle(ctx, c, caller, request)
		return reply, rename(err, names)
	}
}

// decoder is one of package wire's.
type decoder func(raw []byte, into any, code int) error

func decodeBy[T any](d decoder, names map[string]string, handle handler[T]) handler[[]byte] {
	return func(ctx context.Context, c *command.Commands, caller command.Caller, body []byte) (any, error) {
		var request T
		if err := decodeBody(body, &request, d); err != nil {
			return nil, err
		}
		reply, err := handle(ctx, c, caller, request)
		return reply, rename(err, names)
	}
}

// decodeBody decodes a body, which must be a JSON object.
func decodeBody(body []byte, into any, d decoder) error {
	var syntax *jsontext.SyntacticError
	var whole jsontext.Value
	if err := json.Unmarshal(body, &whole, wire.Lenient); errors.As(err, &syntax) {
		return refusal.New(notJSON, "the body is not JSON: %v at byte %d", syntax.Err, syntax.ByteOffset)
	}
	if whole.Kind() != '{' {
		return refusal.New(refusal.BadParameter, "the body is not a JSON object")
	}
	return d(body, into, refusal.BadParameter)
}

// rename returns a command's refusal with the names of the REST parameters. The text stays as it
// is.
func rename(err error, names map[string]string) error {
	var refused *refusal.Error
	if !errors.As(err, &refused) || len(refused.Fields) == 0 && refused.Other == "" {
		return err
	}
	renamed := *refused
	renamed.Fields = make([]string, len(refused.Fields))
	for i, path := range refused.Fields {
		renamed.Fields[i] = renamePath(path, names)
	}
	renamed.Other = renamePath(refused.Other, names)
	return &renamed
}

// renamePath renames a path segment by segment: extensions[3].key becomes ExtensionList[3].Key.
// Names that the table does not have stay; they are this door's own.
func renamePath(path string, names map[string]string) string {
	segments := strings.Split(path, ".")
	for i, segment := range segments {
		name, index := segment, ""
		if at := strings.IndexByte(segment, '['); at >= 0 {
			name, index = segment[:at], segment[at:]
		}
		segments[i] = cmp.Or(names[name], name) + index
	}
	return strings.Join(segments, ".")
}
