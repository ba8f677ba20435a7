package hub

import (
	"testing"

	"exthub/kv"
)

// What a set costs before and after the store.
func BenchmarkSetRequest(b *testing.B) {
	frame := []byte(`{"jsonrpc":"2.0","id":17,"method":"setMessageExtensions","params":{"messageID":"g.team.5","extensions":[{"key":"voter-17_0","value":"{\"option\":2}","seq":4711}]}}`)
	rules := limits{300, 20, 100, 1000}
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
		if err := rules.checkSet(p.command().Extensions); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSetAnswer(b *testing.B) {
	changed := Changed{[]Outcome{{Pair: kv.Pair{Key: "voter-17_0", Value: `{"option":2}`, Seq: 4712}}}, 4712}
	b.ReportAllocs()
	for b.Loop() {
		response([]byte("17"), encodeChanged(changed))
	}
}

// An event on its way through the outbox of a session that keeps up, and of one that gets sixteen at once.
func BenchmarkOutbox(b *testing.B) {
	e := update(5, "voter-17_0", `{"option":2}`)
	buffer := make([]byte, 0, 2*maxOneWrite)
	for name, burst := range map[string]int{"One": 1, "Sixteen": 16} {
		b.Run(name, func(b *testing.B) {
			o := new(outbox)
			b.ReportAllocs()
			for b.Loop() {
				for range burst {
					o.event(e)
				}
				for len(o.take(buffer[:0])) > 0 {
				}
			}
		})
	}
}
