package hub_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"exthub/hub"
	"exthub/hub/hubtest"
)

// secrecy is one way in which rules show and hide.
type secrecy struct {
	show, reveal string
	anonymous    bool
}

// open reports whether everybody is told of every pair, and nobody of summaries.
func (s secrecy) open() bool { return s.show == "pairs" && s.reveal == "always" }

// What the members of the hall may learn of the others' answers. Here the table of PROTOCOL.md is
// said once more, in other words than in the code.
func (s secrecy) answers(role string, closed bool) bool {
	return role == "ann" || role == "admin" || s.reveal == "always" || s.reveal == "closed" && closed
}

func (s secrecy) pairs(role string, closed bool) bool {
	return s.show == "pairs" && s.answers(role, closed)
}

const (
	ownSecret   = "what-vic-wrote"
	otherSecret = "what-eve-wrote"
	goneSecret  = "what-was-cleared"
)

// scene is a hall with a poll in it.
type scene struct {
	w       *hubtest.World
	clients map[string]*hubtest.Client // by role
	cases   int
}

// roles are all who may look, and eve, who has answered too and whose answer must not leak.
var roles = []string{"ann", "admin", "vic", "mia"} // author, app admin, a voter, a member who has not voted

// What the rules hide is read by nobody at any door, in any way, before the close and after,
// whoever asks; and what they show is there. Every rule, role, door and time is tried.
func TestRulesHide(t *testing.T) {
	for name, change := range map[string]func(*hub.Options){
		"Direct":    func(*hub.Options) {},
		"Throttled": func(o *hub.Options) { o.LargeAudience, o.EventInterval = 1, time.Millisecond },
		"FannedOut": func(o *hub.Options) {
			o.LargeAudience, o.EventInterval, o.FanoutFrom = 1, time.Millisecond, 1
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := &scene{w: hubtest.Start(t, change), clients: make(map[string]*hubtest.Client)}
			for _, user := range append(slices.Clone(roles), "eve", "out") {
				s.clients[user] = s.w.Login(user)
			}
			makeHall(s.clients["ann"], "admin", "vic", "mia", "eve")
			msgSeq := 0
			for _, show := range []string{"pairs", "summary"} {
				for _, reveal := range []string{"always", "closed", "never"} {
					for _, anonymous := range []bool{false, true} {
						msgSeq++
						secret := secrecy{show, reveal, anonymous}
						t.Run(fmt.Sprint(secret), func(t *testing.T) { s.play(t, secret, msgSeq) })
					}
				}
			}
			rules, reads := 2*3*2, 3*2 // a page, what changed and the summary, at two doors
			events := 2                // up to the close, and the close
			if want := rules * len(roles) * (2*reads + events); s.cases != want {
				t.Errorf("%d cases, want %d", s.cases, want)
			}
			t.Logf("%d cases", s.cases)
		})
	}
}

func (s *scene) play(t *testing.T, secret secrecy, msgSeq int) {
	c := make(map[string]*hubtest.Client)
	for role, client := range s.clients {
		c[role] = client.For(t)
	}
	id := sendPoll(c["ann"], "hall", object{
		"write": "own", "show": secret.show, "reveal": secret.reveal, "anonymous": secret.anonymous,
		"questions": []object{{"choices": 3}, {"text": 40}},
	})
	answer := func(user, choice, text string) {
		value, _ := json.Marshal([]string{choice, text})
		p, _ := c[user].Set(id, user, string(value), 0)
		if p.Code != 0 || strings.HasPrefix(p.Key, "~") != secret.anonymous {
			t.Fatalf("%s: %+v", user, p)
		}
	}
	answer("eve", "1", goneSecret)
	c["admin"].Delete(id)
	answer("vic", "1", ownSecret)
	answer("eve", "3", otherSecret)
	for _, role := range roles {
		s.reads(t, c[role], secret, role, id, msgSeq, false)
	}
	heard := make(map[string]*heard)
	for _, role := range roles {
		heard[role] = listen(c[role], secret)
	}
	closePoll(c["ann"], id)
	for _, role := range roles {
		s.events(t, c[role], secret, role, heard[role])
		s.reads(t, c[role], secret, role, id, msgSeq, true)
	}
	s.outside(t, c["out"], id, msgSeq)
}

// reads looks at a message in all ways of asking.
func (s *scene) reads(
	t *testing.T, c *hubtest.Client, secret secrecy, role, id string, msgSeq int, closed bool,
) {
	t.Helper()
	var rest *hubtest.Backend
	if role == "admin" {
		rest = s.w.Backend()
	} else {
		rest = s.w.Member(role)
	}
	rest.TB = t
	const service = "openim_msg_ext_http_svc/"
	ref := object{"GroupId": "hall", "MsgSeq": msgSeq}
	since := object{"GroupId": "hall", "MsgSeq": msgSeq, "StartSeq": 1}
	raw := func(method string, params object) string {
		c.Write(c.Request(method, params))
		return string(c.Answer().Raw)
	}
	call := func(command string, body object) string {
		_, reply := rest.Call(service+command, body)
		return string(reply)
	}
	for door, reply := range map[string]string{
		"socket, page":    raw("getMessageExtensions", object{"messageID": id}),
		"socket, changes": raw("getMessageExtensions", object{"messageID": id, "startSeq": 1}),
		"rest, page":      call("group_get_key_values", ref),
		"rest, changes":   call("group_get_key_values", since),
	} {
		s.check(t, door, secret, role, closed, reply, secret.pairs(role, closed))
		if others, own := strings.Contains(reply, otherSecret), strings.Contains(reply, ownSecret); others !=
			secret.pairs(role, closed) || own != (others || role == "vic") {
			t.Errorf("%s, %s, closed %v: %s", role, door, closed, reply)
		}
	}
	for door, reply := range map[string]string{
		"socket, summary": raw("getMessageExtensionSummary", object{"messageID": id}),
		"rest, summary":   call("group_get_key_values_summary", ref),
	} {
		s.check(t, door, secret, role, closed, reply, false)
		shown := strings.Contains(strings.ToLower(reply), `"answers":[[1,0,1],null]`)
		if shown != secret.answers(role, closed) || strings.Contains(strings.ToLower(reply), `"answers"`) != shown ||
			!strings.Contains(strings.ToLower(reply), `"pairs":2`) {
			t.Errorf("%s, %s, closed %v: %s", role, door, closed, reply)
		}
	}
}

// check is what holds of everything that anybody is told.
func (s *scene) check(
	t *testing.T, door string, secret secrecy, role string, closed bool, said string, pairs bool,
) {
	t.Helper()
	s.cases++
	switch {
	case strings.Contains(said, otherSecret) && !pairs:
		t.Errorf("%s, %s, closed %v: the others' pairs leak: %s", role, door, closed, said)
	case strings.Contains(said, goneSecret) && !secret.pairs(role, false):
		t.Errorf("%s, %s, closed %v: what was cleared leaks: %s", role, door, closed, said)
	case secret.anonymous && (strings.Contains(said, `"eve"`) || strings.Contains(said, `"vic"`)):
		t.Errorf("%s, %s, closed %v: names leak: %s", role, door, closed, said)
	case !pairs && strings.Contains(said, `"eve"`):
		t.Errorf("%s, %s, closed %v: who has answered leaks: %s", role, door, closed, said)
	}
}

// events looks at what a session was told up to the close, and at the close.
func (s *scene) events(t *testing.T, c *hubtest.Client, secret secrecy, role string, h *heard) {
	t.Helper()
	said := h.until(c, "MESSAGE_EXTENSIONS_CLOSED")
	s.check(t, "close", secret, role, true, said, false)
	if strings.Contains(said, `"answers":[[1,0,1],null]`) != secret.answers(role, true) ||
		strings.Contains(said, `"answers"`) != secret.answers(role, true) ||
		!strings.Contains(said, `"pairs":2`) {
		t.Errorf("%s is told of the close: %s", role, said)
	}
	s.check(t, "events", secret, role, false, h.before.String(), secret.pairs(role, false))
	s.told(t, secret, role, h.before.String(), h.summaries)
}

// heard is what a session was told before the close.
type heard struct {
	before    strings.Builder
	summaries []string
}

// listen hears a session's first summary, if it is told any: one that was still to come when the
// message is closed is folded into the close.
func listen(c *hubtest.Client, secret secrecy) *heard {
	h := new(heard)
	if !secret.open() {
		h.before.WriteString(h.until(c, "MESSAGE_EXTENSIONS_SUMMARY"))
	}
	return h
}

// until hears on until the session is told this, and returns it.
func (h *heard) until(c *hubtest.Client, method string) string {
	for {
		f := c.Notification()
		said := string(f.Params)
		if f.Method == "MESSAGE_EXTENSIONS_SUMMARY" {
			h.summaries = append(h.summaries, said)
		}
		if f.Method == method {
			return said
		}
		if f.Method != "MESSAGE_RECEIVED" {
			h.before.WriteString(said)
		}
	}
}

// told checks what a session was told before the close.
func (s *scene) told(t *testing.T, secret secrecy, role, all string, summaries []string) {
	t.Helper()
	others, own := strings.Contains(all, otherSecret), strings.Contains(all, ownSecret)
	if others != secret.pairs(role, false) || own != (others || role == "vic") {
		t.Errorf("%s was told %s", role, all)
	}
	for _, said := range summaries {
		if strings.Contains(said, `"answers"`) != secret.answers(role, false) {
			t.Errorf("%s was told %s", role, said)
		}
	}
	if (len(summaries) == 0) != secret.open() {
		t.Errorf("%s was told the summaries %s", role, summaries)
	}
}

// outside looks at what somebody learns who is no member.
func (s *scene) outside(t *testing.T, c *hubtest.Client, id string, msgSeq int) {
	t.Helper()
	for _, method := range []string{
		"getMessageExtensions", "getMessageExtensionSummary", "closeMessageExtensions",
	} {
		c.Refused(10007, method, object{"messageID": id})
	}
	for _, command := range []string{"group_get_key_values", "group_get_key_values_summary", "group_close_key_values"} {
		e, _ := s.w.Member("out").Call("openim_msg_ext_http_svc/"+command, object{"GroupId": "hall", "MsgSeq": msgSeq})
		if e.ErrorCode != 10007 {
			t.Errorf("%s: %+v", command, e)
		}
	}
	if len(c.Pending()) > 0 {
		t.Errorf("a stranger was told %s", c.Pending()[0].Raw)
	}
}
