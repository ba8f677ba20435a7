package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"exthub/hub/refusal"
	"exthub/kv"
)

// Extension is an item of a request: a pair to set or delete, and the Seq at which the caller saw
// it, 0 if it never did.
type Extension struct {
	Key, Value string
	Seq        int64
}

// Outcome is what became of an item: code 0 or 23001, and the pair as it is now. The order is that
// of the items.
type Outcome struct {
	Code int
	Pair kv.Pair

	written bool // Pair.Seq comes from the commit
}

// SetExtensions sets pairs of a message: those that can be set, or with Atomic all or none.
type SetExtensions struct {
	MessageID  kv.MessageID
	Extensions []Extension
	Atomic     bool
}

// DeleteExtensions deletes pairs of a message.
type DeleteExtensions struct {
	MessageID  kv.MessageID
	Extensions []Extension
}

// Changed is the answer to a change, item by item; a clear has none. LatestSeq is the message's
// after the change.
type Changed struct {
	Outcomes  []Outcome
	LatestSeq uint64
}

// SetExtensions sets pairs and decides item by item: an item whose Seq is not that of the pair
// becomes a conflict and changes nothing. The request is refused as a whole, with nothing written,
// if it breaks a rule or the message would hold too many pairs (10004) or too many of the caller's
// (23007), if the message was set too often this minute, by its caller or by all (23003), or if the
// message's own rules forbid it (10007, 10004) or it is closed (23005).
func (c *Commands) SetExtensions(within context.Context, caller Caller, cmd SetExtensions) (Changed, error) {
	if err := c.options.Limits.CheckSet(cmd.Extensions); err != nil {
		return Changed{}, err
	}
	ctx := c.store.Writing(within)
	defer ctx.Stop()
	d := &decision{op: (*decision).set, items: cmd.Extensions, atomic: cmd.Atomic}
	counted := !caller.Admin && c.options.MessageRate > 0
	writes := false
	var record *kv.Record
	ref, err := c.checkWritable(ctx, caller, cmd.MessageID, func(m *kv.Message) {
		record = m.Record()
		writes = counted && wouldWrite(m, cmd.Extensions)
	})
	if err != nil {
		return Changed{}, err
	}
	d.maxPairs = c.maxPairs(record)
	if poll := c.pollOf(record, caller); poll != nil {
		if d.items, err = poll.checkRules(d.items, true); err != nil {
			return Changed{}, err
		}
		if poll.record.Rules.Own() {
			// Nobody has more than one pair, and who has an anonymous one is not noted.
			return c.changeOwn(ctx, caller, ref, d)
		}
	}
	if limit := c.options.Limits.PerUser; !caller.Admin && limit > 0 {
		d.user, d.perUser = caller.UserID, limit
	}
	if !counted {
		return c.change(ctx, caller, ref, d)
	}
	return c.changeCounted(ctx, caller, ref, d, writes)
}

// DeleteExtensions deletes pairs and decides item by item like SetExtensions. It takes no empty
// list: deleting everything has a command of its own, so that a list that got lost on the way does
// not mean all.
func (c *Commands) DeleteExtensions(within context.Context, caller Caller, cmd DeleteExtensions) (Changed, error) {
	if err := c.options.Limits.checkItems(cmd.Extensions); err != nil {
		return Changed{}, err
	}
	ctx := c.store.Writing(within)
	defer ctx.Stop()
	var record *kv.Record
	ref, err := c.checkWritable(ctx, caller, cmd.MessageID, func(m *kv.Message) { record = m.Record() })
	if err != nil {
		return Changed{}, err
	}
	d := &decision{op: (*decision).delete, items: cmd.Extensions, deletes: true}
	if poll := c.pollOf(record, caller); poll != nil {
		if d.items, err = poll.checkRules(d.items, false); err != nil {
			return Changed{}, err
		}
	}
	return c.change(ctx, caller, ref, d)
}

// ClearExtensions deletes all pairs of a message, whatever their Seq.
func (c *Commands) ClearExtensions(within context.Context, caller Caller, id kv.MessageID) (Changed, error) {
	ctx := c.store.Writing(within)
	defer ctx.Stop()
	var record *kv.Record
	ref, err := c.checkWritable(ctx, caller, id, func(m *kv.Message) { record = m.Record() })
	if err != nil {
		return Changed{}, err
	}
	if poll := c.pollOf(record, caller); poll != nil {
		if err := poll.checkClear(); err != nil {
			return Changed{}, err
		}
	}
	changed, err := c.change(ctx, caller, ref, &decision{op: (*decision).clear})
	if err == nil {
		c.options.Audit.Done("message cleared", "by", caller.UserID, "message", id)
	}
	return changed, err
}

// checkWritable returns where the message is. It refuses a caller who may not change its pairs,
// before anything is counted or written. look, unless nil, is shown the message otherwise.
func (c *Commands) checkWritable(
	ctx context.Context, caller Caller, id kv.MessageID, look func(*kv.Message),
) (kv.Ref, error) {
	ref, err := c.access(ctx, caller, id)
	if err != nil {
		return ref, err
	}
	var refused error
	err = c.store.Read(ctx, ref, 0, func(m *kv.Message) {
		if refused = extensible(m, id); refused == nil {
			refused = guestWrites(caller, m.Record())
		}
		if refused == nil && look != nil {
			look(m)
		}
	})
	if err != nil {
		return ref, err
	}
	return ref, refused
}

// decision decides the items of a request. The writes of its change are those of the outcomes
// marked as written, in the same order.
type decision struct {
	op      func(*decision, *kv.Txn) error
	items   []Extension
	admin   bool
	deletes bool
	atomic  bool // for set alone: all items or none
	// Of a message with rules, whose pairs remember when they were first set
	remembers bool
	maxPairs  int // pairs that the message may hold; for set alone
	// For set alone: whose pairs are counted, and how many that user may have; "" for nobody's
	user    string
	perUser int
	// For set alone: it is not counted as written yet, and must not be
	uncounted bool

	change   kv.Change
	outcomes []Outcome

	// Room for one item, which nearly every request has. Each saves one of a set's 73 allocations.
	oneWrite   [1]kv.Write
	oneOutcome [1]Outcome
}

// decide is called by the store with the message as it is, and again whenever the message has
// changed before the commit. It forgets what it decided before.
func (d *decision) decide(t *kv.Txn) (kv.Change, error) {
	d.change = kv.Change{Writes: d.oneWrite[:0], Singly: !d.atomic, Stored: d.change.Stored}
	d.outcomes = d.oneOutcome[:0]
	if r := t.Record(); r.Recalled != nil {
		return kv.Change{}, recalled(r) // since it was checked
	}
	err := d.op(d, t)
	if err == nil && t.Record().Rules != nil {
		d.remembers = true
		err = d.keepRules(t)
	}
	return d.change, err
}

// write adds an item that changes its pair.
func (d *decision) write(w kv.Write, before kv.Pair) {
	d.change.Writes = append(d.change.Writes, w)
	o := Outcome{Pair: kv.Pair{Key: w.Key, Value: w.Value, Deleted: w.Delete}, written: true}
	if !before.Deleted && !w.Delete {
		o.Pair.Created = before.Created
	}
	d.outcomes = append(d.outcomes, o)
}

// keep adds an item that leaves its pair as it is.
func (d *decision) keep(code int, p kv.Pair) {
	d.outcomes = append(d.outcomes, Outcome{Code: code, Pair: p})
}

// set decides each item of a set. A set to the value that the pair already has succeeds and writes
// nothing, whatever Seq it names: it may be the same set sent again, because its answer was lost.
func (d *decision) set(t *kv.Txn) error {
	added, taken := 0, 0
	for _, item := range d.items {
		switch p := t.Pair(item.Key); {
		case !p.Deleted && p.Value == item.Value:
			d.keep(0, p)
		case !d.admin && !seqMatches(p, item.Seq):
			d.keep(refusal.SeqConflict, p)
		default:
			if p.Deleted {
				added++
			}
			if p.Deleted || p.By != d.user {
				taken++
			}
			d.write(kv.Write{Key: item.Key, Value: item.Value, By: d.user}, p)
		}
	}
	if d.atomic {
		added, taken = d.allOrNone(t, added, taken)
	}
	if d.uncounted && len(d.change.Writes) > 0 {
		return errUncounted
	}
	if d.user != "" && taken > 0 {
		if has := t.By(d.user); has+taken > d.perUser {
			return refusal.Field(refusal.TooManyPairs, "extensions",
				"%s set %d pairs of this message and may have %d, so %d more don't fit: change or delete one of them",
				d.user, has, d.perUser, taken)
		}
	}
	if added == 0 {
		// The number of pairs is not read: a decision that rests on less conflicts with fewer
		// others.
		return nil
	}
	if has := t.Live(); has+added > d.maxPairs {
		return refusal.Field(refusal.BadParameter, "extensions",
			"the message has %d pairs and may hold %d, so %d more don't fit", has, d.maxPairs, added)
	}
	return nil
}

// allOrNone drops the writes if one item is a conflict: then all are, each with its pair as it is.
// It returns how many pairs are added, and how many of them are counted for the caller.
func (d *decision) allOrNone(t *kv.Txn, added, taken int) (int, int) {
	if !slices.ContainsFunc(d.outcomes, func(o Outcome) bool { return o.Code != 0 }) {
		return added, taken
	}
	d.change.Writes, d.outcomes = d.change.Writes[:0], d.outcomes[:0]
	for _, item := range d.items {
		d.keep(refusal.SeqConflict, t.Pair(item.Key))
	}
	return 0, 0
}

// delete decides each item of a deletion. Deleting a pair that is gone succeeds and writes nothing,
// whatever Seq it names, as with set.
func (d *decision) delete(t *kv.Txn) error {
	for _, item := range d.items {
		switch p := t.Pair(item.Key); {
		case p.Deleted:
			d.keep(0, p)
		case !d.admin && !seqMatches(p, item.Seq):
			d.keep(refusal.SeqConflict, p)
		default:
			d.write(kv.Write{Key: item.Key, Delete: true}, p)
		}
	}
	return nil
}

// clear deletes all pairs, if there are any.
func (d *decision) clear(t *kv.Txn) error {
	d.change.Clear = t.Live() > 0
	return nil
}

// ifGone turns the store's error that there is no such message into a refusal that names it. It was
// there when it was checked, and has expired since, or its bucket was deleted.
func ifGone(err error, id kv.MessageID) error {
	if errors.Is(err, kv.ErrNoMessage) {
		return noSuchMessage(id)
	}
	return err
}

// errPartly says that some items of a request were carried out, and others perhaps not.
var errPartly = errors.New("a part was written")

// Partly returns the error of a request of which some items were carried out before it. On its own
// it might say that nothing was written.
func Partly(err error) error { return fmt.Errorf("%w: %w", errPartly, err) }

// change commits a decision on the message as it is at that moment. The outcomes are those of the
// last call of decide: the one that was committed. What is committed singly is decided again from
// the item on before which somebody else changed the message. If that ends with an error, what was
// written is returned with errPartly.
func (c *Commands) change(ctx context.Context, caller Caller, ref kv.Ref, d *decision) (Changed, error) {
	d.admin, d.change.Stored = caller.Admin, caller.Cork
	var before []Outcome
	for {
		commit, err := c.store.Update(ctx, ref, d.decide)
		n := 0
		if err == nil || commit.Each != nil {
			n = d.note(commit)
		}
		whole := err == nil && n == len(d.outcomes)
		if whole && before == nil {
			return Changed{d.outcomes, commit.Latest}, nil
		}
		before = append(before, d.outcomes[:n]...)
		switch {
		case whole:
			return Changed{before, commit.Latest}, nil
		case err != nil && before != nil:
			return Changed{Outcomes: before}, Partly(ifGone(err, ref.ID()))
		case err != nil:
			return Changed{}, ifGone(err, ref.ID())
		}
		d.items = d.items[n:]
	}
}

// note puts down what a commit says of the outcomes, and returns how many of them it has decided.
func (d *decision) note(commit kv.Commit) int {
	seq, writes := commit.Seq, 0
	for i := range d.outcomes {
		o := &d.outcomes[i]
		if !o.written {
			continue
		}
		if commit.Each != nil {
			if writes == len(commit.Each) {
				return i
			}
			seq = commit.Each[writes]
		}
		o.Pair.Seq = seq
		if d.remembers && !o.Pair.Deleted {
			o.Pair.Created = cmp.Or(o.Pair.Created, seq)
		}
		seq++
		writes++
	}
	return len(d.outcomes)
}
