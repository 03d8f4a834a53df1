package cli

import (
	"flag"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
)

// reach is how hosts are reached, by flags.
type reach struct {
	user, become, identity, known, journal *string
	port                                   *int
}

// reachFlags declares the flags.
func reachFlags(flags *flag.FlagSet) reach {
	return reach{
		user:     flags.String("user", "root", "the user who logs in"),
		become:   flags.String("become", "none", "how this user becomes root: none or sudo"),
		port:     flags.Int("port", 0, "the port of sshd"),
		identity: flags.String("identity", "", "a private key; default: OpenSSH's own files and the agent"),
		known:    flags.String("known-hosts", "", "a known_hosts file; default: OpenSSH's own"),
		journal:  flags.String("journal-dir", "", "where hosts keep what runs leave"),
	}
}

// endpoints are the hosts, and what a controller needs to reach them.
func (r reach) endpoints(hosts []string, caller string) ([]remote.Endpoint, executor.Config) {
	var out []remote.Endpoint
	for _, host := range hosts {
		out = append(out, remote.Endpoint{Addresses: []string{host}, Port: *r.port, User: *r.user, Become: *r.become})
	}
	config := executor.Config{JournalDir: *r.journal, Caller: caller, Remote: remote.Config{User: *r.user, UseAgent: true}}
	if *r.identity != "" {
		config.Remote.IdentityFiles = []string{*r.identity}
	}
	if *r.known != "" {
		config.Remote.KnownHostsFiles = []string{*r.known}
	}
	return out, config
}
