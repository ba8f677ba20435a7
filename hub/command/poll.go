package command

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"exthub/hub/refusal"
	"exthub/kv"
	"exthub/kv/ballot"
)

// Summary is what the pairs of a message come to, as far as the caller may know. Answers is nil if
// there are no questions, or if they are hidden from the caller.
type Summary = kv.Summary

// ruled is a request to change the pairs of a message with rules, before the store decides on it.
type ruled struct {
	record *kv.Record
	caller Caller
	keys   pseudonyms
}

// author reports whether the caller may do and see what the author may.
func (r ruled) author() bool { return r.caller.Admin || r.caller.UserID == r.record.From }

// checkRules refuses a set or a deletion that breaks a rule whatever the message holds, and returns
// its items under the keys that they are stored with. values says whether their values have to be
// answers.
func (r ruled) checkRules(items []Extension, values bool) ([]Extension, error) {
	rules := r.record.Rules
	if rules.Anonymous {
		items = slices.Clone(items)
	}
	for i := range items {
		item := &items[i]
		key, err := r.writable(i, item.Key)
		if err != nil {
			return nil, err
		}
		if rules.Anonymous {
			// Its own key has two names, and two items under one key would both be carried out.
			if j := slices.IndexFunc(items[:i], func(o Extension) bool { return o.Key == key }); j >= 0 {
				return nil, refusal.SameAs(refusal.BadParameter, itemField(i, "key"), itemField(j, "key"))
			}
			item.Key = key
		}
		if err := rules.CheckAnswer(item.Value); values && err != nil {
			return nil, refusal.Field(refusal.BadParameter, itemField(i, "value"), "%v", err)
		}
	}
	return items, nil
}

// writable returns the key under which an item is stored, or the refusal of one that is not the
// caller's to write. An app admin writes for everybody, but an anonymous pair only by the key that
// it is shown under: the answer would tell whose it is.
func (r ruled) writable(i int, key string) (string, error) {
	rules, err := r.record.Rules, error(nil)
	own := r.caller.UserID
	if rules.Anonymous {
		if own, err = r.keys.of(r.record, r.caller.UserID); err != nil {
			return "", err
		}
	}
	switch {
	case rules.Anonymous && key == r.caller.UserID:
		return own, nil
	case rules.Anonymous && r.caller.Admin && !isPseudonym(key):
		return "", refusal.Field(refusal.NotPermitted, itemField(i, "key"),
			"must be the key that an anonymous pair is read under: a user's would tell whose it is")
	case rules.Own() && key != own && !r.caller.Admin:
		return "", refusal.Field(refusal.NotPermitted, itemField(i, "key"), "must be %q, the writer's own",
			refusal.Clip(r.caller.UserID))
	case rules.Write == ballot.WriteAuthor && !r.author():
		return "", refusal.Field(refusal.NotPermitted, itemField(i, "key"), "only %s may write",
			refusal.Clip(r.record.From))
	}
	return key, nil
}

// checkClear refuses a clear that is not the caller's to make: where everybody has their own pair,
// a clear deletes those of others.
func (r ruled) checkClear() error {
	if r.caller.Admin || r.record.Rules.Write == "" || r.record.Rules.Write == ballot.WriteAuthor && r.author() {
		return nil
	}
	return refusal.New(refusal.NotPermitted, "%s may not clear message %s: its pairs are others' too",
		refusal.Clip(r.caller.UserID), r.record.Ref.ID())
}

// closed returns the refusal of what comes after the close.
func closed(t *kv.Txn) error {
	return refusal.New(refusal.Closed, "message %s was closed at Seq %d", t.Record().Ref.ID(), t.ClosedSeq())
}

// keepRules refuses a decision on a message with rules that breaks one in the state that it was
// made on. What changes nothing is not refused: it may be the repetition of a set whose answer was
// lost.
func (d *decision) keepRules(t *kv.Txn) error {
	changes := len(d.change.Writes) > 0 || d.change.Clear
	conflict := slices.ContainsFunc(d.outcomes, func(o Outcome) bool { return o.Code != 0 })
	switch {
	case t.ClosedSeq() > 0 && (changes || conflict):
		return closed(t)
	case !t.Record().Rules.Once:
		return nil
	case d.change.Clear:
		return refusal.New(refusal.NotPermitted, "the pairs of message %s stay as they were set", t.Record().Ref.ID())
	}
	for i, item := range d.items {
		p := t.Pair(item.Key)
		if !p.Deleted && (d.deletes || p.Value != item.Value) {
			return refusal.Field(refusal.NotPermitted, itemField(i, "key"),
				"%q was set at Seq %d, and stays as it was set", refusal.Clip(item.Key), p.Seq)
		}
	}
	return nil
}

// pollOf returns the request's rules, or nil if the message has none.
func (c *Commands) pollOf(record *kv.Record, caller Caller) *ruled {
	if record.Rules == nil {
		return nil
	}
	return &ruled{record, caller, c.keys}
}

// maxPairs returns how many pairs the message may hold.
func (c *Commands) maxPairs(record *kv.Record) int {
	if record.Rules == nil {
		return c.options.Limits.Extensions
	}
	return cmp.Or(record.Rules.Max, c.options.Limits.Extensions)
}

// visible returns the summary as far as the caller may know it.
func (r ruled) visible(s kv.Summary) Summary {
	if !r.author() && !r.record.Rules.Revealed(s.ClosedSeq > 0) {
		s.Answers = nil
	}
	return s
}

// ownPage returns the page of a caller from whom the pairs of others are hidden.
func (r ruled) ownPage(m *kv.Message, start uint64) (*Page, error) {
	page := emptyPage(m)
	key := r.caller.UserID
	if r.record.Rules.Anonymous {
		var err error
		if key, err = r.keys.of(r.record, key); err != nil {
			return nil, err
		}
	}
	if p := m.Pair(key); p.Seq > 0 && p.Seq >= start && !(p.Deleted && start == 0) {
		page.Pairs = []kv.Pair{p}
	}
	page.bytes = page.size()
	return page, nil
}

// GetExtensionSummary asks what the pairs of a message come to. With Latest the answer has
// everything that was acknowledged before the call, on whichever hub.
type GetExtensionSummary struct {
	MessageID kv.MessageID
	Latest    bool
}

// GetExtensionSummary returns what the pairs of a message come to. Of a message without rules that
// is their number.
func (c *Commands) GetExtensionSummary(ctx context.Context, caller Caller, cmd GetExtensionSummary) (Summary, error) {
	ref, err := c.access(ctx, caller, cmd.MessageID)
	if err != nil {
		return Summary{}, err
	}
	if cmd.Latest {
		if err := c.store.Confirm(ctx, ref); err != nil {
			return Summary{}, err
		}
	}
	s, err := c.summary(ctx, caller, ref, cmd.MessageID)
	caller.pay(s.Bytes(), bytesPerRequest)
	return s, err
}

func (c *Commands) summary(ctx context.Context, caller Caller, ref kv.Ref, id kv.MessageID) (Summary, error) {
	var s Summary
	var refused error
	err := c.store.Read(ctx, ref, 0, func(m *kv.Message) {
		if refused = extensible(m, id); refused != nil {
			return
		}
		s = m.Summary()
		if poll := c.pollOf(m.Record(), caller); poll != nil {
			s = poll.visible(s)
		}
	})
	return s, cmp.Or(err, refused)
}

// CloseExtensions closes a message with rules: at once, or at CloseAt, in Unix seconds; 0 takes
// back a close that has yet to come.
type CloseExtensions struct {
	MessageID kv.MessageID
	CloseAt   *int64
}

// CloseExtensions closes a message for good, or says when it closes, and returns what it comes to.
// Its author may, and app admins; others get 10007. To close it again changes nothing; another time
// is refused with 23005 then.
func (c *Commands) CloseExtensions(within context.Context, caller Caller, cmd CloseExtensions) (Summary, error) {
	if at := cmd.CloseAt; at != nil && *at != 0 {
		if err := c.checkCloseAt("closeAt", *at); err != nil {
			return Summary{}, err
		}
	}
	ctx := c.store.Writing(within)
	defer ctx.Stop()
	var record *kv.Record
	ref, err := c.checkWritable(ctx, caller, cmd.MessageID, func(m *kv.Message) { record = m.Record() })
	if err != nil {
		return Summary{}, err
	}
	switch poll := c.pollOf(record, caller); {
	case poll == nil:
		return Summary{}, refusal.New(refusal.BadParameter, "message %s can't be closed, because it was sent without ",
			cmd.MessageID).Naming("extensionRules")
	case !poll.author():
		return Summary{}, refusal.New(refusal.NotPermitted, "only %s may close message %s", record.From, cmd.MessageID)
	}
	written := false
	_, err = c.store.Update(ctx, ref, func(t *kv.Txn) (kv.Change, error) {
		written = false
		if r := t.Record(); r.Recalled != nil {
			return kv.Change{}, recalled(r) // since it was checked
		}
		switch closedSeq := t.ClosedSeq(); {
		case closedSeq > 0 && cmd.CloseAt != nil:
			return kv.Change{}, closed(t)
		case closedSeq > 0, cmd.CloseAt != nil && *cmd.CloseAt == t.CloseAt():
			return kv.Change{}, nil
		}
		written = true
		return kv.Change{Close: cmd.CloseAt == nil, CloseAt: cmd.CloseAt}, nil
	})
	if err != nil {
		return Summary{}, ifGone(err, cmd.MessageID)
	}
	if written {
		c.options.Audit.Done("message closed", "by", caller.UserID, "message", cmd.MessageID, "closeAt", cmd.CloseAt)
	}
	return c.summary(ctx, caller, ref, cmd.MessageID)
}

// checkCloseAt refuses a time that is not to come, by this hub's clock. When the message closes is
// the store's to say.
func (c *Commands) checkCloseAt(field string, at int64) error {
	if now := c.options.Now().Unix(); at <= now || at > ballot.LatestCloseAt {
		return refusal.Field(refusal.BadParameter, field, "%d is not a time to come, in Unix seconds", at)
	}
	return nil
}

// rulesOf returns the rules of a message that is sent, as they are stored.
func (c *Commands) rulesOf(cmd SendMessage) (*ballot.Rules, error) {
	if cmd.Rules == nil {
		return nil, nil
	}
	if !cmd.IsSupportExtension {
		return nil, refusal.Field(refusal.BadParameter, "extensionRules", "needs ").Naming("isSupportExtension")
	}
	limits := ballot.Limits{Max: c.options.Limits.Ceiling, Text: c.options.Limits.ValueBytes}
	rules, err := cmd.Rules.Normalize(limits)
	var wrong *ballot.FieldError
	if errors.As(err, &wrong) {
		return nil, refusal.Field(refusal.BadParameter, "extensionRules."+wrong.Field, "%s", wrong.Text)
	}
	if err == nil && rules.CloseAt != 0 {
		err = c.checkCloseAt("extensionRules.closeAt", rules.CloseAt)
	}
	return rules, err
}
