package kv

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"strconv"
	"time"

	"exthub/kv/bucket"
)

// Send stores a new message and returns its record. A one-to-one message keeps its Ref; a group
// message gets the next MsgSeq of its group, from 1 without gaps, with any number of senders on any
// number of hubs.
//
// With a TTL it and its pairs are gone after that time, by the clocks of the servers. Its number is
// not given again. A TTL is longer than dedup.
//
// origin is the session that sends it, for Delta. A message with the sender, conversation, Sequence
// (one-to-one only), Random and content of one that was sent within dedup (at most 5 minutes; 0:
// never) is not stored again: Send returns the record of the first and ErrDuplicate, or ErrRecalled
// if the first was recalled within 5 minutes: a message that is sent again for want of an answer
// must not bring back what was taken back. A one-to-one message whose Ref is another message's gets
// ErrTaken, and one for which its conversation has no room a *FullError. Other errors are
// ErrUnavailable and ErrUnknown.
func (s *Store) Send(ctx context.Context, r Record, origin string, dedup time.Duration) (Record, error) {
	sh := s.shardFor(r.Ref)
	ctx, cancel := context.WithTimeout(ctx, min(bucket.RequestTimeout, sh.options.WriteTimeout))
	defer cancel()
	starts, id := sh.starts.Load(), ""
	if dedup > 0 {
		id = r.fingerprint()
	}
	for {
		stored, err := sh.send(ctx, starts, r, origin, id)
		var duplicate *bucket.DuplicateError
		if !errors.As(err, &duplicate) {
			return stored, err
		}
		first, err := sh.recordAt(ctx, duplicate.Revision)
		if errors.Is(err, bucket.ErrOverwritten) {
			err = ErrRecalled
		}
		if err != nil {
			return Record{}, err
		}
		if age := r.Time - first.Time; age < int64(dedup/time.Second) {
			return first, ErrDuplicate
		}
		// The server remembers for longer than this kind of message wants to be recognised, so this
		// is the next one of its kind.
		id = r.fingerprint() + "." + strconv.FormatUint(duplicate.Revision, 10)
	}
}

func (sh *shard) send(ctx context.Context, starts uint64, r Record, origin, id string) (Record, error) {
	release, err := sh.locks.lock(ctx, "send "+string(r.Ref.Conversation()))
	if err != nil {
		return Record{}, errors.Join(ErrUnavailable, err)
	}
	defer release()
	if r.GroupID == "" {
		return sh.sendC2C(ctx, r, origin, id)
	}
	for {
		if err := sh.sameStart(starts); err != nil {
			return Record{}, err
		}
		stored, err := sh.sendGroup(ctx, r, origin, id)
		var stale *bucket.StaleError
		if !errors.As(err, &stale) || errors.Is(err, ErrUnknown) {
			return stored, err
		}
	}
}

// sendGroup stores a message under the next number of its group, or returns a *StaleError if
// somebody else took it.
func (sh *shard) sendGroup(ctx context.Context, r Record, origin, id string) (Record, error) {
	before, err := sh.count(ctx, r.GroupID)
	if err != nil {
		return Record{}, err
	}
	r.Ref = Ref{GroupID: r.GroupID, MsgSeq: before.Last + 1}
	r.Sequence = r.Ref.MsgSeq
	p := bucket.Precondition{Filter: sh.recordFilter(r.GroupID), Last: before.at}
	if full := sh.countBytes(ctx, &r, before.Total); full != nil {
		return Record{}, sh.unlessDuplicate(ctx, r, id, full)
	}
	if r.TTL == 0 {
		return sh.storeRecord(ctx, r, origin, id, p)
	}
	if p.Last, err = sh.setCount(ctx, r.GroupID, count{Last: r.Ref.MsgSeq, Total: r.Total}, p.Last); err != nil {
		return Record{}, notSent(err)
	}
	stored, err := sh.storeRecord(ctx, r, origin, id, p)
	var duplicate *bucket.DuplicateError
	if errors.As(err, &duplicate) {
		// Nobody has the number: those who send duplicates would make a page look for many that are
		// not there
		if _, err := sh.setCount(ctx, r.GroupID, before, p.Last); err != nil {
			slog.Debug("number without a message", "message", r.Ref.ID(), "error", err)
		}
	}
	return stored, err
}

// notSent turns the error of what is written before a message into one of sending it: whatever
// became of that, the message was not stored.
func notSent(err error) error {
	if errors.Is(err, ErrUnknown) {
		var stale *bucket.StaleError
		if errors.As(err, &stale) {
			return stale
		}
		return fmt.Errorf("%w: %s", ErrUnavailable, err.Error())
	}
	return err
}

// sendC2C stores a one-to-one message, once it is in the index. The precondition finds what the
// server's memory of duplicates is not asked about: a key that is taken.
func (sh *shard) sendC2C(ctx context.Context, r Record, origin, id string) (Record, error) {
	object := string(r.Ref.ID())
	place, err := sh.claim(ctx, &r)
	var full *FullError
	if errors.As(err, &full) {
		return Record{}, sh.unlessDuplicate(ctx, r, id, err)
	}
	if err != nil {
		return Record{}, notSent(err)
	}
	unchanged := bucket.Precondition{Filter: sh.bucket.Filter(object)}
	stored, err := sh.storeRecord(ctx, r, origin, id, unchanged, place.touched(sh.options.ttlSlack)...)
	if err == nil || errors.Is(err, ErrUnknown) {
		return stored, err
	}
	if err := sh.giveBack(ctx, place); err != nil {
		slog.Debug("name in the index without a message", "message", object, "error", err)
	}
	var stale *bucket.StaleError
	if !errors.As(err, &stale) {
		return stored, err
	}
	snap, err := sh.bucket.Read(ctx, stale.Last, object+".m")
	if err != nil {
		return Record{}, err
	}
	if len(snap.Entries) == 0 || id == "" {
		return Record{}, ErrTaken
	}
	switch first, err := readRecord(snap.Entries[0]); {
	case err == nil && first.Recalled != nil:
		return Record{}, ErrRecalled // it may have been another one, but nobody can tell
	case err != nil, first.fingerprint() == r.fingerprint():
		return first, errors.Join(err, &bucket.DuplicateError{Revision: snap.Entries[0].Revision})
	}
	return Record{}, ErrTaken
}

// storeRecord stores a message, and in one commit with it what else is to be written then.
func (sh *shard) storeRecord(
	ctx context.Context, r Record, origin, id string, p bucket.Precondition, also ...bucket.Write,
) (Record, error) {
	entries := append([]bucket.Write{r.write()}, also...)
	if r.Rules != nil && r.Rules.CloseAt > 0 {
		// In one commit with the message: there is no moment at which nothing would close it.
		entries = append(entries, schedule(string(r.Ref.ID()), r.Rules.CloseAt))
	}
	options := bucket.PublishOptions{Precondition: p, Origin: origin, DedupID: id, TTL: r.ttl()}
	_, err := sh.bucket.Publish(ctx, entries, options)
	return r, err
}

func (sh *shard) recordAt(ctx context.Context, revision uint64) (Record, error) {
	e, err := sh.bucket.Get(ctx, revision)
	if err != nil {
		return Record{}, err
	}
	return readRecord(e)
}

func readRecord(e bucket.Entry) (Record, error) {
	at, err := parseKey(e.Key)
	if err != nil {
		return Record{}, err
	}
	r, err := decodeRecord(at.ref, e.Value)
	if err != nil {
		return Record{}, fmt.Errorf("%w: %s at %d: %w", errUnreadable, e.Key, e.Revision, err)
	}
	if r.sent = e.Revision; r.Recalled != nil {
		r.sent = r.Recalled.Sent
	}
	return *r, nil
}

// fingerprint is what makes two messages the same one, sent twice.
func (r Record) fingerprint() string {
	content := fnv.New64a()
	content.Write([]byte(r.Type))
	content.Write(r.Payload)
	content.Write([]byte(r.CloudCustomData))
	id := fmt.Sprintf("%s>%s>%s#%d#%x", encodeToken(r.From), encodeToken(r.To+" "), encodeToken(r.GroupID+" "),
		r.Random, content.Sum64())
	if r.GroupID == "" {
		id += "#" + strconv.FormatUint(r.Sequence, 10)
	}
	if r.Rules != nil {
		rules, err := json.Marshal(r.Rules)
		if err != nil {
			panic(err) // numbers, strings and bools
		}
		content.Write(rules)
		id += fmt.Sprintf("#%x", content.Sum64())
	}
	return id
}
