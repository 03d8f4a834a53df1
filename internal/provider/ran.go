package provider

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// ran is what came of a run.
type ran struct {
	book    runbook.Runbook
	outcome executor.Outcome
	err     error
	failed  []string // ids of operations that are still to be done
	drift   []string // sentences about them
	quiet   bool     // nothing was run: last_run stays
	refused bool     // nothing was run though something was to be: the state stays as it is
}

func newRan(book runbook.Runbook, outcome executor.Outcome, err error) ran {
	r := ran{book: book, outcome: outcome, err: err}
	if errors.Is(err, executor.ErrHeld) {
		r.outcome.Status = executor.Held
	}
	if r.outcome.Status == "" {
		r.outcome.Status = executor.Failed
	}
	for _, step := range outcome.Steps {
		if step.Error != "" {
			r.failed = append(r.failed, step.ID)
			r.drift = append(r.drift, step.Sentence+": "+step.Error)
		}
	}
	return r
}

func (r ran) held() bool { return r.outcome.Status == executor.Held }

// reached reports whether what was declared took effect, even if something is left to do afterwards.
func (r ran) reached() bool {
	return !r.refused && (r.outcome.Status == executor.Settled || r.outcome.Status == executor.Unsettled)
}

// left reports whether the run left anything on hosts.
func (r ran) left() bool {
	if r.quiet || r.refused || r.outcome.Status == executor.Held || r.outcome.Status == executor.BackedOut {
		return false
	}
	return slices.ContainsFunc(r.outcome.Steps, func(step executor.StepResult) bool {
		return !step.Skipped && !step.Undone
	})
}

// measured adds what the run's operations took to what earlier runs told.
func (r ran) measured(before map[string]float64) map[string]float64 {
	all := map[string]float64{}
	maps.Copy(all, before)
	for _, step := range r.outcome.Steps {
		if step.Error == "" && !step.Skipped {
			all[runbook.MeasureOf(step.ID)] = step.Seconds
		}
	}
	return all
}

// record writes the run into the attributes that every resource has.
func (r ran) record(base *common) {
	if r.outcome.Status != "" {
		base.Status = types.StringValue(string(r.outcome.Status))
	} else if base.Status.IsUnknown() || base.Status.IsNull() {
		base.Status = types.StringValue(string(executor.Failed))
	}
	base.Drift = textList(r.drift)
	switch {
	case !r.quiet && r.outcome.Run != "":
		base.LastRun = lastRun(r.outcome)
	case base.LastRun.IsUnknown():
		base.LastRun = types.ObjectNull(lastRunTypes())
	}
}

// heldNotice says that a creation left alone what a cutover governs.
func (r ran) heldNotice(subject string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Held by a cutover",
		subject+" is governed by "+orWord(r.outcome.Hold, "a cutover")+": nothing was changed. It is declared from now on, and takes effect once the cutover releases it.")
}

// tidy tells what went wrong after everything declared was reached, such as a lock that could not be given up; nil: nothing did.
func (r ran) tidy(subject string) diag.Diagnostic {
	if r.err == nil && len(r.outcome.Notes) > 0 {
		return diag.NewWarningDiagnostic(subject+" is settled; to be known", joinLines("On the way:", r.outcome.Notes))
	}
	if r.err == nil {
		return nil
	}
	return diag.NewWarningDiagnostic(subject+" is settled, but the run did not end cleanly",
		r.err.Error()+"\n\nNext: look with `terraform-provider-mail rescue status HOST`.")
}

// parting tells what is to be known of a run by which a resource ended well.
func (r ran) parting(subject string) diag.Diagnostics {
	if r.err != nil || len(r.outcome.Notes) == 0 {
		return nil
	}
	return diag.Diagnostics{diag.NewWarningDiagnostic(subject+" is destroyed; to be known", joinLines("On the way:", r.outcome.Notes))}
}

// problem is the diagnostic of a run that did not end settled: what was being done, where, what was undone, what remains, what to do next.
func (r ran) problem(subject string, hosts *hostBook) diag.Diagnostic {
	var text strings.Builder
	for _, step := range r.outcome.Steps {
		if step.Error == "" {
			continue
		}
		where := "on the machine that runs Terraform"
		if op, ok := r.book.Find(step.ID); ok && op.Host != "" {
			where = "on " + hosts.name(op.Host)
		}
		fmt.Fprintf(&text, "%s, %s (operation %s, stage %s):\n  %s\n", step.Sentence, where, step.ID, step.Stage, step.Error)
	}
	if r.err != nil {
		fmt.Fprintf(&text, "Cause: %s.\n", strings.TrimSuffix(r.err.Error(), "."))
	}
	text.WriteString(joinLines("On the way:", r.outcome.Notes))
	var undone []string
	for _, step := range r.outcome.Steps {
		if step.Undone {
			undone = append(undone, step.Sentence)
		}
	}
	text.WriteString(joinLines("Undone:", undone))
	text.WriteString(joinLines("Remains to be done by hand:", r.outcome.Remains))
	if r.outcome.Run != "" {
		fmt.Fprintf(&text, "Run %s in the hosts' journals.\n", r.outcome.Run)
	}
	summary, next := r.verdict()
	text.WriteString("Next: " + next)
	return diag.NewErrorDiagnostic(subject+" "+summary, text.String())
}

// verdict says in a word how a run ended, and what to do next.
func (r ran) verdict() (string, string) {
	switch {
	case errors.Is(r.err, executor.ErrLocked):
		return "is locked by another run", "wait for that run, or, if it is dead, look with `terraform-provider-mail rescue status HOST` and release it with `rescue unlock HOST`."
	case errors.Is(r.err, executor.ErrSuperseded):
		return "was superseded by a newer run", "plan again: the newer run decides."
	case errors.Is(r.err, executor.ErrUnknownHost):
		return "names a host that is not known", "declare a mail_host with this key."
	}
	switch r.outcome.Status {
	case executor.Held:
		return "is held by " + orWord(r.outcome.Hold, "a cutover"), "nothing was changed; finish or finalize the cutover first."
	case executor.BackedOut:
		return "failed and was backed out", "every change of this run was undone; remove the cause and apply again."
	case executor.Halted:
		if r.book.Timer == 0 {
			return "was halted", "what was done stays; remove the cause and apply again: it goes on from there."
		}
		return "was halted", "remove the cause and apply again, which takes the halted run back and begins anew; until then the armed timers take it back at their deadlines."
	case executor.Unsettled:
		return "took effect, but something is left to do", "apply again: it repeats what is left."
	case executor.Failed:
		if len(r.outcome.Remains) > 0 {
			return "failed, and could not be taken back", "do what remains, in order; or remove the cause, and rescue back-out or the next apply takes back the rest."
		}
	case executor.Settled, executor.Drifted, executor.Unreachable:
	}
	return "failed", "remove the cause and apply again: what is already done is found done."
}

// joinLines is a heading and one line for each text; empty without texts.
func joinLines(heading string, texts []string) string {
	if len(texts) == 0 {
		return ""
	}
	return heading + "\n  " + strings.Join(texts, "\n  ") + "\n"
}

func orWord(text, fallback string) string {
	if text == "" {
		return fallback
	}
	return "cutover " + text
}

// lastRun makes the last_run object.
func lastRun(o executor.Outcome) types.Object {
	steps := make([]attr.Value, len(o.Steps))
	for i, step := range o.Steps {
		steps[i] = types.ObjectValueMust(stepTypes(), map[string]attr.Value{
			"id": types.StringValue(step.ID), "stage": types.StringValue(step.Stage), "sentence": types.StringValue(step.Sentence),
			"begin": types.Float64Value(step.Begin.Seconds()), "seconds": types.Float64Value(step.Seconds), "skipped": types.BoolValue(step.Skipped), "undone": types.BoolValue(step.Undone),
			"offline": types.BoolValue(step.Offline), "result": stringMap(step.Result), "error": types.StringValue(step.Error),
			"predicted_begin": types.Float64Value(step.Predicted.Begin.Seconds()), "predicted_seconds": types.Float64Value(step.Predicted.Takes.Seconds()),
			"recovery_seconds": types.Float64Value(step.Predicted.Recovery.Seconds()),
		})
	}
	return types.ObjectValueMust(lastRunTypes(), map[string]attr.Value{
		"run": types.StringValue(o.Run), "digest": types.StringValue(o.Digest), "status": types.StringValue(string(o.Status)),
		"started": types.StringValue(moment(o.Started)), "ended": types.StringValue(moment(o.Ended)),
		"outage_seconds": types.Float64Value(o.Outage.Seconds()), "remaining": textList(o.Remains), "predicted": predictedValue(o.Predicted),
		"steps": types.ListValueMust(types.ObjectType{AttrTypes: stepTypes()}, steps),
	})
}

// predictedValue makes the object last_run.predicted.
func predictedValue(t runbook.Totals) types.Object {
	return types.ObjectValueMust(predictedTypes(), map[string]attr.Value{
		"work_seconds": types.Float64Value(t.Work.Seconds()), "outage_seconds": types.Float64Value(t.Outage.Seconds()),
		"contingency_work_seconds": types.Float64Value(t.Contingency.Work.Seconds()), "contingency_outage_seconds": types.Float64Value(t.Contingency.Outage.Seconds()),
	})
}

// moment is RFC 3339 in UTC; empty for the zero time.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// stringMap makes a map of strings; never null.
func stringMap(m map[string]string) types.Map {
	elements := make(map[string]attr.Value, len(m))
	for key, value := range m {
		elements[key] = types.StringValue(value)
	}
	return types.MapValueMust(types.StringType, elements)
}

// measuredBefore is how long operations took: in the last run, and in earlier ones as far as the private state still tells (a provider that was
// killed loses it).
func measuredBefore(last types.Object, kept map[string]float64) map[string]time.Duration {
	out := map[string]time.Duration{}
	if steps, ok := last.Attributes()["steps"].(types.List); ok {
		for _, element := range steps.Elements() {
			step, ok := element.(types.Object)
			if !ok {
				continue
			}
			id, isText := step.Attributes()["id"].(types.String)
			seconds, isNumber := step.Attributes()["seconds"].(types.Float64)
			skipped, isBool := step.Attributes()["skipped"].(types.Bool)
			if isText && isNumber && isBool && !skipped.ValueBool() {
				out[runbook.MeasureOf(id.ValueString())] = time.Duration(seconds.ValueFloat64() * float64(time.Second))
			}
		}
	}
	for name, s := range kept {
		out[name] = time.Duration(s * float64(time.Second))
	}
	return out
}
