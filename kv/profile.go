package kv

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"

	"exthub/kv/bucket"
)

// Profile is how a user wants to be shown.
type Profile struct {
	UserID string `json:"-"`
	Nick   string `json:"nick,omitempty"`
	Avatar string `json:"avatar,omitempty"` // an address
}

// profilePrefix begins the key of a user's profile: "n.<user>", encoded.
const profilePrefix = "n."

// parseProfile reads the entry of a profile. A deleted one is empty.
func parseProfile(e bucket.Entry) (*Profile, error) {
	user, err := decodeToken(strings.TrimPrefix(e.Key, profilePrefix))
	if err != nil {
		return nil, err
	}
	p := &Profile{UserID: user}
	p.read(e)
	return p, nil
}

func (s *Store) profileAt(userID string) (*shard, string) {
	key := profilePrefix + encodeToken(userID)
	return s.shardOfName([]byte(key)), key
}

// SetProfile stores a profile in the place of the user's last one; one that is empty deletes it.
func (s *Store) SetProfile(ctx context.Context, p Profile) error {
	ctx, cancel := withTimeout(ctx, s.options)
	defer cancel()
	value, err := json.Marshal(p)
	if err != nil {
		return err
	}
	sh, key := s.profileAt(p.UserID)
	write := bucket.Write{Key: key, Value: string(value)}
	if p.Nick == "" && p.Avatar == "" {
		write = bucket.Write{Key: key, Delete: true}
	}
	_, err = sh.bucket.Publish(ctx, []bucket.Write{write}, bucket.PublishOptions{})
	return err
}

// Profiles returns the profiles of users, in their order: an empty one of a user who has set none.
// It sees what this Store has written.
func (s *Store) Profiles(ctx context.Context, userIDs ...string) ([]Profile, error) {
	profiles := make([]Profile, len(userIDs))
	asked := make(map[*shard]*profileQuery)
	for i, id := range userIDs {
		profiles[i].UserID = id
		sh, key := s.profileAt(id)
		q := asked[sh]
		if q == nil {
			q = &profileQuery{places: make(map[string]int)}
			asked[sh] = q
		}
		q.places[key] = i
	}
	for sh, q := range asked {
		for key := range q.places {
			q.keys = append(q.keys, key)
		}
		for part := range slices.Chunk(q.keys, bucket.MaxQuery) {
			q.pending = append(q.pending, sh.batcher.Enqueue(part...))
		}
	}
	for sh, q := range asked {
		for _, pending := range q.pending {
			snap, err := sh.batcher.Await(ctx, pending)
			if err != nil {
				return nil, err
			}
			for _, e := range snap.Entries {
				if at, ok := q.places[e.Key]; ok {
					profiles[at].read(e)
				}
			}
		}
	}
	return profiles, nil
}

// profileQuery is what is asked of one shard.
type profileQuery struct {
	places  map[string]int // where the profile of a key is to go
	keys    []string
	pending []*bucket.Query
}

// read takes over what an entry says. What can't be read is worth no refusal.
func (p *Profile) read(e bucket.Entry) {
	if e.Deleted {
		return
	}
	if err := json.Unmarshal([]byte(e.Value), p); err != nil {
		slog.Warn("entry that can't be read", "key", e.Key, "revision", e.Revision, "error", err)
	}
	p.Nick, p.Avatar = strings.ToValidUTF8(p.Nick, "\ufffd"), strings.ToValidUTF8(p.Avatar, "\ufffd")
}
