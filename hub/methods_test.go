package hub

import (
	"errors"
	"testing"

	"exthub/hub/refusal"
)

// TestDecodeParamsNamesTheField gives params of the wrong type and reads the refusals.
func TestDecodeParamsNamesTheField(t *testing.T) {
	for _, p := range []struct{ raw, says string }{
		{`{"messageID":1}`, "messageID: number is not a string"},
		{`{"messageID":{}}`, "messageID: object is not a string"},
		{`{"messageID":[]}`, "messageID: array is not a string"},
		{`{"messageID":true}`, "messageID: bool is not a string"},
		{`{"extensions":{}}`, "extensions: object is not an array"},
		{`{"extensions":[1]}`, "extensions[0]: number is not an object"},
		{`{"extensions":[{"key":1}]}`, "extensions[0].key: number is not a string"},
		{`{"extensions":[{"seq":1e99}]}`, "extensions[0].seq: number 1e99 is not an integer"},
		{
			`{"extensions":[{"seq":9223372036854775808}]}`,
			"extensions[0].seq: number 9223372036854775808 is not an integer",
		},
	} {
		var refused *refusal.Error
		_, err := decodeExtensions([]byte(p.raw))
		if !errors.As(err, &refused) || refused.Code != refusal.InvalidParams || refused.Message() != p.says {
			t.Errorf("%s: %v, want %q", p.raw, err, p.says)
		}
	}
}
