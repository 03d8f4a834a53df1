package remote

import (
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrUnreachable says that no address of the host answered at all.
	ErrUnreachable = errors.New("host cannot be reached")
	// ErrConnectionLost says that the connection broke while a command ran. Whether
	// the command ran to its end on the host is not known.
	ErrConnectionLost = errors.New("connection lost, the outcome on the host is unknown")
	// ErrConnectionEnded says that the connection ended before the host was asked
	// to run the command, over a new connection too: it did not run.
	ErrConnectionEnded = errors.New("connection ended")
	// ErrOutputTooLarge says that a command wrote more than is kept in memory.
	ErrOutputTooLarge = errors.New("output is larger than 4 MiB")
	// ErrClosed says that the pool or the host was closed.
	ErrClosed = errors.New("connection pool is closed")
)

// HostKeyError says that a machine did not prove the key it should have, or
// that no key is known to compare with.
type HostKeyError struct {
	// Address is where the machine answered, or the names that were looked up.
	Address string
	// File and Line are where the expected key is written; Line is 0 where
	// it comes from the configuration.
	File string
	Line int
	// Expected and Presented are fingerprints ("SHA256:…"). Expected is empty
	// where no key is known, Presented where nobody was asked.
	Expected, Presented string
	// Detail is what else there is to say.
	Detail string
}

// Error implements error.
func (e *HostKeyError) Error() string {
	var text strings.Builder
	switch {
	case e.Expected == "" && e.Presented == "":
		fmt.Fprintf(&text, "no host key is known for %s", e.Address)
	case e.Expected == "":
		fmt.Fprintf(&text, "%s presents a host key that is not known, %s", e.Address, e.Presented)
	default:
		fmt.Fprintf(&text, "%s presents host key %s, expected %s", e.Address, e.Presented, e.Expected)
	}
	if e.File != "" {
		fmt.Fprintf(&text, " (%s", e.File)
		if e.Line > 0 {
			fmt.Fprintf(&text, ":%d", e.Line)
		}
		text.WriteString(")")
	}
	if e.Detail != "" {
		text.WriteString(": " + e.Detail)
	}
	return text.String()
}

// AuthError says that the right host refused the login, or that there is
// nothing to log in with.
type AuthError struct {
	// Address and User are whom the login was tried as.
	Address, User string
	// Offered names the keys, in the order of the attempts.
	Offered []string
	// Notes name keys that could not be used, and why.
	Notes []string
	// Err is the cause.
	Err error
}

// Error implements error.
func (e *AuthError) Error() string {
	text := fmt.Sprintf("%s refuses the login of %s", e.Address, e.User)
	if len(e.Offered) == 0 {
		text = fmt.Sprintf("no key to log in to %s as %s: set identity_files or load a key into the agent", e.Address, e.User)
	} else {
		text += "; offered: " + strings.Join(e.Offered, ", ")
	}
	if len(e.Notes) > 0 {
		text += "; not offered: " + strings.Join(e.Notes, "; ")
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap gives the cause.
func (e *AuthError) Unwrap() error { return e.Err }

// ConnectError joins what happened at each address of a host. It is
// [ErrUnreachable] where no address answered; else errors.As finds the
// [*HostKeyError] or [*AuthError] of those that did.
type ConnectError struct {
	// ID is the host's pinned fingerprint.
	ID string
	// Causes has one error for each address.
	Causes []error
}

// Error implements error.
func (e *ConnectError) Error() string {
	parts := make([]string, len(e.Causes))
	for i, cause := range e.Causes {
		parts[i] = cause.Error()
	}
	what := "cannot connect to host " + e.ID
	if e.unreachable() {
		what = "host " + e.ID + " cannot be reached"
	}
	return what + ": " + strings.Join(parts, "; ")
}

// Unwrap gives the causes, and ErrUnreachable where nobody answered.
func (e *ConnectError) Unwrap() []error {
	if e.unreachable() {
		return append([]error{ErrUnreachable}, e.Causes...)
	}
	return e.Causes
}

func (e *ConnectError) unreachable() bool {
	for _, cause := range e.Causes {
		if decisive(cause) {
			return false
		}
	}
	return true
}

// decisive reports whether somebody answered: with another key, or with a refusal.
func decisive(err error) bool {
	var key *HostKeyError
	var auth *AuthError
	return errors.As(err, &key) || errors.As(err, &auth)
}

// DialError says that a host could not connect to an address (direct-tcpip).
type DialError struct {
	// Address is where to, From the host.
	Address, From string
	// Message is what the host's sshd said.
	Message string
	// Prohibited: its sshd forwards nothing.
	Prohibited bool
}

// Error implements error.
func (e *DialError) Error() string {
	text := fmt.Sprintf("dial %s from %s: %s", e.Address, e.From, e.Message)
	if e.Prohibited {
		text += " (AllowTcpForwarding and PermitOpen in its sshd_config?)"
	}
	return text
}

// Refused reports whether the port is closed: OpenSSH passes on the words of connect(2).
func (e *DialError) Refused() bool {
	return !e.Prohibited && strings.Contains(strings.ToLower(e.Message), "connection refused")
}

// SudoError says that the user may not become root without a password.
type SudoError struct {
	Host, User string
	// Message is what sudo said.
	Message string
}

// Error implements error.
func (e *SudoError) Error() string {
	return fmt.Sprintf("%s@%s may not use sudo without a password (%s): allow it with NOPASSWD in sudoers, or connect as root",
		e.User, e.Host, e.Message)
}
