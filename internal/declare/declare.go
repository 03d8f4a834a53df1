// Package declare holds what a user declares, as plain values: the compiler's input.
//
// The types follow the resources one to one. They carry no Terraform types, no unknowns and no secrets; durations are time.Duration, hosts are
// named by the SHA-256 fingerprint of their host key ("SHA256:…"), never by an address.
package declare

import (
	"maps"
	"time"
)

// Relay is the transport through the machine that runs Terraform; direct is the other.
const Relay = "relay"

// Sides of a pair of hosts.
const (
	Source = "source"
	Target = "target"
)

// Service is a service on one host (mail_service, or a service of a product).
type Service struct {
	Host    string   `json:"host"`
	Name    string   `json:"name"`
	Start   []string `json:"start,omitempty"`  // argv; empty: the host's service manager
	Stop    []string `json:"stop,omitempty"`   // argv
	Status  []string `json:"status,omitempty"` // argv; exit 0 when it runs
	Units   []string `json:"units,omitempty"`  // what is enabled at boot; empty: Name
	Ports   []int    `json:"ports,omitempty"`
	Running *bool    `json:"running,omitempty"` // nil: not declared
	Enabled *bool    `json:"enabled,omitempty"`
	Timed   bool     `json:"timed,omitempty"` // it starts jobs by the clock: it stands from the freeze until after the commit
	// StopEstimate and StartEstimate are what the catalogue or the user expects; zero where nothing is known.
	StopEstimate  time.Duration `json:"stop_estimate,omitempty"`
	StartEstimate time.Duration `json:"start_estimate,omitempty"`
}

// Sync is what mail_sync declares: trees that travel from source to target.
type Sync struct {
	Name               string            `json:"name"`
	Source             string            `json:"source"`
	Target             string            `json:"target"`
	Paths              map[string]string `json:"paths"` // from => to, rsync's trailing-slash rule
	Exclude            []string          `json:"exclude,omitempty"`
	OneFileSystem      bool              `json:"one_file_system,omitempty"`
	Delete             bool              `json:"delete,omitempty"`
	DeleteLimitPercent int               `json:"delete_limit_percent,omitempty"`
	Overwrite          bool              `json:"overwrite,omitempty"`
	HardLinks          bool              `json:"hard_links,omitempty"`
	ACLs               bool              `json:"acls,omitempty"`
	Xattrs             bool              `json:"xattrs,omitempty"`
	Usermap            map[string]string `json:"usermap,omitempty"`
	Groupmap           map[string]string `json:"groupmap,omitempty"`
	BandwidthLimit     string            `json:"bandwidth_limit,omitempty"`
	Streams            int               `json:"streams,omitempty"`
	Transport          string            `json:"transport,omitempty"` // direct | relay
	Verify             string            `json:"verify,omitempty"`    // none | quick | full
	Volatile           []string          `json:"volatile,omitempty"`  // always compared by content
	LastPass           *Pass             `json:"last_pass,omitempty"` // what the last pass measured; never part of a digest
}

// Pass is the measure of one pass of a sync or a dump.
type Pass struct {
	At      string  `json:"at"` // RFC 3339, the host's clock
	Seconds float64 `json:"seconds"`
	Files   int64   `json:"files"`
	Bytes   int64   `json:"bytes"`
	Deleted int64   `json:"deleted"`
}

// Dump is what mail_db_dump declares.
type Dump struct {
	Name      string   `json:"name"`
	Source    string   `json:"source"`
	Target    string   `json:"target"`
	Engine    string   `json:"engine"` // postgresql
	Databases []string `json:"databases"`
	User      string   `json:"user,omitempty"`     // empty: local peer access
	Password  bool     `json:"password,omitempty"` // one is given (write-only; it travels by standard input)
	Mode      string   `json:"mode,omitempty"`     // dump | replica
	Jobs      int      `json:"jobs,omitempty"`
	Transport string   `json:"transport,omitempty"` // direct | relay
	LastPass  *Pass    `json:"last_pass,omitempty"`
}

// Passwords gives the passwords of databases, by database: a password under a user's name is that of all databases of a dump as that user.
func Passwords(dumps []Dump, given map[string]string) map[string]string {
	all := make(map[string]string, len(given))
	maps.Copy(all, given)
	for _, d := range dumps {
		password, known := given[d.User]
		for _, database := range d.Databases {
			if _, own := given[database]; !own && known {
				all[database] = password
			}
		}
	}
	return all
}

// FileSet is what mail_file_set declares: configuration files that travel.
type FileSet struct {
	Name    string    `json:"name"`
	Source  string    `json:"source"`
	Target  string    `json:"target"`
	Paths   []string  `json:"paths"` // globs: * within a directory, ** below it
	Rewrite []Rewrite `json:"rewrite,omitempty"`
	Keep    []Keep    `json:"keep,omitempty"`

	Transport string `json:"transport,omitempty"` // direct | relay
}

// Rewrite replaces a literal text in a copied file.
type Rewrite struct {
	In   string `json:"in"`
	From string `json:"from"`
	To   string `json:"to"`
}

// Keep names keys of a file whose values the target holds on to.
type Keep struct {
	In   string   `json:"in"`
	Keys []string `json:"keys"`
}

// Accounts is what mail_accounts declares: accounts of the system by their numbers, both ends included.
type Accounts struct {
	Name     string   `json:"name"`
	Source   string   `json:"source"`
	Target   string   `json:"target"`
	UIDFrom  int      `json:"uid_from"`
	UIDTo    int      `json:"uid_to"`
	Excluded []string `json:"exclude,omitempty"` // names that stay behind, as patterns: * ? [ab]

	Transport string `json:"transport,omitempty"` // direct | relay
}

// Check is one probe of a service.
type Check struct {
	Name    string        `json:"name"`
	Kind    string        `json:"kind"`
	Address string        `json:"address"`
	From    string        `json:"from,omitempty"` // host id; empty: the machine that runs Terraform
	Expect  string        `json:"expect,omitempty"`
	Timeout time.Duration `json:"timeout,omitempty"`
	Refused bool          `json:"refused,omitempty"`
	Command []string      `json:"command,omitempty"`

	// Behind is the host behind whose fence it is made; empty: there is no fence.
	Behind string `json:"behind,omitempty"`
	// Own are the names and addresses of the service for which, in a rehearsal, that host's own address stands.
	Own []string `json:"own,omitempty"`
}

// Job is a command that runs on a host around the opening of the service.
type Job struct {
	Host       string   `json:"host"`
	Command    []string `json:"command"`
	BeforeOpen bool     `json:"before_open,omitempty"`
}

// DetachedJob is what mail_job declares: a command that runs on a host by itself.
type DetachedJob struct {
	Name    string   `json:"name"`
	Host    string   `json:"host"`
	Command []string `json:"command"`
	Wait    bool     `json:"wait,omitempty"`
}

// DNSTTL is what mail_dns_ttl declares.
type DNSTTL struct {
	Name   string            `json:"name"`
	Host   string            `json:"host"`
	Zones  map[string]string `json:"zones"` // zone, without a dot at its end => file
	TTL    int               `json:"ttl"`   // seconds
	Reload string            `json:"reload"`
}

// Rsync is the command of an SSHAccess that is bound to paths.
const Rsync = "rsync"

// SSHAccess is what mail_ssh_access declares: the source may log in to the target for a time, to do one thing.
type SSHAccess struct {
	Name            string        `json:"name"`
	Source          string        `json:"source"`
	Target          string        `json:"target"`
	Command         string        `json:"command"` // Rsync, or a literal command
	Paths           []string      `json:"paths,omitempty"`
	ExpiresAfter    time.Duration `json:"expires_after"`
	PermitRootLogin string        `json:"permit_root_login,omitempty"` // empty: sshd is left alone
}
