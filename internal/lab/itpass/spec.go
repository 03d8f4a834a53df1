package itpass

import (
	"fmt"
	"io"
	"net/netip"
	"strings"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
)

// The lab's names and addresses, which are the procedure's: the network has no way out.
const (
	Old    = "old"
	New    = "new"
	Client = "client"
	NS     = "ns"

	Domain        = "scitec.kobe-u.ac.jp"
	MailDomain    = "itpass." + Domain
	Ika           = "ika-itpass." + Domain  // the serving machine's own name
	Tako          = "tako-itpass." + Domain // the other one's
	OutsideDomain = "outside.example"

	ServiceAddress = "133.30.109.22" // ika's: on "old" at first
	OtherAddress   = "133.30.109.21" // tako's: on "new" at first
	ClientAddress  = "133.30.50.50"
	CtlAddress     = "133.30.50.1"
	NSAddress      = "133.30.14.2"

	// Mover is the user by whom the hosts are reached; sudo makes him root.
	Mover = "mover"
)

// Nameservers are the addresses of "ns" that resolv.conf has to name.
func Nameservers() []string { return []string{NSAddress, "133.30.14.3", "133.30.8.2"} }

// Options vary the lab.
type Options struct {
	Name  string // default "itpass"
	Users int    // with a mailbox on old; default 6

	StateDir, CacheDir string
	Log                io.Writer
	Keep               bool // see lab.Spec
}

func (o Options) withDefaults() Options {
	if o.Name == "" {
		o.Name = "itpass"
	}
	if o.Users == 0 {
		o.Users = 6
	}
	return o
}

// UserName is the n-th user's name, from 1: the mailbox is name@itpass.scitec.kobe-u.ac.jp.
func UserName(n int) string { return fmt.Sprintf("itp%02d", n) }

// Password is a user's password for POP3.
func Password(user string) string { return "pw-" + strings.TrimSuffix(user, "@"+MailDomain) }

// Users are the addresses of n users.
func Users(n int) []string {
	users := make([]string, 0, n)
	for i := 1; i <= n; i++ {
		users = append(users, UserName(i)+"@"+MailDomain)
	}
	return users
}

// Layer is what the procedure's hosts have beside the base tree.
func Layer() lab.Layer {
	return lab.Layer{Name: "itpass", Packages: []string{
		"apache2", "dovecot-core", "dovecot-pop3d", "ifupdown", "mlmmj", "openbsd-inetd",
	}}
}

func prefixes(addresses ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, a := range addresses {
		out = append(out, netip.MustParsePrefix(a+"/16"))
	}
	return out
}

// Spec declares the lab.
func Spec(o Options) lab.Spec {
	o = o.withDefaults()
	keys := make(chan authorized, 2) // whom old lets in
	server := func(name, fqdn, address string) lab.HostSpec {
		s := server{options: o, name: name, fqdn: fqdn, address: address, keys: keys}
		return lab.HostSpec{
			Name: name, FQDN: fqdn, Layer: Layer(), Addresses: prefixes(address), Prepare: s.prepare, Setup: s.setUp,
		}
	}
	return lab.Spec{
		Name: o.Name, Network: netip.MustParsePrefix("133.30.0.0/16"),
		Controller: netip.MustParseAddr(CtlAddress), Nameserver: netip.MustParseAddr(NSAddress), Search: Domain,
		StateDir: o.StateDir, CacheDir: o.CacheDir, Log: o.Log, Keep: o.Keep,
		Hosts: []lab.HostSpec{
			server(Old, Ika, ServiceAddress),
			server(New, Tako, OtherAddress),
			{Name: Client, FQDN: "client." + OutsideDomain, Addresses: prefixes(ClientAddress), Prepare: prepareClient, Setup: setUpClient(keys)},
			{Name: NS, FQDN: "ns." + Domain, Addresses: prefixes(Nameservers()...), Prepare: prepareNS, Setup: awaitNS},
		},
	}
}
