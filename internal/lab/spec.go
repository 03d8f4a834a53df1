package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"regexp"
)

// Where a lab keeps its things when the Spec does not say.
const (
	DefaultStateDir = "/var/lib/terraform-provider-mail-lab"
	DefaultCacheDir = "/var/cache/terraform-provider-mail-lab"
)

// Spec declares a lab.
type Spec struct {
	Name       string       // at most 12 of a-z, 0-9 and "-"; names every namespace, folder and cgroup
	Network    netip.Prefix // the only network there is; hosts have no route outside
	Controller netip.Addr   // the address of the bare namespace "ctl"
	Nameserver netip.Addr   // what /etc/resolv.conf says; may be zero
	Search     string       // the domain that resolv.conf searches; may be empty
	Hosts      []HostSpec
	Volumes    []Volume

	StateDir string    // default DefaultStateDir
	CacheDir string    // default DefaultCacheDir
	Log      io.Writer // progress, a line each; nil for silence
	Keep     bool      // when Up fails: leave what is there, to be looked at and taken down by name
}

// HostSpec declares one host.
type HostSpec struct {
	Name      string // at most 12 of a-z, 0-9 and "-"
	FQDN      string // goes to /etc/hostname
	Addresses []netip.Prefix
	Layer     Layer // Bare() if zero
	DiskMiB   int   // the size of the host's own disk; 0: it shares the machine's

	// Prepare changes the tree before the first boot.
	Prepare func(ctx context.Context, tree *Tree) error
	// Setup runs when the host is up. All hosts' Setups run side by side.
	Setup func(ctx context.Context, host *Host) error
}

// Layer is a set of packages on top of the base tree, built once and shared.
type Layer struct {
	Name     string
	Packages []string
}

// Bare is the base tree alone: sshd, rsync, Postfix, PostgreSQL, BIND, nftables, Python.
func Bare() Layer { return Layer{Name: "bare"} }

// Cyrus adds Cyrus IMAP 3.6.
func Cyrus() Layer {
	return Layer{Name: "cyrus", Packages: []string{
		"cyrus-imapd", "cyrus-pop3d", "cyrus-admin", "cyrus-clients", "cyrus-replication",
	}}
}

// Dovecot adds Dovecot 2.3.
func Dovecot() Layer {
	return Layer{Name: "dovecot", Packages: []string{
		"dovecot-core", "dovecot-imapd", "dovecot-pop3d", "dovecot-lmtpd",
		"dovecot-sieve", "dovecot-managesieved", "dovecot-pgsql",
	}}
}

var errSpec = errors.New("the lab's declaration is wrong")

// Validate says what is wrong with the declaration, all of it at once.
func (s Spec) Validate() error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	name := regexp.MustCompile(`^[a-z][a-z0-9-]{0,11}$`)
	if !name.MatchString(s.Name) {
		fail("name %q: want at most 12 of a-z, 0-9 and \"-\", a letter first", s.Name)
	}
	if !s.Network.IsValid() {
		fail("network is missing")
	}
	used := map[netip.Addr]string{}
	take := func(who string, a netip.Addr) {
		if other, taken := used[a]; taken {
			fail("%s: address %s is %s's already", who, a, other)
		}
		if s.Network.IsValid() && !s.Network.Contains(a) {
			fail("%s: address %s is not in %s", who, a, s.Network)
		}
		used[a] = who
	}
	take("ctl", s.Controller)
	seen := map[string]bool{"ctl": true, "sw": true}
	for _, h := range s.Hosts {
		if !name.MatchString(h.Name) {
			fail("host name %q: want at most 12 of a-z, 0-9 and \"-\", a letter first", h.Name)
		}
		if seen[h.Name] {
			fail("host name %q is taken", h.Name)
		}
		seen[h.Name] = true
		if h.FQDN == "" {
			fail("%s: FQDN is missing", h.Name)
		}
		if h.DiskMiB != 0 && h.DiskMiB < 32 {
			fail("%s: a disk of %d MiB is too small: want 32 or more", h.Name, h.DiskMiB)
		}
		for _, p := range h.Addresses {
			take(h.Name, p.Addr())
		}
	}
	if err := s.checkVolumes(); err != nil {
		errs = append(errs, err)
	}
	if len(errs) > 0 {
		return errors.Join(append([]error{errSpec}, errs...)...)
	}
	return nil
}

func (s Spec) withDefaults() Spec {
	if s.StateDir == "" {
		s.StateDir = DefaultStateDir
	}
	if s.CacheDir == "" {
		s.CacheDir = DefaultCacheDir
	}
	if s.Log == nil {
		s.Log = io.Discard
	}
	return s
}
