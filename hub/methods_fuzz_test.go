package hub_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"exthub/hub"
	"exthub/hub/hubtest"
	"exthub/hub/refusal"
)

// fuzzedParams are what FuzzMethods begins with. LETTER, POST and CLUB stand for messages and a
// group that are there.
var fuzzedParams = []string{
	`{}`, `{"messageID":"LETTER","extensions":[{"key":"k","value":"v","seq":0}]}`, `{"messageID":"POST","clear":true}`,
	`{"messageID":"POST","startSeq":1}`, `{"groupID":"CLUB","count":100,"offset":1}`, `{"conversationID":"C2Cbo"}`,
	`{"conversationID":"GROUPCLUB","nextReqMessageID":"POST","count":1}`, `{"groupID":"CLUB","userIDList":["bo","cy"]}`,
	`{"to":"bo","conversationType":"C2C","type":"TIMTextElem","payload":{"text":"hi"},"isSupportExtension":true}`,
	`{"to":"CLUB","conversationType":"GROUP","type":"TIMCustomElem","payload":{"data":"\u0000"},"random":1}`,
	`{"name":"n","type":"Public","groupID":"other","memberList":[{"userID":"bo"}]}`,
	`{"messageID":"c.a.b","startSeq":-1}`,
	`{"messageID":"g.CLUB.18446744073709551615","extensions":[{"key":"\ud800","value":"","seq":9223372036854775807}]}`,
}

// FuzzMethods calls every method of a running hub with any params, and looks for a request that
// is not answered, that makes the hub blame itself, or that ends the session: nothing that is an
// object may.
func FuzzMethods(f *testing.F) {
	methods := slices.DeleteFunc(hub.Methods(), func(name string) bool { return name == "logout" })
	slices.Sort(methods)
	for i := range methods {
		for _, params := range fuzzedParams {
			f.Add(uint8(i), params)
		}
	}
	const unlimited = 1 << 30
	ada := hubtest.Start(f, func(o *hub.Options) {
		o.MessageRate, o.SessionRate, o.Heartbeat = unlimited, unlimited, time.Hour
	}).Login("ada")
	createGroup(ada, "Public", "club", "bo")
	letter, post := ada.Send("C2C", "bo").ID, ada.Send("GROUP", "club").ID
	names := strings.NewReplacer("LETTER", letter, "POST", post, "CLUB", "club")
	f.Fuzz(func(t *testing.T, method uint8, params string) {
		params = names.Replace(params)
		if len(params) > 60_000 || !utf8.ValidString(params) || !json.Valid([]byte(params)) || params[0] != '{' {
			return // closed, or answered, without a look at the params
		}
		c, name := ada.For(t), methods[int(method)%len(methods)]
		c.Write(fmt.Sprintf(`{"jsonrpc":"2.0","id":"fuzzed","method":%q,"params":%s}`, name, params))
		answer := c.Answer()
		if string(answer.ID) != `"fuzzed"` || hubtest.Code(answer.Decode(nil)) == refusal.InternalError {
			t.Errorf("%s %s: %s", name, params, answer.Raw)
		}
		c.Must("ping", object{}, nil)
		_ = c.Call("createGroup", object{"name": "a group", "type": "Public", "groupID": "club"}, nil) // if it is gone
		c.Forget()
	})
}
