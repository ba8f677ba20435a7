package hub

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// FuzzRESTBody: whatever comes as a body, it is read or refused with one of two codes, in a sentence.
func FuzzRESTBody(f *testing.F) {
	for _, seed := range []string{
		`{"From_Account":"62768","To_Account":"116400","MsgKey":"1_2_3","OperateType":1,"ExtensionList":[{"Key":"k1","Value":"v1","Seq":0}]}`,
		`{"ExtensionList":[{"Key":1}]}`, `[]`, `null`, `{`, ``, "\xff", `{"Key":"\ud800"}`, `{"OperateType":1e9}`, strings.Repeat("[", 20_000),
	} {
		f.Add([]byte(seed))
	}
	read := restDecode(func(_ context.Context, _ *commands, _ caller, p struct {
		restMessage
		restChange
	}) (any, error) {
		return p, nil
	})
	f.Fuzz(func(t *testing.T, body []byte) {
		reply, err := read(t.Context(), nil, caller{}, body)
		err = inOurNames(err, extensionNames)
		var refusal *Error
		switch {
		case err == nil && reply == nil:
			t.Error("neither read nor refused")
		case err != nil && (!errors.As(err, &refusal) || refusal.Message == "" || refusal.Code != restNotJSON && refusal.Code != badParameter):
			t.Errorf("refused with %v", err)
		}
	})
}
