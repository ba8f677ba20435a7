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
	read := decode(extensionNames, func(_ context.Context, _ *command.Commands, _ command.Caller, p struct {
		messageRef
		changeRequest
	}) (any, error) {
		return p, nil
	})
	f.Fuzz(func(t *testing.T, body []byte) {
		reply, err := read(t.Context(), nil, command.Caller{}, body)
		var refused *refusal.Error
		switch {
		case err == nil && reply == nil:
			t.Error("neither read nor refused")
		case err == nil:
		case !errors.As(err, &refused) || refused.Message() == "":
			t.Errorf("no refusal with a sentence: %v", err)
		case refused.Code != notJSON && refused.Code != refusal.BadParameter:
			t.Errorf("refused with %v", err)
		}
	})
}

// TestRename renames the fields of a refusal, and nothing else. A user may be called "owner:", so a
// sentence may begin like one about a parameter.
func TestRename(t *testing.T) {
	names := map[string]string{"extensions": "ExtensionList", "key": "Key", "owner": "Owner_Account", "text": "Text"}
	for _, r := range []struct {
		err  error
		want string
	}{
		{refusal.Field(1, "extensions[3].key", "the key is empty"), "ExtensionList[3].Key: the key is empty"},
		{refusal.Field(1, "extensions", "20 extensions"), "ExtensionList: 20 extensions"},
		{refusal.Field(1, "payload.text", "empty"), "payload.Text: empty"},
		{refusal.Field(1, "MsgKey", "key: value"), "MsgKey: key: value"},
		{refusal.Fields(1, []string{"text", "key", "other"}, "no"), "Text and Key and other: no"},
		{refusal.SameAs(1, "extensions[1].key", "extensions[0].key"),
			"ExtensionList[1].Key: the same as ExtensionList[0].Key"},
		{refusal.New(1, "message x was sent without ").Naming("text"), "message x was sent without Text"},
		{refusal.New(1, "%s is not a member of group %s", "owner:", "club"), "owner: is not a member of group club"},
		{refusal.New(1, "key and text: neither is here"), "key and text: neither is here"},
		{refusal.New(1, "extensions[0].key: quoted"), "extensions[0].key: quoted"},
	} {
		before := r.err.Error()
		var refused *refusal.Error
		if !errors.As(rename(r.err, names), &refused) || refused.Message() != r.want || refused.Code != 1 {
			t.Errorf("%v became %v, want %q", r.err, refused, r.want)
		}
		if r.err.Error() != before {
			t.Errorf("%s was changed to %v", before, r.err)
		}
	}
	other := errors.New("extensions: not a refusal")
	if err := rename(other, names); err != other {
		t.Errorf("%v became %v", other, err)
	}
	if rename(nil, names) != nil {
		t.Error("an error out of nothing")
	}
}
