package provider_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/provider"
)

const cutover = "mail_cutover.bluemind"

// moving is a whole cutover with active as given and more attributes.
func moving(active string, more ...string) string {
	return with(fmt.Sprintf(store, ""), fmt.Sprintf(bj, ""), config) + fmt.Sprintf(`
resource "mail_cutover" "bluemind" {
  name    = "bluemind-2026"
  source  = mail_host.old.id
  target  = mail_host.new.id
  active  = %q
  product = "bluemind"
  syncs   = [mail_sync.store]
  dumps   = [mail_db_dump.bj]
  files   = [mail_file_set.config]
  identity = {
    mode         = "take_over"
    addresses    = ["192.0.2.25/24"]
    park_address = "192.0.2.121/24"
  }
  checks = {
    imap = { kind = "imap", address = "192.0.2.25:143", from = null, expect = null, timeout = "10s" }
  }
  jobs       = [{ host = mail_host.new.id, command = ["bm-cli", "maintenance", "run"], before_open = true }]
  estimates  = { stop = "20m", start = "20m" }
  window     = { outage_budget = "3h", confirm_within = "15m", drain = "10s" }
  on_failure = { action = "back_out", carry_back = "exact" }
  timeouts   = { update = "12h" }
  %s
}`, active, strings.Join(more, "\n  "))
}

func action(a plancheck.ResourceActionType) plancheck.PlanCheck {
	return plancheck.ExpectResourceAction(cutover, a)
}

func value(name string, check knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(cutover, at(name), check)
}

// end finalizes, so that the test case can destroy.
func end(more ...string) resource.TestStep {
	return resource.TestStep{Config: moving("target", append(more, "finalized = true")...)}
}

// The whole way: declared, moved, drifted, back, moved again, finalized.
func TestCutover(t *testing.T) {
	t.Parallel()
	e := newEngine()
	unit(t, e,
		resource.TestStep{
			Config:           moving("source"),
			ConfigPlanChecks: planned(action(plancheck.ResourceActionCreate), plancheck.ExpectKnownValue(cutover, at("runbook"), knownvalue.ListSizeExact(0))),
			ConfigStateChecks: []statecheck.StateCheck{
				status(cutover, "settled"), value("active_address", exact("192.0.2.25")), value("outage", knownvalue.Null()),
				value("id", exact("bluemind-2026,"+idOld+","+idNew)),
			},
		},
		resource.TestStep{
			Config: moving("target"),
			ConfigPlanChecks: planned(
				action(plancheck.ResourceActionUpdate),
				plancheck.ExpectKnownValue(cutover, at("predicted_outage"), knownvalue.StringRegexp(regexp.MustCompile(`^[0-9].*s$`))),
				plancheck.ExpectKnownValue(cutover, at("digest"), knownvalue.StringRegexp(regexp.MustCompile(`^sha256:`))),
				plancheck.ExpectKnownValue(cutover, at("runbook"), knownvalue.ListPartial(map[int]knownvalue.Check{10: knownvalue.NotNull()})),
			),
			ConfigStateChecks: []statecheck.StateCheck{
				status(cutover, "settled"), value("outage", exact("2.5s")), value("reversible", knownvalue.StringRegexp(regexp.MustCompile("until finalized"))),
				value("ledger", knownvalue.MapSizeExact(1)),
			},
		},
		resource.TestStep{Config: moving("target"), ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan())},
		resource.TestStep{Config: moving("source"), ConfigStateChecks: []statecheck.StateCheck{status(cutover, "settled")}},
		resource.TestStep{Config: moving("target")},
		end(),
		resource.TestStep{Config: moving("source", "finalized = true"), ExpectError: regexp.MustCompile(`way\s+back\s+has\s+been\s+given\s+up`)},
	)
}

func TestCutoverCreationNeverMoves(t *testing.T) {
	t.Parallel()
	e := newEngine()
	unit(t, e,
		resource.TestStep{Config: moving("target"), ExpectError: regexp.MustCompile(`(?s)Not the side that serves.*two\s+steps.*1\. active = "source".*2\. active = "target"`)},
		resource.TestStep{PreConfig: e.set(func() { e.serving = executor.Serving{Side: "both"} }), Config: moving("source"), ExpectError: regexp.MustCompile(`both`)},
	)
	for _, name := range e.ran {
		if strings.HasPrefix(name, "bluemind") {
			t.Errorf("%s was run", name)
		}
	}
}

func TestCutoverRefusals(t *testing.T) {
	t.Parallel()
	e := newEngine()
	other := func(from, to string) string { return strings.ReplaceAll(moving("target"), from, to) }
	unit(t, e,
		resource.TestStep{Config: moving("source")},
		resource.TestStep{Config: moving("source", "finalized = true"), ExpectError: regexp.MustCompile(`source serves`)},
		resource.TestStep{Config: moving("target", "finalized = true"), ExpectError: regexp.MustCompile(`Two steps at once`)},
		resource.TestStep{
			PreConfig: e.set(func() {
				e.findings = []executor.Finding{{Grade: "blocks", Code: "space", Summary: "Too little space", Detail: "1 GB is missing.", Next: "make room"}}
			}),
			Config: moving("target"), ExpectError: regexp.MustCompile(`(?s)Too little space \(space\).*Next: make room`),
		},
		resource.TestStep{PreConfig: e.set(func() { e.findings = nil }), Config: moving("target")},
		resource.TestStep{Config: other(`"bluemind-2026"`, `"other"`), ExpectError: regexp.MustCompile(`(?s)Not while the target serves.*name`)},
		resource.TestStep{Config: other(`syncs   = [mail_sync.store]`, ``), ExpectError: regexp.MustCompile(`(?s)Not while the target serves.*syncs`)},
		resource.TestStep{Config: hosts, ExpectError: regexp.MustCompile(`(?s)not destroyed while a way\s+back is open`)},
		resource.TestStep{Config: moving("target"), Taint: []string{cutover}, ExpectError: regexp.MustCompile(`(?s)not replaced while a way\s+back is open`)},
		resource.TestStep{Config: with(fmt.Sprintf(store, ""), fmt.Sprintf(bj, ""), config, "removed {\n from = mail_cutover.bluemind\n lifecycle { destroy = false }\n}")},
	)
}

// A move that backed out leaves the state with the side that serves; the next plan takes it up, or lets it be.
func TestCutoverBacksOut(t *testing.T) {
	t.Parallel()
	e := newEngine()
	unit(t, e,
		resource.TestStep{Config: moving("source")},
		resource.TestStep{
			PreConfig: e.set(func() { e.fail, e.status = "take_address", executor.BackedOut }), Config: moving("target"),
			ExpectError: regexp.MustCompile(`(?s)failed and was backed\s+out.*192\.0\.2\.21.*Next:`),
		},
		resource.TestStep{
			PreConfig: e.set(func() { e.fail = "" }), Config: moving("source"),
			ConfigPlanChecks:  planned(action(plancheck.ResourceActionUpdate)),
			ConfigStateChecks: []statecheck.StateCheck{status(cutover, "settled"), value("active", exact("source"))},
		},
		resource.TestStep{Config: moving("target")},
		end(),
	)
}

// What fails after the commit undoes nothing; the next apply goes on with that very move, and says what is left of it.
func TestCutoverRepeatsWhatFollowsTheCommit(t *testing.T) {
	t.Parallel()
	e := newEngine()
	left := func(last string) resource.TestStep {
		return resource.TestStep{
			PreConfig: e.set(func() { e.fail = "" }), Config: moving("target"),
			ConfigPlanChecks:  planned(action(plancheck.ResourceActionUpdate), plancheck.ExpectKnownValue(cutover, at("runbook"), knownvalue.ListPartial(map[int]knownvalue.Check{0: knownvalue.StringRegexp(regexp.MustCompile(last))}))),
			ConfigStateChecks: []statecheck.StateCheck{status(cutover, "settled"), value("active", exact("target"))},
		}
	}
	unit(t, e,
		resource.TestStep{Config: moving("source")},
		resource.TestStep{
			PreConfig: e.set(func() { e.fail, e.status = "retire_queue", executor.Unsettled }), Config: moving("target"),
			ExpectError: regexp.MustCompile(`(?s)something is left to\s+do.*Next:`),
		},
		left("leave the copies"),
		resource.TestStep{Config: moving("target"), ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan())},
		end(),
	)
	if diff := cmp.Diff([]string{"bluemind-2026.7"}, e.resumed); diff != "" {
		t.Errorf("runs that were gone on with (-want +got):\n%s", diff)
	}
}

// A move that was committed after the state was written is believed from the hosts' journals.
func TestCutoverBelievesTheHosts(t *testing.T) {
	t.Parallel()
	e := newEngine()
	unit(t, e,
		resource.TestStep{Config: moving("source")},
		resource.TestStep{
			PreConfig: e.set(func() { e.cut = "target" }), Config: moving("target"),
			ConfigPlanChecks:  planned(action(plancheck.ResourceActionNoop)),
			ConfigStateChecks: []statecheck.StateCheck{value("active", exact("target"))},
		},
		end(),
	)
}

// A move whose controller went after its commit is gone on with, by what the hosts say of it, though no run of the state tells of it: the plan shows what is left.
func TestCutoverTakesUpWhatItsControllerLeft(t *testing.T) {
	t.Parallel()
	e := newEngine()
	left := "move bluemind-2026.5 is committed and was not brought to its end: "
	unit(t, e,
		resource.TestStep{Config: moving("source")},
		resource.TestStep{
			PreConfig: e.set(func() {
				e.cut, e.left = "target", []string{"retire_queue.source", "close_access.source", "enable_service.target.bm"}
			}), Config: moving("target"),
			ConfigPlanChecks: planned(action(plancheck.ResourceActionUpdate), plancheck.ExpectKnownValue(cutover, at("runbook"), knownvalue.ListPartial(map[int]knownvalue.Check{
				0: knownvalue.StringRegexp(regexp.MustCompile("leave the copies")), 1: knownvalue.StringRegexp(regexp.MustCompile("close the access to the source")),
			}))),
			ConfigStateChecks: []statecheck.StateCheck{
				status(cutover, "settled"), value("active", exact("target")), value("drift", knownvalue.ListSizeExact(0)), value("outage", exact("3.5s")),
				value("last_run", knownvalue.ObjectPartial(map[string]knownvalue.Check{"run": exact("bluemind-2026.5")})),
				value("ledger", knownvalue.MapExact(map[string]knownvalue.Check{"queue": exact("1 undelivered messages taken along")})),
			},
		},
		resource.TestStep{Config: moving("target"), ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan())},
		resource.TestStep{
			PreConfig: e.set(func() { e.left = []string{"retire_queue.source"} }), RefreshState: true, ExpectNonEmptyPlan: true,
			Check: resource.TestCheckResourceAttr(cutover, "drift.0", left+"leave the copies of those messages on the source on hold for good"),
		},
		resource.TestStep{Config: moving("target")},
		end(),
	)
	if diff := cmp.Diff([]string{"bluemind-2026.5", "bluemind-2026.5"}, e.resumed); diff != "" {
		t.Errorf("runs that were gone on with (-want +got):\n%s", diff)
	}
}

// What finalizing has begun to remove a back-out would need: it is refused while it is planned.
func TestCutoverIsNotBackedOutOnceFinalizingHasBegun(t *testing.T) {
	t.Parallel()
	e := newEngine()
	unit(t, e,
		resource.TestStep{Config: moving("source")},
		resource.TestStep{Config: moving("target")},
		resource.TestStep{PreConfig: e.set(func() { e.fail, e.status = "drop_hold", executor.Halted }), Config: moving("target", "finalized = true"), ExpectError: regexp.MustCompile(`was\s+halted`)},
		resource.TestStep{
			PreConfig: e.set(func() { e.fail, e.cut, e.final = "", "target", true }), Config: moving("source"),
			ExpectError: regexp.MustCompile(`(?s)way back has been given up.*Next:.*finalized\s+=\s+true`),
		},
		end(),
	)
}

// A move outside its window changes nothing, not even the status.
func TestCutoverWindow(t *testing.T) {
	t.Parallel()
	e := newEngine()
	window := func(active, bounds string) string {
		return strings.Replace(moving(active), "window     = {", "window     = { "+bounds+",", 1)
	}
	unit(t, e,
		resource.TestStep{Config: moving("source")},
		resource.TestStep{Config: window("target", `not_before = "2999-01-01T00:00:00Z"`), ExpectError: regexp.MustCompile(`Too early`)},
		resource.TestStep{Config: window("target", `not_after = "2001-01-01T00:00:00Z"`), ExpectError: regexp.MustCompile(`Too late`)},
		resource.TestStep{Config: moving("source"), ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan())},
	)
}

func TestCutoverPasswordsAreNowhere(t *testing.T) {
	t.Parallel()
	e := newEngine()
	const secret = "tr0ub4dor"
	password := "passwords_wo = { bj = \"" + secret + "\" }\n passwords_wo_version = 1"
	unit(t, e,
		resource.TestStep{Config: moving("source", password)},
		resource.TestStep{
			Config: moving("target", password),
			Check: func(state *terraform.State) error {
				if strings.Contains(state.String(), secret) {
					return fmt.Errorf("the password is in the state")
				}
				if e.secrets["bj"] != secret {
					return fmt.Errorf("the password did not reach the run")
				}
				return nil
			},
		},
		end(password),
	)
}

func TestCutoverBackOutOnDestroy(t *testing.T) {
	t.Parallel()
	e := newEngine()
	unit(t, e,
		resource.TestStep{Config: moving("source", `on_destroy = "back_out"`)},
		resource.TestStep{Config: moving("target", `on_destroy = "back_out"`)},
	)
	moves := 0
	for _, name := range e.ran {
		if name == "bluemind-2026" {
			moves++
		}
	}
	if moves != 2 {
		t.Errorf("%d moves ran (%v), want there and back", moves, e.ran)
	}
}

// A destruction that moves service shows what it will do, and is stopped by what would stop the move.
func TestCutoverShowsTheBackOutOfADestruction(t *testing.T) {
	t.Parallel()
	for _, quiet := range [][2]string{{"source", "back_out"}, {"target", "forget"}, {"target", "refuse"}} {
		if shown, err := provider.Departure(quiet[0], quiet[1], "exact"); err != nil || len(shown) > 0 {
			t.Errorf("%q: %v, %v; want nothing", quiet, shown, err)
		}
	}
	shown, err := provider.Departure("target", "back_out", "exact")
	if err != nil || len(shown) != 1 || shown.HasError() {
		t.Fatalf("%v, %v", shown, err)
	}
	text := shown[0].Detail()
	for _, want := range []string{`mail_cutover.bluemind: on_destroy = "back_out"`, `Predicted outage: [0-9hm]+s`, `\d+ freeze: stop bm on the target \[offline\]`, `commit: the source serves from here on`, `digest sha256:`, `Next: apply`} {
		if !regexp.MustCompile(want).MatchString(text) {
			t.Errorf("%q is not in %q", want, text)
		}
	}
	e := newEngine()
	way := `on_destroy = "back_out"`
	unit(t, e,
		resource.TestStep{Config: moving("source", way)},
		resource.TestStep{Config: moving("target", way)},
		resource.TestStep{
			PreConfig: e.set(func() {
				e.findings = []executor.Finding{{Grade: "blocks", Code: "P011", Summary: "Too little space", Detail: "1 GB is missing."}}
			}),
			Config: hosts, ExpectError: regexp.MustCompile(`Too little space \(P011\)`),
		},
		resource.TestStep{PreConfig: e.set(func() { e.findings = nil }), Config: hosts},
	)
}

// To replace is not to destroy: service would go back, and the new cutover could not be created. on_destroy = "forget" touches no host.
func TestCutoverIsNotReplacedAfterTheMove(t *testing.T) {
	t.Parallel()
	for _, choice := range []string{"refuse", "back_out"} {
		t.Run(choice, func(t *testing.T) {
			t.Parallel()
			e := newEngine()
			way := fmt.Sprintf("on_destroy = %q", choice)
			refused := regexp.MustCompile(`(?s)not replaced while a way\s+back is open.*terraform\s+untaint`)
			unit(t, e,
				resource.TestStep{Config: moving("source", way)},
				resource.TestStep{Config: moving("target", way)},
				resource.TestStep{Config: moving("target", way), Taint: []string{cutover}, ExpectError: refused},
				resource.TestStep{Config: with(fmt.Sprintf(store, ""), fmt.Sprintf(bj, ""), config, "removed {\n from = mail_cutover.bluemind\n lifecycle { destroy = false }\n}")},
			)
			if moves := slices.DeleteFunc(e.ran, func(name string) bool { return name != "bluemind-2026" }); len(moves) != 1 {
				t.Errorf("%d moves ran, want the one that was declared", len(moves))
			}
		})
	}
	e := newEngine()
	way := `on_destroy = "forget"`
	unit(t, e,
		resource.TestStep{Config: moving("source", way)},
		resource.TestStep{Config: moving("target", way)},
		resource.TestStep{
			PreConfig: e.set(func() { e.serving.Side = "target" }), Taint: []string{cutover}, Config: moving("target", way),
			ConfigPlanChecks: planned(action(plancheck.ResourceActionDestroyBeforeCreate)),
		},
	)
}

// Destroying takes back by its own record what was not committed. What was committed, and what mended it, is only cleaned up after: the source serves by it.
func TestCutoverDestroyTakesNothingCommittedBack(t *testing.T) {
	t.Parallel()
	back := func(e *engine, fails string) []resource.TestStep {
		return []resource.TestStep{
			{Config: moving("source")},
			{Config: moving("target")},
			{PreConfig: e.set(func() { e.fail, e.status, e.committed = fails, executor.Unsettled, true }), Config: moving("source"), ExpectError: regexp.MustCompile(`took\s+effect`)},
		}
	}
	for name, test := range map[string]struct {
		steps     func(e *engine) []resource.TestStep
		retracted []string
		finalized bool
	}{
		"halted move": {func(e *engine) []resource.TestStep {
			return []resource.TestStep{
				{Config: moving("source")},
				{PreConfig: e.set(func() { e.fail, e.status = "take_address", executor.Halted }), Config: moving("target"), ExpectError: regexp.MustCompile(`was\s+halted`)},
			}
		}, []string{"bluemind-2026.7"}, false},
		"unsettled back-out": {func(e *engine) []resource.TestStep { return back(e, "compare_frozen") }, nil, true},
		"halted mend": {func(e *engine) []resource.TestStep {
			return append(back(e, "compare_frozen"), resource.TestStep{
				PreConfig: e.set(func() { e.fail, e.status = "mend_tree", executor.Halted }), Config: moving("source"), ExpectError: regexp.MustCompile(`was\s+halted`),
			})
		}, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEngine()
			unit(t, e, append(test.steps(e), resource.TestStep{PreConfig: e.set(func() { e.fail = "" }), Config: hosts})...)
			if diff := cmp.Diff(test.retracted, e.retracted); diff != "" {
				t.Errorf("taken back (-want +got):\n%s", diff)
			}
			if slices.ContainsFunc(e.undone, func(run string) bool { return strings.HasPrefix(run, "bluemind-2026") }) {
				t.Errorf("undone by today's declaration: %q", e.undone)
			}
			if got := slices.Contains(e.ran, "bluemind-2026.finalize"); got != test.finalized {
				t.Errorf("cleaned up: %v; ran %q", got, e.ran)
			}
		})
	}
}

func TestCutoverImport(t *testing.T) {
	t.Parallel()
	e := newEngine()
	unit(t, e,
		resource.TestStep{Config: moving("source")},
		resource.TestStep{
			ResourceName: cutover, ImportState: true, ImportStateVerify: true,
			ImportStateVerifyIgnore: []string{
				"runbook", "last_run", "timeouts", "product", "syncs", "dumps", "files", "identity", "checks", "jobs", "estimates", "window", "on_failure", "active_address",
			},
		},
		resource.TestStep{Config: moving("target")},
		resource.TestStep{ // an import knows no product: the journals on the hosts tell who serves
			PreConfig:    e.set(func() { e.cut = "target" }),
			ResourceName: cutover, ImportState: true,
			ImportStateCheck: func(states []*terraform.InstanceState) error {
				if len(states) != 1 || states[0].Attributes["active"] != "target" {
					return fmt.Errorf("imported: %v", states)
				}
				return nil
			},
		},
		end(),
	)
}

func TestCutoverInvalid(t *testing.T) {
	t.Parallel()
	const nested = `resource "mail_cutover" "bluemind"` // Terraform shows no line of a nested attribute: the text names it
	for name, test := range map[string]struct{ from, to, at, want string }{
		"active":        {`active  = "source"`, `active = "left"`, `active`, `must\s+be\s+one\s+of`},
		"address":       {`"192.0.2.25/24"`, `"192.0.2.25"`, nested, `identity\.addresses\[0\]:.*prefix\s+length`},
		"check":         {`"192.0.2.25:143"`, `"192.0.2.25"`, `imap`, `checks\["imap"\]:`},
		"budget":        {`outage_budget = "3h"`, `outage_budget = "long"`, nested, `window\.outage_budget:`},
		"other pair":    {`source  = mail_host.old.id` + "\n  target  = mail_host.new.id\n  active", "source  = mail_host.new.id\n  target  = mail_host.old.id\n  active", `syncs`, `not\s+from\s+the\s+cutover`},
		"product":       {`product = "bluemind"`, `product = "bluemint"`, `product`, `did\s+you\s+mean`},
		"moment":        {`window     = {`, `window = { not_before = "tomorrow",`, nested, `window\.not_before:`},
		"accounts":      {`files   =`, "accounts = [{ source = mail_host.old.id, target = mail_host.new.id, uid_range = { from = 2000, to = 1000 } }]\n  files   =", `accounts`, `above\s+its\s+end`},
		"accounts both": {`files   =`, "accounts = [{ source = mail_host.old.id, target = mail_host.new.id }, { source = mail_host.old.id, target = mail_host.new.id, uid_range = { from = 2000 } }]\n  files   =", `accounts`, `of\s+an\s+earlier\s+one`},
		"tab in files":  {`files   = [mail_file_set.config]`, "files = [{ source = mail_host.old.id, target = mail_host.new.id, paths = [\"/etc/x\"], rewrite = [{ in = \"/etc/x\", from = \"a\\tb\", to = \"c\" }] }]", nested, `rewrite\[0\]\.from:.*holds\s+a\s+tab`},
		"mode needs":    {`"take_over"`, `"exchange"`, nested, `identity\.hostnames:\s+mode\s+"exchange"\s+needs\s+it`},
		"mode without":  {`park_address =`, "hostnames = { old = \"old\", new = \"new\" }\n    park_address =", nested, `identity\.hostnames\s+has\s+no\s+meaning\s+with\s+mode\s+"take_over"`},
		"one name":      {`park_address =`, "hostnames = { old = \"old\", new = \"old\" }\n    park_address =", nested, `identity\.hostnames:\s+old\s+and\s+new\s+are\s+both`},
		"no name":       {`park_address =`, "hostnames = { old = \"old_\", new = \"new\" }\n    park_address =", nested, `identity\.hostnames\.old:.*not\s+a\s+host\s+name`},
		"no record":     {`park_address =`, "dns = { server = \"192.0.2.53\", zone = \"example.org\", tsig_name = \"k\", records = [] }\n    park_address =", nested, `identity\.dns\.records\s+list\s+must`},
		"finalized new": {`active  = "source"`, "active = \"source\"\n  finalized = true", `finalized`, `nothing\s+to\s+finalize`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := strings.Replace(moving("source"), test.from, test.to, 1)
			if body == moving("source") {
				t.Fatal("the test changes nothing")
			}
			unit(t, newEngine(), resource.TestStep{Config: body, ExpectError: errorAt(test.at, test.want)})
		})
	}
}
