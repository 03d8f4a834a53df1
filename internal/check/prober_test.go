package check_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-smtp"
	"go.uber.org/goleak"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/check"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// probe is one row: a check, the verdict and what the detail must say.
type probe struct {
	name   string
	check  check.Check
	ok     bool
	detail string
}

func run(t *testing.T, p *check.Prober, rows []probe) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			if row.check.Timeout == 0 {
				row.check.Timeout = 5 * time.Second
			}
			got := p.Run(t.Context(), row.check)
			if got.OK != row.ok || !strings.Contains(got.Detail, row.detail) {
				t.Errorf("got %v %q, want %v with %q", got.OK, got.Detail, row.ok, row.detail)
			}
			if strings.Contains(got.Detail, secret) {
				t.Errorf("the password is in %q", got.Detail)
			}
			if got.Seconds <= 0 || got.Seconds > row.check.Timeout.Seconds()+2 {
				t.Errorf("took %f s with a timeout of %s", got.Seconds, row.check.Timeout)
			}
		})
	}
}

const short = 150 * time.Millisecond

func TestTCP(t *testing.T) {
	open, closed := serve(t, say("")), closedPort(t)
	silent := &check.Prober{Dialer: silence{}}
	run(t, prober(), []probe{
		{"open", check.Check{Kind: check.TCP, Address: open}, true, "connected"},
		{"closed", check.Check{Kind: check.TCP, Address: closed}, false, "refused"},
		{"closed as wanted", check.Check{Kind: check.TCP, Address: closed, Refused: true}, true, "refused by"},
		{"open against wish", check.Check{Kind: check.TCP, Address: open, Refused: true}, false, "it serves: connected"},
		{"invalid", check.Check{Kind: check.TCP, Address: "mail"}, false, "not host:port"},
	})
	run(t, silent, []probe{
		{"silent", check.Check{Kind: check.TCP, Address: "192.0.2.1:25", Timeout: short}, false, "no answer within 150ms: connect to 192.0.2.1:25"},
		{"silent as wanted", check.Check{Kind: check.TCP, Address: "192.0.2.1:25", Timeout: short, Refused: true}, true, "not refused, dropped"},
	})
	run(t, &check.Prober{Dialer: unreachable{}}, []probe{
		{"no such host", check.Check{Kind: check.TCP, Address: "192.0.2.1:25"}, false, "nobody answers"},
		{"no such host as wanted", check.Check{Kind: check.TCP, Address: "192.0.2.1:25", Refused: true}, true, "no route to host"},
	})
	run(t, &check.Prober{Dialer: broken{}}, []probe{
		{"tunnel lost", check.Check{Kind: check.TCP, Address: "192.0.2.1:25", Refused: true}, false, "cannot tell"},
	})
	run(t, &check.Prober{Dialer: broken{refused: true}}, []probe{
		{"refused at the far end", check.Check{Kind: check.TCP, Address: "192.0.2.1:25", Refused: true}, true, "refused"},
	})
}

// silence never connects.
type silence struct{}

func (silence) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// unreachable fails as the kernel does where nobody has the address.
type unreachable struct{}

func (unreachable) DialContext(context.Context, string, string) (net.Conn, error) {
	return nil, &net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH}
}

// broken fails as a tunnel does.
type broken struct{ refused bool }

func (b broken) DialContext(context.Context, string, string) (net.Conn, error) {
	return nil, tunnelError(b)
}

type tunnelError struct{ refused bool }

func (tunnelError) Error() string   { return "tunnel" }
func (e tunnelError) Refused() bool { return e.refused }

func TestSMTP(t *testing.T) {
	box := newMailbox(t, nil, nil)
	later := newMailbox(t, nil, nil)
	later.refuse = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "moving"}
	busy, garbage, mute := serve(t, say("421 4.3.2 busy\r\n")), serve(t, say("\x00\xff\x1b[31mhello\r\n")), serve(t, say(""))
	gone := serve(t, func(net.Conn) {})
	run(t, prober(), []probe{
		{"banner", check.Check{Kind: check.SMTP, Address: box.smtp}, true, "220 mail.example.org"},
		{"banner text", check.Check{Kind: check.SMTP, Address: box.smtp, Expect: "mail.example.org"}, true, ""},
		{"other banner", check.Check{Kind: check.SMTP, Address: box.smtp, Expect: "Postfix"}, false, `without "Postfix"`},
		{"recipient", check.Check{Kind: check.SMTP, Address: box.smtp, Expect: user}, true, "would accept mail for " + user},
		{"unknown recipient", check.Check{Kind: check.SMTP, Address: box.smtp, Expect: "no@example.org"}, false, "refused for good, 550"},
		{"4xx", check.Check{Kind: check.SMTP, Address: later.smtp, Expect: user}, false, "refused for now, 451 moving"},
		{"4xx as wanted", check.Check{Kind: check.SMTP, Address: later.smtp, Expect: user, Refused: true}, true, "refused for now, 451"},
		{"serves against wish", check.Check{Kind: check.SMTP, Address: box.smtp, Expect: user, Refused: true}, false, "it serves"},
		{"421", check.Check{Kind: check.SMTP, Address: busy}, false, "421"},
		{"421 as wanted", check.Check{Kind: check.SMTP, Address: busy, Refused: true}, true, "421"},
		{"garbage", check.Check{Kind: check.SMTP, Address: garbage}, false, "banner"},
		{"garbage is no refusal", check.Check{Kind: check.SMTP, Address: garbage, Refused: true}, false, "cannot tell"},
		{"mute", check.Check{Kind: check.SMTP, Address: mute, Timeout: short}, false, "no answer within 150ms: banner"},
		{"mute is no refusal", check.Check{Kind: check.SMTP, Address: mute, Timeout: short, Refused: true}, false, "cannot tell"},
		{"hangs up", check.Check{Kind: check.SMTP, Address: gone}, false, "EOF"},
	})
}

func TestSubmit(t *testing.T) {
	box := newMailbox(t, certificate(t, time.Now().Add(time.Hour)), nil)
	plain := newMailbox(t, nil, nil)
	run(t, prober(), []probe{
		{"login over TLS", check.Check{Kind: check.Submit, Address: box.smtp, Expect: user}, true, "certificate for mail.example.org (not for 127.0.0.1), expires"},
		{"login in clear", check.Check{Kind: check.Submit, Address: plain.smtp, Expect: user}, true, "logged in"},
		{"no credentials", check.Check{Kind: check.Submit, Address: plain.smtp}, true, "no credentials"},
	})
	wrong := &check.Prober{Dialer: direct{}, Credentials: func(string) (string, string, bool) { return user, secret + "x", true }}
	got := wrong.Run(t.Context(), check.Check{Kind: check.Submit, Address: box.smtp, Expect: user})
	if got.OK || !strings.Contains(got.Detail, "AUTH: refused for good, 535 not with [redacted]") {
		t.Errorf("wrong password: %+v", got)
	}
}

func TestIMAP(t *testing.T) {
	box := newMailbox(t, nil, nil)
	secure := newMailbox(t, certificate(t, time.Now().Add(-time.Hour)), nil)
	bye, garbage, mute := serve(t, say("* BYE too busy\r\n")), serve(t, say("220 hello\r\n")), serve(t, say(""))
	run(t, prober(), []probe{
		{"greeting", check.Check{Kind: check.IMAP, Address: box.imap}, true, "* OK"},
		{"greeting text", check.Check{Kind: check.IMAP, Address: box.imap, Expect: "IMAP4rev1"}, true, "* OK"},
		{"other text", check.Check{Kind: check.IMAP, Address: box.imap, Expect: "other@example.org"}, false, "no credentials"},
		{"login", check.Check{Kind: check.IMAP, Address: box.imap, Expect: user}, true, "INBOX has 0 messages"},
		{"login over TLS", check.Check{Kind: check.IMAP, Address: secure.imap, Expect: user}, true, "expired"},
		{"bye", check.Check{Kind: check.IMAP, Address: bye}, false, "refused, * BYE"},
		{"bye as wanted", check.Check{Kind: check.IMAP, Address: bye, Refused: true}, true, "too busy"},
		{"garbage", check.Check{Kind: check.IMAP, Address: garbage}, false, "220 hello"},
		{"mute", check.Check{Kind: check.IMAP, Address: mute, Timeout: short}, false, "IMAP greeting"},
		{"closed", check.Check{Kind: check.IMAP, Address: closedPort(t)}, false, "refused by"},
	})
	wrong := &check.Prober{Dialer: direct{}, Credentials: func(string) (string, string, bool) { return user, "x", true }}
	run(t, wrong, []probe{{"wrong password", check.Check{Kind: check.IMAP, Address: box.imap, Expect: user}, false, "LOGIN: refused, NO"}})
}

func TestImplicitTLS(t *testing.T) {
	config := certificate(t, time.Now().Add(time.Hour))
	address := serve(t, func(conn net.Conn) { pop3("+OK <1@x>")(tlsServer(conn, config)) })
	p := &check.Prober{Dialer: direct{via: map[string]string{"mail.example.org:995": address}}, Credentials: known}
	run(t, p, []probe{
		{"pop3s", check.Check{Kind: check.POP3, Address: "mail.example.org:995", Expect: user}, true, "7 messages, TLS 1.3, certificate for mail.example.org, expires"},
		{"tcp", check.Check{Kind: check.TCP, Address: "mail.example.org:995"}, true, "TLS 1.3"},
	})
	clear := &check.Prober{Dialer: direct{via: map[string]string{"mail.example.org:993": serve(t, say("* OK\r\n"))}}}
	run(t, clear, []probe{
		{"no TLS where it must be", check.Check{Kind: check.IMAP, Address: "mail.example.org:993", Timeout: time.Second}, false, "TLS handshake"},
	})
}

func TestPOP3(t *testing.T) {
	good, old := serve(t, pop3("+OK ready <1896.697170952@mail.example.org>")), serve(t, pop3("+OK ready"))
	no, garbage := serve(t, say("-ERR locked\r\n")), serve(t, say("hello\r\n"))
	run(t, prober(), []probe{
		{"greeting", check.Check{Kind: check.POP3, Address: old}, true, "+OK ready"},
		{"login", check.Check{Kind: check.POP3, Address: old, Expect: user}, true, "logged in, 7 messages"},
		{"apop", check.Check{Kind: check.APOP, Address: good, Expect: user}, true, "logged in, 7 messages"},
		{"apop offered", check.Check{Kind: check.APOP, Address: good}, true, "+OK"},
		{"apop missing", check.Check{Kind: check.APOP, Address: old, Expect: user}, false, "no APOP"},
		{"apop without credentials", check.Check{Kind: check.APOP, Address: good, Expect: "bo"}, false, "no credentials"},
		{"refused", check.Check{Kind: check.POP3, Address: no}, false, "-ERR locked"},
		{"refused as wanted", check.Check{Kind: check.POP3, Address: no, Refused: true}, true, "-ERR locked"},
		{"garbage", check.Check{Kind: check.POP3, Address: garbage}, false, "not POP3"},
	})
	wrong := &check.Prober{Dialer: direct{}, Credentials: func(string) (string, string, bool) { return user, secret + "x", true }}
	run(t, wrong, []probe{
		{"echoed password", check.Check{Kind: check.POP3, Address: old, Expect: user}, false, "-ERR you said PASS [redacted]"},
		{"wrong apop", check.Check{Kind: check.APOP, Address: good, Expect: user}, false, "APOP: refused"},
	})
}

func TestHTTP(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			_, _ = w.Write([]byte("version 4.0.5"))
		case "/moved":
			http.Redirect(w, r, "/", http.StatusFound)
		case "/slow":
			<-r.Context().Done()
		default:
			http.Error(w, "gone", http.StatusServiceUnavailable)
		}
	})
	plain, secure := httptest.NewServer(handler), httptest.NewTLSServer(handler)
	t.Cleanup(plain.Close)
	t.Cleanup(secure.Close)
	address := strings.TrimPrefix(plain.URL, "http://")
	run(t, prober(), []probe{
		{"address", check.Check{Kind: check.HTTP, Address: address}, true, "200 OK"},
		{"status and text", check.Check{Kind: check.HTTP, Address: plain.URL, Expect: "200 version 4.0.5"}, true, "200"},
		{"text", check.Check{Kind: check.HTTP, Address: plain.URL, Expect: "version 4"}, true, "200"},
		{"other text", check.Check{Kind: check.HTTP, Address: plain.URL, Expect: "200 version 5"}, false, `"version 5" is not in its text`},
		{"not followed", check.Check{Kind: check.HTTP, Address: plain.URL + "/moved", Expect: "302"}, true, "302"},
		{"TLS", check.Check{Kind: check.HTTP, Address: secure.URL}, true, "certificate for example.com"},
		{"503", check.Check{Kind: check.HTTP, Address: plain.URL + "/x"}, false, "503"},
		{"503 as wanted", check.Check{Kind: check.HTTP, Address: plain.URL + "/x", Refused: true}, true, "503"},
		{"slow", check.Check{Kind: check.HTTP, Address: plain.URL + "/slow", Timeout: short}, false, "no answer within"},
		{"closed", check.Check{Kind: check.HTTP, Address: "http://" + closedPort(t), Refused: true}, true, "refused by"},
		{"garbage", check.Check{Kind: check.HTTP, Address: serve(t, say("hello\r\n"))}, false, "GET"},
	})
}

func TestDNS(t *testing.T) {
	server := nameserver(t)
	closed := closedPort(t)
	run(t, prober(), []probe{
		{"second address", check.Check{Kind: check.DNS, Address: server, Expect: "mail.example.org A 192.0.2.23"}, true, "ttl 300"},
		{"any value", check.Check{Kind: check.DNS, Address: server, Expect: "mail.example.org a"}, true, "192.0.2.22"},
		{"other value", check.Check{Kind: check.DNS, Address: server, Expect: "mail.example.org A 192.0.2.9"}, false, "is 192.0.2.22 and 192.0.2.23, not 192.0.2.9"},
		{"no record", check.Check{Kind: check.DNS, Address: server, Expect: "mail.example.org AAAA ::1"}, false, "no AAAA record"},
		{"names compare", check.Check{Kind: check.DNS, Address: server, Expect: "example.org MX 10 mail.EXAMPLE.org"}, true, "MX"},
		{"truncated", check.Check{Kind: check.DNS, Address: server, Expect: "long.example.org TXT v=spf1 -all"}, true, "spf1"},
		{"no name", check.Check{Kind: check.DNS, Address: server, Expect: "x.example.org A"}, false, "NXDOMAIN"},
		{"refused", check.Check{Kind: check.DNS, Address: server, Expect: "refused.example.org A", Refused: true}, true, "REFUSED"},
		{"closed", check.Check{Kind: check.DNS, Address: closed, Expect: "example.org A"}, false, "refused"},
		{"closed as wanted", check.Check{Kind: check.DNS, Address: closed, Expect: "example.org A", Refused: true}, true, "refused"},
	})
	run(t, &check.Prober{Dialer: tcpOnly{}}, []probe{
		{"through ssh", check.Check{Kind: check.DNS, Address: server, Expect: "mail.example.org A"}, true, "192.0.2.22"},
	})
}

// tcpOnly dials as ssh does.
type tcpOnly struct{ direct }

func (d tcpOnly) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if network != "tcp" {
		return nil, errors.New("unsupported network")
	}
	return d.direct.DialContext(ctx, network, address)
}

func TestDeliver(t *testing.T) {
	plus := imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapUIDPlus: {}}
	box, bare := newMailbox(t, nil, plus), newMailbox(t, nil, nil)
	double, lost, later := newMailbox(t, nil, plus), newMailbox(t, nil, plus), newMailbox(t, nil, plus)
	double.copies, lost.copies = 2, 0
	later.refuse = &smtp.SMTPError{Code: 451, Message: "moving"}
	to := func(m *mailbox, name string) check.Check {
		return check.Check{Kind: check.Deliver, Address: m.smtp, Expect: name + " via=" + m.imap}
	}
	if err := box.put([]byte("Subject: other\r\n\r\nstays\r\n")); err != nil {
		t.Fatal(err)
	}
	slow, refused, refusedNot := to(lost, user), to(later, user), to(box, user)
	slow.Timeout, refused.Refused, refusedNot.Refused = 400*time.Millisecond, true, true
	run(t, prober(), []probe{
		{"delivered", to(box, user), true, ", deleted"},
		{"without UIDPLUS", to(bare, user), true, "marked as deleted"},
		{"no credentials", to(box, "bo@example.org"), false, "no credentials for the mailbox bo@example.org"},
		{"twice", to(double, user), false, "got 2"},
		{"lost", slow, false, "was accepted, but is not in INBOX"},
		{"4xx", to(later, user), false, "451"},
		{"4xx as wanted", refused, true, "451"},
		{"serves against wish", refusedNot, false, "would accept"},
		{"no IMAP", check.Check{Kind: check.Deliver, Address: box.smtp, Expect: user + " via=" + closedPort(t)}, false, "refused by"},
	})
	for name, want := range map[*mailbox]uint32{box: 1, double: 0, bare: 1} {
		if got := name.count(t); got != want {
			t.Errorf("%d messages in INBOX, want %d", got, want)
		}
	}
}

type runner struct {
	exit   int
	output string
	err    error
}

func (r runner) Run(ctx context.Context, argv []string) (int, string, error) {
	if argv[0] == "hang" {
		<-ctx.Done()
		return 0, "", ctx.Err()
	}
	return r.exit, r.output, r.err
}

func TestCommand(t *testing.T) {
	c := check.Check{Kind: check.Command, Command: []string{"bmctl", "status"}, Expect: "running"}
	inverted := c
	inverted.Refused = true
	hang := check.Check{Kind: check.Command, Command: []string{"hang"}, Timeout: short, Refused: true}
	run(t, &check.Prober{Runner: runner{output: "all running\n"}}, []probe{
		{"good", c, true, "exit 0: all running"}, {"good against wish", inverted, false, "it serves"}, {"hangs", hang, false, "no answer within"},
	})
	run(t, &check.Prober{Runner: runner{output: "stopped"}}, []probe{{"other text", c, false, `"running" is not in the output`}})
	run(t, &check.Prober{Runner: runner{exit: 3, output: "stopped"}}, []probe{{"bad", c, false, "exit 3: stopped"}, {"bad as wanted", inverted, true, "exit 3"}})
	run(t, &check.Prober{Runner: runner{err: errors.New("connection lost")}}, []probe{{"unknown", c, false, "connection lost"}, {"unknown is no refusal", inverted, false, "cannot tell"}})
	run(t, &check.Prober{}, []probe{{"no runner", c, false, "cannot be run here"}})
}

func TestAllRunsSideBySide(t *testing.T) {
	mute := serve(t, say(""))
	checks := map[string]check.Check{"open": {Kind: check.TCP, Address: mute}}
	for _, name := range []string{"a", "b", "c", "d"} {
		checks[name] = check.Check{Kind: check.SMTP, Address: mute, Timeout: 300 * time.Millisecond}
	}
	started := time.Now()
	results := prober().All(t.Context(), checks)
	if took := time.Since(started); took > time.Second {
		t.Errorf("four checks of 0.3 s took %s", took)
	}
	if len(results) != 5 || !results["open"].OK || results["a"].OK {
		t.Errorf("results %+v", results)
	}
}

func TestCancelledIsNeverOK(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, refused := range []bool{false, true} {
		got := prober().Run(ctx, check.Check{Kind: check.SMTP, Address: "192.0.2.1:25", Refused: refused})
		if got.OK || !strings.Contains(got.Detail, "stopped in connect") {
			t.Errorf("refused %v: %+v", refused, got)
		}
	}
}
