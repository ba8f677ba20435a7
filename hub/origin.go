package hub

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// ParseOrigin returns an origin as browsers write it in the header Origin: lower case, without the
// default port, names in Punycode, IPv6 in its short form. It returns an error that says what to
// set if no browser ever sends it.
func ParseOrigin(text string) (string, error) {
	u, err := url.Parse(text)
	var port *url.Error
	switch {
	case errors.As(err, &port) && strings.Contains(port.Err.Error(), "port"):
		return "", fmt.Errorf("origin %q: its port is not a number", text)
	case err != nil:
		return "", fmt.Errorf("origin %q: its host is not one", text)
	case u.Scheme == "" || u.Host == "" || u.Opaque != "":
		return "", fmt.Errorf("origin %q lacks scheme and host: set it like https://app.example.com", text)
	case u.Scheme == "ws" || u.Scheme == "wss":
		return "", fmt.Errorf("origin %q is where a socket goes: set where the page is, like https://app.example.com",
			text)
	case u.User != nil:
		return "", fmt.Errorf("origin %q holds a user: set scheme and host alone", text)
	case u.Path != "" && u.Path != "/" || strings.ContainsAny(text, "?#"):
		return "", fmt.Errorf("origin %q has more than scheme and host: leave out the path", text)
	}
	host, err := browserHost(u.Hostname(), strings.HasPrefix(u.Host, "["))
	if err != nil {
		return "", fmt.Errorf("origin %q: %w", text, err)
	}
	number, err := browserPort(u.Scheme, u.Port())
	if err != nil {
		return "", fmt.Errorf("origin %q: %w", text, err)
	}
	return u.Scheme + "://" + host + number, nil
}

// names are host names as browsers take them: any that the domain name system could hold, and
// underscores too.
var names = idna.New(
	idna.MapForLookup(), idna.Transitional(false), idna.BidiRule(), idna.VerifyDNSLength(true),
	idna.StrictDomainName(false), idna.CheckHyphens(false),
)

// browserHost returns a host as browsers write it.
func browserHost(host string, bracketed bool) (string, error) {
	if bracketed {
		ip, err := netip.ParseAddr(host)
		if err != nil || !ip.Is6() || ip.Zone() != "" {
			return "", errors.New("what is in brackets is no IPv6 address, which has no zone either")
		}
		return "[" + shortIPv6(ip) + "]", nil
	}
	if strings.Contains(host, "*") {
		return "", errors.New("a * stands for nothing: name every origin")
	}
	ascii, err := names.ToASCII(host)
	if err != nil || ascii == "" || !utf8.ValidString(host) || strings.ContainsFunc(ascii, notInNames) {
		return "", errors.New("its host is not one")
	}
	labels := strings.Split(strings.TrimSuffix(ascii, "."), ".")
	if !isNumber(labels[len(labels)-1]) {
		return ascii, nil
	}
	// Browsers take it for an address, however it is written, and write it with four numbers.
	if ip, err := netip.ParseAddr(ascii); err != nil || !ip.Is4() {
		return "", errors.New("its host is no address of four decimal numbers")
	}
	return ascii, nil
}

// shortIPv6 returns an address as browsers write it: never with an IPv4 address at its end.
func shortIPv6(ip netip.Addr) string {
	if !ip.Is4In6() {
		return ip.String()
	}
	b := ip.As16()
	return fmt.Sprintf("::ffff:%x:%x", int(b[12])<<8|int(b[13]), int(b[14])<<8|int(b[15]))
}

func notInNames(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '.' && r != '_'
}

// isNumber reports whether the last part of a host makes browsers take the host for an address.
func isNumber(label string) bool {
	if hex, ok := strings.CutPrefix(label, "0x"); ok {
		_, err := strconv.ParseUint("0"+hex, 16, 64)
		return err == nil
	}
	return label != "" && strings.Trim(label, "0123456789") == ""
}

// browserPort returns a port with its colon, or "" for the default of the scheme.
func browserPort(scheme, port string) (string, error) {
	if port == "" {
		return "", nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	switch {
	case err != nil || n == 0:
		return "", errors.New("its port is not one of 1 to 65535")
	case scheme == "http" && n == 80, scheme == "https" && n == 443:
		return "", nil
	}
	return ":" + strconv.FormatUint(n, 10), nil
}

// SameHost reports whether a request comes from a page of the host that it goes to, or from no page
// at all: what is no browser sends no Origin. The scheme is the page's word, because behind a proxy
// with TLS the hub sees http where the browser has https.
func SameHost(r *http.Request) bool { return allowedOrigin(r, nil) }

// allowedOrigin reports whether a request comes from a page of its own host or of one of the
// origins, which ParseOrigin has returned.
func allowedOrigin(r *http.Request, origins []string) bool {
	sent := r.Header.Values("Origin")
	if len(sent) != 1 {
		return len(sent) == 0
	}
	origin, err := ParseOrigin(sent[0])
	if err != nil {
		return false
	}
	scheme, _, _ := strings.Cut(origin, "://")
	own, err := ParseOrigin(scheme + "://" + r.Host)
	return err == nil && own == origin || slices.Contains(origins, origin)
}
