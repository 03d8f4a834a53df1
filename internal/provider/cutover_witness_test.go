package provider_test

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/check"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/compile"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/provider"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// Who serves follows from what differs.
func TestWhoServes(t *testing.T) {
	t.Parallel()
	addresses := declare.Identity{Mode: "take_over", Addresses: []string{"192.0.2.25/24"}}
	exchanged := declare.Identity{Mode: declare.Exchange, Addresses: addresses.Addresses, ParkAddress: "192.0.2.26/24", Hostnames: declare.Hostnames{Old: "ika", New: "tako"}}
	for name, test := range map[string]struct {
		active   string
		identity declare.Identity
		drifted  []string // "<kind>.<side>", and more of the id
		want     string
	}{
		"all is well":                {declare.Target, addresses, nil, ""},
		"both":                       {declare.Target, addresses, []string{"drop_address.source", "stop_service.source.postfix"}, "both sides serve: the target has the cut mark and keeps the address"},
		"an address alone":           {declare.Target, addresses, []string{"drop_address.source"}, ""},
		"a service alone":            {declare.Target, addresses, []string{"stop_service.source.postfix"}, ""},
		"a timer and an address":     {declare.Target, addresses, []string{"drop_address.source", "stop_service.source.cron"}, ""},
		"a timer stands":             {declare.Target, addresses, []string{"start_service.target.cron"}, ""},
		"boot settings":              {declare.Target, addresses, []string{"keep_address.target", "enable_service.target", "disable_service.source"}, ""},
		"the source alone":           {declare.Target, addresses, []string{"drop_address.source", "stop_service.source", "take_address.target"}, "the source serves (on the target the address 192.0.2.25/24 is missing): the target has the cut mark and takes the address back"},
		"none":                       {declare.Target, addresses, []string{"take_address.target", "start_service.target.postfix"}, "none serves: on the target the address 192.0.2.25/24 is missing, postfix does not run"},
		"fenced":                     {declare.Target, addresses, []string{"lower_fence.target"}, "none serves: on the target a fence keeps clients out"},
		"both, exchanged":            {declare.Target, exchanged, []string{"drop_address.source", "stop_service.source.postfix"}, "both sides serve: the target has the cut mark and keeps the address"},
		"another name":               {declare.Target, exchanged, []string{"set_hostname.source", "take_address.source"}, ""},
		"both, each at its own":      {declare.Target, declare.Identity{Mode: "none"}, []string{"stop_service.source.bm"}, "both sides serve: the target has the cut mark and is the one that shall serve"},
		"the source shall, and none": {declare.Source, addresses, []string{"start_service.source.bm"}, "none serves: on the source bm does not run"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := declare.Cutover{
				Name: "move", Source: idOld, Target: idNew, Active: test.active, Identity: test.identity,
				Services:  map[string]declare.Service{"bm": {Name: "bm"}, "postfix": {Name: "postfix"}, "cron": {Name: "cron", Timed: true}},
				StopOrder: [][]declare.Placed{{{Host: idOld, Service: "cron"}}, {{Host: idOld, Service: "postfix"}}, {{Host: idOld, Service: "bm"}}},
			}
			c.StartOrder = [][]declare.Placed{{{Host: idNew, Service: "bm"}}, {{Host: idNew, Service: "postfix"}}, {{Host: idNew, Service: "cron"}}}
			book, err := compile.Standing(c)
			if err != nil {
				t.Fatal(err)
			}
			var seen executor.Observation
			for _, want := range test.drifted {
				known := len(seen.Drift)
				for _, op := range book.Operations {
					if op.ID == want || strings.HasPrefix(op.ID, want+".") {
						seen.Drift = append(seen.Drift, executor.Difference{ID: op.ID})
					}
				}
				if len(seen.Drift) == known {
					t.Fatalf("%s is no operation", want)
				}
			}
			if got := provider.WhoServes(c, book, seen); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

// split is the double, whose cutover drifts in operations of some kinds on demand.
type split struct {
	*engine
	kinds *atomic.Pointer[[]string]
}

func (s split) Probe(ctx context.Context, book runbook.Runbook, resource string) executor.Observation {
	seen := s.engine.Probe(ctx, book, resource)
	for _, op := range book.Operations {
		if strings.HasPrefix(resource, "mail_cutover.") && slices.Contains(*s.kinds.Load(), op.Kind) {
			seen.Status = executor.Drifted
			seen.Drift = append(seen.Drift, executor.Difference{ID: op.ID, Sentence: "does not hold: " + op.Sentence})
		}
	}
	return seen
}

// Both sides, and a name server that says something else, are in the drift of a cutover; the latter while the target serves, and nothing mends it.
func TestCutoverWitness(t *testing.T) {
	t.Parallel()
	e := split{newEngine(), &atomic.Pointer[[]string]{}}
	drifts := func(kinds ...string) { e.kinds.Store(&kinds) }
	drifts()
	config := func(active string, more ...string) string {
		return strings.Replace(moving(active, more...), "checks = {", `checks = {
    mx = { kind = "dns", address = "192.0.2.53:53", from = null, expect = "example.org MX 10 mail.example.org.", timeout = "1s" }`, 1)
	}
	answer := func(ok bool) {
		e.answers = map[string]check.Result{"mx": {OK: ok, Detail: "example.org. MX is 10 old.example.org."}}
	}
	server := providerserver.NewProtocol6WithError(provider.New("test", func(provider.EngineConfig) (provider.Engine, error) { return e, nil })())
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: map[string]func() (tfprotov6.ProviderServer, error){"mail": server},
		Steps: []resource.TestStep{
			{PreConfig: e.set(func() { answer(false) }), Config: config("source"), ConfigStateChecks: []statecheck.StateCheck{status(cutover, "settled")}},
			{Config: config("source"), ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan())}, // no DNS of the future
			{PreConfig: e.set(func() { answer(true) }), Config: config("target")},
			{Config: config("target"), ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan())},
			{
				PreConfig: func() { drifts("drop_address", "stop_service") }, RefreshState: true, ExpectNonEmptyPlan: true,
				Check: resource.ComposeTestCheckFunc(
					resource.TestCheckResourceAttr(cutover, "drift.0", "both sides serve: the target has the cut mark and keeps the address"),
					resource.TestCheckResourceAttr(cutover, "status", "drifted"),
				),
			},
			{
				PreConfig:    func() { drifts(); e.set(func() { answer(false) })() },
				RefreshState: true, ExpectNonEmptyPlan: true,
				Check: resource.ComposeTestCheckFunc(
					resource.TestCheckResourceAttr(cutover, "drift.#", "1"),
					resource.TestCheckResourceAttr(cutover, "drift.0", "DNS, check mx: example.org. MX is 10 old.example.org. "+
						"(nothing here mends it: with identity mode take_over records are other resources' business)"),
				),
			},
			{PreConfig: e.set(func() { answer(true) }), Config: config("target"), ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan())},
			{
				PreConfig: func() { drifts("lower_fence") }, RefreshState: true, ExpectNonEmptyPlan: true,
				Check: resource.TestCheckResourceAttr(cutover, "drift.0", "none serves: on the target a fence keeps clients out"),
			},
			{PreConfig: func() { drifts() }, Config: config("target", "finalized = true")},
		},
	})
}
