package rest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"exthub/hub/command"
	"exthub/hub/refusal"
)

// FuzzRESTBody looks for a body that is neither decoded nor refused with a sentence and one of two
// codes.
func FuzzRESTBody(f *testing.F) {
	for _, seed := range []string{
		`{"From_Account":"62768","To_Account":"116400","MsgKey":"1_2_3","OperateType":1,` +
			`"ExtensionList":[{"Key":"k1","Value":"v1","Seq":0}]}`,
		`{"ExtensionList":[{"Key":1}]}`, `[]`, `null`, `{`, ``, "\xff", `{"Key":"\ud800"}`, `{"OperateType":1e9}`,
		strings.Repeat("[", 20_000),
	} {
		f.Add([]byte(seed))
	}
	read := decode(func(_ context.Context, _ *command.Commands, _ command.Caller, p struct {
		messageRef
		changeRequest
	}) (any, error) {
		return p, nil
	})
	f.Fuzz(func(t *testing.T, body []byte) {
		reply, err := read(t.Context(), nil, command.Caller{}, body)
		err = inOurNames(err, extensionNames)
		var refused *refusal.Error
		switch {
		case err == nil && reply == nil:
			t.Error("neither read nor refused")
		case err == nil:
		case !errors.As(err, &refused) || refused.Message == "":
			t.Errorf("no refusal with a sentence: %v", err)
		case refused.Code != notJSON && refused.Code != refusal.BadParameter:
			t.Errorf("refused with %v", err)
		}
	})
}
