package command

import (
	"context"
	"errors"
	"time"

	"exthub/hub/refusal"
	"exthub/kv"
)

// Two limits keep the sets of a message within a rate. The message's own counts what is written, by
// anybody. The other is a user's share of it and counts attempts, whatever becomes of them, so that
// nobody uses up what belongs to all: neither with sets that are written, nor with conflicts and
// repetitions, which cost the others nothing but the hub's time. App admins are neither counted nor
// stopped: a backend that writes down everybody's votes would use up the members' rate.
//
// On a message whose rules say write own there is a limit per user alone, see changeOwn.

// userShare is the part of a message's rate that one user may use up: a fourth.
const userShare = 4

// errUncounted is returned by a decision that would write, of a set that is not counted yet.
var errUncounted = errors.New("not counted as written")

// changeCounted is change for a set within the two limits. writes says whether the set would write
// anything to the message as it was a moment ago, which is true of nearly every set that is not
// refused; the message's count is then known before the decision, and one decision is enough.
func (c *Commands) changeCounted(
	ctx context.Context, caller Caller, ref kv.Ref, d *decision, writes bool,
) (Changed, error) {
	now := c.options.Now()
	share := (c.options.MessageRate + userShare - 1) / userShare
	if err := c.countAttempt(ctx, caller, ref, now, share); err != nil {
		return Changed{}, err
	}
	if !writes {
		d.uncounted = true
		changed, err := c.change(ctx, caller, ref, d)
		if !errors.Is(err, errUncounted) {
			return changed, err
		}
		d.uncounted = false
	}
	if err := c.countWrite(ctx, ref, now); err != nil {
		return Changed{}, err
	}
	changed, err := c.change(ctx, caller, ref, d)
	if !changed.written() && !errors.Is(err, kv.ErrUnknown) {
		// A count that stays too high for want of an answer is over with the minute.
		_, _ = c.store.Count(ctx, ref, now, -1)
	}
	return changed, err
}

// written reports whether anything was written.
func (c Changed) written() bool {
	for i := range c.Outcomes {
		if c.Outcomes[i].written {
			return true
		}
	}
	return false
}

// wouldWrite reports whether a set of these items would change the message.
func wouldWrite(m *kv.Message, items []Extension) bool {
	for _, item := range items {
		p := m.Pair(item.Key)
		if seqMatches(p, item.Seq) && (p.Deleted || p.Value != item.Value) {
			return true
		}
	}
	return false
}

// changeOwn is change for a set of the caller's own pair on a message on which nobody writes
// another one. Only the caller's attempts are counted: a hall of people who answer within a second
// use up nothing that belongs to others.
func (c *Commands) changeOwn(ctx context.Context, caller Caller, ref kv.Ref, d *decision) (Changed, error) {
	if !caller.Admin && c.options.OwnRate > 0 {
		if err := c.countAttempt(ctx, caller, ref, c.options.Now(), c.options.OwnRate); err != nil {
			return Changed{}, err
		}
	}
	return c.change(ctx, caller, ref, d)
}

// countAttempt counts an attempt of the caller's and refuses it if it is beyond the caller's share.
func (c *Commands) countAttempt(ctx context.Context, caller Caller, ref kv.Ref, now time.Time, share int) error {
	n, err := c.store.CountUser(ctx, ref, caller.UserID, now)
	if err != nil || n <= int64(share) {
		return err
	}
	return refusal.New(refusal.MessageRate,
		"%s tried to set message %s %d times this minute, at most %d times by one user: try again in %d s",
		caller.UserID, ref.ID(), n, share, untilNextMinute(now))
}

// countWrite counts a set that is about to be written, and refuses it if the message was set too
// often.
func (c *Commands) countWrite(ctx context.Context, ref kv.Ref, now time.Time) error {
	n, err := c.store.Count(ctx, ref, now, 1)
	if err != nil || n <= int64(c.options.MessageRate) {
		return err
	}
	return refusal.New(refusal.MessageRate,
		"message %s was set %d times this minute, at most %d times by all together: try again in %d s",
		ref.ID(), n, c.options.MessageRate, untilNextMinute(now))
}

// untilNextMinute returns the seconds until the counts start over.
func untilNextMinute(now time.Time) int64 { return 60 - now.Unix()%60 }
