package main

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	homeAddr = "127.0.0.1:8080" // the default of --addr
	lanAddr  = "0.0.0.0:8080"   // with --lan
)

// settle makes the other settings what --lan says: reached by the network, by guests alone. The
// demo, which gives names away, is off then; and the key may be the one in --data, because no
// backend has to know it.
func (c *Config) settle() {
	if !c.LAN {
		return
	}
	c.Guests = true
	if c.Addr == homeAddr {
		c.Addr = lanAddr
	}
}

// lanHosts returns the addresses at which others in the network of this machine may reach it: the
// private ones of IPv4, which are short enough to be typed.
func lanHosts() (hosts []string) {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	for _, a := range addresses {
		if network, ok := a.(*net.IPNet); ok && network.IP.To4() != nil && network.IP.IsPrivate() {
			hosts = append(hosts, network.IP.String())
		}
	}
	return hosts
}

// seenFrom is how long an address of this machine may take to answer.
const seenFrom = time.Second

// publicAddress returns the address of the hub at hubURL for others: of the hosts the first that
// serves the page of this message too, or hubURL itself. Only a loopback address is in need of
// another.
func publicAddress(ctx context.Context, hubURL, messageID string, hosts []string) string {
	u, err := url.Parse(hubURL)
	if err != nil || !isLoopback(u.Host) {
		return hubURL
	}
	client := http.Client{Timeout: seenFrom}
	for _, host := range hosts {
		u.Host = net.JoinHostPort(host, u.Port())
		if u.Port() == "" {
			u.Host = host
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodHead, u.JoinPath("p", messageID).String(), nil)
		if err != nil {
			continue
		}
		answer, err := client.Do(r)
		if err != nil {
			continue
		}
		answer.Body.Close()
		if answer.StatusCode == http.StatusOK {
			return u.String()
		}
	}
	return hubURL
}
