package main

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"exthub/hub/hubtest"
)

// poll runs `hub poll` against the hub and returns what it prints, by the first word of the line.
func (r *hubProcess) poll(data string, args ...string) map[string]string {
	r.t.Helper()
	out, stderr, code := runCommand(r.t, append(append([]string{"poll"}, args...), "--url", r.url, "--data", data)...)
	if code != 0 {
		r.t.Fatalf("hub poll ends with %d: %s", code, stderr)
	}
	lines := map[string]string{}
	for line := range strings.Lines(out) {
		word, rest, _ := strings.Cut(line, " ")
		lines[word] += strings.TrimSpace(rest)
	}
	return lines
}

// loginGuest logs in as a new guest, and returns who that is.
func (r *hubProcess) loginGuest() (*hubtest.Client, hubtest.Ticket) {
	r.t.Helper()
	ticket, answer, text := hubtest.AskForTicket(r.t, r.url, "", nil)
	if answer.StatusCode != http.StatusOK {
		r.t.Fatal(answer.Status, text)
	}
	c := hubtest.Dial(r.t, hubtest.SocketURL(r.url), testTimeout, nil)
	c.Login(hubtest.LoginParams(ticket.SDKAppID, ticket.UserID, ticket.UserSig))
	return c, ticket
}

// Somebody makes a poll on the machine of a hub and sends the address around: a stranger answers,
// and whoever has the presenter's address, and nobody else, closes it.
func TestPoll(t *testing.T) {
	data := t.TempDir()
	h := startHub(t, "--data", data, "--guests")
	printed := h.poll(data, "Where to?", "Noodles", "Rice", "--hidden")
	id := regexp.MustCompile(`^` + h.url + `/p/(g\.[0-9a-z]+\.1)$`).FindStringSubmatch(printed["share"])
	presenter := regexp.MustCompile(`^` + h.url + `/present/(.*)#(presenter-[0-9a-z]+)\.(.*)$`).
		FindStringSubmatch(printed["present"])
	if id == nil || presenter == nil || presenter[1] != id[1] ||
		printed["embed"] != `<script src="`+h.url+`/widgets.js" defer></script>` ||
		printed[""] != `<ext-poll message="`+id[1]+`"></ext-poll>` {
		t.Fatalf("%q", printed)
	}

	guest, ticket := h.loginGuest()
	guest.Must("joinGroup", hubtest.Object{"groupID": strings.Split(id[1], ".")[1]}, nil)
	if p, _ := guest.Set(id[1], ticket.UserID, "2", 0); p.Code != 0 {
		t.Errorf("the answer: %+v", p)
	}
	var got struct{ Summary struct{ Answers [][]int } }
	ask := hubtest.Object{"messageID": id[1]}
	if guest.Must("getMessageExtensionSummary", ask, &got); got.Summary.Answers != nil {
		t.Errorf("a guest sees %v before the close", got.Summary)
	}
	guest.Refused(10007, "closeMessageExtensions", ask)

	author := hubtest.Dial(t, hubtest.SocketURL(h.url), testTimeout, nil)
	author.Login(hubtest.LoginParams(1400000000, presenter[2], presenter[3]))
	if author.Must("closeMessageExtensions", ask, &got); got.Summary.Answers[0][1] != 1 {
		t.Errorf("it came to %v", got.Summary)
	}
	guest.Refused(23005, "setMessageExtensions", hubtest.SetParams(id[1], ticket.UserID, "1", 0))
	h.stop()
}

// A hall votes on a poll of this machine beside a guest, whose answer is still there afterwards.
// The poll stays open, and who came for the load has left its group.
func TestHallOnAPoll(t *testing.T) {
	data := t.TempDir()
	h := startHub(t, "--data", data, "--guests")
	printed := h.poll(data, "Where to?", "Noodles", "Rice", "Bread", "Soup")
	_, id, _ := strings.Cut(printed["share"], "/p/")
	group := strings.Split(id, ".")[1]
	guest, ticket := h.loginGuest()
	guest.Must("joinGroup", hubtest.Object{"groupID": group}, nil)
	guest.Set(id, ticket.UserID, "2", 0)
	bench := func(args ...string) (string, int) {
		_, stderr, code := runCommand(t, append([]string{"bench", "hall", "--data", data, "--duration", "1s",
			"--url", "ws" + strings.TrimPrefix(h.url, "http") + "/ws", "--clients", "10", "--audience", "20",
			"--rate", "40", "--poll"}, args...)...)
		return stderr, code
	}
	if stderr, code := bench(id); code != 0 {
		t.Fatal(stderr)
	}
	var got struct {
		Summary struct {
			Answers   [][]int
			Pairs     int
			ClosedSeq uint64
		}
	}
	guest.Must("getMessageExtensionSummary", hubtest.Object{"messageID": id}, &got)
	if got.Summary.Pairs != 11 || got.Summary.Answers[0][1] == 0 || got.Summary.ClosedSeq != 0 {
		t.Errorf("%+v", got.Summary)
	}
	var members struct{ MemberList []struct{ UserID string } }
	_, identity, _ := strings.Cut(printed["present"], "#")
	presenter, sig, _ := strings.Cut(identity, ".")
	author := hubtest.Dial(t, hubtest.SocketURL(h.url), testTimeout, nil)
	author.Login(hubtest.LoginParams(1400000000, presenter, sig))
	author.Must("getGroupMemberList", hubtest.Object{"groupID": group, "count": 100}, &members)
	if len(members.MemberList) != 1 {
		t.Errorf("there are %v", members.MemberList)
	}
	if stderr, code := bench("c.ann.bob.1_1_1"); code == 0 || !strings.Contains(stderr, "like g.lunch.3") {
		t.Errorf("a message of two: %d, %s", code, stderr)
	}
	two := h.poll(data, "Well?", "Yes", "No")
	if stderr, code := bench(two["share"][strings.LastIndex(two["share"], "/")+1:]); code == 0 ||
		!strings.Contains(stderr, "at least 4 choices") {
		t.Errorf("a question with two choices: %d, %s", code, stderr)
	}
	h.stop()
}

// The options of `hub poll` are rules of the poll, and what the hub refuses is said in its words.
func TestPollOptions(t *testing.T) {
	data := t.TempDir()
	h := startHub(t, "--data", data, "--guests")
	printed := h.poll(data, strings.Repeat("世", 20), "a", "b", "c", "--choose", "2", "--closes-in", "1h",
		"--public-url", "https://polls.example.com/live/")
	share, _ := strings.CutPrefix(printed["share"], "https://polls.example.com/live/p/")
	if !strings.HasPrefix(printed["present"], "https://polls.example.com/live/present/"+share+"#") {
		t.Errorf("%q", printed)
	}
	guest, ticket := h.loginGuest()
	if p, _ := guest.Set(share, ticket.UserID, "1_3", 0); p.Code != 0 {
		t.Errorf("two choices: %+v", p)
	}
	var got struct{ Summary struct{ CloseAt int64 } }
	guest.Must("getMessageExtensionSummary", hubtest.Object{"messageID": share}, &got)
	if got.Summary.CloseAt == 0 {
		t.Error("it does not close by itself")
	}

	second := h.poll(data, "And then?", "a", "b", "--after", printed["present"])["share"]
	if want := h.url + "/p/" + strings.TrimSuffix(share, ".1") + ".2"; second != want {
		t.Errorf("the next one is %s, want %s", second, want)
	}
	if _, _, body := get(t, h.url+"/present/"+share); !strings.Contains(body, `href="`+second[len(h.url+"/p/"):]+`"`) {
		t.Errorf("the first one's wall does not lead to it: %s", body)
	}

	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"AfterNothing": {[]string{"?", "a", "b", "--url", h.url, "--after", "x"}, "is not the address of a poll"},
		"OneOption":    {[]string{"Where to?", "Noodles", "--url", h.url}, "ExtensionRules.Questions"},
		"Choose":       {[]string{"Where to?", "a", "b", "--choose", "3", "--url", h.url}, "ExtensionRules.Questions"},
		"NoHub":        {[]string{"Where to?", "a", "b", "--url", "http://127.0.0.1:1"}, "does not answer"},
		"NoAddress":    {[]string{"Where to?", "a", "b", "--url", "127.0.0.1:8080"}, "is not where a hub is"},
		"PublicQuery": {
			[]string{"?", "a", "b", "--url", h.url, "--public-url", "https://x/?a"}, "is not where a hub is",
		},
	} {
		_, stderr, code := runCommand(t, append([]string{"poll", "--data", data}, tt.args...)...)
		if code != 1 || !strings.Contains(stderr, tt.want) || strings.Contains(stderr, "usersig=") {
			t.Errorf("%s: %d %s", name, code, stderr)
		}
	}
	h.stop()

	closed := startHub(t, "--data", data)
	_, stderr, code := runCommand(t, "poll", "Where to?", "a", "b", "--url", closed.url, "--data", data)
	if code != 1 || !strings.Contains(stderr, "start it with --guests") {
		t.Errorf("without guests: %d %s", code, stderr)
	}
	closed.stop()
}

// Somebody gives a poll a title that is markup, or turns the direction of what comes behind it, to
// make its page, or the preview of a link to it, say or do something else.
func TestPageOfHostileTitle(t *testing.T) {
	data := t.TempDir()
	h := startHub(t, "--data", data, "--guests")
	title := "\u202e\"><script>alert(1)</script>{{.}}\u2066\r\n\x07"
	share := h.poll(data, title, title, "<img src=x onerror=alert(1)>")["share"]
	for _, address := range []string{share, strings.Replace(share, "/p/", "/present/", 1)} {
		status, header, body := get(t, address)
		if status != http.StatusOK || header.Get("Content-Type") != "text/html; charset=utf-8" ||
			!strings.Contains(header.Get("Content-Security-Policy"), "default-src 'self'") {
			t.Errorf("%d %v", status, header)
		}
		shown := `"><script>alert(1)</script>{{.}}`
		if !strings.Contains(html.UnescapeString(body), "<title>"+shown+"</title>") ||
			strings.ContainsAny(body, "\u202e\u2066\x07") || strings.Count(body, "<script") != 2 ||
			strings.Contains(body, "<img src=x") {
			t.Errorf("%s", body)
		}
	}
	h.stop()
}

// A stranger tries the addresses of pages: of what is not there, not a poll, not open, and without
// guests at all. Nobody learns which of these it is.
func TestPagesOfWhatIsNotOpen(t *testing.T) {
	data := t.TempDir()
	h := startHub(t, "--data", data, "--guests")
	ada := h.login("ada")
	send := func(group string, rules any) string {
		var sent struct{ Message hubtest.Message }
		ada.Must("sendMessage", hubtest.Object{
			"to": group, "conversationType": "GROUP", "type": "TIMCustomElem", "isSupportExtension": true,
			"payload": hubtest.Object{"data": `{"businessID":"group_poll","title":"t"}`}, "extensionRules": rules,
		}, &sent)
		return sent.Message.ID
	}
	ada.Must("createGroup", hubtest.Object{"name": "n", "type": "Public", "groupID": "closed"}, nil)
	ada.Must("createGroup", hubtest.Object{"name": "n", "type": "Public", "groupID": "open", "guests": true}, nil)
	own := hubtest.Object{"write": "own"}
	good := send("open", own)
	first := ""
	for name, id := range map[string]string{
		"Closed": send("closed", own), "WithoutRules": send("open", nil), "NotThere": "g.open.99", "NoGroup": "g.x.1",
		"OfTwo": "c.ada.bo.1_2_3", "NoID": "x", "Encoded": "g%2Eopen",
	} {
		for _, page := range []string{"/p/", "/present/"} {
			status, _, body := get(t, h.url+page+id)
			if first == "" {
				first = body
			}
			if status != http.StatusNotFound || body != first {
				t.Errorf("%s: %d %s", name, status, body)
			}
		}
	}
	third, fourth := send("open", own), send("open", own)
	for id, want := range map[string]string{good: "", third: fourth, fourth: ""} {
		status, _, body := get(t, h.url+"/present/"+id)
		found := regexp.MustCompile(`id="next" href="([^"]*)"`).FindStringSubmatch(body)
		if status != http.StatusOK || (found == nil) != (want == "") || found != nil && found[1] != want {
			t.Errorf("%s: %d, next %q, want %q", id, status, found, want)
		}
	}
	h.stop()

	without := startHub(t, "--data", data, "--no-demo")
	for _, path := range []string{
		"/p/" + good, "/present/" + good, "/guest", "/qr.svg?url=" + without.url, "/pages/present.js",
	} {
		if status, _, body := get(t, without.url+path); status != http.StatusNotFound {
			t.Errorf("%s without guests: %d %s", path, status, body)
		}
	}
	without.stop()
}

// A stranger has the hub draw a code that leads elsewhere, which would look like one of the hub's.
func TestCodeOfAnotherSite(t *testing.T) {
	h := startHub(t, "--data", t.TempDir(), "--guests")
	for _, address := range []string{
		"https://evil.example/", h.url + "@evil.example/", "javascript:alert(1)", "//" + h.url[7:], "", "x",
		"http://u:p@" + h.url[7:], h.url + "/" + strings.Repeat("x", 300),
	} {
		if status, _, _ := get(t, h.url+"/qr.svg?url="+url.QueryEscape(address)); status != http.StatusBadRequest {
			t.Errorf("%q: %d", address, status)
		}
	}
	status, header, body := get(t, h.url+"/qr.svg?url="+url.QueryEscape(h.url+"/p/g.x.1"))
	if status != http.StatusOK || header.Get("Content-Type") != "image/svg+xml" || !strings.HasPrefix(body, "<svg ") {
		t.Errorf("%d %v %.100s", status, header, body)
	}
	h.stop()
}

// A phone in the network can't open what works on the machine of the hub alone. Of the addresses
// that the machine has, the one is printed at which the hub answers.
func TestPublicAddress(t *testing.T) {
	data := t.TempDir()
	h := startHub(t, "--addr", "0.0.0.0:0", "--lan", "--data", data)
	port := h.url[strings.LastIndex(h.url, ":"):]
	h.url = "http://127.0.0.1" + port
	share := h.poll(data, "Where to?", "Noodles", "Rice")["share"]
	id := share[strings.LastIndex(share, "/")+1:]
	for _, tt := range []struct {
		url, want string
		hosts     []string
	}{
		{h.url, "http://127.0.0.2" + port, []string{"192.0.2.1.invalid", "127.0.0.2"}},
		{"http://localhost" + port, "http://127.0.0.2" + port, []string{"127.0.0.2"}},
		{h.url, h.url, nil},
		{"https://polls.example.com", "https://polls.example.com", []string{"127.0.0.2"}},
	} {
		if got := publicAddress(t.Context(), tt.url, id, tt.hosts); got != tt.want {
			t.Errorf("%s is at %s, want %s", tt.url, got, tt.want)
		}
	}
	if status, _, body := get(t, h.url+"/demo/usersig?user=ada"); status != http.StatusNotFound {
		t.Errorf("the demo is on: %d %s", status, body)
	}
	if !strings.Contains(h.banner, "hub poll") {
		t.Errorf("%s", h.banner)
	}
	h.stop()
}

// Languages are chosen as a browser asks for them, whatever it sends.
func TestPreferredLanguage(t *testing.T) {
	for header, want := range map[string]string{
		"": "en", "zh-CN,zh;q=0.9,en;q=0.8": "zh", "de, zh;q=0.5": "zh", "en-GB, zh": "en", "zhx": "en", ";,-": "en",
		"ZH": "zh",
	} {
		if got := preferredLanguage(header); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
}
