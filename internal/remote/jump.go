package remote

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// errPasswordInURI keeps secrets out of configuration and state.
var errPasswordInURI = errors.New("a password does not belong into a URI: use a key or the agent")

// Hop is one jump host.
type Hop struct {
	// User is empty where the URI names none.
	User string
	// Host is a name or an address, IPv6 without brackets.
	Host string
	Port int
}

// ParseJump reads a chain of ssh://user@host:port, divided by commas, nearest
// to this machine first. User and port may be left out. An empty text is no hop.
func ParseJump(text string) ([]Hop, error) {
	if text == "" {
		return nil, nil
	}
	parts := strings.Split(text, ",")
	hops := make([]Hop, 0, len(parts))
	for _, part := range parts {
		hop, err := parseHop(strings.TrimSpace(part))
		if err != nil {
			return nil, fmt.Errorf("jump %q: %w", text, err)
		}
		hops = append(hops, hop)
	}
	return hops, nil
}

// String gives the URI that ParseJump reads.
func (h Hop) String() string {
	uri := url.URL{Scheme: "ssh", Host: hostPort(h.Host, h.Port)}
	if h.User != "" {
		uri.User = url.User(h.User)
	}
	return uri.String()
}

func parseHop(text string) (Hop, error) {
	uri, err := url.Parse(text)
	if err != nil {
		return Hop{}, fmt.Errorf("read URI: %w", err)
	}
	if uri.Scheme != "ssh" {
		return Hop{}, fmt.Errorf("%q does not begin with ssh://", text)
	}
	if uri.Path != "" && uri.Path != "/" || uri.RawQuery != "" || uri.Fragment != "" || uri.Opaque != "" {
		return Hop{}, fmt.Errorf("%q has more than user, host and port", text)
	}
	return hopOf(uri)
}

// plainZone: a zone is the name of a network device.
func plainZone(zone string) bool {
	return !strings.ContainsFunc(zone, func(r rune) bool { return r <= ' ' || r > '~' || r == '%' })
}

// hopOf checks the parts of a URI.
func hopOf(uri *url.URL) (Hop, error) {
	hop := Hop{Host: uri.Hostname(), Port: defaultPort}
	if uri.User != nil {
		if _, has := uri.User.Password(); has {
			return Hop{}, errPasswordInURI
		}
		hop.User = uri.User.Username()
	}
	if hop.Host == "" || strings.ContainsAny(hop.Host, "[]/@, \t\r\n\x00") {
		return Hop{}, fmt.Errorf("%q names no host", uri)
	}
	if strings.Contains(hop.Host, ":") != strings.HasPrefix(uri.Host, "[") {
		return Hop{}, fmt.Errorf("%q: an IPv6 address, and nothing else, is in brackets", uri)
	}
	if address, err := netip.ParseAddr(hop.Host); strings.Contains(hop.Host, ":") && (err != nil || !plainZone(address.Zone())) {
		return Hop{}, fmt.Errorf("%q: what is in brackets is no IPv6 address", uri)
	}
	if port := uri.Port(); port != "" {
		var err error
		if hop.Port, err = strconv.Atoi(port); err != nil || hop.Port < 1 || hop.Port > 65535 {
			return Hop{}, fmt.Errorf("port %q is not between 1 and 65535", port)
		}
	}
	return hop, nil
}
