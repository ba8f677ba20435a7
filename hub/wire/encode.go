package wire

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Encode returns the JSON of one of our own types, none of which can fail. Empty lists are [], and
// what is not UTF-8 is replaced. JSON inside of it that was stored, such as a payload, goes out as
// it is, even with a name twice: somebody else may have written it into the bucket.
func Encode(v any) []byte {
	b, err := json.Marshal(v, outward)
	if err != nil {
		panic(err)
	}
	return b
}

var outward = json.JoinOptions(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true),
	json.Deterministic(true))

// AppendText appends a string as JSON. What is not UTF-8 is replaced.
func AppendText(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, s) // an error says that something was replaced
	return b
}
