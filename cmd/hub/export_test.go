package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// call calls REST as the app admin, and fails the test unless that succeeds.
func (r *hubProcess) call(command string, request, reply any) {
	r.t.Helper()
	b := backend{client: http.DefaultClient, url: r.url, appID: 1400000000, user: "admin", sig: r.userSig("admin")}
	if err := b.call(r.t.Context(), command, request, reply); err != nil {
		r.t.Fatal(err)
	}
}

// sendPoll sends a group message with these rules, nil for none, and returns its number.
func (r *hubProcess) sendPoll(rules any) int {
	r.t.Helper()
	request := map[string]any{
		"GroupId": "hall", "From_Account": "ada", "Random": time.Now().Nanosecond(), "SupportMessageExtension": 1,
		"MsgBody": []any{map[string]any{"MsgType": "TIMTextElem", "MsgContent": map[string]any{"Text": "?"}}},
	}
	if rules != nil {
		request["ExtensionRules"] = rules
	}
	var sent struct{ MsgSeq int }
	r.call("group_open_http_svc/send_group_msg", request, &sent)
	return sent.MsgSeq
}

// vote sets pairs of a group message, 20 at a time.
func (r *hubProcess) vote(message int, pairs ...[2]string) {
	r.t.Helper()
	for len(pairs) > 0 {
		n := min(20, len(pairs))
		var list []any
		for _, p := range pairs[:n] {
			list = append(list, map[string]any{"Key": p[0], "Value": p[1]})
		}
		pairs = pairs[n:]
		r.call("openim_msg_ext_http_svc/group_set_key_values", map[string]any{
			"GroupId": "hall", "MsgSeq": message, "OperateType": 1, "ExtensionList": list,
		}, new(struct{}))
	}
}

// exportHub starts a hub with a group, and returns what exports one of its messages.
func exportHub(t *testing.T) (h *hubProcess, run func(url string, message int, args ...string) (string, string, int)) {
	t.Helper()
	const key = "the-key-of-a-hall-that-votes"
	h = startHub(t, "--data", t.TempDir(), "--sync", "2m", "--message-rate", "0", "--secret-key", key)
	h.call("group_open_http_svc/create_group", map[string]any{
		"Type": "Public", "Name": "hall", "GroupId": "hall", "Owner_Account": "ada",
	}, new(struct{}))
	return h, func(url string, message int, args ...string) (string, string, int) {
		return runCommand(t, append([]string{"export", "--secret-key", key, "--url", url,
			fmt.Sprint("g.hall.", message)}, args...)...)
	}
}

// An auditor exports a poll of more than one page twice: both are the same bytes, with the SHA-256
// that is printed, and have every pair once, in order, with when it was written.
func TestExportRepeatsItself(t *testing.T) {
	h, run := exportHub(t)
	message := h.sendPoll(map[string]any{
		"Write": "own", "Questions": []any{map[string]any{"Choices": 3, "Choose": 2}, map[string]any{"Text": 40}},
		"Reveal": "closed", // then a page says of the close that what was read before it is out of date
	})
	want := map[string]string{}
	var pairs [][2]string
	for i := range 250 {
		p := [2]string{fmt.Sprint("voter", i), fmt.Sprintf(`["%d","because %d"]`, i%3+1, i)}
		pairs, want[p[0]] = append(pairs, p), p[1]
	}
	h.vote(message, pairs...)
	h.vote(message, [2]string{"voter7", `["1_3",""]`})
	want["voter7"] = `["1_3",""]`
	begin := time.Now().Add(-time.Hour)
	h.call("openim_msg_ext_http_svc/group_close_key_values", map[string]any{"GroupId": "hall", "MsgSeq": message},
		new(struct{}))

	table, stderr, code := run(h.url, message)
	again, _, _ := run(h.url+"/", message, "--format", "csv")
	sum := fmt.Sprintf("sha256 %x\n", sha256.Sum256([]byte(table)))
	if code != 0 || table != again || !strings.Contains(stderr, sum) {
		t.Fatalf("exit code %d, the same twice: %v, %s", code, table == again, stderr)
	}
	rows, err := csv.NewReader(strings.NewReader(table)).ReadAll()
	if err != nil || strings.Join(rows[0], " ") != "voter answer seq time" {
		t.Fatal(err, table)
	}
	got, last := map[string]string{}, 0
	for _, row := range rows[1:] {
		seq, err := strconv.Atoi(row[2])
		at, err2 := time.Parse(time.RFC3339, row[3])
		if err != nil || err2 != nil || seq <= last || at.Before(begin) || at.After(time.Now()) {
			t.Errorf("%v behind %d: %v %v", row, last, err, err2)
		}
		got[row[0]], last = row[1], seq
	}
	if !maps.Equal(got, want) || len(rows) != len(want)+1 {
		t.Errorf("%d rows, want %d pairs", len(rows), len(want))
	}

	text, stderr, code := run(h.url, message, "--format", "json")
	e := new(export)
	if err := json.Unmarshal([]byte(text), e); err != nil || code != 0 {
		t.Fatal(err, stderr)
	}
	if len(e.Pairs) != 250 || e.Summary.ClosedSeq <= uint64(last) || len(e.Rules.Questions) != 2 ||
		fmt.Sprint(e.Summary.Answers) != "[[85 82 84] []]" {
		t.Errorf("%+v", e.Summary)
	}
}

// A proxy on the way makes another answer of one: the export says that the pairs don't come to the
// summary, and fails.
func TestExportNotesAChangedVote(t *testing.T) {
	h, run := exportHub(t)
	message := h.sendPoll(map[string]any{"Write": "own", "Questions": []any{map[string]any{"Choices": 3}}})
	h.vote(message, [2]string{"bob", "1"}, [2]string{"cat", "2"})
	target, err := url.Parse(h.url)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ModifyResponse: func(r *http.Response) error {
			body, err := io.ReadAll(r.Body)
			body = bytes.Replace(body, []byte(`"Value":"2"`), []byte(`"Value":"3"`), 1)
			r.Body = io.NopCloser(bytes.NewReader(body))
			return err
		},
	})
	defer proxy.Close()
	table, stderr, code := run(proxy.URL, message)
	if code == 0 || !strings.Contains(stderr, "counted 2 pairs and [[1 0 1]], told 2 and [[1 1 0]]") ||
		!strings.Contains(table, `"cat","3"`) {
		t.Errorf("exit code %d: %s%s", code, table, stderr)
	}
	if _, stderr, code := run(h.url, message); code != 0 {
		t.Errorf("without the proxy: %s", stderr)
	}
}

// Somebody votes by a formula, under a name that is one, and hopes that whoever opens the export
// runs it.
func TestExportHasNoFormulas(t *testing.T) {
	h, run := exportHub(t)
	message := h.sendPoll(nil)
	h.vote(message, [2]string{"=cmd|' /C calc'!A0", "+1"}, [2]string{"@SUM(1)", `x","=1+1`},
		[2]string{"a;=HYPERLINK(1)", "'=1"}, [2]string{"plain - name", "a-b, c"})
	table, stderr, code := run(h.url, message)
	if code != 0 {
		t.Fatal(stderr)
	}
	for _, want := range []string{
		`"'=cmd|'' /C calc'!A0","'+1"`, `"'@SUM(1)","x"",""'=1+1"`, `"a;'=HYPERLINK(1)","''=1"`,
		`"plain - name","a-b, c"`,
	} {
		if !strings.Contains(table, want) {
			t.Errorf("%s is not in\n%s", want, table)
		}
	}
}

// cell keeps every text that a spreadsheet may run from beginning like one, and loses nothing.
func FuzzCell(f *testing.F) {
	for _, text := range []string{
		"=1", "\t=1", " -1", "\r\n@x", "＝1", "'=1", "''", ";;=1", "a\n+1", "\u200b=1", `"=1`, "",
	} {
		f.Add(text)
	}
	active := regexp.MustCompile(`(^|[;,|\t\r\n"])[\s\p{Z}\p{C}]*[=+\-@＝＋－＠]`)
	guard := regexp.MustCompile(`(^|[;,|\t\r\n"])([\s\p{Z}\p{C}]*)'(['=+\-@＝＋－＠])`)
	f.Fuzz(func(t *testing.T, text string) {
		rows, err := csv.NewReader(strings.NewReader(cell(text))).ReadAll()
		if err != nil || len(rows) != 1 || len(rows[0]) != 1 {
			t.Fatalf("%q: %v %v", text, rows, err)
		}
		// The reader of package csv makes one line break of two
		plain := strings.ReplaceAll(text, "\r\n", "\n")
		if got := guard.ReplaceAllString(rows[0][0], "$1$2$3"); got != plain {
			t.Errorf("%q came back as %q", text, got)
		}
		if active.MatchString(rows[0][0]) {
			t.Errorf("%q is a formula in %q", text, rows[0][0])
		}
	})
}

// What the export can't do is said in one sentence.
func TestExportRefuses(t *testing.T) {
	h, run := exportHub(t)
	summary := h.sendPoll(map[string]any{"Write": "own", "Show": "summary"})
	for name, c := range map[string]struct {
		url     string
		message int
		args    []string
		want    string
	}{
		"summary only":    {h.url, summary, nil, "show a summary only"},
		"no such message": {h.url, 99, nil, "23004"},
		"no hub":          {"http://127.0.0.1:1", summary, nil, "does not answer"},
		"no format":       {h.url, summary, []string{"--format", "xlsx"}, "must be one of"},
		"not an admin":    {h.url, summary, []string{"--admin", "bob"}, "10007"},
		"another key":     {h.url, summary, []string{"--secret-key", "not-the-key-of-this-hub"}, "70009"},
	} {
		_, stderr, code := run(c.url, c.message, c.args...)
		if code == 0 || !strings.Contains(stderr, c.want) || strings.Contains(stderr, "usersig=") {
			t.Errorf("%s: exit code %d, want a failure with %q: %s", name, code, c.want, stderr)
		}
	}
}
