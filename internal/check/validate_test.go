package check_test

import (
	"net"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/check"
)

func TestValidate(t *testing.T) {
	for _, row := range []struct {
		check check.Check
		want  string // "": valid
	}{
		{check.Check{Kind: check.TCP, Address: "[2001:db8::25]:143"}, ""},
		{check.Check{Kind: check.HTTP, Address: "https://mail.example.org/x?y=1", Expect: "200 ok"}, ""},
		{check.Check{Kind: check.Deliver, Address: "192.0.2.25:25", Expect: "probe@example.org"}, ""},
		{check.Check{Kind: check.Deliver, Address: "192.0.2.25:25", Expect: "probe@example.org via=192.0.2.25:993"}, ""},
		{check.Check{Kind: check.DNS, Address: "192.0.2.53:53", Expect: "mail.example.org A 192.0.2.22"}, ""},
		{check.Check{Kind: check.Command, Command: []string{"true"}}, ""},
		{check.Check{Kind: "ping", Address: "192.0.2.25:25"}, `kind "ping" is not known; there are tcp, smtp`},
		{check.Check{Kind: check.TCP, Address: "192.0.2.25"}, "is not host:port"},
		{check.Check{Kind: check.TCP, Address: ":25"}, "no usable host"},
		{check.Check{Kind: check.TCP, Address: "mail:smtp"}, "from 1 to 65535"},
		{check.Check{Kind: check.TCP, Address: "mail:0"}, "from 1 to 65535"},
		{check.Check{Kind: check.TCP, Address: "mail:25", Expect: "220"}, "expects nothing"},
		{check.Check{Kind: check.TCP, Address: "mail:25", Timeout: -time.Second}, "negative"},
		{check.Check{Kind: check.TCP, Address: "mail:25", Command: []string{"x"}}, "runs no command"},
		{check.Check{Kind: check.SMTP, Address: "mail:25", Expect: "a@b\r\nRCPT"}, "line break"},
		{check.Check{Kind: check.HTTP, Address: "ftp://mail/"}, "not an http or https URL"},
		{check.Check{Kind: check.HTTP, Address: "http://ana:word@mail/"}, "holds a user or password"},
		{check.Check{Kind: check.DNS, Address: "192.0.2.53:53", Expect: "mail.example.org"}, "name TYPE value"},
		{check.Check{Kind: check.DNS, Address: "192.0.2.53:53", Expect: "mail.example.org AA 1"}, "not a record type"},
		{check.Check{Kind: check.DNS, Address: "192.0.2.53:53", Expect: "a..b A"}, "not a domain name"},
		{check.Check{Kind: check.Deliver, Address: "mail:25"}, "not a mail address"},
		{check.Check{Kind: check.Deliver, Address: "mail:25", Expect: "a@b over=x:1"}, "not via=host:port"},
		{check.Check{Kind: check.Deliver, Address: "mail:25", Expect: "a@b via=x"}, "not host:port"},
		{check.Check{Kind: check.APOP, Address: "mail:110", Expect: "a b"}, "is a user"},
		{check.Check{Kind: check.Command}, "needs a command"},
		{check.Check{Kind: check.Command, Command: []string{"x"}, Address: "mail:1"}, "has no address"},
	} {
		err := row.check.Validate()
		switch {
		case row.want == "" && err != nil:
			t.Errorf("%+v: %v", row.check, err)
		case row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)):
			t.Errorf("%+v: error %v, want %q", row.check, err, row.want)
		}
	}
}

func FuzzValidate(f *testing.F) {
	for _, kind := range check.Kinds() {
		f.Add(string(kind), "192.0.2.25:25", "probe@example.org via=192.0.2.25:143")
		f.Add(string(kind), "http://[::1]/", "mail.example.org MX 10 mail.example.org.")
	}
	f.Fuzz(func(t *testing.T, kind, address, expect string) {
		c := check.Check{Kind: check.Kind(kind), Address: address, Expect: expect}
		err := c.Validate()
		if err == nil && (strings.ContainsAny(expect, "\r\n") || c.Kind == "") {
			t.Errorf("%+v is valid", c)
		}
	})
}

// FuzzGreeting: whatever a server says first, the verdict comes, in one printable
// line.
func FuzzGreeting(f *testing.F) {
	for _, seed := range []string{"220 x\r\n250 x\r\n", "* OK x\r\n", "+OK <a@b>\r\n", "-ERR\r\n", "* BYE\r\n", "421-\r\n421 \r\n", "\xff\x00", "HTTP/1.1 200 OK\r\n\r\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, greeting []byte) {
		address := serve(t, func(conn net.Conn) { _, _ = conn.Write(greeting) })
		for _, kind := range []check.Kind{check.SMTP, check.IMAP, check.POP3, check.APOP, check.HTTP} {
			for _, refused := range []bool{false, true} {
				got := prober().Run(t.Context(), check.Check{Kind: kind, Address: address, Timeout: time.Second, Refused: refused})
				if got.Detail == "" || !utf8.ValidString(got.Detail) || strings.ContainsAny(got.Detail, "\r\n\x00\x1b") || utf8.RuneCountInString(got.Detail) > 300 {
					t.Errorf("%s: detail %q", kind, got.Detail)
				}
			}
		}
	})
}

func TestMailbox(t *testing.T) {
	for _, test := range []struct {
		check check.Check
		want  string
	}{
		{check.Check{Kind: check.Deliver, Address: "192.0.2.25:25", Expect: "probe@example.org via=192.0.2.26:993"}, "probe@example.org"},
		{check.Check{Kind: check.Deliver, Address: "192.0.2.25:25", Expect: "probe@example.org", Refused: true}, ""},
		{check.Check{Kind: check.Deliver, Address: "192.0.2.25:25", Expect: "no address"}, ""},
		{check.Check{Kind: check.Submit, Expect: "probe@example.org"}, "probe@example.org"},
		{check.Check{Kind: check.IMAP, Expect: "probe"}, "probe"},
		{check.Check{Kind: check.POP3, Expect: "probe"}, "probe"},
		{check.Check{Kind: check.APOP, Expect: "probe"}, "probe"},
		{check.Check{Kind: check.IMAP}, ""},
		{check.Check{Kind: check.SMTP, Expect: "probe@example.org"}, ""},
		{check.Check{Kind: check.DNS, Expect: "mail.example.org A"}, ""},
	} {
		if got := test.check.Mailbox(); got != test.want {
			t.Errorf("%s %q: mailbox %q, want %q", test.check.Kind, test.check.Expect, got, test.want)
		}
	}
}
