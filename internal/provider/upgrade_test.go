package provider_test

import (
	"crypto/sha256"
	"encoding/base64"
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
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/plan"
)

const upgrade = "mail_upgrade.cpms"

// hostKey is a key for a host of these tests; nobody has its private part.
func hostKey(name string) string {
	blob := append([]byte("\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x20"), []byte(fmt.Sprintf("%-32s", name))...)
	return "ssh-ed25519 " + base64.StdEncoding.EncodeToString(blob)
}

// cluster is ITESM's hosts, and one with its account services.
func cluster() string {
	text := "provider \"mail\" {\n  known_hosts_files = [\"/dev/null\"]\n}\n"
	for i, name := range []string{"mailconf1", "mailconf2", "mailserver1", "mailserver2", "mailserver3", "portal"} {
		text += fmt.Sprintf("resource \"mail_host\" %q {\n  addresses = [\"192.0.2.%d\"]\n  host_key = %q\n}\n", name, 31+i, hostKey(name))
	}
	return text
}

const itesmUpgrade = `
resource "mail_upgrade" "cpms" {
  name    = "cpms-2004"
  product = "cpms"
  version = "6.7"
  hosts = {
    mailconf1   = { id = mail_host.mailconf1.id, role = "config", active = false, strategy = "in_place" }
    mailconf2   = { id = mail_host.mailconf2.id, role = "config", active = true, strategy = "in_place" }
    mailserver1 = { id = mail_host.mailserver1.id, role = "mta" }
    mailserver2 = { id = mail_host.mailserver2.id, role = "mta" }
    mailserver3 = { id = mail_host.mailserver3.id, role = "mta" }
  }
  hops       = ["7.0", "7.1"]
  quiesce    = [{ host = mail_host.portal.id, service = "account-creation" }, { host = mail_host.portal.id, service = "wssp" }]
  backup     = { paths = ["/opt/criticalpath/nfs/data", "/etc/nplex"], directory = "/var/backups/mail" }
  storage    = { device = "/dev/vdb1", path = "/opt/criticalpath/nfs", previous_path = "/opt/criticalpath/nfs.old", copy = ["data/", "logs/"] }
  switch_to  = "mailconf1"
  jobs       = [{ host = mail_host.mailconf1.id, command = ["cpmsctl", "rebuild"], before_open = false }]
  checks     = {}
  estimates  = { quiesce = "10m", stop = "20m", backup = "30m", mount = "5m", copy = "30m", install = "60m", start = "20m", recover = "40m", switch = "40m", validate = "40m", jobs = "390m", verify = "20m" }
  on_failure = { action = "back_out" }
  window     = { not_before = "2004-12-27T09:00:00Z", outage_budget = "8h" }
  on_destroy = "refuse"
}`

// cpms is the whole configuration, with texts replaced, in pairs.
func cpms(t *testing.T, pairs ...string) string {
	t.Helper()
	body := itesmUpgrade
	for i := 0; i+1 < len(pairs); i += 2 {
		body = replaceIn(t, strings.ReplaceAll(body, "%", "%%"), pairs[i], pairs[i+1])
	}
	return cluster() + body
}

func atVersion(t *testing.T, version string, pairs ...string) string {
	t.Helper()
	return cpms(t, append([]string{`version = "6.7"`, `version = "` + version + `"`}, pairs...)...)
}

// at67 has version 6.7 on all hosts, as every double has.
func at67() *engine { return newEngine() }

func upgradeValue(name string, check knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(upgrade, at(name), check)
}

func names(list ...string) knownvalue.Check {
	checks := make([]knownvalue.Check, len(list))
	for i, name := range list {
		checks[i] = exact(name)
	}
	return knownvalue.ListExact(checks)
}

// Declared as found, upgraded in one apply, with the document's outage in the plan; then drift is found and mended, and destroying forgets.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	e := at67()
	unit(t, e,
		resource.TestStep{
			Config: cpms(t),
			ConfigPlanChecks: planned(plancheck.ExpectKnownValue(upgrade, at("runbook"), knownvalue.ListPartial(map[int]knownvalue.Check{
				0: exact("01 write down on mailconf2 that 6.7 serves (undo: write down what served before)"),
			}))),
			ConfigStateChecks: []statecheck.StateCheck{
				status(upgrade, "settled"), upgradeValue("id", exact("cpms-2004")), upgradeValue("active_hosts", names("mailconf2", "mailserver1", "mailserver2", "mailserver3")),
			},
		},
		resource.TestStep{Config: cpms(t), ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan())},
		resource.TestStep{
			Config: atVersion(t, "7.1"),
			ConfigPlanChecks: planned(
				plancheck.ExpectResourceAction(upgrade, plancheck.ResourceActionUpdate), plancheck.ExpectKnownValue(upgrade, at("predicted_outage"), exact("6h10m0s")),
				capture{t: t, name: "upgrade.txt", want: map[string]plan.Action{upgrade: plan.Update}},
			),
			ConfigStateChecks: []statecheck.StateCheck{
				status(upgrade, "settled"), upgradeValue("version", exact("7.1")), upgradeValue("active_hosts", names("mailconf1", "mailserver1", "mailserver2", "mailserver3")),
				upgradeValue("reversible", knownvalue.StringRegexp(regexp.MustCompile("^no: 7.1 serves"))),
			},
		},
		resource.TestStep{Config: atVersion(t, "7.1"), ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan())},
		resource.TestStep{
			PreConfig: e.set(func() { e.stopped[hostID("mailserver2")+"/cpms-mta"] = true }), Config: atVersion(t, "7.1"),
			ConfigPlanChecks: planned(plancheck.ExpectKnownValue(upgrade, at("runbook"), knownvalue.ListPartial(map[int]knownvalue.Check{
				0: exact("01 start cpms-mta on mailserver2 (undo: stop it)"),
			}))),
			ConfigStateChecks: []statecheck.StateCheck{status(upgrade, "settled")},
		},
		resource.TestStep{
			PreConfig: e.set(func() { e.versions[hostID("mailserver3")] = "7.0" }), Config: atVersion(t, "7.1"),
			ExpectError: regexp.MustCompile(`(?s)Another version is installed.*mailserver3\s+version\s+7\.0\s+is\s+installed`),
		},
	)
}

// hostID is the fingerprint by which a host is known.
func hostID(name string) string {
	blob, err := base64.StdEncoding.DecodeString(strings.Fields(hostKey(name))[1])
	if err != nil {
		return err.Error()
	}
	sum := sha256.Sum256(blob)
	return "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:])
}

// A proof that fails after a hop takes that hop back: the state says what serves then, and the next apply makes the rest.
func TestUpgradeTakenBack(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ fails, serves string }{{"prove_hop.mailconf2.7.0.7.0", "6.7"}, {"prove_hop.mailconf2.7.1.7.1", "7.0"}} {
		t.Run(c.serves, func(t *testing.T) {
			t.Parallel()
			e := at67()
			unit(t, e,
				resource.TestStep{Config: cpms(t)},
				resource.TestStep{
					PreConfig: e.set(func() { e.fail, e.status = c.fails, executor.BackedOut }), Config: atVersion(t, "7.1"),
					ExpectError: regexp.MustCompile(`(?s)mail_upgrade.cpms-2004 failed and was backed out.*prove that`),
				},
				resource.TestStep{
					PreConfig: e.set(func() { e.fail = "" }), Config: atVersion(t, "7.1"),
					ConfigPlanChecks: planned(plancheck.ExpectKnownValue(upgrade, at("runbook"), knownvalue.NotNull())),
					ConfigStateChecks: []statecheck.StateCheck{
						status(upgrade, "settled"), upgradeValue("version", exact("7.1")),
						statecheck.ExpectKnownValue(upgrade, at("last_run").AtMapKey("run"), exact("mail_upgrade.cpms-2004.to-7.1")),
					},
				},
			)
			e.mu.Lock()
			defer e.mu.Unlock()
			if made := e.done[hostID("mailconf2")+"/install_version.mailconf2.7.0.7.0"]; e.serves != "7.1" || !made {
				t.Errorf("serves %s; ran %q", e.serves, e.ran)
			}
		})
	}
}

// The state after a hop was taken back names the version that serves, not the one that was declared.
func TestUpgradeStateAfterOneHop(t *testing.T) {
	t.Parallel()
	e := at67()
	unit(t, e,
		resource.TestStep{Config: cpms(t)},
		resource.TestStep{
			PreConfig: e.set(func() { e.fail, e.status = "prove_hop.mailconf2.7.1.7.1", executor.BackedOut }), Config: atVersion(t, "7.1"),
			ExpectError: regexp.MustCompile("backed out"),
		},
		resource.TestStep{
			RefreshState: true, ExpectNonEmptyPlan: true,
			Check: func(s *terraform.State) error {
				if got := s.RootModule().Resources[upgrade].Primary.Attributes["version"]; got != "7.0" {
					return fmt.Errorf("version %s", got)
				}
				return nil
			},
		},
		resource.TestStep{
			PreConfig: e.set(func() { e.fail = "" }), Config: atVersion(t, "7.1"),
			ConfigStateChecks: []statecheck.StateCheck{upgradeValue("version", exact("7.1"))},
		},
	)
}

// What fails once the service is open is repeated, and nothing else.
func TestUpgradeRest(t *testing.T) {
	t.Parallel()
	e := at67()
	unit(t, e,
		resource.TestStep{Config: cpms(t)},
		resource.TestStep{
			PreConfig: e.set(func() { e.fail, e.status = "start_job", executor.Unsettled }), Config: atVersion(t, "7.1"),
			ExpectError: regexp.MustCompile(`(?s)took effect, but something is left to do`),
		},
		resource.TestStep{
			PreConfig: e.set(func() { e.fail = "" }), Config: atVersion(t, "7.1"),
			ConfigStateChecks: []statecheck.StateCheck{
				status(upgrade, "settled"), upgradeValue("version", exact("7.1")),
				statecheck.ExpectKnownValue(upgrade, at("last_run").AtMapKey("run"), exact("mail_upgrade.cpms-2004.to-7.1.rest")),
			},
		},
	)
}

// At creation version is what is found.
func TestUpgradeCreationNeverUpgrades(t *testing.T) {
	t.Parallel()
	unit(t, at67(), resource.TestStep{Config: atVersion(t, "7.1"), ExpectError: regexp.MustCompile(`(?s)Not the version that serves.*version 6\.7 is\s+installed, not 7\.1.*version = "6\.7"`)})
}

// Bad input is an error of the plan, at its attribute.
func TestUpgradeRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		version  string
		pairs    []string
		at, want string
	}{
		"unknown hop":         {"7.2", []string{`hops       = ["7.0", "7.1"]`, `hops = ["7.0", "7.2"]`}, "hops", `knows no hop from 7\.0 to 7\.2\..*6\.7 → 7\.0,\s+7\.0\s+→\s+7\.1`},
		"skipped hop":         {"7.1", []string{`hops       = ["7.0", "7.1"]`, `hops = ["7.1"]`}, "hops", `knows no hop from 6\.7 to\s+7\.1`},
		"not a hop":           {"8.0", nil, "version", `8\.0 is none of hops.*6\.7 → 7\.0`},
		"no path":             {"8.0", []string{`hops       = ["7.0", "7.1"]`, ``}, "version", `no upgrade leads from 6\.7 to\s+8\.0.*7\.0 → 7\.1`},
		"role without hosts":  {"7.1", []string{`role = "config", active = true`, `role = "config", active = false`}, "hosts", `no active host has the role\s+config`},
		"unknown role":        {"7.1", []string{`mailserver3.id, role = "mta"`, `mailserver3.id, role = "mmp"`}, "hosts", `has no role "mmp"; its roles are config,\s+mta`},
		"forbidden strategy":  {"7.1", []string{`active = false, strategy = "in_place"`, `active = false, strategy = "side_by_side"`}, "hosts", `side_by_side\s+is\s+not\s+allowed;\s+in_place\s+is,\s+because`},
		"backup inside":       {"7.1", []string{`directory = "/var/backups/mail"`, `directory = "/etc/nplex/backups"`}, "backup", `/etc/nplex/backups lies inside /etc/nplex`},
		"backup out of sight": {"7.1", []string{`directory = "/var/backups/mail"`, `directory = "/opt/criticalpath/nfs/backups"`}, "backup", `lies on the\s+file\s+system\s+that\s+storage\s+replaces`},
		"missing estimate":    {"7.1", []string{`install = "60m", `, ``}, "estimates", `how long\s+install\s+takes\s+is\s+not\s+declared`},
		"unknown standby":     {"7.1", []string{`switch_to  = "mailconf1"`, `switch_to = "mailconf3"`}, "switch_to", `"mailconf3" is none of\s+hosts`},
		"standby of a role":   {"7.1", []string{`switch_to  = "mailconf1"`, `switch_to = "mailserver1"`}, "switch_to", `one host of the role\s+config`},
		"nested paths":        {"7.1", []string{`previous_path = "/opt/criticalpath/nfs.old"`, `previous_path = "/opt/criticalpath/nfs/old"`}, "storage", `lie in each\s+other`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			unit(t, at67(),
				resource.TestStep{Config: cpms(t)},
				resource.TestStep{Config: atVersion(t, c.version, c.pairs...), ExpectError: errorAt(c.at, c.want)},
			)
		})
	}
}

// A negative estimate is refused before anything else is looked at.
func TestUpgradeNegativeEstimate(t *testing.T) {
	t.Parallel()
	unit(t, at67(), resource.TestStep{Config: cpms(t, `stop = "20m"`, `stop = "-20m"`), PlanOnly: true, ExpectError: regexp.MustCompile(`estimates\.stop: "-20m" is not a duration: it is negative`)})
}

// A device that is missing, or mounted elsewhere, is an error of the plan; that something is mounted at the path now is not.
func TestUpgradeDevice(t *testing.T) {
	t.Parallel()
	e := at67()
	unit(t, e,
		resource.TestStep{Config: cpms(t)},
		resource.TestStep{
			PreConfig: e.set(func() {
				e.obstacles = []string{"path: /dev/vda1 (ext4) is mounted at /opt/criticalpath/nfs, not /dev/vdb1 (auto)"}
			}),
			Config: atVersion(t, "7.1"), PlanOnly: true, ExpectNonEmptyPlan: true,
		},
		resource.TestStep{
			PreConfig: e.set(func() { e.obstacles = []string{"device: there is no block device /dev/vdb1. Next: attach it"} }),
			Config:    atVersion(t, "7.1"), ExpectError: errorAt("storage", `there is no block device\s+/dev/vdb1`),
		},
	)
}

// Too early for the window nothing begins.
func TestUpgradeTooEarly(t *testing.T) {
	t.Parallel()
	unit(t, at67(),
		resource.TestStep{Config: cpms(t)},
		resource.TestStep{Config: atVersion(t, "7.1", `2004-12-27T09:00:00Z`, `2999-12-27T09:00:00Z`), ExpectError: regexp.MustCompile(`Too early for the window`)},
	)
}

// A halted hop is gone on with, or, destroying, refused, taken back or forgotten.
func TestUpgradeDestroy(t *testing.T) {
	t.Parallel()
	for onDestroy, undone := range map[string]int{"back_out": 1, "forget": 0} {
		t.Run(onDestroy, func(t *testing.T) {
			t.Parallel()
			e := at67()
			choice := []string{`on_destroy = "refuse"`, `on_destroy = "` + onDestroy + `"`}
			unit(t, e,
				resource.TestStep{Config: cpms(t, choice...)},
				resource.TestStep{
					PreConfig: e.set(func() { e.fail, e.status = "prove_hop", executor.Failed }), Config: atVersion(t, "7.1", choice...),
					ExpectError: regexp.MustCompile("mail_upgrade.cpms-2004 failed"),
				},
				resource.TestStep{Config: atVersion(t, "7.1", choice...), Destroy: true},
			)
			if len(e.undone) != undone || undone == 1 && e.undone[0] != "mail_upgrade.cpms-2004.to-7.1" {
				t.Errorf("undid %q", e.undone)
			}
		})
	}
	t.Run("refuse", func(t *testing.T) {
		t.Parallel()
		e := at67()
		unit(t, e,
			resource.TestStep{Config: cpms(t)},
			resource.TestStep{
				PreConfig: e.set(func() { e.fail, e.status = "prove_hop", executor.Halted }), Config: atVersion(t, "7.1"), ExpectError: regexp.MustCompile("halted"),
			},
			resource.TestStep{PreConfig: e.set(func() { e.fail = "" }), Config: atVersion(t, "7.1"), Destroy: true, ExpectError: regexp.MustCompile(`not destroyed while it\s+is not at its\s+end`)},
			resource.TestStep{Config: atVersion(t, "7.1")},
		)
	})
}

func TestUpgradeImport(t *testing.T) {
	t.Parallel()
	unit(t, at67(),
		resource.TestStep{Config: cpms(t)},
		resource.TestStep{ResourceName: upgrade, ImportState: true, ImportStateId: "cpms-2004,extra", ExpectError: regexp.MustCompile("name of the upgrade alone")},
		resource.TestStep{Config: strings.ReplaceAll(cpms(t), "resource \"mail_upgrade\" \"cpms\"", "import {\n  to = mail_upgrade.again\n  id = \"cpms-2004\"\n}\nremoved {\n  from = mail_upgrade.cpms\n  lifecycle {\n    destroy = false\n  }\n}\nresource \"mail_upgrade\" \"again\""), ConfigStateChecks: []statecheck.StateCheck{
			status("mail_upgrade.again", "settled"), statecheck.ExpectKnownValue("mail_upgrade.again", at("version"), exact("6.7")),
		}},
	)
}
