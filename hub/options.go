package hub

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"

	"exthub/hub/command"
	"exthub/hub/guest"
	"exthub/hub/socket"
)

// Options are the settings of a Hub. SDKAppID and SecretKey are required; any other zero means the
// default that stands beside the field.
type Options struct {
	SDKAppID       uint64
	SecretKey      string
	OldSecretKeys  []string // UserSigs under these are good too, while a new key takes their place
	Admins         []string // the app admins: users who may act on any conversation without a Seq
	AllowedOrigins []string // web origins that may connect besides the hub's own host: ParseOrigin

	// Guests lets people in whom nobody vouches for: see package guest. No user's name can begin
	// with "guest-" then.
	Guests    bool
	GuestRate int // guests that one address may become in a minute; 0 is no limit

	MaxExtensions           int // pairs of a message, unless its rules say otherwise; 300
	MaxExtensionsCeiling    int // what rules may say at most; 100,000
	MaxExtensionsPerRequest int // 20
	MaxKeyBytes             int // 100
	MaxValueBytes           int // 1000
	MaxGroupMembers         int // 100,000
	MaxGroups               int // that one user may be in; 1000

	MessageTTL           time.Duration // how long messages and their pairs live; 0 is for ever
	MaxConversationBytes int64         // of the messages of a conversation together; 0 is no limit
	MaxExtensionsPerUser int           // pairs of one user on a message; 0 is no limit
	// Sets per message and minute, over all hubs, a fourth of it for one user; 0 is no limit
	MessageRate int
	// A user's sets per message with write own and minute; 0 is no limit
	OwnRate  int
	RESTRate int // calls of one REST command a second; 0 is no limit

	// Connections at a time; 100,000. Beyond it the upgrade is refused with 503
	MaxSessions        int
	MaxSessionsPerUser int // 100
	// Requests of one session a second, and as many at once; 1000, which no honest client needs
	SessionRate int

	LoginTimeout time.Duration // from the connection to its login; 5 s
	// a client must send something this often, and is closed after twice as long; 25 s, because
	// proxies end what is silent for 30
	Heartbeat      time.Duration
	RequestTimeout time.Duration // for one request; 10 s
	WriteTimeout   time.Duration // how long a client may accept nothing before it is closed; 10 s

	// EventInterval is the least time between two events of a message with a large audience.
	// Changes in between are folded into one event; 0 turns that off.
	EventInterval time.Duration
	LargeAudience int // sessions from which on an audience is large; 32

	// FanoutFrom is how many sessions a group must have for its events to be written straight to
	// their sockets; 65, one more than a writer takes at a time.
	FanoutFrom int

	Now          func() time.Time // time.Now
	NewSessionID func() string    // a UUIDv7: unique over all hubs
	Logger       *slog.Logger     // slog.Default()
}

// What an operator may set. A time to live has whole seconds.
const (
	MinMessageTTL   = command.MinTTL
	MaxMessageTTL   = command.MaxTTL
	MaxMessageBytes = command.MaxMessageBytes // of one message
)

// secretKeys returns the keys of which any may have signed a UserSig.
func (o *Options) secretKeys() []string { return append([]string{o.SecretKey}, o.OldSecretKeys...) }

// keys returns the keys that UserSigs are signed with.
func (o *Options) keys() guest.Keys { return guest.NewKeys(o.secretKeys(), o.Guests) }

// withDefaults returns a copy with every zero filled in, or an error that says what is missing.
func (o Options) withDefaults() (Options, error) {
	switch {
	case o.SDKAppID == 0:
		return o, errors.New("hub: Options.SDKAppID is 0")
	case o.SecretKey == "" || slices.Contains(o.OldSecretKeys, ""):
		return o, errors.New("hub: a key in Options is empty: everybody could sign a UserSig")
	}
	if i := slices.IndexFunc(o.Admins, o.keys().IsGuest); i >= 0 {
		return o, fmt.Errorf("hub: the app admin %q has the name of a guest", o.Admins[i])
	}
	o.Admins = slices.Clone(o.Admins)
	o.OldSecretKeys = slices.Clone(o.OldSecretKeys)
	o.AllowedOrigins = slices.Clone(o.AllowedOrigins)
	for i, text := range o.AllowedOrigins {
		origin, err := ParseOrigin(text)
		if err != nil {
			return o, fmt.Errorf("hub: %w", err)
		}
		o.AllowedOrigins[i] = origin
	}
	o.MaxExtensions = cmp.Or(o.MaxExtensions, 300)
	o.MaxExtensionsCeiling = cmp.Or(o.MaxExtensionsCeiling, 100_000)
	o.MaxExtensionsPerRequest = cmp.Or(o.MaxExtensionsPerRequest, 20)
	o.MaxKeyBytes = cmp.Or(o.MaxKeyBytes, 100)
	o.MaxValueBytes = cmp.Or(o.MaxValueBytes, 1000)
	o.MaxGroupMembers = cmp.Or(o.MaxGroupMembers, 100_000)
	o.MaxGroups = cmp.Or(o.MaxGroups, 1000)
	o.MaxSessions = cmp.Or(o.MaxSessions, 100_000)
	o.MaxSessionsPerUser = cmp.Or(o.MaxSessionsPerUser, 100)
	o.SessionRate = cmp.Or(o.SessionRate, 1000)
	o.LoginTimeout = cmp.Or(o.LoginTimeout, 5*time.Second)
	o.Heartbeat = cmp.Or(o.Heartbeat, 25*time.Second)
	o.RequestTimeout = cmp.Or(o.RequestTimeout, 10*time.Second)
	o.WriteTimeout = cmp.Or(o.WriteTimeout, 10*time.Second)
	o.FanoutFrom = cmp.Or(o.FanoutFrom, socket.FanoutFrom)
	o.Logger = cmp.Or(o.Logger, slog.Default())
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.NewSessionID == nil {
		o.NewSessionID = func() string { return uuid.Must(uuid.NewV7()).String() }
	}
	return o, nil
}
