package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"exthub/hub"
	"exthub/hub/guest"
)

// Validate refuses settings that contradict each other, in a sentence that says what to set.
func (c *Config) Validate() error {
	return errors.Join(
		c.validateDoors(), c.validateAccounts(), c.validateStorage(), c.validateLimits(), c.validateWebhooks())
}

func (c *Config) validateWebhooks() error {
	if c.WebhookURL == "" {
		if c.WebhookSecret != "" {
			return errors.New("--webhook-secret without --webhook-url: set the address to post to")
		}
		return nil
	}
	u, err := url.Parse(c.WebhookURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return errors.New("--webhook-url is not an http or https address") // which may hold secrets
	}
	// What can't be parsed of the query would be left out of each callback, a token perhaps.
	if _, err := url.ParseQuery(u.RawQuery); err != nil {
		return errors.New("--webhook-url has a query that can't be parsed: write ; as %3B and % as %25")
	}
	if c.WebhookSecret != "" {
		if err := checkKey("--webhook-secret", c.WebhookSecret); err != nil {
			return err
		}
	}
	return nil
}

func (c *Config) validateDoors() error {
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		return fmt.Errorf("--addr %q is not HOST:PORT: %w", c.Addr, err)
	}
	if c.AdminAddr != "" {
		if _, _, err := net.SplitHostPort(c.AdminAddr); err != nil {
			return fmt.Errorf("--admin-addr %q is not HOST:PORT: %w", c.AdminAddr, err)
		}
	}
	for _, o := range c.AllowedOrigin {
		if _, err := hub.ParseOrigin(o); err != nil {
			return fmt.Errorf("--allowed-origin can never match: %w", err)
		}
	}
	for _, text := range c.TrustedProxy {
		if _, err := parseNetwork(text); err != nil {
			return fmt.Errorf("--trusted-proxy %q is neither an address nor a network: "+
				"set it like 10.0.0.1 or 10.0.0.0/8", text)
		}
	}
	return nil
}

func (c *Config) validateAccounts() error {
	if _, err := c.secretKeys(); err != nil {
		return err
	}
	switch loopback := isLoopback(c.Addr); {
	case !loopback && !c.hasSecretKey() && !c.LAN:
		return fmt.Errorf("--addr %s can be reached from other machines: set --secret-key-file (or HUB_SECRET_KEY) "+
			"to the key that your backend signs UserSigs with", c.Addr)
	case c.LAN && c.Demo != nil && *c.Demo:
		return errors.New("--demo hands a UserSig for any user to anybody, and --lan lets the network in: " +
			"leave one out")
	case !loopback && c.demo():
		return fmt.Errorf("--demo hands a UserSig for any user to anybody, and --addr %s can be reached "+
			"from other machines: set --no-demo, or an --addr like 127.0.0.1:8080", c.Addr)
	case c.demo() && c.hasSecretKey():
		return errors.New("--demo hands a UserSig for any user to anybody, and with a secret key there are users " +
			"who are not for anybody to be: set --no-demo, or leave the key out")
	case (c.Guests || c.LAN) && slices.ContainsFunc(c.Admin, guest.Is):
		return fmt.Errorf("--admin has the name of a guest, which --guests gives to strangers: "+
			"set a name that does not begin with %s", guest.Prefix)
	case c.SDKAppID == 0:
		return errors.New("--sdkappid is 0: set the number of your app, or leave it out")
	}
	return nil
}

func (c *Config) validateStorage() error {
	for flag, path := range map[string]string{"--nats-creds": c.NATSCreds, "--nats-ca": c.NATSCA} {
		if path == "" {
			continue
		}
		if c.NATSURL == "" {
			return fmt.Errorf("%s is for a NATS cluster: set --nats-url, or leave it out", flag)
		}
		text, err := os.ReadFile(path) //nolint:gosec // the operator names it
		if err != nil {
			return fmt.Errorf("%s: %w", flag, err)
		}
		if flag == "--nats-ca" && !x509.NewCertPool().AppendCertsFromPEM(text) {
			return fmt.Errorf("--nats-ca %s holds no certificate: set a file in PEM", path)
		}
	}
	for i, address := range strings.Split(c.NATSURL, ",") {
		// NATS would name the address in its error, with the password. It takes one without a
		// scheme.
		if address = strings.TrimSpace(address); !strings.Contains(address, "://") {
			address = "nats://" + address
		}
		parsed, err := url.Parse(address)
		if err == nil && !slices.Contains([]string{"nats", "tls", "ws", "wss"}, parsed.Scheme) {
			return fmt.Errorf("--nats-url: address %d begins with %s://, which is not how NATS is spoken: "+
				"set it like nats://user:password@host:4222", i+1, parsed.Scheme)
		}
		if err != nil {
			return fmt.Errorf("--nats-url: address %d can't be parsed: "+
				"set it like nats://user:password@host:4222, with %%2F for a / in the password", i+1)
		}
	}
	switch {
	case c.NATSURL != "" && !c.hasSecretKey():
		return errors.New("--nats-url is shared by hubs that must share their key: " +
			"set --secret-key-file (or HUB_SECRET_KEY)")
	case c.NATSURL != "" && !c.Sync.Always:
		return errors.New("--sync is for the embedded NATS: leave it out, " +
			"and set sync_interval in the configuration of your cluster")
	case c.NATSURL != "" && c.AcceptLoss:
		return errors.New("--accept-loss is for the embedded NATS: leave it out, a cluster looks after its own blocks")
	case c.NATSURL == "" && c.Replicas > 1:
		return fmt.Errorf("--replicas %d needs a NATS cluster: set --nats-url, or leave it out", c.Replicas)
	case c.NATSURL == "" && c.Data == "":
		return errors.New("--data is empty: set the directory to store in")
	}
	return nil
}

func (c *Config) validateLimits() error {
	for _, l := range []struct {
		flag     string
		n        int
		min, max int
	}{
		{"--replicas", c.Replicas, 1, 5}, // more is not what JetStream offers
		{"--shards", c.Shards, 0, 64},    // each costs a stream and a consumer per hub
		{"--max-extensions", c.MaxExtensions, 1, 10_000},
		{"--max-extensions-ceiling", c.MaxExtensionsCeiling, 1, 100_000},
		// One atomic commit holds 1,000 entries
		{"--max-extensions-per-request", c.MaxExtensionsPerRequest, 1, 500},
		// A key is part of a NATS subject and may grow threefold there.
		{"--max-key-bytes", c.MaxKeyBytes, 1, 500},
		// Frames are at most 64 KiB, with some room for escapes.
		{"--max-value-bytes", c.MaxValueBytes, 1, 16 << 10},
		{"--max-tombstones", c.MaxTombstones, 1, 10_000},
		{"--max-connections", c.MaxConnections, 1, 1 << 30},
		{"--max-connections-per-address", c.MaxConnectionsPerAddress, 0, 1 << 30},
		{"--max-extensions-per-user", c.MaxExtensionsPerUser, 0, 10_000},
		// A login reads them all, and NATS counts no more keys than 1,024 for one answer
		{"--max-groups", c.MaxGroups, 1, 1000},
		{"--message-rate", c.MessageRate, 0, 1 << 30},
		{"--own-rate", c.OwnRate, 0, 1 << 30},
		{"--rest-rate", c.RESTRate, 0, 1 << 30},
		{"--guest-rate", c.GuestRate, 0, 1 << 30},
	} {
		if l.n < l.min || l.n > l.max {
			return fmt.Errorf("%s %d is out of range: set %d to %d", l.flag, l.n, l.min, l.max)
		}
	}
	switch {
	case c.MessageTTL != 0 && (c.MessageTTL < hub.MinMessageTTL || c.MessageTTL > hub.MaxMessageTTL):
		return fmt.Errorf("--message-ttl %v is out of range: set %v to %v, or 0 to keep messages for ever",
			c.MessageTTL, hub.MinMessageTTL, hub.MaxMessageTTL)
	case c.MaxConversationBytes != 0 && c.MaxConversationBytes < hub.MaxMessageBytes:
		return fmt.Errorf("--max-conversation-bytes %d is less than one message may have: "+
			"set %d or more, or 0 for no limit", c.MaxConversationBytes, hub.MaxMessageBytes)
	case c.Heartbeat < time.Second || c.Heartbeat%time.Second != 0:
		return fmt.Errorf("--heartbeat %v is not a number of whole seconds", c.Heartbeat)
	case c.EventInterval < 0:
		return fmt.Errorf("--event-interval %v is negative: set 0 for no folding", c.EventInterval)
	case c.WriteTimeout <= 0:
		return fmt.Errorf("--write-timeout %v would let a stalled client stay for ever: set a time like 10s",
			c.WriteTimeout)
	case c.LameDuck < 0:
		return fmt.Errorf("--lame-duck %v is negative: set 0 to stop at once", c.LameDuck)
	case c.Drain <= 0:
		return fmt.Errorf("--drain %v leaves no time to send sessions away: set a time like 30s", c.Drain)
	}
	return nil
}

// isLoopback reports whether only this machine reaches the address. An empty host means every
// interface, and a name other than localhost may resolve to anything.
func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		host = addr
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
