package provider_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
)

func at(name string) tfjsonpath.Path { return tfjsonpath.New(name) }

func exact(text string) knownvalue.Check { return knownvalue.StringExact(text) }

func TestHostIsItsKey(t *testing.T) {
	t.Parallel()
	unit(t, newEngine(),
		resource.TestStep{
			Config: hosts,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectKnownValue("mail_host.old", at("id"), exact(idOld)),
				plancheck.ExpectUnknownValue("mail_host.old", at("facts")),
			}},
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue("mail_host.old", at("id"), exact(idOld)),
				statecheck.ExpectKnownValue("mail_host.old", at("status"), exact("settled")),
				statecheck.ExpectKnownValue("mail_host.old", at("facts").AtMapKey("hostname"), exact("h")),
				statecheck.ExpectKnownValue("mail_host.old", at("runbook"), knownvalue.ListSizeExact(0)),
				statecheck.ExpectKnownValue("mail_host.old", at("drift"), knownvalue.ListSizeExact(0)),
				statecheck.ExpectKnownValue("mail_host.old", at("last_run"), knownvalue.Null()),
			},
		},
		resource.TestStep{ // other addresses are the same host
			Config: strings.Replace(hosts, `["192.0.2.21"]`, `["192.0.2.121", "old.example.org"]`, 1),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction("mail_host.old", plancheck.ResourceActionUpdate),
				plancheck.ExpectKnownValue("mail_host.old", at("id"), exact(idOld)),
				plancheck.ExpectKnownValue("mail_host.old", at("status"), exact("settled")),
				plancheck.ExpectKnownValue("mail_host.old", at("runbook"), knownvalue.ListSizeExact(0)),
				plancheck.ExpectKnownValue("mail_host.old", at("last_run"), knownvalue.Null()),
			}},
		},
	)
}

// Not beside others: what is kept of the host in the working directory is every test's.
func TestHostKeyFromKnownHosts(t *testing.T) {
	file := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.WriteFile(file, []byte("192.0.2.21 "+keyOld+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	config := `
provider "mail" { known_hosts_files = ["` + file + `"] }
resource "mail_host" "old" { addresses = ["192.0.2.21"] }`
	unit(t, newEngine(),
		resource.TestStep{
			Config:            config,
			ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownValue("mail_host.old", at("id"), exact(idOld))},
		},
		resource.TestStep{ResourceName: "mail_host.old", ImportState: true, ImportStateId: idOld, ImportStateVerify: true, ImportStateVerifyIgnore: []string{"timeouts"}},
		resource.TestStep{ResourceName: "mail_host.old", ImportState: true, ImportStateId: "192.0.2.21", ImportStateVerify: true, ImportStateVerifyIgnore: []string{"timeouts"}},
	)
}

func TestHostKeyNowhere(t *testing.T) {
	t.Parallel()
	unit(t, newEngine(), resource.TestStep{
		Config: `
provider "mail" { known_hosts_files = ["/nonexistent/known_hosts"] }
resource "mail_host" "old" { addresses = ["192.0.2.21"] }`,
		ExpectError: regexp.MustCompile(`(?s)Host key is not known.*/nonexistent/known_hosts`),
	})
}

func TestHostInvalid(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ body, at, want string }{
		"port in the address": {`addresses = ["192.0.2.21:22"]`, `addresses`, `port\s+has\s+an\s+attribute\s+of\s+its\s+own`},
		"no address":          {`addresses = []`, `addresses`, `at\s+least\s+1`},
		"port out of range":   {`addresses = ["h"]` + "\n" + `port = 70000`, `port`, `between\s+1\s+and\s+65535`},
		"bad key":             {`addresses = ["h"]` + "\n" + `host_key = "ssh-ed25519 nonsense"`, `host_key`, `(?s)Not a public key`},
		"bad jump":            {`addresses = ["h"]` + "\n" + `jump = "bastion:22"`, `jump`, `(?s)ssh://user@bastion`},
		"bad become":          {`addresses = ["h"]` + "\n" + `become = "su"`, `become`, `value\s+must\s+be\s+one\s+of`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			unit(t, newEngine(), resource.TestStep{
				Config:      "resource \"mail_host\" \"old\" {\n" + test.body + "\n}",
				ExpectError: errorAt(test.at, test.want),
			})
		})
	}
}

func TestHostDrift(t *testing.T) {
	t.Parallel()
	e := newEngine()
	unit(t, e,
		resource.TestStep{Config: hosts},
		resource.TestStep{ // nobody answers: the state stays, and nothing is planned
			PreConfig: e.set(func() { e.down = true }), Config: hosts, PlanOnly: true,
		},
		resource.TestStep{ // another key: an error on the addresses
			PreConfig: e.set(func() { e.down, e.key = false, true }), Config: hosts, PlanOnly: true,
			ExpectError: regexp.MustCompile("Another key answers"),
		},
		resource.TestStep{ // the machine was installed anew, with its old key: that is drift
			PreConfig: e.set(func() { e.key, e.machine = false, "m2" }), RefreshState: true, ExpectNonEmptyPlan: true,
			Check: resource.ComposeTestCheckFunc(
				resource.TestCheckResourceAttr("mail_host.old", "status", "drifted"),
				resource.TestMatchResourceAttr("mail_host.old", "drift.0", regexp.MustCompile("the machine id was m1 and is m2")),
				resource.TestCheckResourceAttr("mail_host.old", "runbook.#", "0"),
			),
		},
		resource.TestStep{ // applying takes it over
			Config: hosts,
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue("mail_host.old", at("facts").AtMapKey("machine_id"), exact("m2")),
				statecheck.ExpectKnownValue("mail_host.old", at("drift"), knownvalue.ListSizeExact(0)),
				statecheck.ExpectKnownValue("mail_host.old", at("status"), exact("settled")),
			},
		},
	)
}
