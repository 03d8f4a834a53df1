package check

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/miekg/dns"
)

// record is the expectation of a DNS check.
type record struct {
	name  string // fully qualified
	kind  uint16
	value string // "": any
}

// parseRecord reads "name TYPE [value]".
func parseRecord(text string) (record, error) {
	fields := strings.Fields(text)
	if len(fields) < 2 {
		return record{}, fmt.Errorf("expect %q is not \"name TYPE value\", such as \"mail.example.org A 192.0.2.22\"", text)
	}
	if _, ok := dns.IsDomainName(fields[0]); !ok {
		return record{}, fmt.Errorf("expect %q: %q is not a domain name", text, fields[0])
	}
	kind, ok := dns.StringToType[strings.ToUpper(fields[1])]
	if !ok {
		return record{}, fmt.Errorf("expect %q: %q is not a record type", text, fields[1])
	}
	return record{name: dns.Fqdn(fields[0]), kind: kind, value: strings.Join(fields[2:], " ")}, nil
}

// mailbox is the expectation of a deliver check.
type mailbox struct {
	user string // the address; also the name under which credentials are asked for
	via  string // host:port of IMAP
}

// parseMailbox reads "user@domain [via=host:port]"; without via it is port 143
// of the host of the SMTP address.
func parseMailbox(text, address string) (mailbox, error) {
	fields := strings.Fields(text)
	if len(fields) == 0 || !isMailAddress(fields[0]) {
		return mailbox{}, fmt.Errorf("expect %q is not a mail address, with via=host:port behind it where IMAP is elsewhere", text)
	}
	m := mailbox{user: fields[0]}
	if host, _, err := net.SplitHostPort(address); err == nil {
		m.via = net.JoinHostPort(host, "143")
	}
	for _, field := range fields[1:] {
		via, ok := strings.CutPrefix(field, "via=")
		if !ok {
			return mailbox{}, fmt.Errorf("expect %q: %q is not via=host:port", text, field)
		}
		if err := validateAddress(via); err != nil {
			return mailbox{}, fmt.Errorf("expect %q: %w", text, err)
		}
		m.via = via
	}
	return m, nil
}

// isMailAddress accepts what can stand in RCPT TO without quoting.
func isMailAddress(text string) bool {
	at := strings.LastIndexByte(text, '@')
	return at > 0 && at < len(text)-1 && !strings.ContainsAny(text, " \t\r\n\x00<>\"\\,;:")
}

// answer is the expectation of an HTTP check.
type answer struct {
	status int // 0: any below 400
	text   string
}

// parseAnswer reads "", "200", "text" or "200 text".
func parseAnswer(text string) answer {
	first, rest, _ := strings.Cut(text, " ")
	if code, err := strconv.Atoi(first); err == nil && code >= 100 && code <= 599 {
		return answer{status: code, text: strings.TrimSpace(rest)}
	}
	return answer{text: text}
}
