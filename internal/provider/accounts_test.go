package provider_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
)

const people = `
resource "mail_accounts" "people" {
  source    = mail_host.old.id
  target    = mail_host.new.id
  uid_range = { from = 1000, to = 29999 }
  exclude   = ["gate"]
  %s
}`

const someAccounts = `
resource "mail_accounts" "x" {
  source = mail_host.old.id
  target = mail_host.new.id
  %s
}`

func TestInvalidAccounts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ rest, at, want string }{
		"root among them":   {`uid_range = { from = 0 }`, `resource "mail_accounts" "x"`, `between\s+1\s+and`},
		"backwards":         {`uid_range = { from = 2000, to = 1000 }`, `uid_range`, `above\s+its\s+end`},
		"an empty name":     {`exclude = [""]`, `exclude`, `is\s+empty`},
		"a blank":           {`exclude = ["a b"]`, `exclude`, `a\s+blank\s+or\s+a\s+colon`},
		"an open bracket":   {`exclude = ["[ab"]`, `exclude`, `not\s+closed`},
		"another transport": {`transport = "pigeon"`, `transport`, `one\s+of`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			unit(t, newEngine(), resource.TestStep{Config: with(fmt.Sprintf(someAccounts, test.rest)), ExpectError: errorAt(test.at, test.want)})
		})
	}
}

// The same range in other words is the same; another one is another resource. By default all that was added stays.
func TestAccountsRange(t *testing.T) {
	t.Parallel()
	e := newEngine()
	step := func(rest string, checks ...plancheck.PlanCheck) resource.TestStep {
		return resource.TestStep{Config: with(fmt.Sprintf(someAccounts, rest)), ConfigPlanChecks: planned(checks...)}
	}
	unit(t, e,
		step(``, plancheck.ExpectKnownValue("mail_accounts.x", at("id"), exact(idOld+","+idNew+",1000-59999"))),
		step(`uid_range = { from = 1000 }`, plancheck.ExpectResourceAction("mail_accounts.x", plancheck.ResourceActionUpdate)),
		step(`uid_range = { from = 1001 }`, plancheck.ExpectResourceAction("mail_accounts.x", plancheck.ResourceActionReplace)),
		step("uid_range = { from = 1001 }\n exclude = [\"a*\"]", plancheck.ExpectResourceAction("mail_accounts.x", plancheck.ResourceActionUpdate)),
	)
	if len(e.undone) != 0 || len(e.ran) != 3 {
		t.Errorf("ran %q, undid %q", e.ran, e.undone)
	}
}
