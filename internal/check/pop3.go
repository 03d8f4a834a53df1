package check

import (
	"context"
	"crypto/md5" //nolint:gosec // RFC 1939 defines APOP with MD5
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"net/textproto"
	"regexp"
	"strings"
)

// timestamp is the msg-id of an APOP greeting (RFC 1939, section 7).
const timestamp = `<[^<>\s]+@[^<>\s]+>`

// pop3 reads the greeting; with credentials for Expect it logs in, by APOP or by
// USER and PASS, and asks for STAT.
func (s *session) pop3(ctx context.Context) (string, error) {
	who, ok := s.credentials(s.check.Expect)
	w, err := s.dial(ctx, s.check.Address)
	if err != nil {
		return "", err
	}
	defer w.close()
	client := textproto.NewConn(w)
	s.stage = "POP3 greeting of " + s.check.Address
	greeting, err := pop3Reply(client, "greeting")
	if err != nil {
		return "", err
	}
	stamp := regexp.MustCompile(timestamp).FindString(greeting)
	if s.check.Kind == APOP && stamp == "" {
		return "", errors.New("the greeting has no timestamp: the server has no APOP")
	}
	if !ok && s.check.Kind == APOP && s.check.Expect != "" {
		return "", fmt.Errorf("there are no credentials for %q", s.check.Expect)
	}
	if !ok {
		return s.greeted(w)
	}
	if s.check.Kind == APOP {
		s.stage = "APOP"
		sum := md5.Sum([]byte(stamp + who.password)) //nolint:gosec // as above
		_, err = pop3Command(client, "APOP", who.user+" "+hex.EncodeToString(sum[:]))
	} else {
		client, err = s.stls(ctx, w, client)
		if err == nil {
			err = s.userPass(client, who)
		}
	}
	if err != nil {
		return "", err
	}
	s.stage = "STAT"
	stat, err := pop3Command(client, "STAT", "")
	if err != nil {
		return "", err
	}
	count, _, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(stat, "+OK")), " ")
	// The answer is known; a server that forgets to say goodbye changes nothing.
	_, _ = pop3Command(client, "QUIT", "")
	return fmt.Sprintf("logged in, %s messages%s", count, w.tlsDetail()), nil
}

// stls secures the connection where CAPA offers it (RFC 2595).
func (s *session) stls(ctx context.Context, w *wire, client *textproto.Conn) (*textproto.Conn, error) {
	if !w.plain() {
		return client, nil
	}
	s.stage = "CAPA"
	if _, err := pop3Command(client, "CAPA", ""); err != nil {
		var refusal *refusalError
		if errors.As(err, &refusal) {
			return client, nil // an old server: no extensions
		}
		return nil, err
	}
	lines, err := client.ReadDotLines()
	if err != nil {
		return nil, fmt.Errorf("CAPA: %w", err)
	}
	offered := false
	for _, line := range lines {
		offered = offered || strings.EqualFold(strings.TrimSpace(line), "STLS")
	}
	if !offered {
		return client, nil
	}
	s.stage = "STLS"
	if _, err := pop3Command(client, "STLS", ""); err != nil {
		return nil, err
	}
	secure := tls.Client(w.Conn, tlsConfig(w.host))
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, fmt.Errorf("TLS handshake: %w", err)
	}
	w.secured(secure.ConnectionState())
	w.Conn = secure
	return textproto.NewConn(w), nil
}

func (s *session) userPass(client *textproto.Conn, who login) error {
	s.stage = "USER"
	if _, err := pop3Command(client, "USER", who.user); err != nil {
		return err
	}
	s.stage = "PASS"
	_, err := pop3Command(client, "PASS", who.password)
	return err
}

// pop3Command sends a command and reads its one-line answer.
func pop3Command(client *textproto.Conn, verb, argument string) (string, error) {
	if strings.ContainsAny(argument, "\r\n") {
		return "", fmt.Errorf("%s: the argument holds a line break", verb)
	}
	if err := client.PrintfLine("%s", strings.TrimSpace(verb+" "+argument)); err != nil {
		return "", fmt.Errorf("%s: %w", verb, err)
	}
	return pop3Reply(client, verb)
}

func pop3Reply(client *textproto.Conn, what string) (string, error) {
	line, err := client.ReadLine()
	switch {
	case err != nil:
		return "", fmt.Errorf("%s: %w", what, err)
	case strings.HasPrefix(line, "+OK"):
		return line, nil
	case strings.HasPrefix(line, "-ERR"):
		return "", &refusalError{fmt.Sprintf("%s: refused, %s", what, line)}
	default:
		return "", fmt.Errorf("%s: the answer is not POP3's: %q", what, line)
	}
}
