package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"rsc.io/qr"

	"exthub/hub/usersig"
	"exthub/kv"
)

// pollCommand makes a poll that everybody may answer, on a hub with --guests that runs.
type pollCommand struct {
	Question string   `arg:"" help:"What is asked."`
	Options  []string `arg:"" name:"option" help:"What can be answered, 2 to 100."`

	URL       string        `name:"url" env:"-" default:"http://127.0.0.1:8080" help:"The hub. It must serve --sdkappid with --guests, take --secret-key (or the one in --data), and have the first --admin as an app admin."`
	PublicURL string        `name:"public-url" env:"-" placeholder:"URL" help:"Where others reach it, if not at --url, with the path that a proxy may give it: the printed addresses begin with it."`
	Choose    int           `env:"-" default:"1" placeholder:"N" help:"How many options one may choose."`
	Hidden    bool          `env:"-" help:"Nobody but the presenter sees results before the poll is closed."`
	After     string        `env:"-" placeholder:"ADDRESS" help:"The address of a poll that was made here: this one comes next on its wall."`
	ClosesIn  time.Duration `name:"closes-in" env:"-" placeholder:"TIME" help:"Close it by itself after this time (\"10m\"). Without it the presenter closes it."`
}

// presenterValidity is how long the presenter's address can be used.
const presenterValidity = 7 * 24 * time.Hour

// Run makes the poll in a group of its own, so that whoever watches it is told of it alone, and
// prints where it is. The author is a user made for it, who may close it; the presenter's address
// has the UserSig of that user and no other's, behind the #, which browsers send to nobody.
func (p *pollCommand) Run(ctx context.Context, c *Config, out io.Writer) error {
	at, err := p.addresses()
	if err != nil {
		return err
	}
	keys, err := c.signingKeys()
	if err != nil {
		return err
	}
	now := time.Now()
	name, err := p.group()
	if err != nil {
		return err
	}
	presenter := "presenter-" + name
	sig, err := usersig.Sign(c.SDKAppID, keys[0], c.Admin[0], now, time.Minute)
	if err != nil {
		return err
	}
	presenterSig, err := usersig.Sign(c.SDKAppID, keys[0], presenter, now, presenterValidity)
	if err != nil {
		return err
	}
	hub := &backend{
		client: http.DefaultClient, url: strings.TrimSuffix(p.URL, "/"), appID: c.SDKAppID, user: c.Admin[0], sig: sig,
	}
	if p.After == "" {
		group := map[string]any{
			"Type": "Public", "Name": clipText(p.Question, 30), "GroupId": name, "Owner_Account": presenter,
			"GuestAccess": 1,
		}
		if err := hub.call(ctx, "group_open_http_svc/create_group", group, new(struct{})); err != nil {
			return err
		}
	}
	var sent struct{ MsgSeq uint64 }
	message := p.message(c, name, presenter, now)
	if err := hub.call(ctx, "group_open_http_svc/send_group_msg", message, &sent); err != nil {
		return err
	}
	id := string(kv.Ref{GroupID: name, MsgSeq: sent.MsgSeq}.ID())
	if p.PublicURL == "" {
		at = publicAddress(ctx, at, id, lanHosts())
	}
	if u, err := url.Parse(at); err == nil && isLoopback(u.Host) {
		fmt.Fprintln(os.Stderr, "These addresses are for this machine alone: start the hub with --lan for its "+
			"network, or name its address by --public-url.")
	}
	fmt.Fprintf(out, "share    %s/p/%s\n", at, id)
	fmt.Fprintf(out, "present  %s/present/%s#%s.%s\n", at, id, presenter, presenterSig)
	fmt.Fprintf(out, "embed    <script src=\"%s/widgets.js\" defer></script>\n", html.EscapeString(at))
	fmt.Fprintf(out, "         <ext-poll message=\"%s\"></ext-poll>\n", id)
	if file, ok := out.(*os.File); ok && isTerminal(file) {
		if code, err := qr.Encode(at+"/p/"+id, qr.L); err == nil {
			fmt.Fprintf(out, "\n%s", qrText(code))
		}
	}
	return nil
}

// group returns the name of the poll's group: a new one, or that of the poll that it comes after.
func (p *pollCommand) group() (string, error) {
	if p.After == "" {
		return strings.ToLower(rand.Text()[:12]), nil
	}
	address, _, _ := strings.Cut(p.After, "#")
	ref, err := kv.ParseMessageID(kv.MessageID(address[strings.LastIndex(address, "/")+1:]))
	if err != nil || ref.GroupID == "" {
		return "", fmt.Errorf("--after %q is not the address of a poll", p.After)
	}
	return ref.GroupID, nil
}

// isTerminal reports whether people read the file, and no program.
func isTerminal(file *os.File) bool {
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// addresses returns what the printed addresses begin with.
func (p *pollCommand) addresses() (string, error) {
	at := p.PublicURL
	if at == "" {
		at = p.URL
	}
	for flag, text := range map[string]string{"--url": p.URL, "--public-url": at} {
		u, err := url.Parse(text)
		if err != nil || !isWeb(u) || u.RawQuery != "" || u.Fragment != "" {
			return "", fmt.Errorf("%s %q is not where a hub is: set it like https://polls.example.com", flag, text)
		}
	}
	return strings.TrimSuffix(at, "/"), nil
}

// isWeb reports whether an address is one that browsers open.
func isWeb(u *url.URL) bool { return (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" }

// message returns the call that sends the poll: the payload is that of the poll plugin of Tencent
// Chat, and the rules are ours. Everybody has one answer, and sees what all come to, but not whose
// they are.
func (p *pollCommand) message(c *Config, groupID, author string, now time.Time) any {
	type option struct {
		Index  int    `json:"index"`
		Option string `json:"option"`
	}
	options := make([]option, len(p.Options))
	for i, text := range p.Options {
		options[i] = option{i + 1, text}
	}
	data, err := json.Marshal(map[string]any{
		"businessID": "group_poll", "title": p.Question,
		"config": map[string]any{"public": true, "allow_multi_vote": p.Choose > 1, "anonymous": true},
		"content": map[string]any{
			"option_list": options, "original_msg_id": "", "original_msg_seq": 0,
		},
	})
	if err != nil {
		panic(err) // strings and numbers
	}
	rules := map[string]any{
		"Write": "own", "Questions": []any{map[string]int{"Choices": len(options), "Choose": p.Choose}},
		"Show": "summary", "Max": c.MaxExtensionsCeiling,
	}
	if p.Hidden {
		rules["Reveal"] = "closed"
	}
	if p.ClosesIn != 0 {
		rules["CloseAt"] = now.Add(p.ClosesIn).Unix()
	}
	return map[string]any{
		"GroupId": groupID, "From_Account": author, "SupportMessageExtension": 1, "ExtensionRules": rules,
		"Random": now.UnixNano() & 0xffff_ffff,
		"MsgBody": []any{map[string]any{
			"MsgType": "TIMCustomElem", "MsgContent": map[string]string{"Data": string(data), "Desc": p.Question},
		}},
	}
}

// clipText returns the beginning of a text, of at most so many bytes, at the end of a character.
func clipText(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}
