package command

import (
	"slices"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"exthub/kv"
)

// FuzzPageSize looks for texts that take more bytes in a page than they are taken for: they would
// make an answer larger than any should be, and the cache larger than its limit.
func FuzzPageSize(f *testing.F) {
	f.Add("k", "v", 300)
	f.Add("\x00\x1f\x7f\"\\", "\u2028</script>🙂", 200)
	f.Add("\xff", "\xed\xa0\x80\xff\xff", 3)
	f.Fuzz(func(t *testing.T, key, value string, n int) {
		size := 0
		for _, text := range []string{key, value} {
			quoted, _ := jsontext.AppendQuote(nil, text) // an error says that something was replaced
			if n := jsonSize(text); n < len(quoted)-len(`""`) {
				t.Errorf("%q is taken for %d bytes and becomes %s", text, n, quoted)
			}
			size += len(quoted)
		}
		pairs := make([]kv.Pair, min(max(n, 1), 500))
		for i := range pairs {
			pairs[i] = kv.Pair{Key: key, Value: value, Seq: uint64(i + 1)}
		}
		p := &Page{Complete: true}
		p.fill(slices.Values(pairs), 0)
		fit := len(p.Pairs)
		if total := fit * (size + len(`{"key":,"value":,"seq":500},`)); fit < 1 || fit > len(pairs) ||
			fit > maxPairsPerPage || fit > 1 && total > maxPageBytes || p.Complete != (fit == len(pairs)) {
			t.Errorf("%d of %d pairs of %d bytes fit a page", fit, len(pairs), size)
		}
		if weight := p.size(); weight < fit*size {
			t.Errorf("a page of %d bytes weighs %d", fit*size, weight)
		}
	})
}
