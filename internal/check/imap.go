package check

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// imap reads the greeting; with credentials for Expect it logs in and asks for
// INBOX. Without them Expect is a text in the greeting.
func (s *session) imap(ctx context.Context) (string, error) {
	who, ok := s.credentials(s.check.Expect)
	w, client, err := s.imapClient(ctx, s.check.Address, ok)
	if err != nil {
		return "", err
	}
	defer closeIMAP(w, client)
	if !ok {
		return s.greeted(w)
	}
	if err := s.imapLogin(client, who); err != nil {
		return "", err
	}
	s.stage = "STATUS INBOX"
	data, err := client.Status("INBOX", &imap.StatusOptions{NumMessages: true}).Wait()
	if err != nil {
		return "", imapAnswered("STATUS INBOX", err)
	}
	if data.NumMessages == nil {
		return "", errors.New("STATUS INBOX: the server gave no count of messages")
	}
	return fmt.Sprintf("logged in, INBOX has %d messages%s", *data.NumMessages, w.tlsDetail()), nil
}

// greeted judges a greeting alone.
func (s *session) greeted(w *wire) (string, error) {
	greeting := w.greeting()
	if !strings.Contains(greeting, s.check.Expect) {
		return "", fmt.Errorf("the greeting is %q, without %q, and there are no credentials for a mailbox of that name", greeting, s.check.Expect)
	}
	return greeting + w.tlsDetail(), nil
}

// imapClient connects up to the greeting. With secure it uses STARTTLS where
// that is offered, over a second connection.
func (s *session) imapClient(ctx context.Context, address string, secure bool) (*wire, *imapclient.Client, error) {
	w, client, err := s.imapGreeting(ctx, address)
	if err != nil {
		return nil, nil, err
	}
	if !secure || !w.plain() || !client.Caps().Has(imap.CapStartTLS) {
		return w, client, nil
	}
	closeIMAP(w, client)
	if w, err = s.dial(ctx, address); err != nil {
		return nil, nil, err
	}
	s.stage = "STARTTLS with " + address
	config := tlsConfig(w.host)
	config.VerifyConnection = func(state tls.ConnectionState) error { // the client shows its state to nobody else
		w.secured(state)
		return nil
	}
	client, err = imapclient.NewStartTLS(w, &imapclient.Options{TLSConfig: config})
	if err != nil {
		w.close()
		return nil, nil, imapAnswered("STARTTLS", err)
	}
	return w, client, nil
}

func (s *session) imapGreeting(ctx context.Context, address string) (*wire, *imapclient.Client, error) {
	w, err := s.dial(ctx, address)
	if err != nil {
		return nil, nil, err
	}
	s.stage = "IMAP greeting of " + address
	client := imapclient.New(w, nil)
	if err := client.WaitGreeting(); err != nil {
		greeting := w.greeting()
		closeIMAP(w, client)
		if strings.HasPrefix(strings.ToUpper(greeting), "* BYE") {
			return nil, nil, &refusalError{"greeting: refused, " + greeting}
		}
		if greeting != "" {
			return nil, nil, fmt.Errorf("the greeting is not IMAP's: %q: %w", greeting, err)
		}
		return nil, nil, fmt.Errorf("no IMAP greeting: %w", err)
	}
	return w, client, nil
}

func (s *session) imapLogin(client *imapclient.Client, who login) error {
	s.stage = "LOGIN"
	if client.Caps().Has(imap.CapLoginDisabled) {
		return errors.New("the server allows no login without TLS and offers no STARTTLS")
	}
	if err := client.Login(who.user, who.password).Wait(); err != nil {
		return imapAnswered("LOGIN", err)
	}
	return nil
}

// closeIMAP ends the connection and waits for the client's reader. Nothing that
// follows depends on it.
func closeIMAP(w *wire, client *imapclient.Client) {
	_ = client.Close()
	w.close()
}

// imapAnswered tells NO, BAD and BYE from everything else.
func imapAnswered(what string, err error) error {
	var reply *imap.Error
	if !errors.As(err, &reply) {
		return fmt.Errorf("%s: %w", what, err)
	}
	return &refusalError{fmt.Sprintf("%s: refused, %s %s", what, reply.Type, reply.Text)}
}
