package provider_test

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
)

const rebuild = `
resource "mail_job" "rebuild" {
  host     = mail_host.new.id
  command  = ["reconstruct", "-r", "a,b"]
  progress = "([0-9.]+)%%"
  wait     = %s
}`

// printed is what a job has printed, as its host reports it.
func printed(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func jobReports(state, output string, more ...string) map[string]string {
	all := map[string]string{
		"start_job.state": state, "start_job.output": printed(output), "start_job.started": "2026-11-22T04:00:00Z", "start_job.file": "/var/lib/terraform-provider-mail/jobs/x/out",
	}
	for i := 0; i < len(more); i += 2 {
		all["start_job."+more[i]] = more[i+1]
	}
	return all
}

// A job that is not waited for runs on: plans have nothing to do, refresh shows how far it is, its failure is drift, and the next apply starts it again.
func TestJob(t *testing.T) {
	t.Parallel()
	const address = "mail_job.rebuild"
	e := newEngine()
	e.reports = jobReports("running", "10%\r12.5% of all\n")
	body := with(fmt.Sprintf(rebuild, "false"))
	value := func(name string, check knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue(address, at(name), check)
	}
	unit(t, e,
		resource.TestStep{Config: body, ConfigStateChecks: []statecheck.StateCheck{
			status(address, "running"), value("state", exact("running")), value("percent", knownvalue.Float64Exact(12.5)), value("exit_code", knownvalue.Null()),
			value("started_at", exact("2026-11-22T04:00:00Z")),
		}},
		resource.TestStep{
			PreConfig: e.set(func() { e.reports = jobReports("running", "no number here") }), Config: body, ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan()),
			ConfigStateChecks: []statecheck.StateCheck{status(address, "running"), value("percent", knownvalue.Float64Exact(12.5))},
		},
		resource.TestStep{
			PreConfig: e.set(func() {
				clear(e.done)
				e.reports = jobReports("failed", "60%\nno such mailbox", "rc", "3", "ended", "2026-11-22T05:00:00Z")
			}),
			RefreshState: true, ExpectNonEmptyPlan: true,
		},
		resource.TestStep{
			PreConfig: e.set(func() { e.reports = jobReports("rebooted", "60%\n") }), RefreshState: true, ExpectNonEmptyPlan: true,
		},
		resource.TestStep{ // started again, and done
			PreConfig: e.set(func() { e.reports = jobReports("done", "", "rc", "0", "ended", "2026-11-22T06:00:00Z") }), Config: body,
			ConfigPlanChecks: planned(plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate), plancheck.ExpectUnknownValue(address, at("state"))),
			ConfigStateChecks: []statecheck.StateCheck{
				status(address, "settled"), value("state", exact("done")), value("percent", knownvalue.Float64Exact(100)), value("exit_code", knownvalue.Int64Exact(0)),
				value("drift", knownvalue.ListSizeExact(0)),
			},
		},
		resource.TestStep{ // another command is another job
			Config: with(`resource "mail_job" "rebuild" {
  host    = mail_host.new.id
  command = ["reconstruct"]
}`), ConfigPlanChecks: planned(plancheck.ExpectResourceAction(address, plancheck.ResourceActionDestroyBeforeCreate)),
		},
	)
	if len(e.undone) != 2 {
		t.Errorf("ended %v, want both jobs", e.undone)
	}
}

// One that fails at once is drift from the beginning.
func TestJobFailsAtOnce(t *testing.T) {
	t.Parallel()
	e := newEngine()
	e.reports = jobReports("failed", "", "rc", "127")
	unit(t, e, resource.TestStep{Config: with(fmt.Sprintf(rebuild, "false")), ExpectNonEmptyPlan: true, ConfigStateChecks: []statecheck.StateCheck{
		status("mail_job.rebuild", "drifted"),
		statecheck.ExpectKnownValue("mail_job.rebuild", at("drift"), knownvalue.ListExact([]knownvalue.Check{exact("the job ended with exit code 127")})),
	}})
}

// A job that is waited for fails the apply; one that goes on when the wait has ended is created by the next apply, which finds it.
func TestJobWaits(t *testing.T) {
	t.Parallel()
	e := newEngine()
	body := with(fmt.Sprintf(rebuild, "true"))
	unit(t, e,
		resource.TestStep{
			PreConfig: e.set(func() { e.fail, e.status, e.reports = "start_job", executor.Halted, jobReports("running", "") }), Config: body,
			ExpectError: regexp.MustCompile(`(?s)The job goes on.*Next: apply again`),
		},
		resource.TestStep{
			PreConfig: e.set(func() { e.fail, e.reports = "", jobReports("done", "", "rc", "0") }), Config: body,
			ConfigPlanChecks:  planned(plancheck.ExpectResourceAction("mail_job.rebuild", plancheck.ResourceActionCreate)),
			ConfigStateChecks: []statecheck.StateCheck{status("mail_job.rebuild", "settled")},
		},
	)
}

func TestJobRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ old, new, want string }{
		"no group":   {`"([0-9.]+)%%"`, `"[0-9]+"`, `(?s)progress.*parentheses`},
		"no regexp":  {`"([0-9.]+)%%"`, `"(["`, `(?s)progress.*missing closing`},
		"no command": {`["reconstruct", "-r", "a,b"]`, `[]`, `(?s)command.*at least 1`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			unit(t, newEngine(), resource.TestStep{Config: with(replaceIn(t, rebuild, test.old, test.new, "false")), ExpectError: regexp.MustCompile(test.want)})
		})
	}
}
