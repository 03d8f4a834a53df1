package check

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// smtp asks whether mail would be accepted, and takes nothing in: banner, EHLO
// and, with an address in Expect, MAIL and RCPT followed by RSET.
func (s *session) smtp(ctx context.Context) (string, error) {
	w, client, err := s.smtpClient(ctx, s.check.Address)
	if err != nil {
		return "", err
	}
	defer w.close()
	detail := w.greeting()
	notes := w.tlsDetail()
	if s.authenticates() {
		note, err := s.login(client, s.check.Expect)
		if err != nil {
			return "", err
		}
		notes += note
	}
	switch {
	case isMailAddress(s.check.Expect):
		if err := s.offer(client, s.check.Expect); err != nil {
			return "", err
		}
		notes += ", would accept mail for " + s.check.Expect
	case !strings.Contains(detail, s.check.Expect):
		return "", fmt.Errorf("the banner is %q, without %q", detail, s.check.Expect)
	}
	// The answer is known; a server that forgets to say goodbye changes nothing.
	_ = client.Quit()
	return detail + notes, nil
}

// authenticates reports whether the check submits mail as a user does (RFC 6409,
// RFC 8314) and not as another server.
func (s *session) authenticates() bool {
	_, port, err := net.SplitHostPort(s.check.Address)
	return s.check.Kind == Submit || (err == nil && s.check.Kind == Deliver && (port == "587" || port == "465"))
}

// smtpClient connects up to and with EHLO; a submission goes on with STARTTLS where it
// is offered, over a second connection.
func (s *session) smtpClient(ctx context.Context, address string) (*wire, *smtp.Client, error) {
	w, client, err := s.hello(ctx, address)
	if err != nil {
		return nil, nil, err
	}
	if offered, _ := client.Extension("STARTTLS"); !offered || !w.plain() || !s.authenticates() {
		return w, client, nil
	}
	w.close()
	if w, err = s.dial(ctx, address); err != nil {
		return nil, nil, err
	}
	s.stage = "STARTTLS with " + address
	client, err = smtp.NewClientStartTLS(w, tlsConfig(w.host))
	if err != nil {
		w.close()
		return nil, nil, answered("STARTTLS", err)
	}
	if err := client.Hello(s.localName(w)); err != nil {
		w.close()
		return nil, nil, answered("EHLO after STARTTLS", err)
	}
	if state, ok := client.TLSConnectionState(); ok {
		w.secured(state)
	}
	return w, client, nil
}

func (s *session) hello(ctx context.Context, address string) (*wire, *smtp.Client, error) {
	w, err := s.dial(ctx, address)
	if err != nil {
		return nil, nil, err
	}
	s.stage = "banner and EHLO at " + address
	client := smtp.NewClient(w)
	if err := client.Hello(s.localName(w)); err != nil {
		w.close()
		return nil, nil, answered("banner and EHLO", err)
	}
	return w, client, nil
}

// login authenticates where there are credentials for the name.
func (s *session) login(client *smtp.Client, name string) (string, error) {
	who, ok := s.credentials(name)
	if !ok {
		return ", not logged in (no credentials)", nil
	}
	s.stage = "AUTH"
	var mechanism sasl.Client
	switch {
	case client.SupportsAuth(sasl.Plain):
		mechanism = sasl.NewPlainClient("", who.user, who.password)
	case client.SupportsAuth(sasl.Login):
		mechanism = sasl.NewLoginClient(who.user, who.password)
	default:
		return "", errors.New("the server offers neither AUTH PLAIN nor AUTH LOGIN")
	}
	if err := client.Auth(mechanism); err != nil {
		return "", answered("AUTH", err)
	}
	return ", logged in", nil
}

// offer asks whether the server accepts mail for the address, then resets.
func (s *session) offer(client *smtp.Client, address string) error {
	s.stage = "MAIL and RCPT " + address
	if err := client.Mail("", nil); err != nil {
		return answered("MAIL FROM:<>", err)
	}
	if err := client.Rcpt(address, nil); err != nil {
		return answered("RCPT TO:<"+address+">", err)
	}
	if err := client.Reset(); err != nil {
		return answered("RSET", err)
	}
	return nil
}

// answered tells a refusal by the server (4xx, 5xx) from everything else.
func answered(what string, err error) error {
	var reply *smtp.SMTPError
	if !errors.As(err, &reply) || reply.Code < 400 {
		return fmt.Errorf("%s: %w", what, err)
	}
	manner := "for now"
	if reply.Code >= 500 {
		manner = "for good"
	}
	return &refusalError{fmt.Sprintf("%s: refused %s, %d %s", what, manner, reply.Code, reply.Message)}
}

// localName is what EHLO says. A literal of the own address passes the tests
// that servers make of it; a name could lack a record.
func (s *session) localName(w *wire) string {
	if s.prober.LocalName != "" {
		return s.prober.LocalName
	}
	address, ok := w.LocalAddr().(*net.TCPAddr)
	switch {
	case !ok || len(address.IP) == 0 || address.IP.IsUnspecified():
		return "localhost.localdomain"
	case address.IP.To4() == nil:
		return "[IPv6:" + address.IP.String() + "]"
	default:
		return "[" + address.IP.String() + "]"
	}
}
