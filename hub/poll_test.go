package hub_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"exthub/hub"
	"exthub/hub/hubtest"
	"exthub/kv/kvtest"
)

// wireSummary is a summary at the WebSocket door.
type wireSummary struct {
	Pairs                int
	Answers              [][]int
	LatestSeq, ClosedSeq uint64
	CloseAt              int64
}

// sendPoll sends a message with these rules to the group, and returns its ID.
func sendPoll(c *hubtest.Client, group string, rules object) string {
	c.TB.Helper()
	var sent struct{ Message hubtest.Message }
	c.Must("sendMessage", pollParams(group, rules), &sent)
	return sent.Message.ID
}

func pollParams(group string, rules object) object {
	return object{
		"to": group, "conversationType": "GROUP", "type": "TIMTextElem", "payload": object{"text": "?"},
		"isSupportExtension": true, "extensionRules": rules,
	}
}

func summaryOf(c *hubtest.Client, id string) wireSummary {
	c.TB.Helper()
	var got struct{ Summary wireSummary }
	c.Must("getMessageExtensionSummary", object{"messageID": id}, &got)
	return got.Summary
}

func closePoll(c *hubtest.Client, id string) wireSummary {
	c.TB.Helper()
	var got struct{ Summary wireSummary }
	c.Must("closeMessageExtensions", object{"messageID": id}, &got)
	return got.Summary
}

// makeHall makes the group "hall" of author and these members.
func makeHall(author *hubtest.Client, members ...string) {
	author.TB.Helper()
	list := make([]object, len(members))
	for i, m := range members {
		list[i] = object{"userID": m}
	}
	author.Must("createGroup", object{"name": "Hall", "type": "Public", "groupID": "hall", "memberList": list}, nil)
}

// Rules that a message was sent with, at either door, are in its object wherever it appears, and no
// rule that the hub does not know is taken: its author would rely on it.
func TestRulesAreShown(t *testing.T) {
	w := hubtest.Start(t)
	ann, bob := w.Login("ann"), w.Login("bob")
	makeHall(ann, "bob")
	const want = `"extensionRules":{"write":"own","questions":[{"choices":3,"choose":1},{"text":20}],"reveal":"closed"}`
	var sent struct{ Message hubtest.Message }
	params := pollParams("hall", object{
		"write": "own", "reveal": "closed", "show": "pairs", "questions": []object{{"choices": 3}, {"text": 20}},
	})
	ann.Write(ann.Request("sendMessage", params))
	f := ann.Answer()
	if err := f.Decode(&sent); err != nil || !strings.Contains(string(f.Raw), want) {
		t.Errorf("sent: %s", f.Raw)
	}
	w.Backend().Must("group_open_http_svc/send_group_msg", object{
		"GroupId": "hall", "From_Account": "ann", "SupportMessageExtension": 1, "MsgBody": hubtest.TextBody("?"),
		"ExtensionRules": object{
			"Write": "own", "Reveal": "closed", "Questions": []object{{"Choices": 3}, {"Text": 20}},
		},
	}, nil)
	for range 2 {
		if got := bob.Await("MESSAGE_RECEIVED"); !strings.Contains(got, want) {
			t.Errorf("received: %s", got)
		}
	}
	bob.Write(bob.Request("getMessageList", object{"conversationID": "GROUPhall"}))
	if f := bob.Answer(); strings.Count(string(f.Raw), want) != 2 {
		t.Errorf("listed: %s", f.Raw)
	}
	plain := ann.Send("GROUP", "hall")
	if got := bob.Await("MESSAGE_RECEIVED"); strings.Contains(got, "extensionRules") {
		t.Errorf("a message without rules: %s", got)
	}
	if got := summaryOf(bob, plain.ID); got.Pairs != 0 || got.Answers != nil {
		t.Errorf("a message without rules: %+v", got)
	}
	ann.Set(plain.ID, "k", "v", 0)
	if got := summaryOf(ann, plain.ID); got.Pairs != 1 {
		t.Errorf("a message without rules and a pair: %+v", got)
	}
	ann.Refused(10004, "closeMessageExtensions", object{"messageID": plain.ID})
}

// An own vote takes its place in nobody's rate: 250 people who answer within a second, with the
// defaults, all succeed. One who goes on and on is stopped alone.
func TestHallAnswersWithinASecond(t *testing.T) {
	now := time.Unix(time.Now().Unix()/60*60+5, 0)
	w := hubtest.Start(t, func(o *hub.Options) {
		o.MessageRate, o.OwnRate, o.Now = 200, 30, func() time.Time { return now }
	})
	ann := w.Login("ann")
	var members []string
	for i := range 250 {
		members = append(members, fmt.Sprint("m", i))
	}
	makeHall(ann, members...)
	id := sendPoll(ann, "hall", object{"write": "own", "show": "summary", "questions": []object{{"choices": 3}}})
	var wg sync.WaitGroup
	for i, m := range members {
		c := w.Login(m)
		wg.Go(func() {
			if p, _ := c.Set(id, m, fmt.Sprint(i%3+1), 0); p.Code != 0 {
				t.Errorf("%s: %+v", m, p)
			}
		})
	}
	wg.Wait()
	want := "[[84 83 83]]"
	if got := summaryOf(ann, id); got.Pairs != 250 || fmt.Sprint(got.Answers) != want {
		t.Errorf("%+v, want 250 pairs and %s", got, want)
	}
	m0 := w.Login("m0")
	seq := m0.Get(id, 0).Extensions[0].Seq
	for n := range 29 {
		_, seq = m0.Set(id, "m0", fmt.Sprint(n%3+1), seq)
	}
	m0.Refused(23003, "setMessageExtensions", hubtest.SetParams(id, "m0", "1", seq))
	m1 := w.Login("m1")
	m1.Set(id, "m1", "2", m1.Get(id, 0).Extensions[0].Seq)
}

// A thousand votes of one user at once count once, whatever they say.
func TestOneUserVotesOnce(t *testing.T) {
	w := hubtest.Start(t)
	ann := w.Login("ann")
	makeHall(ann, "bob")
	id := sendPoll(ann, "hall", object{"write": "own", "once": true, "questions": []object{{"choices": 5}}})
	var accepted atomic.Int32
	var wg sync.WaitGroup
	for s := range 10 {
		session, err := hubtest.Open(t.Context(), w.SocketURL(), w.LoginParams("bob"),
			hubtest.SessionOptions{Timeout: hubtest.Timeout})
		if err != nil {
			t.Fatal(err)
		}
		defer session.Close()
		for n := range 100 {
			wg.Go(func() {
				var got hubtest.Changed
				value := fmt.Sprint((s*100+n)%5 + 1)
				err := session.Call(t.Context(), "setMessageExtensions", hubtest.SetParams(id, "bob", value, 0), &got)
				var refused *hubtest.Refusal
				switch {
				case errors.As(err, &refused) && refused.Code == 10007:
				case err != nil:
					t.Error(err)
				case got.Extensions[0].Code == 0:
					accepted.Add(1)
				}
			})
		}
	}
	wg.Wait()
	got := summaryOf(ann, id)
	sum := 0
	for _, n := range got.Answers[0] {
		sum += n
	}
	// A repetition of the one that counts is none more
	if got.Pairs != 1 || sum != 1 || accepted.Load() == 0 || accepted.Load() > 200 {
		t.Errorf("%d votes were accepted: %+v", accepted.Load(), got)
	}
}

// The author closes at either door, and nobody else but an app admin; from then on both doors of
// both hubs refuse with 23005, and what a member sends again is answered as it was.
func TestCloseAtBothDoors(t *testing.T) {
	nc := kvtest.Server(t)
	hubs := []*hubtest.World{hubtest.StartOn(t, nc), hubtest.StartOn(t, nc)}
	ann, bob := hubs[0].Login("ann"), hubs[1].Login("bob")
	makeHall(ann, "bob")
	for i, door := range []string{"socket", "rest", "admin"} {
		id := sendPoll(ann, "hall", object{"write": "own", "questions": []object{{"choices": 2}}})
		ref := object{"GroupId": "hall", "MsgSeq": i + 1}
		bob.Await("MESSAGE_RECEIVED")
		vote, _ := bob.Set(id, "bob", "2", 0)
		bob.Refused(10007, "closeMessageExtensions", object{"messageID": id})
		e, _ := hubs[1].Member("bob").Call("openim_msg_ext_http_svc/group_close_key_values", ref)
		if e.ErrorCode != 10007 {
			t.Errorf("%s: bob closes by REST: %+v", door, e)
		}
		var reply struct{ Summary wireSummary }
		switch door {
		case "socket":
			reply.Summary = closePoll(ann, id)
		case "rest":
			hubs[0].Member("ann").Must("openim_msg_ext_http_svc/group_close_key_values", ref, &reply)
		case "admin":
			hubs[1].Backend().Must("openim_msg_ext_http_svc/group_close_key_values", ref, &reply)
		}
		if s := reply.Summary; s.ClosedSeq <= vote.Seq || s.Pairs != 1 || fmt.Sprint(s.Answers) != "[[0 1]]" {
			t.Errorf("%s: %+v", door, s)
		}
		for _, w := range hubs {
			checkClosed(t, w, id, i+1, vote.Seq, reply.Summary.ClosedSeq)
		}
	}
}

// checkClosed checks that nothing gets into a closed poll of bob's vote through a hub.
func checkClosed(t *testing.T, w *hubtest.World, id string, msgSeq int, voted, closed uint64) {
	t.Helper()
	w.Login("ann").Refused(23005, "setMessageExtensions", hubtest.SetParams(id, "ann", "1", 0))
	c := w.Login("bob")
	c.Refused(23005, "setMessageExtensions", hubtest.SetParams(id, "bob", "1", voted))
	c.Refused(23005, "deleteMessageExtensions", hubtest.DeleteParams(id, object{"key": "bob", "seq": voted}))
	if again, _ := c.Set(id, "bob", "2", 0); again.Code != 0 || again.Seq != voted {
		t.Errorf("the same vote again: %+v", again)
	}
	w.Login("admin").Refused(23005, "deleteMessageExtensions", hubtest.DeleteParams(id))
	set := object{
		"GroupId": "hall", "MsgSeq": msgSeq, "OperateType": 1, "ExtensionList": []object{{"Key": "x", "Value": "1"}},
	}
	if e, _ := w.Backend().Call("openim_msg_ext_http_svc/group_set_key_values", set); e.ErrorCode != 23005 {
		t.Errorf("an admin writes: %+v", e)
	}
	if got := closePoll(w.Login("ann"), id); got.ClosedSeq != closed {
		t.Errorf("closed again: %+v", got)
	}
	w.Login("ann").Refused(23005, "closeMessageExtensions", object{"messageID": id, "closeAt": 0})
	if page := c.Get(id, 0); len(page.Extensions) != 1 || page.Extensions[0].Seq > closed {
		t.Errorf("%+v", page)
	}
}

// A close that is planned, moved and taken back is told each time, and comes on time.
func TestCloseAtATime(t *testing.T) {
	w := hubtest.Start(t)
	ann, bob := w.Login("ann"), w.Login("bob")
	makeHall(ann, "bob")
	soon := time.Now().Unix() + 1
	id := sendPoll(ann, "hall", object{"closeAt": soon + 3600})
	bob.Next("MESSAGE_RECEIVED", nil)
	told := func(want int64) {
		t.Helper()
		var got struct{ Summary wireSummary }
		bob.Next("MESSAGE_EXTENSIONS_SUMMARY", &got)
		if got.Summary.CloseAt != want || summaryOf(bob, id).CloseAt != want {
			t.Errorf("told that it closes at %d, want %d", got.Summary.CloseAt, want)
		}
	}
	if got := summaryOf(bob, id); got.CloseAt != soon+3600 {
		t.Errorf("%+v", got)
	}
	ann.Refused(10004, "closeMessageExtensions", object{"messageID": id, "closeAt": soon - 10})
	ann.Refused(10004, "sendMessage", pollParams("hall", object{"closeAt": soon - 10}))
	ann.Must("closeMessageExtensions", object{"messageID": id, "closeAt": 0}, nil)
	told(0)
	ann.Must("closeMessageExtensions", object{"messageID": id, "closeAt": soon}, nil)
	told(soon)
	var closed struct {
		MessageID string
		ClosedSeq uint64
		Summary   wireSummary
	}
	bob.Next("MESSAGE_EXTENSIONS_CLOSED", &closed)
	if closed.MessageID != id || closed.ClosedSeq == 0 || closed.Summary.ClosedSeq != closed.ClosedSeq {
		t.Errorf("%+v", closed)
	}
	bob.Refused(23005, "setMessageExtensions", hubtest.SetParams(id, "bob", "1", 0))
}

// A set that asks for all or nothing gets one of the two, at both doors.
func TestAtomicSet(t *testing.T) {
	w := hubtest.Start(t)
	ann := w.Login("ann")
	makeHall(ann, "bob")
	for _, rules := range []object{nil, {}} {
		id := sendPoll(ann, "hall", rules)
		first, _ := ann.Set(id, "a", "1", 0)
		set := object{"messageID": id, "atomic": true, "extensions": []object{
			{"key": "a", "value": "2", "seq": first.Seq}, {"key": "b", "value": "2", "seq": 0},
			{"key": "c", "value": "2", "seq": first.Seq},
		}}
		var got hubtest.Changed
		ann.Must("setMessageExtensions", set, &got)
		for i, want := range []hubtest.Pair{
			{Code: 23001, Key: "a", Value: "1", Seq: first.Seq}, {Code: 23001, Key: "b"}, {Code: 23001, Key: "c"},
		} {
			if p := got.Extensions[i]; p.Code != want.Code || p.Value != want.Value || p.Seq != want.Seq {
				t.Errorf("%+v, want %+v", p, want)
			}
		}
		if page := ann.Get(id, 0); len(page.Extensions) != 1 || page.Extensions[0].Value != "1" {
			t.Errorf("half of it: %+v", page)
		}
		set["extensions"].([]object)[2]["seq"] = 0
		ann.Must("setMessageExtensions", set, &got)
		if page := ann.Get(id, 0); len(page.Extensions) != 3 || got.Extensions[2].Code != 0 {
			t.Errorf("%+v", page)
		}
	}
}

// A client that has read before the close asks for what came since, and what was hidden has
// revisions from before: it is told to read anew. Of what is hidden for good it is not.
func TestReadBeforeTheClose(t *testing.T) {
	w := hubtest.Start(t)
	ann := w.Login("ann")
	makeHall(ann, "bob")
	bob := w.Login("bob")
	for reveal, shown := range map[string]bool{"closed": true, "never": false} {
		id := sendPoll(ann, "hall", object{"write": "own", "reveal": reveal})
		ann.Set(id, "ann", "1", 0)
		seen := bob.Get(id, 0)
		since := seen.LatestSeq + 1
		if page := bob.Get(id, since); len(seen.Extensions)+len(page.Extensions) > 0 || page.PurgedSeq >= since {
			t.Errorf("%s, before the close: %+v, then %+v", reveal, seen, page)
		}
		closePoll(ann, id)
		if page := bob.Get(id, since); page.PurgedSeq >= since != shown {
			t.Errorf("%s: a client that was here until %d is told %+v", reveal, since, page)
		}
		if page := bob.Get(id, 0); len(page.Extensions) == 1 != shown {
			t.Errorf("%s, after the close: %+v", reveal, page)
		}
	}
}

// setThrough sets a pair of a message of the hall through a door, and returns the code.
func setThrough(w *hubtest.World, door, user, id, key, value string, seq uint64) int {
	if door == "socket" {
		return hubtest.Code(w.Login(user).Call("setMessageExtensions", hubtest.SetParams(id, key, value, seq), nil))
	}
	e, _ := w.Member(user).Call("openim_msg_ext_http_svc/group_set_key_values", fmt.Sprintf(
		`{"GroupId":"hall","MsgSeq":%s,"OperateType":1,"ExtensionList":[{"Key":%q,"Value":%q,"Seq":%d}]}`,
		strings.TrimPrefix(id, "g.hall."), key, value, seq))
	return e.ErrorCode
}

// What a message's rules forbid is refused at both doors, with nothing written: another's pair, a
// second answer, what is no answer, more pairs than fit, a clear of what others have answered.
func TestRulesAreKept(t *testing.T) {
	w := hubtest.Start(t)
	ann := w.Login("ann")
	makeHall(ann, "bob", "cat")
	own := object{"write": "own", "questions": []object{{"choices": 3}}}
	once := object{"write": "own", "once": true}
	anonymous := object{"write": "own", "anonymous": true}
	author := object{"write": "author"}
	for i, c := range []struct {
		rules      object
		user       string
		key, value string
		code       int
	}{
		{own, "bob", "bob", "1", 0},
		{own, "bob", "cat", "1", 10007},
		{own, "ann", "bob", "1", 10007},
		{own, "bob", "bob_0", "1", 10007},
		{own, "bob", "bob", "4", 10004},
		{own, "admin", "bob", "1", 0},
		{own, "admin", "bob", "4", 10004},
		{once, "cat", "cat", "other", 10007}, // cat has answered, see below
		{once, "admin", "cat", "other", 10007},
		{once, "cat", "cat", "first", 0},
		{anonymous, "bob", "bob", "x", 0},
		{anonymous, "bob", "cat", "x", 10007},
		{anonymous, "bob", "~AAAAAAAAAAAAAAAAAAAAAA", "x", 10007},
		{author, "ann", "any", "x", 0},
		{author, "bob", "bob", "x", 10007},
		{author, "admin", "any", "x", 0},
		{object{"max": 1}, "bob", "two", "x", 10004},
		{object{"max": 2}, "bob", "two", "x", 0},
		{object{"max": 301}, "bob", "two", "x", 0},
	} {
		for _, door := range []string{"socket", "rest"} {
			id := sendPoll(ann, "hall", c.rules)
			first := w.Login("admin")
			seq := uint64(0)
			if c.rules["once"] == true || c.rules["max"] != nil {
				p, _ := first.Set(id, "cat", "first", 0)
				if c.key == "cat" {
					seq = p.Seq
				}
			}
			if code := setThrough(w, door, c.user, id, c.key, c.value, seq); code != c.code {
				t.Errorf("%d, %s: %s sets %s on %v: %d, want %d", i, door, c.user, c.key, c.rules, code, c.code)
			}
			if got := summaryOf(first, id); c.code != 0 && got.Pairs > 1 {
				t.Errorf("%d, %s: refused, and written: %+v", i, door, got)
			}
		}
	}
	id := sendPoll(ann, "hall", own)
	bob := w.Login("bob")
	p, _ := bob.Set(id, "bob", "1", 0)
	for _, user := range []string{"ann", "bob", "cat"} {
		w.Login(user).Refused(10007, "deleteMessageExtensions", hubtest.DeleteParams(id))
		if user != "bob" {
			w.Login(user).Refused(10007, "deleteMessageExtensions",
				hubtest.DeleteParams(id, object{"key": "bob", "seq": p.Seq}))
		}
	}
	bob.Delete(id, object{"key": "bob", "seq": p.Seq})
	if got := summaryOf(ann, id); got.Pairs != 0 {
		t.Errorf("%+v", got)
	}
	bob.Set(id, "bob", "1", 0)
	w.Login("admin").Delete(id)
	if got := summaryOf(ann, id); got.Pairs != 0 || fmt.Sprint(got.Answers) != "[[0 0 0]]" {
		t.Errorf("cleared: %+v", got)
	}
}

// An app admin finds out which anonymous answer is somebody's by naming the user: in a set, in a
// deletion of what is not there yet, which leaves no trace, and after the close. It is refused, and
// nothing is said. A pair that is named as it is read can still be deleted.
func TestAdminAsksWhoAnswered(t *testing.T) {
	w := hubtest.Start(t)
	ann := w.Login("ann")
	makeHall(ann, "bob")
	for _, rules := range []object{
		{"write": "own", "anonymous": true}, {"write": "own", "anonymous": true, "once": true},
	} {
		for _, door := range []string{"socket", "rest"} {
			id := sendPoll(ann, "hall", rules)
			asks := func(when string) {
				t.Helper()
				if code := setThrough(w, door, "admin", id, "bob", "x", 0); code != 10007 {
					t.Errorf("%v, %s, %s: set of bob's: %d", rules, door, when, code)
				}
				w.Login("admin").Refused(10007, "deleteMessageExtensions", hubtest.DeleteParams(id,
					object{"key": "bob", "seq": 0}))
			}
			asks("before the answer")
			p, _ := w.Login("bob").Set(id, "bob", "x", 0)
			asks("with the same answer")
			if rules["once"] == nil {
				got := w.Login("admin").Delete(id, object{"key": p.Key, "seq": p.Seq})
				if got.Extensions[0].Code != 0 || summaryOf(ann, id).Pairs != 0 {
					t.Errorf("%s: deleted by its key: %+v", door, got)
				}
			}
			closePoll(ann, id)
			asks("after the close")
		}
	}
}

// A user who answers twice in one request, under the userID and under the key that this is stored
// with, breaks the rule that no key is there twice: both would be carried out, whatever the Seq and
// also with once.
func TestOneKeyByTwoNames(t *testing.T) {
	w := hubtest.Start(t)
	ann, bob := w.Login("ann"), w.Login("bob")
	makeHall(ann, "bob")
	id := sendPoll(ann, "hall", object{"write": "own", "anonymous": true, "once": true, "max": 1})
	hidden := bob.Delete(id, object{"key": "bob", "seq": 0}).Extensions[0].Key
	items := []object{{"key": "bob", "value": "1", "seq": 0}, {"key": hidden, "value": "2", "seq": 0}}
	text := bob.Refused(10004, "setMessageExtensions", object{"messageID": id, "extensions": items})
	if text != "extensions[1].key: the same as extensions[0].key" {
		t.Error(text)
	}
	bob.Refused(10004, "deleteMessageExtensions", hubtest.DeleteParams(id, items[1], items[0]))
	e, reply := w.Member("bob").Call("openim_msg_ext_http_svc/group_set_key_values", object{
		"GroupId": "hall", "MsgSeq": 1, "OperateType": 1, "ExtensionList": []object{
			{"Key": hidden, "Value": "1", "Seq": 0}, {"Key": "bob", "Value": "2", "Seq": 0},
		},
	})
	if e.ErrorCode != 10004 || e.ErrorInfo != "ExtensionList[1].Key: the same as ExtensionList[0].Key" {
		t.Errorf("%s", reply)
	}
	if got := summaryOf(ann, id); got.Pairs != 0 || got.LatestSeq != 0 {
		t.Errorf("refused, and written: %+v", got)
	}
	bob.Set(id, hidden, "1", 0)
}

// A poll that was recalled is gone like any message: nobody reads what it came to, or closes it.
func TestRecalledPoll(t *testing.T) {
	w := hubtest.Start(t)
	ann, bob := w.Login("ann"), w.Login("bob")
	makeHall(ann, "bob")
	id := sendPoll(ann, "hall", object{"write": "own", "closeAt": time.Now().Unix() + 3600})
	bob.Set(id, "bob", "1", 0)
	ann.Must("revokeMessage", object{"messageID": id}, nil)
	bob.Await("MESSAGE_REVOKED")
	for _, method := range []string{"getMessageExtensionSummary", "closeMessageExtensions"} {
		ann.Refused(20023, method, object{"messageID": id})
	}
}
