package remote

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// PassphraseVariable is the environment variable that holds the passphrase of
// encrypted identity files where [Config.Passphrase] is nil.
const PassphraseVariable = "TF_MAIL_KEY_PASSPHRASE" //nolint:gosec // a name, not a secret

// BecomeSudo is the one value of [Endpoint.Become] beside "" and "none".
const BecomeSudo = "sudo"

const (
	defaultPort        = 22
	defaultUser        = "root"
	defaultDialTimeout = 10 * time.Second
	defaultKeepAlive   = 5 * time.Second
	defaultMaxSessions = 8
)

// Endpoint says how a host is reached.
type Endpoint struct {
	// ID names the host: the SHA256 fingerprint of its pinned key ("SHA256:…").
	ID string `json:"id"`
	// Addresses are tried until one presents the pinned key. IPv4, IPv6
	// (with or without brackets) or names, without a port.
	Addresses []string `json:"addresses"`
	// Port is 22 where it is 0.
	Port int `json:"port,omitempty"`
	// User is [Config.User] where it is empty.
	User string `json:"user,omitempty"`
	// HostKey is the pinned key as in authorized_keys; empty: known_hosts has it.
	HostKey string `json:"host_key,omitempty"`
	// Jump is a chain of ssh://user@host:port, divided by commas, nearest first.
	Jump string `json:"jump,omitempty"`
	// Become is "", "none" or "sudo".
	Become string `json:"become,omitempty"`
}

// Config holds what is the same for all hosts.
type Config struct {
	// User is "root" where it is empty.
	User string
	// IdentityFiles are private keys; "~/" is the home directory. A
	// certificate beside one (NAME-cert.pub) is offered first. Where the list
	// is empty, OpenSSH's default files that exist are used.
	IdentityFiles []string
	// UseAgent also offers the keys of the agent at AgentSocket, which is
	// SSH_AUTH_SOCK where it is empty.
	UseAgent    bool
	AgentSocket string
	// KnownHostsFiles are OpenSSH's defaults where the list is empty. A file
	// that does not exist knows no host.
	KnownHostsFiles []string
	// Passphrase gives the passphrase of an encrypted identity file. Where it
	// is nil, the environment variable [PassphraseVariable] is asked.
	Passphrase func(file string) (Secret, error)
	// DialTimeout bounds one address: connection, key exchange and login. Default 10 s.
	DialTimeout time.Duration
	// KeepAlive is the interval of keep-alive requests. A peer that is silent
	// for three intervals is dead. Default 5 s.
	KeepAlive time.Duration
	// MaxSessions bounds the sessions on one connection. Default 8, below
	// sshd's own default of 10.
	MaxSessions int
}

// withDefaults fills in what was left open.
func (c Config) withDefaults() Config {
	if c.User == "" {
		c.User = defaultUser
	}
	if c.DialTimeout <= 0 {
		c.DialTimeout = defaultDialTimeout
	}
	if c.KeepAlive <= 0 {
		c.KeepAlive = defaultKeepAlive
	}
	if c.MaxSessions <= 0 {
		c.MaxSessions = defaultMaxSessions
	}
	return c
}

// port is the port to dial.
func (e Endpoint) port() int {
	if e.Port == 0 {
		return defaultPort
	}
	return e.Port
}

// name is how people know the host: its first address, else its id.
func (e Endpoint) name() string {
	if len(e.Addresses) > 0 {
		return e.Addresses[0]
	}
	return e.ID
}

// validate reports what no connection could be made with.
func (e Endpoint) validate() error {
	switch {
	case len(e.Addresses) == 0:
		return fmt.Errorf("host %s: no address is known", e.ID)
	case e.Port < 0 || e.Port > 65535:
		return fmt.Errorf("host %s: port %d is not between 1 and 65535", e.name(), e.Port)
	case e.Become != "" && e.Become != "none" && e.Become != BecomeSudo:
		return fmt.Errorf("host %s: become is %q, not none or sudo", e.name(), e.Become)
	}
	return nil
}

// hostPort joins an address (IPv6 with or without brackets) and a port.
func hostPort(address string, port int) string {
	return net.JoinHostPort(strings.Trim(address, "[]"), strconv.Itoa(port))
}

// expandHome replaces a leading "~/" by the home directory.
func expandHome(path string) (string, error) {
	rest, ok := strings.CutPrefix(path, "~/")
	if !ok {
		return path, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("expand %s: %w", path, err)
	}
	return filepath.Join(home, rest), nil
}
