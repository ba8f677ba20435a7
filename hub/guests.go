package hub

import (
	"context"
	"net/http"
	"slices"
	"time"

	"exthub/hub/guest"
	"exthub/hub/refusal"
	"exthub/kv"
)

// newGuestDoor returns the handler of POST /guest.
func (h *Hub) newGuestDoor() http.Handler {
	o := h.options
	door := guest.New(guest.Options{
		SDKAppID: o.SDKAppID, Keys: h.keys, Rate: o.GuestRate, Timeout: o.RequestTimeout, Now: o.Now, Audit: h.audit,
		Allowed:      func(r *http.Request) bool { return allowedOrigin(r, o.AllowedOrigins) },
		CheckRevoked: h.commands.CheckRevoked, Answered: h.metrics.guestAnswered,
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !h.share(w, r) {
			door.ServeHTTP(w, r)
		}
	})
}

// OpenMessage returns a message that guests may read, or nil if there is none of this ID for them.
func (h *Hub) OpenMessage(ctx context.Context, id kv.MessageID) (*kv.Record, error) {
	return h.commands.OpenMessage(ctx, id)
}

const (
	// guestRate is how many requests a guest's session may send in a second. It needs three for
	// each message that it shows; users, who are known, may send more.
	guestRate = 100
	// maxFollowed is how many groups a guest's session may hear of.
	maxFollowed = 100
)

// errManyGuests refuses the login of a guest for now.
var errManyGuests error = refusal.New(refusal.TooOften, "the hub has as many guests as it takes: come back later")

// welcomeGuest makes the session that of a guest.
func (s *session) welcomeGuest(now time.Time) {
	s.caller.Guest, s.caller.Admin = true, false
	s.caller.Follow = s.follow
	s.allowance = newAllowance(min(guestRate, s.hub.options.SessionRate), now)
}

// follow makes the session hear of a group, unless check refuses.
func (s *session) follow(ctx context.Context, groupID string, check func() error) error {
	follows := slices.Contains(s.followed, groupID)
	if !follows && len(s.followed) >= maxFollowed {
		return refusal.Field(refusal.TooManyGroups, "groupID", "a guest may be in at most %d groups", maxFollowed)
	}
	for ctx.Err() == nil {
		asOf := s.hub.broker.Dismissals()
		if err := check(); err != nil {
			return err
		}
		if s.hub.broker.Follow(&s.conn, s.caller.UserID, groupID, asOf) {
			if !follows {
				s.followed = append(s.followed, groupID)
			}
			return nil
		}
	}
	return ctx.Err()
}
