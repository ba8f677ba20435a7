package hub_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"exthub/hub"
	"exthub/hub/hubtest"
)

var update = flag.Bool("update", false, "record the golden frames, and put them into PROTOCOL.md")

// frames is where the golden frames are: what a client and the hub say to each other, byte for
// byte. The SDK's tests read them too.
const frames = "testdata/frames"

// golden is one of the files: a request with its response, or a notification.
type golden struct {
	Name         string          `json:"name"`
	Request      json.RawMessage `json:"request,omitempty"`
	Response     json.RawMessage `json:"response,omitempty"`
	Notification json.RawMessage `json:"notification,omitempty"`
}

// recorder makes requests and keeps what clients and the hub say.
type recorder struct {
	t      *testing.T
	golden hubtest.Golden
}

// epoch stands in the files for the name of the history, the one value that a test can't choose:
// NATS makes it of the moment at which the bucket is made.
const epoch = "dq0l3v9k5mbk"

func (r *recorder) keep(g golden) {
	r.t.Helper()
	r.golden.Keep(g.Name, g)
}

// ask sends a request and keeps it with its response, which it returns. The name begins with the
// method.
func (r *recorder) ask(c *hubtest.Client, name, params string) hubtest.Frame {
	r.t.Helper()
	method, _, _ := strings.Cut(name, ".")
	request := c.Request(method, json.RawMessage(params))
	c.Write(request)
	f := c.Answer()
	r.keep(golden{Name: name, Request: json.RawMessage(request), Response: f.Raw})
	return f
}

// told keeps the client's next notification.
func (r *recorder) told(c *hubtest.Client, name string) {
	r.t.Helper()
	next := c.Notification
	switch {
	case strings.HasPrefix(name, "GROUP_"):
		next = c.Membership
	case name == "CONVERSATION_READ", name == "PROFILE_UPDATED":
		next = c.Personal
	}
	r.keep(golden{Name: name, Notification: next().Raw})
}

// UserSigs of the golden frames: made at 1700000000 for 180 days, unless their name says what is
// wrong with them.
const (
	sigAda = "eJyqVgrxCdYrSy1SslIy0jNQ0gHzM1NS80oy0zLBwokpiVDh4pTsxIKCzBQlK0MTAyiAyJRk5qYqWRmao4qmVhRkFoHETU1N" +
		"jeCixZnpSlZK-uW*PqahHq45ASWGFdqm6eGGVfmGLk6FxSa5Vb6V4b7aTp6RVemOJt6errZKtYAAAAD--3P5L9E_"
	sigBo = "eJyqVgrxCdYrSy1SslIy0jNQ0gHzM1NS80oy0zLBwkn5UNHilOzEgoLMFCUrQxMDKIDIlGTmpipZGZqjiqZWFGQWgcRNTU2N" +
		"4KLFmelKVkrG4cWliR4Zfo5Ryc4uleUViaHlrh5RSTl*4RlOJWXpGdpOvkm5UWn62lWRtkq1gAAAAP--XY0wtQ__"
	sigCy = "eJyqVgrxCdYrSy1SslIy0jNQ0gHzM1NS80oy0zLBwsmVUNHilOzEgoLMFCUrQxMDKIDIlGTmpipZGZqjiqZWFGQWgcRNTU2N" +
		"4KLFmelKVkpR6aaFfh76TsbafpUW2blRHqmpFRWuJplpeUUuFhnGPskm2ZEZBZah5qnltkq1gAAAAP--RlswAA__"
	sigAdmin = "eJyqVgrxCdYrSy1SslIy0jNQ0gHzM1NS80oy0zLBwokpuZl5UInilOzEgoLMFCUrQxMDKIDIlGTmpipZGZqjiqZWFGQWgcRN" +
		"TU2N4KLFmelKVkrGyVkhef766d4**tpuEV5Bji7O3oZhxsk53mWVZlWmvpG5eZaufhHF4dmetkq1gAAAAP--7fswfw__"
	sigExpired = "eJyqVgrxCdYrSy1SslIy0jNQ0gHzM1NS80oy0zLBwokpiVDh4pTsxIKCzBQlK0MTAyiAyJRk5qYqWRmaoYqmVhRkFqUqWZlB" +
		"*cWZ6SDzPI3CAiycnQscq0zKEy0DfN18-AzcXTKKciuCvB0zHCsDHQ2SLc1DKswNbJVqAQEAAP--cuguLg__"
	sigForeign = "eJyqVgrxCdYrSy1SslIy0jNQ0gHzM1NS80oy0zLBwokpiVDh4pTsxIKCzBQlK0MTAyiAyJRk5qYqWRmao4qmVhRkFoHETU1N" +
		"jeCixZnpSlZKwUluEUYpxfoB5SGppQHphSnZpmH5roWOxSkGZeFeRib5hZa5hd4Gkb4urrZKtYAAAAD--4lmMHk_"
)

// TestGoldenFrames plays one scene on a fresh hub whose clock stands still, so that every byte of
// every frame is known.
func TestGoldenFrames(t *testing.T) {
	var sessions atomic.Uint32
	w := hubtest.Start(t, func(o *hub.Options) {
		o.Now = func() time.Time { return time.Unix(1700000100, 0) }
		o.NewSessionID = func() string { return fmt.Sprintf("018bcfe7-17a0-7000-8000-%012d", sessions.Add(1)) }
		o.MessageRate, o.MaxSessionsPerUser, o.MaxGroupMembers = 10, 2, 4
		o.MaxGroups, o.MaxExtensionsPerUser, o.MaxConversationBytes = 2, 3, 300
	})
	stable := strings.NewReplacer(w.Store.Epoch(), epoch)
	r := &recorder{t, hubtest.Golden{TB: t, Dir: frames, Update: *update, Stable: stable}}
	defer r.golden.Finish()

	login := func(userID, sig string) string {
		return fmt.Sprintf(`{"sdkAppID":1400000000,"userID":%q,"userSig":%q}`, userID, sig)
	}
	r.ask(w.Dial(), "ping.before-login", `{}`)
	r.ask(w.Dial(), "login.invalid-params", `{"sdkAppID":"1400000000","userID":"ada","userSig":""}`)
	r.ask(w.Dial(), "login.no-such-app", `{"sdkAppID":88888888,"userID":"ada","userSig":""}`)
	r.ask(w.Dial(), "login.no-user", login("", sigAda))
	r.ask(w.Dial(), "login.no-sig", login("ada", ""))
	r.ask(w.Dial(), "login.not-a-sig", login("ada", sigAda[:40]))
	r.ask(w.Dial(), "login.expired", login("ada", sigExpired))
	r.ask(w.Dial(), "login.other-key", login("ada", sigForeign))
	r.ask(w.Dial(), "login.other-user", login("eve", sigAda))
	ada, bo, cy, admin := w.Dial(), w.Dial(), w.Dial(), w.Dial()
	r.ask(ada, "login", login("ada", sigAda))
	r.ask(admin, "login.admin", login("admin", sigAdmin))
	bo.Must("login", json.RawMessage(login("bo", sigBo)), nil)
	cy.Must("login", json.RawMessage(login("cy", sigCy)), nil)
	r.ask(ada, "login.again", login("ada", sigAda))
	r.ask(ada, "ping", `{}`)
	r.ask(ada, "castVote.no-such-method", `{}`)

	r.groups(ada, bo, cy)
	r.messages(ada, bo, cy)
	r.extensions(ada, bo, cy, admin)
	r.polls(ada, bo, cy)
	r.recall(ada, bo, cy)

	for range 2 {
		w.Dial().Must("login", json.RawMessage(login("ada", sigAda)), nil)
	}
	r.told(ada, "KICKED_OUT")
	r.quotas(cy)
	r.ask(bo, "logout", `{}`)
}

// quotas lets cy have more than there is for one user and for one conversation.
func (r *recorder) quotas(cy *hubtest.Client) {
	cy.Must("createGroup", json.RawMessage(`{"name":"Choir","type":"Public","groupID":"choir"}`), nil)
	r.ask(cy, "createGroup.too-many", `{"name":"Chess","type":"Public","groupID":"chess"}`)
	r.ask(cy, "sendMessage.full", `{"to":"club","conversationType":"GROUP","type":"TIMTextElem","payload":`+
		`{"text":"All the books that anybody of us has read and would like to talk about"}}`)
	const poll = `"messageID":"g.club.2","extensions":`
	cy.Must("setMessageExtensions", json.RawMessage(`{`+poll+`[{"key":"cy_0","value":"1"},{"key":"cy_1",`+
		`"value":"2"},{"key":"cy_2","value":"1"}]}`), nil)
	r.ask(cy, "setMessageExtensions.too-many", `{`+poll+`[{"key":"cy_3","value":"1","seq":0}]}`)
	r.ask(cy, "createGroup.no-guests", `{"name":"Chess","type":"Public","groupID":"chess","guests":true}`)
}

// groups makes the group "club" of ada, bo and cy.
func (r *recorder) groups(ada, bo, cy *hubtest.Client) {
	r.ask(ada, "createGroup", `{"name":"Book club","type":"Public","groupID":"club","memberList":[{"userID":"bo"}]}`)
	r.ask(ada, "createGroup.yours", `{"name":"Book club","type":"Public","groupID":"club"}`)
	r.ask(bo, "createGroup.taken", `{"name":"Book club","type":"Public","groupID":"club"}`)
	r.ask(bo, "createGroup.refused", `{"name":"Book club","type":"Secret"}`)
	ada.Must("createGroup", json.RawMessage(`{"name":"Staff","type":"Private","groupID":"staff",`+
		`"memberList":[{"userID":"bo"},{"userID":"eve"}]}`), nil)

	r.ask(cy, "joinGroup", `{"groupID":"club"}`)
	r.told(cy, "GROUP_JOINED")
	r.ask(cy, "joinGroup.already", `{"groupID":"club"}`)
	r.ask(cy, "joinGroup.by-invitation", `{"groupID":"staff"}`)
	r.ask(cy, "joinGroup.no-such-group", `{"groupID":"nowhere"}`)
	r.ask(cy, "joinGroup.not-an-id", `{"groupID":""}`)
	r.ask(ada, "getGroupMemberList", `{"groupID":"club","count":2,"offset":0}`)
	r.ask(ada, "getGroupMemberList.end", `{"groupID":"club","count":2,"offset":2}`)
	r.ask(cy, "getGroupMemberList.refused", `{"groupID":"staff"}`)

	r.ask(bo, "addGroupMember", `{"groupID":"staff","userIDList":["bo","cy","dee"]}`)
	r.ask(bo, "addGroupMember.full", `{"groupID":"staff","userIDList":["dee"]}`)
	r.ask(bo, "addGroupMember.refused", `{"groupID":"club","userIDList":["dee"]}`)
	r.ask(ada, "deleteGroupMember", `{"groupID":"staff","userIDList":["cy","fay"]}`)
	r.ask(bo, "deleteGroupMember.refused", `{"groupID":"staff","userIDList":["ada"]}`)
	cy.Membership() // was added
	r.told(cy, "GROUP_LEFT")
	r.ask(bo, "quitGroup", `{"groupID":"staff"}`)
	r.ask(ada, "quitGroup.owner", `{"groupID":"club"}`)
	r.ask(bo, "dismissGroup.refused", `{"groupID":"club"}`)
	r.ask(ada, "dismissGroup", `{"groupID":"staff"}`)
}

// messages leaves a letter from ada to bo, and three messages in the club.
func (r *recorder) messages(ada, bo, cy *hubtest.Client) {
	const poll = `"type":"TIMCustomElem","payload":{"data":"{\"businessID\":\"group_poll\",` +
		`\"title\":\"Which book?\"}","description":"A poll"},"isSupportExtension":true`
	r.ask(ada, "sendMessage", `{"to":"bo","conversationType":"C2C",`+poll+`,"random":12345678,`+
		`"clientSequence":541530001}`)
	r.told(bo, "MESSAGE_RECEIVED")
	r.ask(ada, "sendMessage.group", `{"to":"club","conversationType":"GROUP","type":"TIMTextElem",`+
		`"payload":{"text":"Hello"},"random":23456789,"cloudCustomData":"{}"}`)
	r.told(bo, "MESSAGE_RECEIVED.group")
	for random := range 2 {
		bo.Must("sendMessage", json.RawMessage(fmt.Sprintf(`{"to":"club","conversationType":"GROUP",%s,"random":%d}`,
			poll, random)), nil)
		ada.Next("MESSAGE_RECEIVED", nil)
	}
	r.ask(cy, "sendMessage.invalid-params", `{"to":"bo","conversationType":"C2C","type":"TIMTextElem"}`)
	r.ask(cy, "sendMessage.refused", `{"to":"bo","conversationType":"C2C","type":"TIMTextElem","payload":{"text":""}}`)
	r.ask(cy, "getMessageList", `{"conversationID":"GROUPclub","nextReqMessageID":"","count":1}`)
	r.ask(cy, "getMessageList.end", `{"conversationID":"GROUPclub","nextReqMessageID":"g.club.2","count":15}`)
	r.ask(cy, "getMessageList.refused", `{"conversationID":"GROUPclub","nextReqMessageID":"","count":100}`)
	r.ask(bo, "setMessageRead", `{"messageID":"g.club.1"}`)
	r.told(bo, "CONVERSATION_READ")
	r.ask(cy, "setMessageRead.stranger", `{"messageID":"c.ada.bo.541530001_12345678_1700000100"}`)
	r.ask(bo, "getConversationList", `{"count":50}`)
	r.ask(bo, "getConversationList.refused", `{"since":"last week"}`)
	r.ask(bo, "getGroupList", `{}`)
	r.ask(bo, "getGroupProfile", `{"groupID":"club"}`)
	r.ask(cy, "updateMyProfile", `{"nick":"Cy 🎈","avatar":"https://example.org/cy.png"}`)
	r.told(cy, "PROFILE_UPDATED")
	r.ask(ada, "getUserProfile", `{"userIDList":["cy","dee"]}`)
	r.ask(ada, "getUserProfile.refused", `{"userIDList":["cy","cy"]}`)
}

// toldOf keeps the client's next notification of this method, and drops others before it.
func (r *recorder) toldOf(c *hubtest.Client, method, name string) {
	r.t.Helper()
	for {
		if f := c.Notification(); f.Method == method {
			r.keep(golden{Name: name, Notification: f.Raw})
			return
		}
	}
}

// polls plays with a poll in the club, whose answers only ada sees before it is closed.
func (r *recorder) polls(ada, bo, cy *hubtest.Client) {
	const summary, closed = "MESSAGE_EXTENSIONS_SUMMARY", "MESSAGE_EXTENSIONS_CLOSED"
	const message = `"to":"club","conversationType":"GROUP","type":"TIMTextElem","payload":{"text":"Which book?"},` +
		`"isSupportExtension":true,`
	r.ask(ada, "sendMessage.rules", `{`+message+`"extensionRules":{"write":"own","questions":[{"choices":3},`+
		`{"text":40}],"show":"summary","reveal":"closed","closeAt":4000000000},"random":34567890}`)
	r.ask(ada, "sendMessage.no-such-rule", `{`+message+`"extensionRules":{"anonymus":true}}`)
	r.ask(ada, "sendMessage.rule-refused", `{`+message+`"extensionRules":{"reveal":"closed"}}`)
	const poll = `"messageID":"g.club.4"`
	r.ask(bo, "setMessageExtensions.own", `{`+poll+`,"extensions":[{"key":"bo","value":"[\"2\",\"a novel\"]",`+
		`"seq":0}]}`)
	r.toldOf(ada, summary, summary)
	r.toldOf(cy, summary, summary+".hidden")
	r.ask(cy, "setMessageExtensions.not-yours", `{`+poll+`,"extensions":[{"key":"bo","value":"[\"1\",\"\"]","seq":0}]}`)
	r.ask(cy, "setMessageExtensions.no-answer", `{`+poll+`,"extensions":[{"key":"cy","value":"[\"4\",\"\"]","seq":0}]}`)
	r.ask(cy, "getMessageExtensions.hidden", `{`+poll+`}`)
	r.ask(ada, "getMessageExtensionSummary", `{`+poll+`}`)
	r.ask(cy, "getMessageExtensionSummary.hidden", `{`+poll+`}`)
	r.ask(ada, "closeMessageExtensions.later", `{`+poll+`,"closeAt":4000003600}`)
	r.ask(bo, "closeMessageExtensions.refused", `{`+poll+`}`)
	r.ask(ada, "closeMessageExtensions", `{`+poll+`}`)
	r.toldOf(cy, closed, closed)
	ada.Await(closed)
	r.ask(cy, "setMessageExtensions.closed", `{`+poll+`,"extensions":[{"key":"cy","value":"[\"1\",\"\"]","seq":0}]}`)
	r.ask(bo, "setMessageExtensions.atomic", `{"messageID":"g.club.2","atomic":true,"extensions":[`+
		`{"key":"bo_0","value":"1","seq":0},{"key":"bo_1","value":"1","seq":7}]}`)
}

// extensions plays with the pairs of the letter.
func (r *recorder) extensions(ada, bo, cy, admin *hubtest.Client) {
	const letter = `"messageID":"c.ada.bo.541530001_12345678_1700000100"`
	one := func(message, key string) string {
		return fmt.Sprintf(`{%s,"extensions":[{"key":%q,"value":"1","seq":0}]}`, message, key)
	}
	var vote hubtest.Changed
	set := r.ask(bo, "setMessageExtensions", `{`+letter+`,"extensions":[{"key":"bo_0","value":"2","seq":0}]}`)
	if err := set.Decode(&vote); err != nil {
		r.t.Fatal(err)
	}
	r.told(ada, "MESSAGE_EXTENSIONS_UPDATED")
	r.ask(ada, "setMessageExtensions.conflict", `{`+letter+`,"extensions":[{"key":"ada_0","value":"1","seq":0},`+
		`{"key":"bo_0","value":"1","seq":0}]}`)
	// Before the next change, which could come in one event with it
	ada.Next("MESSAGE_EXTENSIONS_UPDATED", nil)
	r.ask(ada, "setMessageExtensions.refused", `{`+letter+`,"extensions":[{"key":"ada_0","value":"1","seq":0},`+
		`{"key":"ada_0","value":"","seq":0}]}`)
	r.ask(ada, "setMessageExtensions.no-such-message", one(`"messageID":"c.ada.bo.1_2_3"`, "ada_0"))
	r.ask(ada, "setMessageExtensions.not-extensible", one(`"messageID":"g.club.1"`, "ada_0"))
	r.ask(cy, "setMessageExtensions.stranger", one(letter, "cy_0"))
	r.ask(admin, "setMessageExtensions.admin", one(letter, "closed"))
	ada.Next("MESSAGE_EXTENSIONS_UPDATED", nil)
	r.ask(ada, "getMessageExtensions", `{`+letter+`}`)

	r.ask(bo, "deleteMessageExtensions", fmt.Sprintf(`{%s,"extensions":[{"key":"bo_0","seq":%d}]}`, letter,
		vote.LatestSeq))
	r.told(ada, "MESSAGE_EXTENSIONS_DELETED")
	r.ask(ada, "deleteMessageExtensions.conflict", `{`+letter+`,"extensions":[{"key":"closed","seq":0}]}`)
	r.ask(ada, "getMessageExtensions.since", fmt.Sprintf(`{%s,"startSeq":%d}`, letter, vote.LatestSeq+1))
	r.ask(ada, "deleteMessageExtensions.clear", `{`+letter+`,"clear":true}`)
	r.told(ada, "MESSAGE_EXTENSIONS_DELETED.clear")
	r.ask(ada, "getMessageExtensions.empty", `{`+letter+`}`)
	r.ask(cy, "deleteMessageExtensions.refused", `{`+letter+`,"clear":true}`)
	r.ask(ada, "deleteMessageExtensions.key-list", `{`+letter+`,"keyList":["closed"]}`)
	r.ask(ada, "deleteMessageExtensions.none-given", `{`+letter+`}`)
	r.ask(cy, "getMessageExtensions.refused", `{`+letter+`}`)

	for range 2 {
		ada.Must("setMessageExtensions", json.RawMessage(one(letter, "ada_0")), nil)
	}
	r.ask(ada, "setMessageExtensions.too-often", one(letter, "ada_0"))
	ada.Next("MESSAGE_EXTENSIONS_UPDATED", nil)
}

// recall takes the letter back, and what bo said in the club.
func (r *recorder) recall(ada, bo, cy *hubtest.Client) {
	const letter = `"messageID":"c.ada.bo.541530001_12345678_1700000100"`
	r.ask(bo, "revokeMessage.not-the-sender", `{`+letter+`}`)
	r.ask(cy, "revokeMessage.stranger", `{`+letter+`}`)
	r.ask(ada, "revokeMessage", `{`+letter+`}`)
	r.told(ada, "MESSAGE_REVOKED")
	r.ask(ada, "getMessageExtensions.recalled", `{`+letter+`}`)
	r.ask(cy, "revokeMessage.no-such-message", `{"messageID":"g.club.9"}`)
	r.ask(ada, "revokeMessage.owner", `{"messageID":"g.club.3"}`)
	r.told(ada, "MESSAGE_REVOKED.group")
	r.ask(ada, "getMessageList.recalled", `{"conversationID":"GROUPclub","nextReqMessageID":"","count":1}`)
}
