package provider_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/check"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
)

const zones = `
resource "mail_dns_ttl" "zones" {
  host       = mail_host.new.id
  zone_files = { "example.org" = "/etc/bind/db.example.org", "2.0.192.in-addr.arpa." = "/etc/bind/db.192.0.2" }
  ttl        = %s
}`

func ttlReports(effective, previous string) map[string]string {
	return map[string]string{"set_ttl.effective": effective, "set_ttl.previous": previous}
}

func TestDNSTTL(t *testing.T) {
	t.Parallel()
	const address = "mail_dns_ttl.zones"
	value := func(name string, check knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue(address, at(name), check)
	}
	previous := knownvalue.MapExact(map[string]knownvalue.Check{"example.org": knownvalue.Int64Exact(3600), "2.0.192.in-addr.arpa": knownvalue.Int64Exact(3600)})
	e := newEngine()
	e.results = ttlReports("2026-11-22T05:00:00Z", "3600")
	unit(t, e,
		resource.TestStep{
			Config:            with(fmt.Sprintf(zones, "300")),
			ConfigPlanChecks:  planned(plancheck.ExpectUnknownValue(address, at("effective_at")), plancheck.ExpectUnknownValue(address, at("previous"))),
			ConfigStateChecks: []statecheck.StateCheck{status(address, "settled"), value("effective_at", exact("2026-11-22T05:00:00Z")), value("previous", previous)},
		},
		resource.TestStep{Config: with(fmt.Sprintf(zones, "300")), ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan())},
		resource.TestStep{ // a failure leaves what was reached
			PreConfig: e.set(func() { e.fail, e.status = "set_ttl", executor.BackedOut }), Config: with(fmt.Sprintf(zones, "600")), ExpectError: regexp.MustCompile(`backed\s+out`),
		},
		resource.TestStep{
			PreConfig: e.set(func() { e.fail, e.results = "", ttlReports("2026-11-22T06:00:00Z", "3600") }), Config: with(fmt.Sprintf(zones, "600")),
			ConfigPlanChecks:  planned(plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate), plancheck.ExpectUnknownValue(address, at("effective_at"))),
			ConfigStateChecks: []statecheck.StateCheck{value("effective_at", exact("2026-11-22T06:00:00Z")), value("previous", previous)},
		},
		resource.TestStep{ // other zones: these are put back first
			Config:           with(replaceIn(t, zones, "/etc/bind/db.192.0.2", "/etc/bind/db.192", "600")),
			ConfigPlanChecks: planned(plancheck.ExpectResourceAction(address, plancheck.ResourceActionDestroyBeforeCreate)),
		},
	)
	if len(e.undone) != 2 {
		t.Errorf("undone %v, want two runs", e.undone)
	}
}

// Where nothing on the host can ask, the provider does: what is served otherwise is drift.
func TestDNSTTLAsks(t *testing.T) {
	t.Parallel()
	const address = "mail_dns_ttl.zones"
	e := newEngine()
	e.reports = map[string]string{"set_ttl.asked": "no", "set_ttl.at": "192.0.2.53", "set_ttl.serial": "7", "set_ttl.ttl": "300"}
	answers := func(ttl string) map[string]check.Result {
		return map[string]check.Result{
			"set_ttl.host.example.org":          {OK: true, Detail: "example.org. SOA ns.example.org. h.example.org. 7 3600 900 604800 300, ttl " + ttl},
			"set_ttl.host.2.0.192.in-addr.arpa": {OK: true, Detail: "2.0.192.in-addr.arpa. SOA ns. h. 7 3600 900 604800 300, ttl 300"},
		}
	}
	e.answers = answers("3600")
	drift := knownvalue.ListExact([]knownvalue.Check{exact("zone example.org: the server answers serial 7 with TTL 3600, and /etc/bind/db.example.org says serial 7 with TTL 300")})
	unit(t, e,
		resource.TestStep{
			Config: with(fmt.Sprintf(zones, "300")), ExpectNonEmptyPlan: true,
			ConfigStateChecks: []statecheck.StateCheck{status(address, "drifted"), statecheck.ExpectKnownValue(address, at("drift"), drift)},
		},
		resource.TestStep{
			PreConfig: e.set(func() { e.answers = answers("300") }), Config: with(fmt.Sprintf(zones, "300")),
			ConfigStateChecks: []statecheck.StateCheck{status(address, "settled")},
		},
		resource.TestStep{
			PreConfig: e.set(func() {
				e.answers = map[string]check.Result{"set_ttl.host.example.org": {Detail: "refused by 192.0.2.53:53"}}
			}),
			RefreshState: true, ExpectNonEmptyPlan: true,
		},
	)
}

func TestDNSTTLRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ old, new, want string }{
		"a shared file":   {"/etc/bind/db.192.0.2", "/etc/bind/db.example.org", `(?s)zone_files.*a file of its own`},
		"a zone twice":    {"2.0.192.in-addr.arpa.", "example.org.", `(?s)zone_files.*declared twice`},
		"no zone's name":  {"2.0.192.in-addr.arpa.", "-d x", `(?s)zone_files.*the name of a zone`},
		"a relative file": {"/etc/bind/db.192.0.2", "db", `(?s)zone_files.*absolute path`},
		"a negative TTL":  {"= 300", "= -1", `(?s)ttl.*between 0 and 2147483647`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			unit(t, newEngine(), resource.TestStep{Config: with(replaceIn(t, fmt.Sprintf(zones, "300"), test.old, test.new)), ExpectError: regexp.MustCompile(test.want)})
		})
	}
}
