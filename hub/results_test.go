package hub

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"exthub/hub/command"
	"exthub/kv"
)

// sameJSON reports whether two texts are the same to a plain reader of JSON, numbers by their
// digits.
func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	return reflect.DeepEqual(readJSON(t, a), readJSON(t, b))
}

func readJSON(t *testing.T, text []byte) (value any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&value); err != nil || d.More() {
		t.Fatalf("%q is no JSON: %v", text, err)
	}
	return value
}

// FuzzResults looks for a key, a value or an ID that breaks out of its quotes in an answer that is
// written by hand, and would say more than it is. Every such answer is what encoding/json says.
func FuzzResults(f *testing.F) {
	f.Add("k", "v", uint64(7), 0, "1", 2)
	f.Add(`"},{"code":0,"key":"`, "\x00\x1f\x7f\u2028</script>", uint64(1<<64-1), 23001, `"a"`, 3)
	f.Add("\xff\xed\xa0\x80", `\ud800`, uint64(0), -1, "-1.5e3", 1)
	f.Fuzz(func(t *testing.T, key, value string, seq uint64, code int, id string, n int) {
		type outcome struct {
			Code  int    `json:"code"`
			Key   string `json:"key"`
			Value string `json:"value"`
			Seq   uint64 `json:"seq"`
		}
		page := &command.Page{LatestSeq: seq, ClearSeq: seq / 2, PurgedSeq: seq / 3, Complete: n%2 == 0}
		changed, wantChanged := command.Changed{LatestSeq: seq}, []outcome{}
		wantPage := []wirePair{}
		for i := range uint64(min(max(n, 0), 3)) {
			p := kv.Pair{Key: key, Value: value, Seq: seq - i}
			page.Pairs = append(page.Pairs, p)
			changed.Outcomes = append(changed.Outcomes, command.Outcome{Code: code, Pair: p})
			wantChanged = append(wantChanged, outcome{code, key, value, p.Seq})
			wantPage = append(wantPage, wirePair{Key: key, Value: value, Seq: p.Seq})
		}
		complete := 0
		if page.Complete {
			complete = 1
		}
		for _, tt := range []struct {
			got  []byte
			want map[string]any
		}{
			{encodeChanged(changed), map[string]any{"extensions": wantChanged, "latestSeq": seq}},
			{encodePage(page), map[string]any{
				"extensions": wantPage, "latestSeq": seq, "clearSeq": seq / 2, "purgedSeq": seq / 3,
				"completeFlag": complete,
			}},
		} {
			want, err := json.Marshal(tt.want)
			if err != nil {
				t.Fatal(err)
			}
			if !sameJSON(t, tt.got, want) {
				t.Errorf("%s, encoding/json says %s", tt.got, want)
			}
			if checkID([]byte(id)) != nil || !json.Valid([]byte(id)) {
				continue
			}
			want, err = json.Marshal(map[string]any{
				"jsonrpc": "2.0", "id": json.RawMessage(id), "result": json.RawMessage(want),
			})
			if err != nil {
				t.Fatal(err)
			}
			if got := payload(response([]byte(id), tt.got).Append(nil)); !sameJSON(t, got, want) {
				t.Errorf("%s, encoding/json says %s", got, want)
			}
		}
	})
}
