package declare

import (
	"net/netip"
	"strings"
)

// How the service's name or address moves.
const (
	TakeOver = "take_over" // the target takes the source's addresses
	Exchange = "exchange"  // the two hosts exchange addresses and host names
	DNS      = "dns"       // records change by RFC 2136
	Command  = "command"   // commands move it
	None     = "none"      // nothing moves here
)

// Identity says how the service's name or address moves. What the mode has no use for is empty.
type Identity struct {
	Mode string `json:"mode"`
	// Addresses are the service's, with their prefix lengths: the source has them before a move, and the target after it. ParkAddress is what the source
	// keeps or gets instead; in an exchange it is the one that the target gives up for it.
	Addresses   []string `json:"addresses,omitempty"`
	ParkAddress string   `json:"park_address,omitempty"`
	// Hostnames are exchanged, and RewriteIn are globs of the files in which names and addresses are replaced.
	Hostnames Hostnames `json:"hostnames,omitzero"`
	RewriteIn []string  `json:"rewrite_in,omitempty"`

	DNS     *DNSUpdate `json:"dns,omitempty"`
	Command *Switch    `json:"command,omitempty"`
}

// Hostnames are those of the side that serves and of the other one, before a move. Since they are exchanged with it, that holds for the way back too.
type Hostnames struct {
	Old string `json:"old"`
	New string `json:"new"`
}

// DNSUpdate is what the records of a zone shall be while the target serves. The TSIG key itself is write-only, and never here.
type DNSUpdate struct {
	Server   string   `json:"server"`
	Zone     string   `json:"zone"`
	Records  []Record `json:"records"`
	TSIGName string   `json:"tsig_name,omitempty"`
}

// Absolute is a name of the zone, whole and with a dot at its end: "@" is the zone itself; what ends in the zone's name, or in a dot, is whole already.
func (d DNSUpdate) Absolute(name string) string {
	zone := strings.ToLower(strings.TrimSuffix(d.Zone, ".")) + "."
	whole := strings.ToLower(strings.TrimSuffix(name, ".")) + "."
	switch {
	case name == "@":
		return zone
	case strings.HasSuffix(name, "."), whole == zone, strings.HasSuffix(whole, "."+zone):
		return whole
	}
	return whole + zone
}

// Record is one record of a zone.
type Record struct {
	Name  string `json:"name"` // within the zone
	Type  string `json:"type"`
	Value string `json:"value"`
	TTL   int    `json:"ttl,omitempty"` // seconds; 0: not declared
}

// Switch is three argument vectors that move a service which is no host's own: a load balancer, a floating address.
type Switch struct {
	Do    []string `json:"do"`
	Undo  []string `json:"undo"`
	Probe []string `json:"probe"`
}

// Moving are the addresses that go from host to host.
func (i Identity) Moving() []string {
	if i.Mode == TakeOver || i.Mode == Exchange {
		return i.Addresses
	}
	return nil
}

// Exchanged are the two addresses of an exchange: the first IPv4 one of the service, and the one that the target gives up for it. Empty where there is none.
func (i Identity) Exchanged() (string, string) {
	if i.Mode != Exchange {
		return "", ""
	}
	for _, a := range i.Addresses {
		if prefix, err := netip.ParsePrefix(a); err == nil && prefix.Addr().Is4() {
			return a, i.ParkAddress
		}
	}
	return "", i.ParkAddress
}
