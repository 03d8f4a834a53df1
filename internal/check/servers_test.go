package check_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/md5"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/miekg/dns"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/check"
)

const (
	user   = "probe@example.org"
	secret = "s3cret-Passw0rd"
)

// direct dials as it is told; a port of implicit TLS is mapped to a server's own.
type direct struct{ via map[string]string }

func (d direct) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if real, ok := d.via[address]; ok {
		address = real
	}
	return (&net.Dialer{}).DialContext(ctx, network, address)
}

func known(name string) (string, string, bool) { return user, secret, name == user }

func prober() *check.Prober { return &check.Prober{Dialer: direct{}, Credentials: known} }

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// serve runs a conversation on every connection.
func serve(t *testing.T, talk func(conn net.Conn)) string {
	t.Helper()
	l := listen(t)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close() //nolint:errcheck // the test's own
				talk(conn)
			}()
		}
	}()
	return l.Addr().String()
}

// say sends a text and then reads until the client goes.
func say(text string) func(net.Conn) {
	return func(conn net.Conn) {
		_, _ = io.WriteString(conn, text)
		_, _ = io.Copy(io.Discard, conn)
	}
}

// closedPort is an address at which nothing listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l := listen(t)
	address := l.Addr().String()
	_ = l.Close()
	return address
}

func certificate(t *testing.T, expiry time.Time) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"mail.example.org"}, NotAfter: expiry}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
}

// mailbox is one user's INBOX behind an SMTP and an IMAP server.
type mailbox struct {
	smtp, imap string
	user       *imapmemserver.User
	copies     int   // how often a message is delivered
	refuse     error // answer to RCPT
}

func newMailbox(t *testing.T, secure *tls.Config, caps imap.CapSet) *mailbox {
	t.Helper()
	m := &mailbox{user: imapmemserver.NewUser(user, secret), copies: 1}
	if err := m.user.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	memory := imapmemserver.New()
	memory.AddUser(m.user)
	imaps := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return memory.NewSession(), nil, nil
		},
		Caps: caps, TLSConfig: secure, InsecureAuth: secure == nil,
	})
	l := listen(t)
	m.imap = l.Addr().String()
	go func() { _ = imaps.Serve(l) }()
	t.Cleanup(func() { _ = imaps.Close() })

	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &smtpSession{box: m}, nil }))
	server.Domain, server.TLSConfig, server.AllowInsecureAuth = "mail.example.org", secure, secure == nil
	sl := listen(t)
	m.smtp = sl.Addr().String()
	go func() { _ = server.Serve(sl) }()
	t.Cleanup(func() { _ = server.Close() })
	return m
}

// count is how many messages INBOX holds.
func (m *mailbox) count(t *testing.T) uint32 {
	t.Helper()
	data, err := m.user.Status("INBOX", &imap.StatusOptions{NumMessages: true})
	if err != nil {
		t.Fatal(err)
	}
	return *data.NumMessages
}

func (m *mailbox) put(text []byte) error {
	_, err := m.user.Append("INBOX", literal{bytes.NewReader(text)}, &imap.AppendOptions{})
	return err
}

type literal struct{ *bytes.Reader }

type smtpSession struct{ box *mailbox }

func (s *smtpSession) Reset()                               {}
func (s *smtpSession) Logout() error                        { return nil }
func (s *smtpSession) Mail(string, *smtp.MailOptions) error { return nil }
func (s *smtpSession) AuthMechanisms() []string             { return []string{sasl.Plain} }

func (s *smtpSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if to != user {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
	}
	return s.box.refuse
}

func (s *smtpSession) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	for range s.box.copies {
		err = errors.Join(err, s.box.put(text))
	}
	return err
}

func (s *smtpSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, name, password string) error {
		if name != user || password != secret {
			// A server may well echo what it was told.
			return &smtp.SMTPError{Code: 535, Message: "not with " + password}
		}
		return nil
	}), nil
}

// pop3 plays a small POP3 server with APOP; greeting is its first line.
func pop3(greeting string) func(net.Conn) {
	return func(conn net.Conn) {
		_, _ = fmt.Fprintf(conn, "%s\r\n", greeting)
		stamp := greeting[max(strings.IndexByte(greeting, '<'), 0):]
		sum := md5.Sum([]byte(stamp + secret))
		answers := map[string]string{
			"CAPA":           "+OK\r\nUSER\r\n.",
			"USER " + user:   "+OK",
			"PASS " + secret: "+OK",
			"APOP " + user + " " + hex.EncodeToString(sum[:]): "+OK",
			"STAT": "+OK 7 4711",
			"QUIT": "+OK",
		}
		for lines := bufio.NewScanner(conn); lines.Scan(); {
			answer, ok := answers[lines.Text()]
			if !ok {
				answer = "-ERR you said " + lines.Text()
			}
			_, _ = fmt.Fprintf(conn, "%s\r\n", answer)
		}
	}
}

// nameserver answers by UDP and TCP on one port.
func nameserver(t *testing.T) string {
	t.Helper()
	handler := dns.HandlerFunc(func(w dns.ResponseWriter, query *dns.Msg) {
		reply := new(dns.Msg).SetReply(query)
		_, udp := w.RemoteAddr().(*net.UDPAddr)
		switch question := query.Question[0]; question.Name {
		case "mail.example.org.":
			if question.Qtype == dns.TypeA {
				reply.Answer = append(reply.Answer, record("mail.example.org. 300 A 192.0.2.22"), record("mail.example.org. 300 A 192.0.2.23"))
			}
		case "example.org.":
			reply.Answer = append(reply.Answer, record("example.org. 60 MX 10 Mail.example.org."))
		case "long.example.org.":
			if reply.Truncated = udp; !udp {
				reply.Answer = append(reply.Answer, record(`long.example.org. 60 TXT "v=spf1 -all"`))
			}
		case "refused.example.org.":
			reply.Rcode = dns.RcodeRefused
		default:
			reply.Rcode = dns.RcodeNameError
		}
		_ = w.WriteMsg(reply)
	})
	l := listen(t)
	packets, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, server := range []*dns.Server{{Listener: l, Handler: handler}, {PacketConn: packets, Handler: handler}} {
		ready := make(chan struct{})
		server.NotifyStartedFunc = func() { close(ready) }
		go func() { _ = server.ActivateAndServe() }()
		<-ready
		t.Cleanup(func() { _ = server.Shutdown() })
	}
	return l.Addr().String()
}

func record(text string) dns.RR {
	rr, err := dns.NewRR(text)
	if err != nil {
		panic(err) // a literal of this file
	}
	return rr
}

func tlsServer(conn net.Conn, config *tls.Config) net.Conn { return tls.Server(conn, config) }

var _ check.Dialer = direct{}
