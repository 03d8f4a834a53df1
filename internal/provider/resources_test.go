package provider_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/provider"
)

const service = `
resource "mail_service" "postfix" {
  host    = mail_host.new.id
  name    = "postfix"
  running = %s
  enabled = false
}`

const store = `
resource "mail_sync" "store" {
  source = mail_host.old.id
  target = mail_host.new.id
  paths  = { "/var/spool/cyrus/" = "/var/spool/cyrus/" }
  %s
}`

const bj = `
resource "mail_db_dump" "bj" {
  source    = mail_host.old.id
  target    = mail_host.new.id
  engine    = "postgresql"
  databases = ["bj", "bj-data"]
  %s
}`

const config = `
resource "mail_file_set" "config" {
  source  = mail_host.old.id
  target  = mail_host.new.id
  paths   = ["/etc/bm/**", "/etc/imapd*"]
  rewrite = [{ in = "/etc/postfix/main.cf", from = "192.0.2.21", to = "192.0.2.22" }]
  keep    = [{ in = "/etc/bm/bm.ini", keys = ["db.password"] }]
}`

// resources are those whose whole effect is one runbook.
func resources() map[string]string {
	return map[string]string{
		"mail_service.postfix": fmt.Sprintf(service, "false"),
		"mail_sync.store":      fmt.Sprintf(store, ""),
		"mail_db_dump.bj":      fmt.Sprintf(bj, ""),
		"mail_file_set.config": config,
		"mail_file.services":   services,
		"mail_accounts.people": fmt.Sprintf(people, "on_destroy = \"restore\""),
		"mail_ssh_access.copy": fmt.Sprintf(access, "4h"),
		"mail_dns_ttl.zones":   fmt.Sprintf(zones, "300"),
		"mail_job.rebuild":     fmt.Sprintf(rebuild, "false"),
	}
}

func planned(checks ...plancheck.PlanCheck) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: checks}
}

func status(address, want string) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, at("status"), exact(want))
}

// Every resource: the procedure is known when planned, a second plan is empty, what is gone is drift and mended, import gives the same, destroy undoes.
func TestLifecycle(t *testing.T) {
	t.Parallel()
	for address, body := range resources() {
		t.Run(address, func(t *testing.T) {
			t.Parallel()
			e := newEngine()
			unit(t, e,
				resource.TestStep{
					Config: with(body),
					ConfigPlanChecks: planned(
						plancheck.ExpectKnownValue(address, at("id"), knownvalue.StringRegexp(regexp.MustCompile(`^SHA256:`))),
						plancheck.ExpectKnownValue(address, at("runbook"), knownvalue.ListPartial(map[int]knownvalue.Check{0: knownvalue.StringRegexp(regexp.MustCompile(`^01 `))})),
						plancheck.ExpectUnknownValue(address, at("status")),
					),
					ConfigStateChecks: []statecheck.StateCheck{
						status(address, "settled"),
						statecheck.ExpectKnownValue(address, at("last_run").AtMapKey("status"), exact("settled")),
					},
				},
				resource.TestStep{Config: with(body), ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan())},
				resource.TestStep{ // gone from the host: the plan shows the procedure, applying mends it
					PreConfig: e.set(func() { clear(e.done) }), Config: with(body),
					ConfigPlanChecks: planned(
						plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
						plancheck.ExpectKnownValue(address, at("runbook"), knownvalue.ListPartial(map[int]knownvalue.Check{0: knownvalue.NotNull()})),
					),
					ConfigStateChecks: []statecheck.StateCheck{status(address, "settled"), statecheck.ExpectKnownValue(address, at("drift"), knownvalue.ListSizeExact(0))},
				},
				resource.TestStep{
					ResourceName: address, ImportState: true, ImportStateVerify: true,
					ImportStateVerifyIgnore: []string{"runbook", "last_run", "last_pass", "timeouts", "running", "enabled", "rewrite", "keep", "lines", "owner", "mode", "reload", "exclude", "on_destroy", "progress", "ttl", "effective_at", "previous", "permit_root_login"},
				},
			)
			if address == "mail_db_dump.bj" { // the databases stay: only what lies beside them goes
				if last := e.ran[len(e.ran)-1]; !strings.HasSuffix(last, ".end") || len(e.undone) != 0 {
					t.Errorf("destroy ran %s and undid %v, want only the run that ends it", last, e.undone)
				}
			} else if len(e.undone) != 1 {
				t.Errorf("destroy undid %v, want one run", e.undone)
			}
		})
	}
}

func TestHeldIsLeftAlone(t *testing.T) {
	t.Parallel()
	e := newEngine()
	unit(t, e,
		resource.TestStep{Config: with(fmt.Sprintf(service, "false"))},
		resource.TestStep{
			PreConfig: e.set(func() { e.held, e.ran = "bluemind", nil }), Config: with(fmt.Sprintf(service, "true")),
			ConfigPlanChecks:  planned(plancheck.ExpectEmptyPlan()),
			ConfigStateChecks: []statecheck.StateCheck{status("mail_service.postfix", "held")},
		},
		resource.TestStep{ // a new one is recorded and does nothing
			Config:            with(fmt.Sprintf(service, "true"), fmt.Sprintf(store, "")),
			ConfigStateChecks: []statecheck.StateCheck{status("mail_sync.store", "held")},
		},
		resource.TestStep{ // released: what is declared now takes effect
			PreConfig: e.set(func() { e.held = "" }), Config: with(fmt.Sprintf(service, "true"), fmt.Sprintf(store, "")),
			ConfigStateChecks: []statecheck.StateCheck{status("mail_sync.store", "settled"), status("mail_service.postfix", "settled")},
		},
	)
}

func TestFailedUpdateIsTakenUpAgain(t *testing.T) {
	t.Parallel()
	e := newEngine()
	on, off := with(fmt.Sprintf(service, "true")), with(fmt.Sprintf(service, "false"))
	unit(t, e,
		resource.TestStep{Config: off},
		resource.TestStep{
			PreConfig: e.set(func() { e.fail, e.status = "start_service", executor.BackedOut }), Config: on,
			ExpectError: regexp.MustCompile(`(?s)failed and was\s+backed\s+out.*it\s+broke.*Next:`),
		},
		resource.TestStep{ // the state holds what was reached: the declared change is still planned
			PreConfig: e.set(func() { e.fail = "" }), Config: on,
			ConfigPlanChecks: planned(
				plancheck.ExpectResourceAction("mail_service.postfix", plancheck.ResourceActionUpdate),
				plancheck.ExpectUnknownValue("mail_service.postfix", at("status")),
			),
			ConfigStateChecks: []statecheck.StateCheck{status("mail_service.postfix", "settled")},
		},
	)
}

// A failed run is re-opened even where the user takes the change back.
func TestUnsettledIsReopened(t *testing.T) {
	t.Parallel()
	e := newEngine()
	off := with(fmt.Sprintf(service, "false"))
	unit(t, e,
		resource.TestStep{Config: off},
		resource.TestStep{
			PreConfig: e.set(func() { e.fail, e.status = "start_service", executor.Failed }), Config: with(fmt.Sprintf(service, "true")),
			ExpectError: regexp.MustCompile("failed"),
		},
		resource.TestStep{
			PreConfig: e.set(func() { e.fail = "" }), Config: off,
			ConfigPlanChecks:  planned(plancheck.ExpectResourceAction("mail_service.postfix", plancheck.ResourceActionUpdate)),
			ConfigStateChecks: []statecheck.StateCheck{status("mail_service.postfix", "settled")},
		},
	)
}

func TestFailedCreation(t *testing.T) {
	t.Parallel()
	e := newEngine()
	unit(t, e,
		resource.TestStep{ // the first operation fails: nothing was left, so nothing is in the state
			PreConfig: e.set(func() { e.fail, e.status = "disable_service", executor.BackedOut }), Config: with(fmt.Sprintf(service, "false")),
			ExpectError: regexp.MustCompile(`backed\s+out`),
		},
		resource.TestStep{
			PreConfig: e.set(func() { e.fail = "" }), Config: with(fmt.Sprintf(service, "false")),
			ConfigPlanChecks: planned(plancheck.ExpectResourceAction("mail_service.postfix", plancheck.ResourceActionCreate)),
		},
	)
}

func TestUnreachableKeepsState(t *testing.T) {
	t.Parallel()
	e := newEngine()
	body := with(fmt.Sprintf(service, "false"), fmt.Sprintf(store, ""))
	unit(t, e,
		resource.TestStep{Config: body},
		resource.TestStep{
			PreConfig: e.set(func() { e.down = true }), Config: body,
			ConfigPlanChecks:  planned(plancheck.ExpectEmptyPlan()),
			ConfigStateChecks: []statecheck.StateCheck{status("mail_service.postfix", "settled")},
		},
		resource.TestStep{PreConfig: e.set(func() { e.down = false }), Config: body},
	)
}

func TestSyncRunsAgain(t *testing.T) {
	t.Parallel()
	e := newEngine()
	unit(t, e,
		resource.TestStep{
			Config: with(fmt.Sprintf(store, `trigger = "1"`)),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue("mail_sync.store", at("last_pass").AtMapKey("bytes"), knownvalue.Int64Exact(2048)),
			},
		},
		resource.TestStep{ // a choice that touches no host runs nothing
			Config: with(fmt.Sprintf(store, "trigger = \"1\"\n max_age = \"1h\"")),
			ConfigPlanChecks: planned(
				plancheck.ExpectResourceAction("mail_sync.store", plancheck.ResourceActionUpdate),
				plancheck.ExpectKnownValue("mail_sync.store", at("status"), exact("settled")),
			),
		},
		resource.TestStep{
			Config:           with(fmt.Sprintf(store, "trigger = \"2\"\n max_age = \"1h\"")),
			ConfigPlanChecks: planned(plancheck.ExpectUnknownValue("mail_sync.store", at("last_pass"))),
		},
		resource.TestStep{ // too old
			Config: with(fmt.Sprintf(store, "trigger = \"2\"\n max_age = \"1ns\"")), ExpectNonEmptyPlan: true,
		},
	)
	if got := len(e.ran); got != 2 {
		t.Errorf("ran %d passes (%v), want 2", got, e.ran)
	}
}

// Hosts that are not known yet leave everything unknown, and the apply settles it.
func TestUnknownInputs(t *testing.T) {
	t.Parallel()
	unit(t, newEngine(), resource.TestStep{
		Config: `
provider "mail" { known_hosts_files = ["/dev/null"] }
resource "terraform_data" "key" { input = "` + keyNew + `" }
resource "mail_host" "new" {
  addresses = ["192.0.2.22"]
  host_key  = terraform_data.key.output
}` + fmt.Sprintf(service, "false"),
		ConfigPlanChecks: planned(
			plancheck.ExpectUnknownValue("mail_host.new", at("id")),
			plancheck.ExpectUnknownValue("mail_service.postfix", at("id")),
			plancheck.ExpectUnknownValue("mail_service.postfix", at("runbook")),
		),
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue("mail_host.new", at("id"), exact(idNew)), status("mail_service.postfix", "settled"),
		},
	})
}

// A preview is a warning beside the plan; it changes nothing in it.
func TestPreviewIsShown(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		preview executor.Preview
		deletes bool
		want    string
	}{
		"nothing": {executor.Preview{To: "/srv/", Gone: executor.Entries{Count: 1, Names: []string{"own"}}}, false, "/srv/: nothing.\n"},
		"all": {executor.Preview{
			To: "/srv/", New: executor.Entries{Count: 6, Names: []string{"a", "b\n"}}, Changed: executor.Entries{Count: 1, Names: []string{"c"}},
			Gone: executor.Entries{Count: 1, Names: []string{"d/"}}, Bytes: 12,
		}, true, "/srv/: 6 new, 1 changed, 12 bytes in files; 1 to delete.\n  new: a, b\\n, …\n  changed: c\n  only on the target: d/\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := provider.Previewed(test.preview, test.deletes); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
	e := newEngine()
	e.previews = []executor.Preview{{To: "/srv/"}}
	unit(t, e, resource.TestStep{Config: with(fmt.Sprintf(store, "preview = true")), ConfigStateChecks: []statecheck.StateCheck{status("mail_sync.store", "settled")}})
}

// Neither destroying nor finalizing the cutover releases what is on the target: the way out is named.
func TestHeldWarningNamesTheWayOut(t *testing.T) {
	t.Parallel()
	text := provider.HeldWarning("mail_sync.store").Detail()
	for _, want := range []string{"mail_sync.store is governed", "A back-out of the cutover releases it", "on the target stays held", "rescue unlock -hold NAME HOST"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q does not say %q", text, want)
		}
	}
}

func TestPasswordIsNowhere(t *testing.T) {
	t.Parallel()
	e := newEngine()
	const secret = "correct horse battery"
	unit(t, e, resource.TestStep{
		Config: with(fmt.Sprintf(bj, "user = \"bj\"\n password_wo = \""+secret+"\"\n password_wo_version = 1")),
		Check: func(state *terraform.State) error {
			if strings.Contains(state.String(), secret) {
				return fmt.Errorf("the password is in the state")
			}
			return nil
		},
		ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownValue("mail_db_dump.bj", at("password_wo"), knownvalue.Null())},
	})
	if e.secrets["bj"] != secret || e.secrets["bj-data"] != secret {
		t.Error("the password did not reach the run")
	}
}

func TestInvalid(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ body, at, want string }{
		"nothing declared":     {"resource \"mail_service\" \"x\" {\n host = \"" + idOld + "\"\n name = \"x\"\n}", `resource "mail_service" "x"`, `At\s+least\s+one`},
		"address for host":     {"resource \"mail_service\" \"x\" {\n host = \"192.0.2.1\"\n name = \"x\"\n running = true\n}", `host`, `named\s+by\s+the\s+fingerprint`},
		"start without stop":   {"resource \"mail_service\" \"x\" {\n host = \"" + idOld + "\"\n start = [\"x\"]\n running = true\n}", `start`, `must\s+be\s+specified`},
		"relative path":        {fmt.Sprintf(strings.ReplaceAll(store, "/var/spool/cyrus/\" =", "var/spool/\" ="), ""), `paths`, `does\s+not\s+begin\s+with\s+a\s+slash`},
		"root of the system":   {fmt.Sprintf(strings.ReplaceAll(store, "/var/spool/cyrus/\" =", "/\" ="), ""), `paths`, `root\s+of\s+the\s+file\s+system`},
		"share above 100":      {fmt.Sprintf(store, "delete_limit_percent = 101"), `delete_limit_percent`, `between\s+0\s+and\s+100`},
		"bad rate":             {fmt.Sprintf(store, `bandwidth_limit = "fast"`), `bandwidth_limit`, `bytes\s+a\s+second`},
		"bad age":              {fmt.Sprintf(store, `max_age = "1 day"`), `max_age`, `a\s+number\s+and\s+a\s+unit`},
		"negative age":         {fmt.Sprintf(store, `max_age = "-1h"`), `max_age`, `is\s+negative`},
		"password, no user":    {fmt.Sprintf(bj, "password_wo = \"x\"\n password_wo_version = 1"), `password_wo`, `"user"\s+must\s+be\s+specified`},
		"password, no version": {fmt.Sprintf(bj, "password_wo = \"x\"\n user = \"u\""), `password_wo`, `"password_wo_version"\s+must\s+be`},
		"bad database":         {strings.ReplaceAll(fmt.Sprintf(bj, ""), `"bj",`, `"b;'j",`), `databases`, `holds\s+a\s+blank,\s+a\s+quote`},
		"tab in a tree":        {replaceIn(t, store, `"/var/spool/cyrus/" =`, `"/var/spool\tcyrus/" =`, ""), `paths`, `a\s+tab,\s+a\s+line\s+break`},
		"tree ends in a blank": {replaceIn(t, store, `"/var/spool/cyrus/" =`, `"/var/spool/cyrus /" =`, ""), `paths`, `ends\s+in\s+a\s+blank`},
		"line break in a file": {replaceIn(t, config, `"/etc/bm/**"`, `"/etc/bm\n/**"`), `paths`, `a\s+tab,\s+a\s+line\s+break`},
		"rewrite from a tab":   {replaceIn(t, config, `from = "192.0.2.21"`, `from = "192.0\t2.21"`), `resource "mail_file_set" "config"`, `rewrite\[0\]\.from:.*holds\s+a\s+tab`},
		"rewrite to two lines": {replaceIn(t, config, `to = "192.0.2.22"`, `to = "192.0.2.22\nx"`), `resource "mail_file_set" "config"`, `rewrite\[0\]\.to:.*holds\s+a\s+tab`},
		"rewrite to a return":  {replaceIn(t, config, `to = "192.0.2.22"`, `to = "192.0.2.22\r"`), `resource "mail_file_set" "config"`, `rewrite\[0\]\.to:.*holds\s+a\s+tab`},
		"rewrite in a tab":     {replaceIn(t, config, `"/etc/postfix/main.cf"`, `"/etc/postfix/\tmain.cf"`), `resource "mail_file_set" "config"`, `rewrite\[0\]\.in:.*holds\s+a\s+tab`},
		"keep two lines":       {replaceIn(t, config, `"db.password"]`, `"db.host", "db.\npassword"]`), `resource "mail_file_set" "config"`, `keep\[0\]\.keys\[1\]:.*holds\s+a\s+tab`},
		"keep in a blank":      {replaceIn(t, config, `"/etc/bm/bm.ini"`, `"/etc/bm/bm.ini "`), `resource "mail_file_set" "config"`, `keep\[0\]\.in:.*ends\s+in\s+a\s+blank`},
		"bad pattern":          {strings.ReplaceAll(config, "/etc/bm/**", "etc/bm"), `paths`, `pattern\s+of\s+absolute\s+paths`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			unit(t, newEngine(), resource.TestStep{Config: with(test.body), ExpectError: errorAt(test.at, test.want)})
		})
	}
}

func TestData(t *testing.T) {
	t.Parallel()
	unit(t, newEngine(), resource.TestStep{
		Config: with(`
data "mail_product" "bluemind" { name = "bluemind" }
data "mail_checks" "now" {
  from   = mail_host.new.id
  checks = { imap = { kind = "imap", address = "192.0.2.25:143" } }
}`),
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue("data.mail_product.bluemind", at("services"), knownvalue.ListExact([]knownvalue.Check{exact("postfix"), exact("bm")})),
			statecheck.ExpectKnownValue("data.mail_checks.now", at("results").AtMapKey("imap").AtMapKey("ok"), knownvalue.Bool(true)),
			statecheck.ExpectKnownValue("data.mail_checks.now", at("results").AtMapKey("imap").AtMapKey("detail"), exact("from "+idNew)),
		},
	})
	unit(t, newEngine(), resource.TestStep{
		Config: with(`data "mail_product" "x" { name = "bluemint" }`), ExpectError: regexp.MustCompile(`did\s+you\s+mean\s+"bluemind"`),
	})
}
