package guest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"exthub/hub/audit"
	"exthub/hub/usersig"
)

// How long a UserSig is valid: at random between the two, so that a hall of guests who came at once
// does not come back at once.
const (
	leastValidity = 2 * time.Hour
	mostValidity  = 3 * time.Hour
)

// remembered is for how long after it was signed a UserSig can be shown to get a fresh one.
const remembered = 30 * 24 * time.Hour

// maxBody is how many bytes a request may have: a UserSig of a guest has some 250.
const maxBody = 4 << 10

// Options are what the door needs to know. All but Rate are required.
type Options struct {
	SDKAppID uint64
	Keys     Keys
	Rate     int // guests that one address may become in a minute; 0 is no limit
	Timeout  time.Duration
	Now      func() time.Time
	Audit    *audit.Log

	// Allowed reports whether the page that asks may be answered.
	Allowed func(*http.Request) bool

	// CheckRevoked refuses a UserSig of this user that was issued at this time, if it was revoked.
	CheckRevoked func(ctx context.Context, userID string, issued time.Time) error

	// Answered is called after each request with its HTTP status.
	Answered func(status int)
}

// door is the handler of POST /guest.
type door struct {
	options   Options
	newcomers *limits // how often an address gets a new ID
	returning *limits // how often one is given a fresh UserSig for an old one
}

// New returns the door.
func New(options Options) http.Handler {
	return &door{options, newLimits(options.Rate), newLimits(options.Rate)}
}

// ticket is the answer: what a login needs.
type ticket struct {
	SDKAppID  uint64 `json:"sdkAppID"`
	UserID    string `json:"userID"`
	UserSig   string `json:"userSig"`
	ExpiresIn int64  `json:"expiresIn"` // seconds: a browser's clock may say anything
}

// ServeHTTP gives whoever asks a UserSig: for the ID of the one that they show, if that is good, or
// else for a new one.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	t, refused := d.admit(w, r)
	if refused != nil {
		d.options.Answered(refused.status)
		if refused.wait > 0 {
			header.Set("Retry-After", strconv.Itoa(int(math.Ceil(refused.wait.Seconds()))))
		}
		http.Error(w, refused.sentence, refused.status)
		return
	}
	d.options.Answered(http.StatusOK)
	header.Set("Content-Type", "application/json")
	// An error means that the page has gone, and needs no report.
	_ = json.NewEncoder(w).Encode(t)
}

// refusal is why somebody is not let in.
type refusal struct {
	status   int
	sentence string
	wait     time.Duration // after which it may be tried again, if that helps
}

func (d *door) admit(w http.ResponseWriter, r *http.Request) (ticket, *refusal) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "POST, OPTIONS")
		return ticket{}, &refusal{http.StatusMethodNotAllowed, "guests are let in by POST", 0}
	}
	if !d.options.Allowed(r) {
		// It could not read the answer, but would use up its visitor's address.
		return ticket{}, &refusal{http.StatusForbidden, "pages of this origin may not ask", 0}
	}
	shown, err := readBody(w, r)
	if err != nil {
		return ticket{}, &refusal{http.StatusBadRequest, err.Error(), 0}
	}
	ctx, cancel := context.WithTimeout(r.Context(), d.options.Timeout)
	defer cancel()
	userID, err := d.holder(ctx, shown)
	if err != nil {
		return ticket{}, &refusal{http.StatusServiceUnavailable, "the hub can't reach its store", time.Second}
	}
	limit, event := d.returning, "guest came back"
	if userID == "" {
		limit, event, userID = d.newcomers, "guest let in", newID()
	}
	now := d.options.Now()
	if wait := limit.take(r.RemoteAddr, now); wait > 0 {
		d.options.Audit.Refused("guest refused", "address", r.RemoteAddr)
		return ticket{}, &refusal{http.StatusTooManyRequests,
			"too many guests from this address: try again later", wait}
	}
	validity := leastValidity + rand.N(mostValidity-leastValidity).Truncate(time.Second)
	sig, err := usersig.Sign(d.options.SDKAppID, d.options.Keys.guests[0], userID, now, validity)
	if err != nil {
		panic(err) // there is a key, and the ID is printable
	}
	d.options.Audit.Read(event, "user", userID, "address", r.RemoteAddr)
	return ticket{d.options.SDKAppID, userID, sig, int64(validity / time.Second)}, nil
}

// readBody returns the UserSig that is shown, "" for none. What is sent as which Content-Type does
// not matter: a page of another origin that sends text need not ask first.
func readBody(w http.ResponseWriter, r *http.Request) (shown string, err error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return "", errors.New("the body has more than " + strconv.Itoa(maxBody) + " bytes")
	case err != nil:
		w.Header().Set("Connection", "close")
		return "", errors.New("the body can't be read to its end")
	case len(body) == 0:
		return "", nil
	}
	var request struct {
		UserSig string `json:"userSig"`
	}
	if json.Unmarshal(body, &request) != nil {
		return "", errors.New(`the body is neither empty nor {"userSig": "..."}`)
	}
	return request.UserSig, nil
}

// holder returns the ID of the guest whose UserSig this is or was, or "" if it is no good: then who
// shows it is somebody new. It fails if it can't be known whether the UserSig was revoked.
func (d *door) holder(ctx context.Context, shown string) (string, error) {
	claims, err := usersig.Parse(shown)
	if err != nil || !Is(claims.User) || len(claims.User) != len(Prefix)+idLength {
		return "", nil //nolint:nilerr // it is no good
	}
	now := d.options.Now()
	if claims.Issued.After(now.Add(time.Minute)) || now.Sub(claims.Issued) > remembered {
		return "", nil
	}
	// As of when it was issued: it may have expired since.
	if claims.CheckAny(d.options.SDKAppID, d.options.Keys.guests, claims.User, claims.Issued) != nil {
		return "", nil //nolint:nilerr // it is no good
	}
	var revoked *usersig.Error
	switch err := d.options.CheckRevoked(ctx, claims.User, claims.Issued); {
	case errors.As(err, &revoked):
		return "", nil
	case err != nil:
		return "", err
	}
	return claims.User, nil
}
