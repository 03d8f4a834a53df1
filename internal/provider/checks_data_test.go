package provider_test

import (
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
)

// logins are checks of every kind that can log in, and some that cannot.
const logins = `
data "mail_checks" "now" {
  checks = {
    probe = { kind = "deliver", address = "192.0.2.25:25", expect = "u01@example.org via=192.0.2.26:143" }
    out   = { kind = "submit", address = "192.0.2.25:587", expect = "u02@example.org" }
    imap  = { kind = "imap", address = "192.0.2.25:143", expect = "u03@example.org" }
    pop   = { kind = "pop3", address = "192.0.2.25:110", expect = "u04@example.org" }
    old   = { kind = "apop", address = "192.0.2.25:110", expect = "u05" }
    smtp  = { kind = "smtp", address = "192.0.2.25:25", expect = "u07@example.org" }
  }
}`

// TestChecksPasswords: a check gets the passwords of the mailboxes that are named, from the environment, and no others.
func TestChecksPasswords(t *testing.T) {
	e := newEngine()
	t.Setenv("TF_MAIL_PASSWORDS", `{"u01@example.org": "one \"1\"", "u02@example.org": "two", "u04@example.org": "it's 4", "u05": "five", "u06@example.org": "six", "u07@example.org": "seven"}`)
	unit(t, e, resource.TestStep{Config: with(logins)})
	want := map[string]string{"u01@example.org": `one "1"`, "u02@example.org": "two", "u04@example.org": "it's 4", "u05": "five"}
	if diff := cmp.Diff(want, e.logins); diff != "" {
		t.Errorf("passwords (-want +got):\n%s", diff)
	}
}

// TestChecksPasswordsUnreadable: the error names the variable and shows nothing of it; where no check logs in, nobody reads it.
func TestChecksPasswordsUnreadable(t *testing.T) {
	t.Setenv("TF_MAIL_PASSWORDS", `{"u01@example.org": "hush`)
	unit(t, newEngine(), resource.TestStep{
		Config: with(logins), ExpectError: regexp.MustCompile(`(?s)Passwords of mailboxes cannot be read.*TF_MAIL_PASSWORDS\s+is\s+not\s+a\s+JSON\s+object.*Next:`),
	})
	unit(t, newEngine(), resource.TestStep{Config: with(`
data "mail_checks" "now" {
  checks = { smtp = { kind = "smtp", address = "192.0.2.25:25", expect = "u01@example.org" } }
}`)})
}
