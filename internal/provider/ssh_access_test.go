package provider_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
)

const access = `
resource "mail_ssh_access" "copy" {
  source            = mail_host.new.id
  target            = mail_host.old.id
  paths             = ["/home/"]
  expires_after     = "%s"
  permit_root_login = "prohibit-password"
}`

func accessReports(state string) map[string]string {
	return map[string]string{"make_key.key": "/var/lib/terraform-provider-mail/access/x/key", "grant_login.state": state, "grant_login.until": "2026-11-22T08:00:00Z"}
}

func TestSSHAccess(t *testing.T) {
	t.Parallel()
	const address = "mail_ssh_access.copy"
	value := func(name, want string) statecheck.StateCheck {
		return statecheck.ExpectKnownValue(address, at(name), exact(want))
	}
	e := newEngine()
	e.reports = accessReports("open")
	unit(t, e,
		resource.TestStep{
			Config: with(fmt.Sprintf(access, "4h")), ConfigPlanChecks: planned(plancheck.ExpectUnknownValue(address, at("expires_at"))),
			ConfigStateChecks: []statecheck.StateCheck{
				status(address, "settled"), value("state", "open"), value("expires_at", "2026-11-22T08:00:00Z"), value("command", "rsync"),
				value("key_file", "/var/lib/terraform-provider-mail/access/x/key"),
			},
		},
		resource.TestStep{ // it has expired: that is how it was declared
			PreConfig: e.set(func() { e.reports = accessReports("expired") }), Config: with(fmt.Sprintf(access, "4h")), ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan()),
			ConfigStateChecks: []statecheck.StateCheck{status(address, "settled"), value("state", "expired")},
		},
		resource.TestStep{ // other terms open it again
			PreConfig: e.set(func() { e.reports = accessReports("open") }), Config: with(fmt.Sprintf(access, "8h")),
			ConfigPlanChecks:  planned(plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate), plancheck.ExpectUnknownValue(address, at("state"))),
			ConfigStateChecks: []statecheck.StateCheck{status(address, "settled"), value("state", "open")},
		},
		resource.TestStep{ // another thing is another access
			Config:           with(replaceIn(t, access, "/home/", "/srv/", "8h")),
			ConfigPlanChecks: planned(plancheck.ExpectResourceAction(address, plancheck.ResourceActionDestroyBeforeCreate)),
		},
	)
	if len(e.undone) != 2 {
		t.Errorf("closed %v, want two", e.undone)
	}
}

func TestSSHAccessRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ old, new, want string }{
		"rsync without paths": {`  paths             = ["/home/"]`, "", `rsync needs the folders`},
		"a command and paths": {`  paths `, "  command = \"true\"\n  paths ", `(?s)paths.*not bound to folders`},
		"any command":         {`  paths             = ["/home/"]`, `  command = " "`, `(?s)command.*any\s+command`},
		"two lines":           {`  paths             = ["/home/"]`, `  command = "a\nb"`, `(?s)command.*line break`},
		"a backslash":         {`  paths             = ["/home/"]`, `  command = "a\\"`, `(?s)command.*backslash`},
		"no time":             {`"4h"`, `"0s"`, `(?s)expires_after.*before it began`},
		"a negative time":     {`"4h"`, `"-1h"`, `(?s)expires_after.*negative`},
		"the same host":       {`mail_host.old.id`, `mail_host.new.id`, `(?s)target.*the same host`},
		"another setting":     {`"prohibit-password"`, `"no"`, `(?s)permit_root_login.*forced-commands-only`},
		"a relative path":     {`"/home/"`, `"home"`, `(?s)paths.*absolute path`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			unit(t, newEngine(), resource.TestStep{Config: with(replaceIn(t, fmt.Sprintf(access, "4h"), test.old, test.new)), ExpectError: regexp.MustCompile(test.want)})
		})
	}
}

// The forced command of a literal access, with what authorized_keys must quote.
func TestSSHAccessLiteral(t *testing.T) {
	t.Parallel()
	unit(t, newEngine(), resource.TestStep{
		Config:            with(replaceIn(t, fmt.Sprintf(access, "4h"), `  paths             = ["/home/"]`, `  command = "rsync --server -vlogDtpr --delete . \"/home/\""`)),
		ConfigPlanChecks:  planned(plancheck.ExpectKnownValue("mail_ssh_access.copy", at("runbook"), knownvalue.ListPartial(map[int]knownvalue.Check{1: knownvalue.StringRegexp(regexp.MustCompile(`to run rsync --server -vlogDtpr --delete \. "/home/", and nothing else`))}))),
		ConfigStateChecks: []statecheck.StateCheck{status("mail_ssh_access.copy", "settled")},
	})
}
