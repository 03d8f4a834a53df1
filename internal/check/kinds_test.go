package check_test

import (
	"net"
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/check"
)

// Every kind that asks over the network tells a closed port, one that only drops, one that says nothing, and one that hangs up apart, and is never good
// where it got no answer. Only the first two are a refusal.
func TestEveryKindWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	expect := map[check.Kind]string{
		check.IMAP: user, check.POP3: user, check.APOP: user, check.Submit: user, check.SMTP: user, check.DNS: "mail.example.org A", check.Deliver: user,
	}
	closed, mute, gone := closedPort(t), serve(t, say("")), serve(t, func(net.Conn) {})
	for _, kind := range check.Kinds() {
		if kind == check.Command {
			continue
		}
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			at := func(address string, refused bool) check.Check {
				c := check.Check{Kind: kind, Address: address, Expect: expect[kind], Timeout: 300 * time.Millisecond, Refused: refused}
				if kind == check.Deliver {
					c.Expect += " via=" + address
				}
				return c
			}
			rows := []probe{
				{"closed", at(closed, false), false, "refused by " + closed},
				{"closed as wanted", at(closed, true), true, "refused by " + closed},
			}
			if kind != check.TCP { // which is content with a connection
				rows = append(rows,
					probe{"mute", at(mute, false), false, "no answer within 300ms"},
					probe{"mute is no refusal", at(mute, true), false, "cannot tell whether it refuses: "},
					probe{"gone", at(gone, false), false, ""},
					probe{"gone is no refusal", at(gone, true), false, "cannot tell whether it refuses: "},
				)
			}
			if kind == check.DNS { // which asks by UDP first, where a closed port is one
				rows = rows[:2]
			}
			run(t, prober(), rows)
			if kind != check.DNS {
				run(t, &check.Prober{Dialer: silence{}, Credentials: known}, []probe{
					{"dropped", at("192.0.2.1:25", false), false, "no answer within 300ms: connect to 192.0.2.1:25"},
					{"dropped as wanted", at("192.0.2.1:25", true), true, "not refused, dropped"},
				})
			}
		})
	}
}

// A wrong password is a refusal in every protocol that logs in, and the password is in no detail.
func TestEveryKindRefusesALogin(t *testing.T) {
	t.Parallel()
	box := newMailbox(t, nil, nil)
	pop := serve(t, pop3("+OK ready <1896.697170952@mail.example.org>"))
	wrong := &check.Prober{Dialer: direct{}, Credentials: func(string) (string, string, bool) { return user, secret + "x", true }}
	for kind, address := range map[check.Kind]string{check.Submit: box.smtp, check.IMAP: box.imap, check.POP3: pop, check.APOP: pop} {
		run(t, wrong, []probe{
			{string(kind), check.Check{Kind: kind, Address: address, Expect: user}, false, "refused"},
			{string(kind) + " as wanted", check.Check{Kind: kind, Address: address, Expect: user, Refused: true}, true, "refused"},
		})
	}
}
