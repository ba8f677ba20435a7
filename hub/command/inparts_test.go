package command_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"exthub/hub/audit"
	"exthub/hub/command"
	"exthub/kv"
	"exthub/kv/kvtest"
)

// world is a message that two hubs have.
type world struct {
	t           *testing.T
	here, there *command.Commands
	id          kv.MessageID
}

// set sets pairs on the other hub, whatever they are, and all at once.
func (w world) set(pairs ...string) {
	w.t.Helper()
	cmd := command.SetExtensions{MessageID: w.id, Atomic: true}
	for _, p := range pairs {
		key, value, _ := strings.Cut(p, "=")
		cmd.Extensions = append(cmd.Extensions, command.Extension{Key: key, Value: value})
	}
	if _, err := w.there.SetExtensions(w.t.Context(), command.Caller{UserID: "bob", Admin: true}, cmd); err != nil {
		w.t.Error(err)
	}
}

// left returns the pairs that there are, the oldest first, how many if they are many, or the code
// of the refusal.
func (w world) left() string {
	w.t.Helper()
	page, err := w.there.GetExtensions(w.t.Context(), command.Caller{UserID: "bob"},
		command.GetExtensions{MessageID: w.id, Latest: true})
	if err != nil {
		return fmt.Sprint(command.Translate(err, slog.New(slog.DiscardHandler)).Code)
	}
	var pairs []string
	for _, p := range page.Pairs {
		pairs = append(pairs, p.Key+"="+p.Value)
	}
	if len(pairs) > 10 {
		return fmt.Sprint(len(pairs))
	}
	return strings.Join(pairs, " ")
}

// deleteAll deletes the pairs that there are, one by one.
func (w world) deleteAll(caller command.Caller) (command.Changed, error) {
	w.t.Helper()
	page, err := w.here.GetExtensions(w.t.Context(), caller, command.GetExtensions{MessageID: w.id, Latest: true})
	if err != nil {
		w.t.Fatal(err)
	}
	cmd := command.DeleteExtensions{MessageID: w.id}
	for _, p := range page.Pairs {
		cmd.Extensions = append(cmd.Extensions, command.Extension{Key: p.Key, Seq: int64(p.Seq)})
	}
	return w.here.DeleteExtensions(w.t.Context(), caller, cmd)
}

// codesOf returns the codes of the items, or "" if a part was written and the rest refused.
func codesOf(t *testing.T, changed command.Changed, err error) string {
	t.Helper()
	if err != nil {
		said := command.Translate(err, slog.New(slog.DiscardHandler))
		if said.Code != 10002 || !strings.Contains(said.Message(), "a part of this was written") {
			t.Errorf("refused with %v", said)
		}
		return ""
	}
	var list []int
	for _, o := range changed.Outcomes {
		list = append(list, o.Code)
	}
	return fmt.Sprint(list)
}

// Somebody on another hub changes the message while the pairs of a request are written, one after
// the other. The rest is decided on what the message is by then, and the answer says of each item
// what became of it. If the rest is refused, the caller learns that a part was written: a refusal
// says that nothing was.
func TestChangedInParts(t *testing.T) {
	node := kvtest.Start(t)
	here := newCommands(runOn(t, node.Connect(t), kv.Options{MaxPairs: 300}))
	there := command.New(runOn(t, node.Connect(t), kv.Options{MaxPairs: 300}), command.Options{
		Limits: command.Limits{Extensions: 300, PerRequest: 300, KeyBytes: 100, ValueBytes: 1000}, Now: time.Now,
	})
	for name, c := range map[string]struct {
		before  string // the pairs that are deleted; without any, three are set
		between func(world)
		codes   string // of the items; empty if the rest is refused
		left    string // the pairs that there are then
	}{
		"nothing":  {"", func(world) {}, "[0 0 0]", "a=1 b=1 c=1"},
		"a set":    {"", func(w world) { w.set("c=2") }, "[0 0 23001]", "a=1 c=2 b=1"},
		"the same": {"", func(w world) { w.set("c=1") }, "[0 0 0]", "a=1 c=1 b=1"},
		"a clear": {"", func(w world) {
			if _, err := w.there.ClearExtensions(w.t.Context(), command.Caller{UserID: "bob"}, w.id); err != nil {
				w.t.Error(err)
			}
		}, "[0 0 0]", "b=1 c=1"},
		"so many sets that the rest does not fit": {"", func(w world) {
			pairs := make([]string, 298)
			for i := range pairs {
				pairs[i] = fmt.Sprint(i, "=1")
			}
			w.set(pairs...)
		}, "", "200"}, // the first page
		"a recall": {"", func(w world) {
			if _, err := w.there.RecallMessage(w.t.Context(), command.Caller{UserID: "ann"}, w.id); err != nil {
				w.t.Error(err)
			}
		}, "", "20023"},
		"nothing to deletions": {"a=1 b=1 c=1", func(world) {}, "[0 0 0]", ""},
		"a set to deletions":   {"a=1 b=1 c=1", func(w world) { w.set("c=2") }, "[0 0 23001]", "c=2"},
	} {
		t.Run(name, func(t *testing.T) {
			sent, err := here.SendMessage(t.Context(), command.Caller{UserID: "ann"}, command.SendMessage{
				To: "bob", Type: "TIMTextElem", Payload: command.Payload{Text: "x"}, IsSupportExtension: true,
			})
			if err != nil {
				t.Fatal(err)
			}
			w := world{t, here, there, sent.Ref.ID()}
			// It is called when the first item is written.
			ann := command.Caller{UserID: "ann", Cork: sync.OnceFunc(func() { c.between(w) })}
			var changed command.Changed
			if c.before == "" {
				items := []command.Extension{{Key: "a", Value: "1"}, {Key: "b", Value: "1"}, {Key: "c", Value: "1"}}
				changed, err = here.SetExtensions(t.Context(), ann,
					command.SetExtensions{MessageID: w.id, Extensions: items})
			} else {
				w.set(strings.Fields(c.before)...)
				changed, err = w.deleteAll(ann)
			}
			codes := codesOf(t, changed, err)
			if codes != c.codes {
				t.Errorf("answered with %s, want %s", codes, c.codes)
			}
			if left := w.left(); left != c.left {
				t.Errorf("there are %s, want %s", left, c.left)
			}
		})
	}
}

// NATS is lost behind the first pair of a request. It is not known what became of the second; that
// the first was written is, and the answer says so.
func TestLostBetweenParts(t *testing.T) {
	node := kvtest.Start(t)
	c := newCommands(runOn(t, node.Connect(t, nats.MaxReconnects(-1)), kv.Options{
		MaxPairs: 300, WriteTimeout: 200 * time.Millisecond,
	}))
	sent, err := c.SendMessage(t.Context(), command.Caller{UserID: "ann"}, command.SendMessage{
		To: "bob", Type: "TIMTextElem", Payload: command.Payload{Text: "x"}, IsSupportExtension: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	changed, err := c.SetExtensions(t.Context(), command.Caller{UserID: "ann", Cork: node.Stop}, command.SetExtensions{
		MessageID: sent.Ref.ID(), Extensions: []command.Extension{{Key: "a", Value: "1"}, {Key: "b", Value: "1"}},
	})
	if !errors.Is(err, kv.ErrUnknown) {
		t.Fatalf("%+v, %v", changed, err)
	}
	said := command.Translate(err, slog.New(slog.DiscardHandler)).Message()
	if len(changed.Outcomes) != 1 || changed.Outcomes[0].Pair.Seq == 0 ||
		!strings.Contains(said, "a part of this was written") {
		t.Errorf("answered with %+v: %s", changed.Outcomes, said)
	}
}

// hook is a log handler that calls a function for each line of this kind.
type hook struct {
	slog.Handler
	line string
	call func()
}

func (h hook) Handle(_ context.Context, r slog.Record) error {
	if r.Message == h.line {
		h.call()
	}
	return nil
}
func (h hook) Enabled(context.Context, slog.Level) bool { return true }
func (h hook) WithAttrs([]slog.Attr) slog.Handler       { return h }

// The time of a request is over when one of its accounts is deleted, or half of one. The answer
// does not say that nothing was written.
func TestDeletedInParts(t *testing.T) {
	store := runOn(t, kvtest.Server(t), kv.Options{MaxPairs: 300})
	for _, line := range []string{"user kicked out", "account deleted"} {
		ctx, cancel := context.WithCancel(t.Context())
		c := command.New(store, command.Options{
			Now: time.Now, Audit: audit.New(slog.New(hook{line: line, call: cancel}), time.Now),
		})
		err := c.DeleteAccounts(ctx, command.Caller{UserID: "admin", Admin: true}, []string{"eve", "bob"})
		if err == nil {
			t.Fatal("deleted after the end of the request")
		}
		codesOf(t, command.Changed{}, err)
	}
}
