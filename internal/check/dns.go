package check

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// dns asks the server at Address for the record in Expect: by UDP, and by TCP
// where UDP gives nothing (through ssh) or only a part.
func (s *session) dns(ctx context.Context) (string, error) {
	want, err := parseRecord(s.check.Expect)
	if err != nil {
		return "", err
	}
	reply, err := s.askEither(ctx, want)
	if err != nil {
		return "", err
	}
	kind := dns.TypeToString[want.kind]
	if reply.Rcode != dns.RcodeSuccess {
		code := dns.RcodeToString[reply.Rcode]
		if reply.Rcode == dns.RcodeRefused || reply.Rcode == dns.RcodeServerFailure {
			return "", &refusalError{fmt.Sprintf("%s %s: refused, %s", want.name, kind, code)}
		}
		return "", fmt.Errorf("%s %s: the answer is %s", want.name, kind, code)
	}
	var values []string
	for _, rr := range reply.Answer {
		if rr.Header().Rrtype != want.kind {
			continue
		}
		value := strings.TrimPrefix(rr.String(), rr.Header().String())
		values = append(values, value)
		if want.value == "" || sameValue(value, want.value) {
			return fmt.Sprintf("%s %s %s, ttl %d", want.name, kind, value, rr.Header().Ttl), nil
		}
	}
	if len(values) == 0 {
		return "", fmt.Errorf("%s has no %s record", want.name, kind)
	}
	return "", fmt.Errorf("%s %s is %s, not %s", want.name, kind, strings.Join(values, " and "), want.value)
}

// askEither gives UDP half of the time.
func (s *session) askEither(ctx context.Context, want record) (*dns.Msg, error) {
	half, cancel := context.WithTimeout(ctx, s.check.timeout()/2)
	defer cancel()
	reply, err := s.ask(half, "udp", want)
	if err == nil && !reply.Truncated {
		return reply, nil
	}
	first := err
	reply, err = s.ask(ctx, "tcp", want)
	if err != nil && first != nil {
		return nil, errors.Join(first, err)
	}
	return reply, err
}

func (s *session) ask(ctx context.Context, network string, want record) (*dns.Msg, error) {
	w, err := s.connect(ctx, network, s.check.Address)
	if err != nil {
		return nil, err
	}
	defer w.close()
	s.stage = "answer by " + network + " of " + s.check.Address
	query := new(dns.Msg).SetQuestion(want.name, want.kind)
	// The connection's end bounds the wait; the client's own limit only must not
	// be shorter.
	client := &dns.Client{Net: network, Timeout: s.check.timeout() + time.Second}
	conn := &dns.Conn{Conn: w}
	if network == "udp" {
		conn.Conn = w.Conn // the library tells datagrams by the connection's type
	}
	reply, _, err := client.ExchangeWithConn(query, conn)
	if err != nil {
		if closedPort(err) {
			return nil, &refusalError{fmt.Sprintf("%s refused by %s", network, s.check.Address)}
		}
		return nil, fmt.Errorf("ask %s by %s: %w", s.check.Address, network, err)
	}
	return reply, nil
}

// sameValue compares the data of a record: letter case, closing dots, quotes and
// white space do not matter.
func sameValue(got, want string) bool {
	normal := func(text string) string {
		fields := strings.Fields(strings.ToLower(strings.ReplaceAll(text, `"`, "")))
		for i, field := range fields {
			fields[i] = strings.TrimSuffix(field, ".")
		}
		return strings.Join(fields, " ")
	}
	return normal(got) == normal(want)
}
