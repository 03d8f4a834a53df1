// Package check asks a mail service whether it serves: each check is one probe
// of one address, in the protocol that clients use.
//
// Two rules hold for all kinds. A time-out is never a success of a positive
// check. And a check with Refused is OK only where something refused: a closed
// port, an answer that says no, or an address that answers nothing at all; the
// detail says which.
package check

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Kind is the protocol of a check.
type Kind string

// The kinds.
const (
	TCP     Kind = "tcp"     // connects
	SMTP    Kind = "smtp"    // banner, EHLO; with an address in Expect MAIL and RCPT, then RSET
	Submit  Kind = "submit"  // as SMTP, with STARTTLS if offered and AUTH if there are credentials
	IMAP    Kind = "imap"    // greeting; with credentials for Expect LOGIN and STATUS INBOX
	POP3    Kind = "pop3"    // greeting; with credentials for Expect USER, PASS, STAT
	APOP    Kind = "apop"    // greeting with a timestamp; with credentials for Expect APOP, STAT (RFC 1939)
	HTTP    Kind = "http"    // GET; Expect is a status, a text in the body or both: "200 text"
	DNS     Kind = "dns"     // Expect is "name TYPE" or "name TYPE value"
	Deliver Kind = "deliver" // sends a message to Expect, fetches it over IMAP, deletes it
	Command Kind = "command" // a command exits 0; Expect is a text in its output
)

// Kinds returns all kinds in the order of the documentation.
func Kinds() []Kind {
	return []Kind{TCP, SMTP, Submit, IMAP, POP3, APOP, HTTP, DNS, Deliver, Command}
}

// DefaultTimeout bounds a check that declares none.
const DefaultTimeout = 10 * time.Second

// Check is one probe as it is declared.
type Check struct {
	Name string
	Kind Kind
	// Address is host:port; for HTTP a URL is allowed too; empty for Command.
	Address string
	// Expect is what the answer must be; its form depends on Kind.
	Expect string
	// Timeout bounds the whole probe; 0 means DefaultTimeout.
	Timeout time.Duration
	// Refused inverts: OK when the service refuses or is not there.
	Refused bool
	// Command is the argument vector of Kind Command.
	Command []string
}

// Result is the outcome of one check. Detail is one line for people and never
// holds a secret. Seconds is how long the probe took.
type Result struct {
	OK      bool
	Detail  string
	Seconds float64
}

// Validate says what is wrong with the declaration, all of it (errors.Join).
func (c Check) Validate() error {
	var errs []error
	if !knownKind(c.Kind) {
		errs = append(errs, fmt.Errorf("kind %q is not known; there are %s", c.Kind, kindList()))
		return errors.Join(errs...)
	}
	if c.Timeout < 0 {
		errs = append(errs, fmt.Errorf("timeout %s is negative", c.Timeout))
	}
	if strings.ContainsAny(c.Expect, "\r\n\x00") {
		errs = append(errs, errors.New("expect holds a line break or NUL; it is one line"))
	}
	errs = append(errs, c.validateTarget(), c.validateExpect())
	return errors.Join(errs...)
}

// validateTarget checks what is probed: the address or the command.
func (c Check) validateTarget() error {
	if c.Kind == Command {
		switch {
		case len(c.Command) == 0 || c.Command[0] == "":
			return errors.New("a check of kind command needs a command")
		case c.Address != "":
			return errors.New("a check of kind command has no address")
		}
		return nil
	}
	if len(c.Command) > 0 {
		return fmt.Errorf("a check of kind %s runs no command", c.Kind)
	}
	if c.Kind == HTTP && strings.Contains(c.Address, "://") {
		u, err := url.Parse(c.Address)
		if err != nil || u.Hostname() == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return fmt.Errorf("address %q is not an http or https URL", c.Address)
		}
		if u.User != nil {
			return errors.New("the URL holds a user or password; leave it out")
		}
		return nil
	}
	return validateAddress(c.Address)
}

func validateAddress(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("address %q is not host:port, such as 192.0.2.25:143 or [2001:db8::25]:143", address)
	}
	if host == "" || strings.ContainsAny(host, " \t\r\n\x00/") {
		return fmt.Errorf("address %q has no usable host", address)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return fmt.Errorf("address %q: the port is a number from 1 to 65535", address)
	}
	return nil
}

func (c Check) validateExpect() error {
	switch c.Kind {
	case TCP:
		if c.Expect != "" {
			return errors.New("a check of kind tcp expects nothing but a connection")
		}
	case DNS:
		_, err := parseRecord(c.Expect)
		return err
	case Deliver:
		_, err := parseMailbox(c.Expect, c.Address)
		return err
	case APOP:
		if strings.ContainsAny(c.Expect, " \t") {
			return errors.New("expect of kind apop is a user")
		}
	case SMTP, Submit, IMAP, POP3, HTTP, Command:
	}
	return nil
}

// Mailbox is the name under which the check may ask for credentials; empty: it never does.
func (c Check) Mailbox() string {
	switch c.Kind {
	case Deliver:
		if box, err := parseMailbox(c.Expect, c.Address); err == nil && !c.Refused {
			return box.user
		}
	case Submit, IMAP, POP3, APOP:
		return c.Expect
	case TCP, SMTP, HTTP, DNS, Command:
	}
	return ""
}

func knownKind(kind Kind) bool {
	for _, k := range Kinds() {
		if k == kind {
			return true
		}
	}
	return false
}

func kindList() string {
	var names []string
	for _, k := range Kinds() {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

func (c Check) timeout() time.Duration {
	if c.Timeout <= 0 {
		return DefaultTimeout
	}
	return c.Timeout
}
