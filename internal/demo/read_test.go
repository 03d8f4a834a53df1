package demo_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/demo"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/client"
)

const shownPlan = `{
  "resource_changes": [
    {"address": "module.bluemind.mail_host.old", "change": {"actions": ["no-op"], "after": {"status": "settled"}}},
    {"address": "module.bluemind.mail_sync.store", "change": {"actions": ["create"], "after": {"runbook": ["01 copy", "digest x"]}}},
    {"address": "module.bluemind.mail_cutover.bluemind", "change": {"actions": ["update"],
      "after": {"runbook": ["01 stop", "digest y"], "predicted_outage": "4s"}}}
  ],
  "prior_state": {"values": {"root_module": {"child_modules": [{"resources": [
    {"address": "module.bluemind.mail_cutover.bluemind", "values": {"status": "drifted", "drift": ["postfix runs"]}}
  ]}]}}}
}`

func TestReadPlan(t *testing.T) {
	p, err := demo.ReadPlan([]byte(shownPlan))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"postfix runs"}, p.Drift); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"01 stop", "digest y"}, p.Cutover.Runbook); diff != "" {
		t.Error(diff)
	}
	if p.Cutover.Predicted != "4s" {
		t.Errorf("predicted outage %q", p.Cutover.Predicted)
	}
	var changed []string
	for _, r := range p.Resource {
		changed = append(changed, r.Address)
	}
	if diff := cmp.Diff([]string{"module.bluemind.mail_sync.store", "module.bluemind.mail_cutover.bluemind"}, changed); diff != "" {
		t.Error(diff)
	}
}

func TestReadState(t *testing.T) {
	const shown = `{"values": {"root_module": {"child_modules": [{"resources": [
		{"address": "module.bluemind.mail_cutover.bluemind", "values": {"status": "settled", "outage": "4.2s", "ledger": {"tree": "ok"}, "last_run": {"steps": [
			{"stage": "converge", "begin": 0.5, "seconds": 9}, {"stage": "freeze", "begin": 10, "seconds": 0.2, "offline": true},
			{"stage": "freeze", "begin": 10.1, "seconds": 1, "offline": true}, {"stage": "cold", "begin": 11.5, "seconds": 2, "offline": true},
			{"stage": "commit", "begin": 14, "seconds": 0.25, "offline": true}, {"stage": "commit", "begin": 14.3, "seconds": 5}]}}}]}]}}}`
	got, err := demo.ReadState([]byte(shown))
	if err != nil {
		t.Fatal(err)
	}
	if got.Status != "settled" || got.Outage != "4.2s" || got.Ledger["tree"] != "ok" {
		t.Errorf("got %+v", got)
	}
	if split := demo.OutageByStage(got); split != "freeze 1.5s · cold 2.5s · commit 0.2s" {
		t.Errorf("by stage: %q", split)
	}
	for _, bad := range []string{`{}`, `{"values": {"root_module": {}}}`, `no JSON`} {
		if _, err := demo.ReadState([]byte(bad)); err == nil {
			t.Errorf("%s: no error", bad)
		}
	}
}

func TestWarnings(t *testing.T) {
	const stdout = "\nWarning: Provider development overrides are in effect\n\nWarning: No checks (L001)\n  text\nWarning: No checks (L001)\n"
	if diff := cmp.Diff([]string{"No checks (L001)"}, demo.Told(stdout)); diff != "" {
		t.Error(diff)
	}
}

func TestLongest(t *testing.T) {
	start := time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC)
	at := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	outages := []client.Outage{
		{Protocol: "smtp", From: at(10), To: at(30)},
		{Protocol: "both", From: at(1), To: at(9)},   // before
		{Protocol: "both", From: at(12), To: at(13)}, // a hiccup
		{Protocol: "both", From: at(14), To: at(18)},
		{Protocol: "both", From: at(41), To: at(60)}, // after
	}
	if got := demo.Longest(outages, at(10), at(40)); got != 4*time.Second {
		t.Errorf("longest outage %s, want 4s", got)
	}
	if got := demo.Longest(outages, at(19), at(40)); got != 0 {
		t.Errorf("longest outage %s, want none", got)
	}
}

func TestAccepted(t *testing.T) {
	attempts := []client.Attempt{
		{Token: "a", Outcome: client.Began},
		{Token: "a", Outcome: client.Refused},
		{Token: "a", Outcome: client.Began},
		{Token: "a", Outcome: client.Accepted},
		{Token: "b", Outcome: client.Unknown},
		{Token: "b", Outcome: client.Accepted},
		{Token: "b", Outcome: client.Accepted},
		{Token: "c", Outcome: client.Refused},
	}
	if got := demo.Accepted(attempts); got != 2 {
		t.Errorf("%d accepted, want 2", got)
	}
}
