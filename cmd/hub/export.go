package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"exthub/hub/usersig"
	"exthub/kv"
	"exthub/kv/ballot"
)

// exportCommand writes down the pairs of a message, and whether they come to what the hub says. It
// asks the hub over REST, as an app admin, so that it gets what the door shows and no more.
type exportCommand struct {
	Message string `arg:"" help:"The ID of the message, like g.team.7."`
	Format  string `env:"-" enum:"csv,json" default:"csv" help:"csv or json."`
	URL     string `name:"url" env:"-" default:"http://127.0.0.1:8080" help:"The hub. It must serve --sdkappid, take --secret-key (or the one in --data), and have the first --admin as an app admin."`
}

// Run writes the export, and to stderr how many pairs it has and its SHA-256: a second export of
// the same state is the same bytes. It returns an error, after the export, if the pairs don't come
// to the hub's summary, or if one is above the close.
func (x *exportCommand) Run(ctx context.Context, c *Config, out io.Writer) error {
	ref, err := kv.ParseMessageID(kv.MessageID(x.Message))
	if err != nil {
		return fmt.Errorf("%s is not the ID of a message: %w", x.Message, err)
	}
	keys, err := c.signingKeys()
	if err != nil {
		return err
	}
	sig, err := usersig.Sign(c.SDKAppID, keys[0], c.Admin[0], time.Now(), time.Hour)
	if err != nil {
		return err
	}
	reader := &exportReader{backend: backend{
		client: http.DefaultClient, url: strings.TrimSuffix(x.URL, "/"), appID: c.SDKAppID, user: c.Admin[0], sig: sig,
	}, ref: ref}
	e, err := reader.read(ctx)
	if err != nil {
		return err
	}
	text := e.csv()
	if x.Format == "json" {
		text = e.json()
	}
	if _, err := out.Write(text); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "%d pairs at Seq %d, %s\nsha256 %x\n", len(e.Pairs), e.Summary.LatestSeq, e.Summary.state(),
		sha256.Sum256(text))
	return e.check()
}

// export is what a message came to.
type export struct {
	Message string        `json:"message"`
	Rules   *exportRules  `json:"rules,omitempty"`
	Summary exportSummary `json:"summary"`
	Pairs   []exportPair  `json:"pairs"` // in rising Seq
}

type exportPair struct {
	Voter  string    `json:"voter"`
	Answer string    `json:"answer"`
	Seq    uint64    `json:"seq"`
	Time   time.Time `json:"time"` // to the second
}

// exportRules and exportSummary read what REST says, whose names are those below in any case.
type exportRules struct {
	Write     string            `json:"write,omitzero"`
	Once      bool              `json:"once,omitzero"`
	Questions []ballot.Question `json:"questions,omitempty"`
	Show      string            `json:"show,omitzero"`
	Reveal    string            `json:"reveal,omitzero"`
	Anonymous bool              `json:"anonymous,omitzero"`
}

type exportSummary struct {
	Pairs     int     `json:"pairs"`
	Answers   [][]int `json:"answers,omitempty"`
	LatestSeq uint64  `json:"latestSeq"`
	ClosedSeq uint64  `json:"closedSeq,omitzero"`
}

func (s exportSummary) state() string {
	if s.ClosedSeq == 0 {
		return "open"
	}
	return fmt.Sprintf("closed at Seq %d", s.ClosedSeq)
}

// check counts the pairs anew, and returns an error unless they come to the summary and none is
// above the close.
func (e *export) check() error {
	rules := new(ballot.Rules)
	if e.Rules != nil {
		rules.Questions = e.Rules.Questions
	}
	tally := ballot.NewTally(rules)
	for _, p := range e.Pairs {
		tally.Add(p.Answer, 1)
		if closed := e.Summary.ClosedSeq; closed > 0 && p.Seq > closed {
			return fmt.Errorf("the pair of %q has Seq %d, and the message was closed at %d", p.Voter, p.Seq, closed)
		}
	}
	same := slices.EqualFunc(tally.Answers(), e.Summary.Answers, func(counted ballot.Counts, told []int) bool {
		return (counted == nil) == (told == nil) && slices.Equal(counted, told)
	})
	if !same || tally.Pairs() != e.Summary.Pairs {
		return fmt.Errorf("the pairs don't come to the hub's summary: counted %d pairs and %v, told %d and %v",
			tally.Pairs(), tally.Answers(), e.Summary.Pairs, e.Summary.Answers)
	}
	return nil
}

// exportReader reads a message page by page.
type exportReader struct {
	backend
	ref    kv.Ref
	rules  *exportRules
	pairs  map[string]exportPair
	base   uint64 // deletions up to here are not missed
	latest uint64 // the pairs are those at this Seq
}

// maxRounds is how often an export asks for what has changed since its last page.
const maxRounds = 100

// read returns the message as it was at one moment: the pages are read on until nothing was written
// between the last of them and the summary.
func (r *exportReader) read(ctx context.Context) (*export, error) {
	for range maxRounds {
		if err := r.readPages(ctx); err != nil {
			return nil, err
		}
		var reply struct{ Summary exportSummary }
		if err := r.call(ctx, r.command("get_key_values_summary"), r.request(0), &reply); err != nil {
			return nil, err
		}
		if reply.Summary.LatestSeq == r.latest {
			pairs := make([]exportPair, 0, len(r.pairs))
			for _, p := range r.pairs {
				pairs = append(pairs, p)
			}
			slices.SortFunc(pairs, func(a, b exportPair) int { return cmp.Compare(a.Seq, b.Seq) })
			return &export{string(r.ref.ID()), r.rules, reply.Summary, pairs}, nil
		}
	}
	return nil, errors.New("the pairs change faster than they can be read: close the message first")
}

// exportPage is the reply to get_key_values.
type exportPage struct {
	CompleteFlag                              int
	LatestSeq, ClearSeq, PurgedSeq, ClosedSeq uint64
	ExtensionRules                            *exportRules
	ExtensionList                             []struct {
		Key, Value string
		Seq        uint64
		Time       int64
	}
}

// readPages reads what has changed since the last page, or everything.
func (r *exportReader) readPages(ctx context.Context) error {
	next := uint64(0)
	if r.pairs != nil {
		next = r.latest + 1
	}
	for {
		var page exportPage
		if err := r.call(ctx, r.command("get_key_values"), r.request(next), &page); err != nil {
			return err
		}
		if next > 0 && page.PurgedSeq > r.base {
			next = 0 // pairs may have been deleted without a word
			continue
		}
		if next == 0 {
			r.pairs, r.rules = make(map[string]exportPair), page.ExtensionRules
			r.base = max(page.LatestSeq, page.ClosedSeq) // what was hidden until the close is not missed
		}
		if r.rules != nil && r.rules.Show == ballot.ShowSummary {
			return errors.New("the rules of this message show a summary only, to app admins, too: " +
				"its pairs are nobody's to read")
		}
		r.add(page)
		if page.CompleteFlag == 1 {
			r.latest = page.LatestSeq
			return nil
		}
		next = page.ExtensionList[len(page.ExtensionList)-1].Seq + 1
	}
}

// add brings the pairs up to a page.
func (r *exportReader) add(page exportPage) {
	for key, p := range r.pairs {
		if p.Seq <= page.ClearSeq {
			delete(r.pairs, key)
		}
	}
	for _, p := range page.ExtensionList {
		if p.Value == "" {
			delete(r.pairs, p.Key)
			continue
		}
		r.pairs[p.Key] = exportPair{p.Key, p.Value, p.Seq, time.Unix(p.Time, 0).UTC()}
	}
}

// command returns the command that has this name for one-to-one messages.
func (r *exportReader) command(name string) string {
	const service = "openim_msg_ext_http_svc/"
	if r.ref.GroupID != "" {
		return service + "group_" + name
	}
	return service + name
}

// request names the message, and from where on it is to be read.
func (r *exportReader) request(startSeq uint64) any {
	if r.ref.GroupID != "" {
		return map[string]any{
			"GroupId": r.ref.GroupID, "MsgSeq": r.ref.MsgSeq, "StartSeq": startSeq, "Details": true,
		}
	}
	return map[string]any{
		"From_Account": r.ref.From, "To_Account": r.ref.To, "MsgKey": r.ref.MsgKey, "StartSeq": startSeq,
		"Details": true,
	}
}
