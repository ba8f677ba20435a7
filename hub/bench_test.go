package hub

import (
	"testing"

	"exthub/hub/command"
	"exthub/kv"
)

// BenchmarkSetRequest is what a set costs before the store: parsing, decoding, checking.
func BenchmarkSetRequest(b *testing.B) {
	frame := []byte(`{"jsonrpc":"2.0","id":17,"method":"setMessageExtensions","params":{"messageID":"g.team.5",` +
		`"extensions":[{"key":"voter-17_0","value":"{\"option\":2}","seq":4711}]}}`)
	rules := command.Limits{Extensions: 300, PerRequest: 20, KeyBytes: 100, ValueBytes: 1000}
	b.ReportAllocs()
	for b.Loop() {
		r, err := parseRequest(frame)
		if err != nil {
			b.Fatal(err)
		}
		p, err := decodeExtensions(r.params)
		if err != nil {
			b.Fatal(err)
		}
		if err := rules.CheckSet(p.command().Extensions); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSetAnswer is what a set costs after the store: encoding the answer.
func BenchmarkSetAnswer(b *testing.B) {
	changed := command.Changed{
		Outcomes:  []command.Outcome{{Pair: kv.Pair{Key: "voter-17_0", Value: `{"option":2}`, Seq: 4712}}},
		LatestSeq: 4712,
	}
	b.ReportAllocs()
	for b.Loop() {
		response([]byte("17"), encodeChanged(changed))
	}
}
