package main

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/alecthomas/kong"

	"exthub/hub"
)

// Config holds every setting of the hub. The tags are the manual: `hub --help` prints them. A flag
// wins over its environment variable, that over the YAML file, that over the default.
type Config struct {
	File kong.ConfigFlag `name:"config" placeholder:"FILE" help:"Read settings from this YAML file, named as the flags are: \"max-extensions: 100\"."`

	Addr          string   `group:"Doors" default:"127.0.0.1:8080" help:"Serve WebSocket (/ws), REST (/v4/), the SDK (/sdk/) and the demo here."`
	AdminAddr     string   `group:"Doors" default:"127.0.0.1:9090" help:"Serve /metrics, /healthz, /readyz and /debug/pprof here. Keep it private; \"\" turns it off."`
	AdminHost     []string `group:"Doors" placeholder:"HOST" help:"The admin port also answers to this name or address, besides those of this machine: what your probes and Prometheus call it. May repeat."`
	AllowedOrigin []string `group:"Doors" placeholder:"ORIGIN" help:"Web pages of this origin (https://app.example.com) may connect too, besides those of the same host. May repeat."`
	TrustedProxy  []string `group:"Doors" placeholder:"ADDRESS" help:"A proxy of yours at this address, or in this network (10.0.0.0/8), speaks for its clients: their addresses are read from X-Forwarded-For. May repeat."`
	Guests        bool     `group:"Doors" help:"Let anybody in as a guest (/guest), with a name that nobody chose. Guests read the groups that were made open to them, and answer their polls. The same on every hub of a store."`
	LAN           bool     `group:"Doors" name:"lan" help:"For people in the same network: --guests, and --addr 0.0.0.0:8080 if that is not set, with the secret key of --data if none is. No demo. \"hub poll\" prints an address for their phones."`
	Demo          *bool    `group:"Doors" negatable:"" help:"Serve the demo page, and UserSigs for it to anybody who asks. On if --addr is a loopback address and no secret key is set, which is the only place for it."`

	SDKAppID      uint64   `group:"Accounts" name:"sdkappid" default:"1400000000" help:"The one app that this hub serves."`
	SecretKey     string   `group:"Accounts" placeholder:"KEY" help:"The key that UserSigs are signed with. Made at the first start and kept in --data if not given. Other users of this machine see a flag: better set HUB_SECRET_KEY or --secret-key-file."`
	SecretKeyFile string   `group:"Accounts" placeholder:"FILE" help:"Read the key from this file. It may hold two, one a line: the first signs, UserSigs of both are good. Read at the start."`
	Admin         []string `group:"Accounts" default:"admin" placeholder:"USER" help:"An app admin, who may call REST and act on any conversation. May repeat."`

	Data string   `group:"Storage" default:"./data" help:"Directory of the embedded NATS and of the secret key. One hub at a time."`
	Sync SyncMode `group:"Storage" default:"always" help:"When the embedded NATS syncs to the disk: \"always\" before a write is acknowledged, or every so often (\"2m\"), which is several times faster and loses that much in a power cut. A crash of the hub alone loses nothing either way."`

	AcceptLoss bool `group:"Storage" help:"Start although acknowledged changes are missing from --data, which the hub else refuses with --sync always: a block of the store was truncated or damaged. The block is cut off where the damage begins, what is gone stays gone, and every client reads everything anew. For one start, not for good: NATS reads every block, which takes time."`

	NATSURL   string `group:"Storage" name:"nats-url" placeholder:"URLS" help:"Store in this NATS cluster, addresses separated by commas, instead of the embedded one. Needs --secret-key, the same on every hub."`
	NATSCreds string `group:"Storage" name:"nats-creds" placeholder:"FILE" help:"Credentials file for --nats-url."`
	NATSCA    string `group:"Storage" name:"nats-ca" placeholder:"FILE" help:"Certificate authorities (PEM) to trust for --nats-url."`
	Replicas  int    `group:"Storage" default:"1" help:"Copies of everything in the cluster: 3 survive the loss of a node."`
	Shards    int    `group:"Storage" default:"0" placeholder:"N" help:"Buckets that conversations are spread over; their writes are synced side by side. Fixed when they are made. 0: as many as there are, and for a new store 4 embedded, 1 in a cluster."`

	MaxExtensions           int `group:"Limits" default:"300" help:"Pairs per message. The same on every hub of a store."`
	MaxExtensionsCeiling    int `group:"Limits" default:"100000" help:"Pairs per message that its rules may ask for. The same on every hub of a store."`
	MaxExtensionsPerRequest int `group:"Limits" default:"20" help:"Pairs per request."`
	MaxKeyBytes             int `group:"Limits" default:"100" help:"Bytes of a key."`
	MaxValueBytes           int `group:"Limits" default:"1000" help:"Bytes of a value."`
	MaxTombstones           int `group:"Limits" default:"300" help:"Deletions that a message remembers for clients that were away. Beyond it such a client reads the message anew."`
	MessageRate             int `group:"Limits" default:"200" help:"Sets per message and minute, over all hubs; a fourth of it for one user. 0: no limit."`
	OwnRate                 int `group:"Limits" default:"30" help:"Sets of one user per message and minute, over all hubs, where everybody writes their own pair alone; such a message has no other rate. 0: no limit."`
	RESTRate                int `group:"Limits" name:"rest-rate" default:"200" help:"Calls per REST command and second; a member has a tenth of it, for all commands together, and 8 at a time. 0: no limit."`

	GuestRate int `group:"Limits" default:"300" help:"Guests that one IPv4 address, or one /64 of IPv6, may become in a minute on a hub, and as many at once; a hall behind one router is one address. Who is one already may come back as often. 0: no limit."`

	MaxExtensionsPerUser int           `group:"Limits" default:"0" help:"Pairs of a message that one user set last; app admins are not counted. 0: no limit. What is set while it is 0 counts for nobody."`
	MaxConversationBytes int64         `group:"Limits" default:"0" help:"Bytes of the messages of a conversation together, without their pairs. 0: no limit. What is sent while it is 0 does not count."`
	MaxGroups            int           `group:"Limits" default:"1000" help:"Groups that one user may be in; a login reads them all."`
	MessageTTL           time.Duration `group:"Limits" name:"message-ttl" default:"0s" help:"Messages, and their pairs with them, are gone this long after they were sent: \"720h\", and 10m at least. 0: never. Those that are there when it is changed keep the time that they were sent with. A group may have a time of its own."`

	MaxConnections           int `group:"Limits" default:"100000" help:"Connections at a time, sessions included; fewer if the limit of open files is lower. When they are used up, one that waits for its next request makes room."`
	MaxConnectionsPerAddress int `group:"Limits" default:"10000" help:"Of them, from one IPv4 address or one /64 of IPv6; a hall behind one router is one address. Any number from this machine and from a --trusted-proxy, whose requests count for the forwarded address. 0: no limit."`

	Heartbeat     time.Duration `group:"Pace" default:"25s" help:"A client says something at least this often, and is closed after twice as long. Below what proxies on the way take for silence, which is often 30s."`
	EventInterval time.Duration `group:"Pace" default:"50ms" help:"A message with a large audience sends its first change at once and then at most one event per interval. It stretches to one and a half times what the last event of the message took to write; between two summaries, to five times as long, but not beyond 400ms for that."`
	WriteTimeout  time.Duration `group:"Pace" default:"10s" help:"A client that takes nothing for so long is disconnected, and comes back by itself."`
	LameDuck      time.Duration `group:"Pace" default:"5s" help:"At a stop, serve on for so long as a hub that is not ready, so that balancers send nobody new. A hub with the demo has no balancer, and does not wait."`
	Drain         time.Duration `group:"Pace" default:"30s" help:"After --lame-duck, sessions are sent away, spread over a part of this time, and then calls may end. What is not done by then is cut off."`

	WebhookURL    string `group:"Webhooks" name:"webhook-url" placeholder:"URL" help:"Post every change of extensions here, at least once and in order per message. The same on every hub."`
	WebhookSecret string `group:"Webhooks" placeholder:"KEY" help:"Sign webhooks with HMAC-SHA256 under this key. Other users of this machine see a flag: better set HUB_WEBHOOK_SECRET."`
}

// demo reports whether the demo is served. A key that is set is one that a backend signs with too,
// so such a hub has users who are not for anybody to be; and it may stand behind a proxy, whose
// requests all come from loopback.
func (c *Config) demo() bool {
	if c.Demo != nil {
		return *c.Demo
	}
	return isLoopback(c.Addr) && !c.hasSecretKey()
}

// lameDuck returns how long the hub serves on after it was asked to stop.
func (c *Config) lameDuck() time.Duration {
	if c.demo() {
		return 0
	}
	return c.LameDuck
}

// adminHosts returns the names that the admin port answers to besides those of the machine.
func (c *Config) adminHosts() []string {
	hosts := []string{hostname(c.AdminAddr)}
	for _, h := range c.AdminHost {
		hosts = append(hosts, hostname(h))
	}
	return hosts
}

// trustedProxies returns the networks of --trusted-proxy, which Validate has parsed before.
func (c *Config) trustedProxies() (networks []netip.Prefix) {
	for _, text := range c.TrustedProxy {
		if network, err := parseNetwork(text); err == nil {
			networks = append(networks, network)
		}
	}
	return networks
}

// parseNetwork reads an address or a network.
func parseNetwork(text string) (netip.Prefix, error) {
	if address, err := netip.ParseAddr(text); err == nil {
		address = address.Unmap()
		return netip.PrefixFrom(address, address.BitLen()), nil
	}
	network, err := netip.ParsePrefix(text)
	return network.Masked(), err
}

// SyncMode says when the embedded NATS syncs to the disk: before every acknowledgement, or at an
// interval.
type SyncMode struct {
	Always bool
	Every  time.Duration
}

// UnmarshalText reads "always" or a duration of at least a second.
func (m *SyncMode) UnmarshalText(text []byte) error {
	if string(text) == "always" {
		*m = SyncMode{Always: true}
		return nil
	}
	every, err := time.ParseDuration(string(text))
	if err != nil || every < time.Second {
		return fmt.Errorf("%q is neither \"always\" nor a duration of a second or more, like \"2m\"", text)
	}
	*m = SyncMode{Every: every}
	return nil
}

func (m SyncMode) String() string {
	if m.Always {
		return "always"
	}
	return m.Every.String()
}

// hubOptions returns the settings of package hub.
func (c *Config) hubOptions(secretKeys []string) hub.Options {
	return hub.Options{
		SDKAppID:                c.SDKAppID,
		SecretKey:               secretKeys[0],
		OldSecretKeys:           secretKeys[1:],
		Admins:                  c.Admin,
		AllowedOrigins:          c.AllowedOrigin,
		Guests:                  c.Guests,
		GuestRate:               c.GuestRate,
		MaxExtensions:           c.MaxExtensions,
		MaxExtensionsCeiling:    c.MaxExtensionsCeiling,
		MaxExtensionsPerRequest: c.MaxExtensionsPerRequest,
		MaxKeyBytes:             c.MaxKeyBytes,
		MaxValueBytes:           c.MaxValueBytes,
		MaxExtensionsPerUser:    c.MaxExtensionsPerUser,
		MaxConversationBytes:    c.MaxConversationBytes,
		MaxGroups:               c.MaxGroups,
		MessageTTL:              c.MessageTTL,
		MessageRate:             c.MessageRate,
		OwnRate:                 c.OwnRate,
		RESTRate:                c.RESTRate,
		Heartbeat:               c.Heartbeat,
		EventInterval:           c.EventInterval,
		WriteTimeout:            c.WriteTimeout,
	}
}
