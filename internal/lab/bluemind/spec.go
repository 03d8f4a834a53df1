package bluemind

import (
	"fmt"
	"io"
	"net/netip"
	"strings"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
)

// The lab's names and addresses.
const (
	Old    = "old"
	New    = "new"
	Client = "client"
	NS     = "ns"

	Domain         = "lab.test"
	ServiceName    = "mail.lab.test"
	ServiceAddress = "10.99.0.25" // on "old" at first, persistent over a boot
	OldAddress     = "10.99.0.11"
	NewAddress     = "10.99.0.12"
	ClientAddress  = "10.99.0.50"
	NSAddress      = "10.99.0.2"
	CtlAddress     = "10.99.0.1"
)

// Options vary the lab. Maps are by host name ("old", "new"); what is missing has its default.
type Options struct {
	Name     string // default "bluemind"
	Users    int    // default 20
	Messages int    // on old, for each user; default 30
	Rows     int    // in bj-data on old; default 5000
	Files    int    // in the file-hosting tree on old; default 500

	Version     map[string]string // default "4.0.5"
	ExternalURL map[string]string // default "https://mail.lab.test"
	DBPassword  map[string]string // default "bj-secret"
	DiskMiB     map[string]int    // default 0: no disk of its own

	StateDir, CacheDir string
	Log                io.Writer
	Keep               bool // see lab.Spec
}

func (o Options) withDefaults() Options {
	fill := func(value *int, preset int) {
		if *value == 0 {
			*value = preset
		}
	}
	if o.Name == "" {
		o.Name = "bluemind"
	}
	fill(&o.Users, 20)
	fill(&o.Messages, 30)
	fill(&o.Rows, 5000)
	fill(&o.Files, 500)
	return o
}

func either(m map[string]string, host, preset string) string {
	if v, ok := m[host]; ok {
		return v
	}
	return preset
}

// UserName is the n-th user's name, from 1: its mailbox is name@lab.test.
func UserName(n int) string { return fmt.Sprintf("u%02d", n) }

// Password is a user's password.
func Password(user string) string { return "pw-" + strings.TrimSuffix(user, "@"+Domain) }

// Users are the addresses of n users.
func Users(n int) []string {
	users := make([]string, 0, n)
	for i := 1; i <= n; i++ {
		users = append(users, UserName(i)+"@"+Domain)
	}
	return users
}

func prefixes(addresses ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, a := range addresses {
		out = append(out, netip.MustParsePrefix(a+"/24"))
	}
	return out
}

// Spec declares the lab.
func Spec(o Options) lab.Spec {
	o = o.withDefaults()
	// The target's first set-up begins when the source's mailboxes are there, so
	// that no mailbox has the same UIDVALIDITY on both.
	sourceReady := make(chan struct{})
	mail := func(name, address string, extra ...string) lab.HostSpec {
		host := mailHost{options: o, name: name, address: address, ready: sourceReady}
		return lab.HostSpec{
			Name: name, FQDN: name + "." + Domain, Layer: lab.Cyrus(), DiskMiB: o.DiskMiB[name],
			Addresses: prefixes(append([]string{address}, extra...)...),
			Prepare:   host.prepare, Setup: host.setUp,
		}
	}
	return lab.Spec{
		Name: o.Name, Network: netip.MustParsePrefix("10.99.0.0/24"),
		Controller: netip.MustParseAddr(CtlAddress), Nameserver: netip.MustParseAddr(NSAddress), Search: Domain,
		StateDir: o.StateDir, CacheDir: o.CacheDir, Log: o.Log, Keep: o.Keep,
		Hosts: []lab.HostSpec{
			mail(Old, OldAddress, ServiceAddress),
			mail(New, NewAddress),
			{Name: Client, FQDN: "client." + Domain, Addresses: prefixes(ClientAddress)},
			{Name: NS, FQDN: "ns." + Domain, Addresses: prefixes(NSAddress), Prepare: prepareNS, Setup: awaitNS},
		},
	}
}
