package kv

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

	"exthub/kv/bucket"
)

// accountPrefix begins the key of what is known of a user apart from groups: "a.<user>", encoded.
const accountPrefix = "a."

// Revocation says that the user's UserSigs from UpTo and before count no more.
type Revocation struct {
	UserID string
	UpTo   int64 // Unix seconds
}

// account is the value of a user's entry.
type account struct {
	RevokedUpTo int64 `json:"revokedUpTo"`
}

// revocations are all that there are in one shard, loaded when it is opened and kept current by the
// tail. They are few, every login asks for them, and a hub that has missed one lets somebody in: so
// they stay in memory, and one that is known is not forgotten, whatever becomes of the bucket.
type revocations struct {
	mu   sync.Mutex
	upTo map[string]int64 // by user
}

// load reads all of them, as of revision atLeast or later.
func (r *revocations) load(ctx context.Context, b *bucket.Bucket, atLeast uint64) error {
	snap, err := b.Read(ctx, atLeast, accountPrefix+"*")
	if err != nil {
		return err
	}
	for _, e := range snap.Entries {
		at, err := parseKey(e.Key)
		if err == nil {
			_, err = r.apply(at.account, e)
		}
		if err != nil {
			slog.Warn("entry that can't be read", "bucket", b.Name(), "key", e.Key, "revision", e.Revision,
				"error", err)
		}
	}
	return nil
}

// apply notes what an entry says. A later revocation never takes back an earlier one, in whatever
// order they come.
func (r *revocations) apply(userID string, e bucket.Entry) (Revocation, error) {
	var a account
	if !e.Deleted {
		if err := json.Unmarshal([]byte(e.Value), &a); err != nil {
			return Revocation{}, err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.upTo == nil {
		r.upTo = make(map[string]int64)
	}
	if a.RevokedUpTo > r.upTo[userID] {
		r.upTo[userID] = a.RevokedUpTo
	}
	return Revocation{UserID: userID, UpTo: r.upTo[userID]}, nil
}

func (r *revocations) get(userID string) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.upTo[userID]
}

// Revoke revokes the user's UserSigs from now and before, for good. When it returns nil, Run's sink
// has been called with the Revocation on every hub. After an error it may be called again.
func (s *Store) Revoke(ctx context.Context, userID string, now time.Time) error {
	ctx, cancel := withTimeout(ctx, s.options)
	defer cancel()
	key := accountPrefix + encodeToken(userID)
	sh := s.shardOfName([]byte(key))
	if err := s.marks.check(ctx); err != nil {
		return err
	}
	value, err := json.Marshal(account{RevokedUpTo: max(now.Unix(), sh.revocations.get(userID))})
	if err != nil {
		panic(err) // a number
	}
	entry := bucket.Write{Key: key, Value: string(value)}
	seen := sh.bucket.Seen()
	head, err := sh.bucket.Publish(ctx, []bucket.Write{entry}, bucket.PublishOptions{})
	if err != nil {
		return err
	}
	if head <= seen {
		return errAnotherHistory
	}
	if err := sh.tail.applied.wait(ctx, head); err != nil {
		return errors.Join(ErrUnknown, err)
	}
	if err := s.marks.await(ctx, sh, head); err != nil {
		return errors.Join(ErrUnknown, err)
	}
	return nil
}

// RevokedUpTo returns up to which second the user's UserSigs are revoked, 0 if none is. It returns
// ErrUnavailable or ctx's error if this hub may not know, see Check.
func (s *Store) RevokedUpTo(ctx context.Context, userID string) (int64, error) {
	if err := s.marks.check(ctx); err != nil {
		return 0, err
	}
	key := accountPrefix + encodeToken(userID)
	return s.shardOfName([]byte(key)).revocations.get(userID), nil
}
