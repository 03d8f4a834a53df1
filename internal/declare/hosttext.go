package declare

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Hosts lists the names and addresses at which a check asks: that of Address, and for kind deliver that of via= in Expect.
func (c Check) Hosts() []string {
	var hosts []string
	add := func(address string) {
		if host := hostIn(address); host != "" && !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	add(c.Address)
	if c.Kind == "deliver" {
		for _, field := range strings.Fields(c.Expect) {
			if via, ok := strings.CutPrefix(field, "via="); ok {
				add(via)
			}
		}
	}
	return hosts
}

// hostIn is the host of host:port or of a URL, without brackets.
func hostIn(address string) string {
	if strings.Contains(address, "://") {
		u, err := url.Parse(address)
		if err != nil {
			return ""
		}
		return u.Hostname()
	}
	if colon := strings.LastIndexByte(address, ':'); colon >= 0 {
		address = address[:colon]
	}
	return strings.Trim(address, "[]")
}

// Mentions reports whether a text has an IP address in it, as a whole.
func Mentions(text string, address netip.Addr) bool {
	return Replaced(text, address, netip.IPv6Unspecified()) != text
}

// Replaced gives a text with every whole mention of an IP address replaced by another one; brackets are put and taken as the family wants them.
func Replaced(text string, from, by netip.Addr) string {
	var out strings.Builder
	old := from.String()
	for {
		at := strings.Index(text, old)
		if at < 0 {
			out.WriteString(text)
			return out.String()
		}
		before, after := text[:at], text[at+len(old):]
		if partOf(before, from, true) || partOf(after, from, false) {
			out.WriteString(before + old)
			text = after
			continue
		}
		bracketed := strings.HasSuffix(before, "[") && strings.HasPrefix(after, "]")
		switch {
		case bracketed && by.Is4():
			before, after = before[:len(before)-1], after[1:]
			out.WriteString(before + by.String())
		case !bracketed && from.Is4() && by.Is6() && strings.HasPrefix(after, ":"):
			out.WriteString(before + "[" + by.String() + "]")
		default:
			out.WriteString(before + by.String())
		}
		text = after
	}
}

// partOf reports whether what stands beside an address goes on with it: then it is another one.
func partOf(beside string, address netip.Addr, before bool) bool {
	if beside == "" {
		return false
	}
	next := beside[0]
	if before {
		next = beside[len(beside)-1]
	}
	if address.Is4() {
		return next >= '0' && next <= '9' || next == '.' && len(beside) > 1
	}
	return next == ':' || strings.IndexByte("0123456789abcdefABCDEF", next) >= 0
}
